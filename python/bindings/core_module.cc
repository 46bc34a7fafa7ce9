// larder._core: the feature store in this process, as thin as it can be. What users see is written in Python.
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/c/bridge.h>
#include <arrow/table.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "bindings/local_store.h"
#include "bindings/memory_table.h"
#include "columnar/arrow_status.h"
#include "serving/error_body.h"

namespace nb = nanobind;

namespace larder {
namespace {

constexpr std::chrono::milliseconds kTick(50);

// Raises the Python exception of a failure. Python makes it of the same body that HTTP carries.
[[noreturn]] void Raise(const Status& status) {
  const nb::object failure = nb::module_::import_("larder.errors").attr("error_of_body")(ErrorBody(status));
  PyErr_SetObject(failure.type().ptr(), failure.ptr());
  throw nb::python_error();
}

void RaiseFailure(const Status& status) {
  if (!status.ok()) Raise(status);
}

template <class T>
T ValueOrRaise(Result<T> result) {
  if (!result.ok()) Raise(result.status());
  return std::move(result).value();
}

// What a job told last, for whoever shows it.
class LastProgress final : public Progress {
 public:
  void Begin(std::string_view stage, std::string_view unit) override {
    const std::lock_guard lock(mutex_);
    now_ = {std::string(stage), std::string(unit), 0, kUnknownTotal};
    is_new_ = true;
  }
  void Update(std::int64_t done, std::int64_t total) override {
    const std::lock_guard lock(mutex_);
    now_.done = done;
    now_.total = total;
    is_new_ = true;
  }
  void End() override {}

  struct Told {
    std::string stage;
    std::string unit;
    std::int64_t done = 0;
    std::int64_t total = kUnknownTotal;
  };
  std::optional<Told> Take() {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(is_new_, false)) return std::nullopt;
    return now_;
  }

 private:
  std::mutex mutex_;
  Told now_;
  bool is_new_ = false;
};

// Runs `work(call)` on a thread of its own without the interpreter's lock, so that Ctrl-C can stop it and `progress`, a
// callable or None, is told how far it is.
template <class Work>
auto RunLong(const nb::object& progress, Work work) {
  Cancellation cancellation;
  LastProgress told;
  std::optional<decltype(work(std::declval<const StoreCall&>()))> result;
  std::mutex mutex;
  std::condition_variable done;
  nb::gil_scoped_release released;
  std::thread worker([&] {
    auto made = work(StoreCall{cancellation, told});
    const std::lock_guard lock(mutex);
    result.emplace(std::move(made));
    done.notify_one();
  });
  std::exception_ptr stopped;
  std::unique_lock lock(mutex);
  while (!done.wait_for(lock, kTick, [&] { return result.has_value(); })) {
    lock.unlock();
    if (stopped == nullptr) {
      try {
        const nb::gil_scoped_acquire acquired;
        if (PyErr_CheckSignals() != 0) throw nb::python_error();
        const auto now = told.Take();
        if (now && !progress.is_none()) progress(now->stage, now->unit, now->done, now->total);
      } catch (...) {
        stopped = std::current_exception();
        cancellation.Cancel();
      }
    }
    lock.lock();
  }
  lock.unlock();
  worker.join();
  if (stopped != nullptr) std::rethrow_exception(stopped);
  return std::move(*result);
}

// A table of any producer of the Arrow PyCapsule interface.
std::shared_ptr<arrow::Table> ImportTable(const nb::object& producer) {
  const nb::object capsule = producer.attr("__arrow_c_stream__")();
  auto* stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
  if (stream == nullptr) throw nb::python_error();
  auto table = [stream]() -> Result<std::shared_ptr<arrow::Table>> {
    const nb::gil_scoped_release released;
    LARDER_ASSIGN_OR_RETURN(const auto reader, FromArrow(arrow::ImportRecordBatchReader(stream)));
    return FromArrow(reader->ToTable());
  }();
  return ValueOrRaise(std::move(table));
}

// A capsule that gives a table to any consumer; each call makes a stream of its own.
nb::object ExportTable(const std::shared_ptr<arrow::Table>& table) {
  auto stream = std::make_unique<ArrowArrayStream>();
  auto reader = std::make_shared<arrow::TableBatchReader>(table);
  RaiseFailure(FromArrow(arrow::ExportRecordBatchReader(std::move(reader), stream.get())));
  const auto release = [](PyObject* capsule) {
    auto* held = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule, "arrow_array_stream"));
    if (held->release != nullptr) held->release(held);
    delete held;
  };
  nb::object capsule = nb::steal(PyCapsule_New(stream.get(), "arrow_array_stream", release));
  if (!capsule.is_valid()) throw nb::python_error();
  static_cast<void>(stream.release());
  return capsule;
}

// What a training set is asked for with.
struct TrainingSetArguments {
  std::vector<std::string> features;
  std::string service;
  std::string timestamp;
  bool full_feature_names = false;
  bool as_known = false;
  bool matches = false;
};

HistoricalRequest RequestOf(const nb::object& entities, const TrainingSetArguments& arguments) {
  HistoricalRequest request;
  request.features = {arguments.features, arguments.service, arguments.full_feature_names};
  request.timestamp = arguments.timestamp;
  request.as_known = arguments.as_known;
  request.matches = arguments.matches;
  if (nb::isinstance<nb::str>(entities)) {
    request.entities = nb::cast<std::string>(entities);
    return request;
  }
  request.entities = "the entity table";
  request.entity_file = ValueOrRaise(NewMemoryTable(ImportTable(entities), request.entities));
  return request;
}

std::string Json(const Result<std::string>& text) { return ValueOrRaise(Result<std::string>(text)); }

std::unique_ptr<LocalStore> OpenStore(const std::string& folder) {
  auto opened = [&folder] {
    const nb::gil_scoped_release released;
    return LocalStore::Open(folder);
  }();
  return ValueOrRaise(std::move(opened));
}

nb::bytes Call(LocalStore& store, const ApiRequest& request) {
  auto answer = [&] {
    const nb::gil_scoped_release released;
    const Cancellation never;
    NoProgress silent;
    return store.Call(request, {never, silent});
  }();
  const std::string body = ValueOrRaise(std::move(answer));
  return nb::bytes(body.data(), body.size());
}

ApiRequest MakeRequest(const std::string& method, const std::string& target, const nb::bytes& body) {
  ApiRequest request;
  request.method = method;
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string::npos) request.query = target.substr(question + 1);
  request.body.assign(body.c_str(), body.size());
  return request;
}

void BindArguments(nb::module_& module) {
  nb::class_<TrainingSetArguments>(module, "TrainingSetArguments")
      .def(nb::init<>())
      .def_rw("features", &TrainingSetArguments::features)
      .def_rw("service", &TrainingSetArguments::service)
      .def_rw("timestamp", &TrainingSetArguments::timestamp)
      .def_rw("full_feature_names", &TrainingSetArguments::full_feature_names)
      .def_rw("as_known", &TrainingSetArguments::as_known)
      .def_rw("matches", &TrainingSetArguments::matches);
  nb::class_<TrainingSet>(module, "TrainingSet")
      .def(
          "__arrow_c_stream__",
          [](const TrainingSet& set, const nb::object& /*requested_schema*/) { return ExportTable(set.rows); },
          nb::arg("requested_schema") = nb::none())
      .def_ro("summary", &TrainingSet::summary);
}

void BindDefinitions(nb::class_<LocalStore>& store) {
  store
      .def("plan",
           [](LocalStore& self) { return Json(RunLong(nb::none(), [&](const StoreCall&) { return self.Plan(); })); })
      .def("apply",
           [](LocalStore& self, bool allow_deletes) {
             return Json(RunLong(nb::none(), [&](const StoreCall& call) { return self.Apply(allow_deletes, call); }));
           })
      .def("list", [](LocalStore& self, const std::string& kind) { return Json(self.List(kind)); })
      .def("versions", [](LocalStore& self, const std::string& kind,
                          const std::string& name) { return Json(self.Versions(kind, name)); })
      .def("delete", [](LocalStore& self, const std::string& kind, const std::string& name) {
        RaiseFailure(self.Delete(kind, name));
      });
}

void BindRetrieval(nb::class_<LocalStore>& store) {
  store
      .def("call",
           [](LocalStore& self, const std::string& method, const std::string& target, const nb::bytes& body,
              const std::string& content_type, const std::string& accept) {
             ApiRequest request = MakeRequest(method, target, body);
             request.content_type = content_type;
             request.accept = accept;
             return Call(self, request);
           })
      .def(
          "run_job",
          [](LocalStore& self, const std::string& path, const nb::bytes& body, const nb::object& progress) {
            const ApiRequest request = MakeRequest("POST", path, body);
            return Json(RunLong(progress, [&](const StoreCall& call) { return self.RunJob(request, call); }));
          },
          nb::arg("path"), nb::arg("body"), nb::arg("progress").none())
      .def(
          "historical",
          [](LocalStore& self, const nb::object& entities, const TrainingSetArguments& arguments,
             const nb::object& progress) {
            const HistoricalRequest request = RequestOf(entities, arguments);
            return ValueOrRaise(
                RunLong(progress, [&](const StoreCall& call) { return self.Historical(request, call); }));
          },
          nb::arg("entities"), nb::arg("arguments"), nb::arg("progress").none())
      .def(
          "write_historical",
          [](LocalStore& self, const nb::object& entities, const TrainingSetArguments& arguments,
             const std::string& path, const nb::object& progress) {
            const HistoricalRequest request = RequestOf(entities, arguments);
            return Json(
                RunLong(progress, [&](const StoreCall& call) { return self.WriteHistorical(request, path, call); }));
          },
          nb::arg("entities"), nb::arg("arguments"), nb::arg("path"), nb::arg("progress").none());
}

}  // namespace
}  // namespace larder

NB_MODULE(_core, module) {
  using larder::LocalStore;
  larder::BindArguments(module);
  nb::class_<LocalStore> store(module, "LocalStore");
  store.def_static("open", &larder::OpenStore)
      .def_prop_ro("root", &LocalStore::root)
      .def("close", [](LocalStore& self) {
        const nb::gil_scoped_release released;
        self.Close();
      });
  larder::BindDefinitions(store);
  larder::BindRetrieval(store);
}
