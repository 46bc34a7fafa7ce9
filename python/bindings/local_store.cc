#include "bindings/local_store.h"

#include <algorithm>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/table.h>

#include "base/memory_budget.h"
#include "base/timestamp.h"
#include "cli/author.h"
#include "cli/historical_report.h"
#include "cli/owner_notice.h"
#include "cli/symbol_check.h"
#include "cli/training_file.h"
#include "columnar/arrow_status.h"
#include "retrieval/apply.h"
#include "text/json_writer.h"

namespace larder {
namespace {

void WriteObject(const VersionRecord& record, JsonWriter& json) {
  json.BeginObject();
  json.StringMember("kind", KindName(record.id.id.kind));
  json.StringMember("name", record.id.id.name);
  json.IntegerMember("version", record.id.version);
  json.StringMember("applied", FormatInstant(record.time_us));
  json.StringMember("author", record.author);
  json.Key("definition");
  json.Raw(record.canonical_text);
  json.EndObject();
}

// Holds a training set while its rows are read.
class RunningJob {
 public:
  RunningJob(Project& project, const StoreCall& call)
      : project_(project),
        memory_(project.config().engine.memory_bytes),
        context_{memory_, project.threads(), &call.cancellation, &call.progress, project.config().engine.spill},
        began_ns_(project.clock().MonotonicNs()) {}

  Status Start(const HistoricalRequest& request) {
    LARDER_ASSIGN_OR_RETURN(rows_, GetHistorical(project_, request, context_));
    return {};
  }

  HistoricalRows& rows() { return *rows_; }
  const ExecutionContext& context() const { return context_; }

  std::string Summary(HistoricalOutcome outcome) const {
    outcome.row_count = rows_->row_count();
    outcome.seconds = static_cast<double>(project_.clock().MonotonicNs() - began_ns_) / 1e9;
    outcome.buffer_bytes = memory_.peak_bytes();
    outcome.peak_resident_bytes = PeakResidentBytes();
    return OutcomeJson(*rows_, outcome);
  }

 private:
  Project& project_;
  MemoryBudget memory_;
  const ExecutionContext context_;
  const std::int64_t began_ns_;
  std::unique_ptr<HistoricalRows> rows_;
};

}  // namespace

LocalStore::LocalStore() = default;
LocalStore::~LocalStore() = default;

Result<std::unique_ptr<LocalStore>> LocalStore::Open(const std::string& folder) {
  LARDER_RETURN_IF_ERROR(CheckSymbols());
  std::unique_ptr<LocalStore> store(new LocalStore());
  store->files_ = NewPosixFileSystem();
  store->clock_ = NewSystemClock();
  store->logger_ = std::make_unique<Logger>(*store->clock_, LogLevel::kWarning, NewStandardErrorSink());
  const Platform platform{*store->files_, *store->clock_, *store->logger_};
  LARDER_ASSIGN_OR_RETURN(store->project_, OpenProject(platform, folder));
  return store;
}

Result<ApiSession*> LocalStore::Session() {
  if (session_ == nullptr) {
    LARDER_ASSIGN_OR_RETURN(session_, ApiSession::Open(*project_));
  }
  return session_.get();
}

Result<std::string> LocalStore::Call(const ApiRequest& request, const StoreCall& call) {
  const std::lock_guard lock(mutex_);
  LARDER_ASSIGN_OR_RETURN(ApiSession* const session, Session());
  auto answer = session->Call(request, {&call.cancellation, &call.progress});
  // The server may be gone: who is to be asked then is found anew.
  if (session->is_remote() && answer.status().reason() == Reason::kUnavailable) session_ = nullptr;
  return answer;
}

Result<std::string> LocalStore::RunJob(const ApiRequest& request, const StoreCall& call) {
  const std::lock_guard lock(mutex_);
  LARDER_ASSIGN_OR_RETURN(ApiSession* const session, Session());
  auto result = session->RunJob(request, {&call.cancellation, &call.progress});
  if (session->is_remote() && result.status().reason() == Reason::kUnavailable) session_ = nullptr;
  return result;
}

Result<std::string> LocalStore::Plan() {
  LARDER_ASSIGN_OR_RETURN(const PlannedApply planned, PlanApply(*project_, Author()));
  return planned.plan.Json();
}

Result<std::string> LocalStore::Apply(bool allow_deletes, const StoreCall& call) {
  LARDER_ASSIGN_OR_RETURN(const PlannedApply planned, PlanApply(*project_, Author()));
  LARDER_RETURN_IF_ERROR(call.cancellation.Check());
  if (!allow_deletes && planned.plan.LosesSomething()) {
    return Status(Reason::kUsage, "not applied: this deletes objects or stored rows",
                  "look at plan(); apply(allow_deletes=True) does it");
  }
  LARDER_RETURN_IF_ERROR(CarryOut(*project_, planned).status());
  const std::lock_guard lock(mutex_);
  const bool is_here = session_ != nullptr && !session_->is_remote();
  if (is_here) {
    LARDER_RETURN_IF_ERROR(session_->Call({"POST", "/reload", "", "{}"}, {}).status());
  } else {
    LARDER_RETURN_IF_ERROR(TellOwnerOfApply(*project_, {&call.cancellation, &call.progress}));
  }
  return planned.plan.Json();
}

Result<std::string> LocalStore::List(const std::string& kind) {
  std::vector<ObjectKind> kinds(kAllObjectKinds.begin(), kAllObjectKinds.end());
  if (!kind.empty()) {
    LARDER_ASSIGN_OR_RETURN(const ObjectKind one, ParseKind(kind));
    kinds = {one};
  }
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project_->Snapshot());
  std::string text;
  JsonWriter json(text);
  json.BeginArray();
  for (const DefinedObject& object : snapshot->current().Objects()) {
    if (std::find(kinds.begin(), kinds.end(), KindOf(object)) == kinds.end()) continue;
    LARDER_ASSIGN_OR_RETURN(const auto record, snapshot->Current(IdOf(object)));
    WriteObject(*record, json);
  }
  json.EndArray();
  return text;
}

Result<std::string> LocalStore::Versions(const std::string& kind, const std::string& name) {
  LARDER_ASSIGN_OR_RETURN(const ObjectKind parsed, ParseKind(kind));
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project_->Snapshot());
  const ObjectId id{parsed, name};
  if (snapshot->revision() == 0) return snapshot->Current(id).status();  // looking makes no registry
  LARDER_ASSIGN_OR_RETURN(const auto history,
                          project_->WithRegistry([&](Registry& registry) { return registry.Versions(id); }));
  std::string text;
  JsonWriter json(text);
  json.BeginArray();
  for (const HistoryEntry& entry : history) {
    json.BeginObject();
    json.IntegerMember("version", entry.version);
    json.StringMember("action", entry.action);
    json.StringMember("time", FormatInstant(entry.time_us));
    json.StringMember("author", entry.author);
    json.BoolMember("current", entry.is_current);
    json.EndObject();
  }
  json.EndArray();
  return text;
}

Status LocalStore::Delete(const std::string& kind, const std::string& name) {
  LARDER_ASSIGN_OR_RETURN(const ObjectKind parsed, ParseKind(kind));
  return DeleteObject(*project_, {parsed, name}, Author());
}

Result<TrainingSet> LocalStore::Historical(const HistoricalRequest& request, const StoreCall& call) {
  RunningJob job(*project_, call);
  LARDER_RETURN_IF_ERROR(job.Start(request));
  arrow::RecordBatchVector batches;
  while (true) {
    LARDER_RETURN_IF_ERROR(call.cancellation.Check());
    LARDER_ASSIGN_OR_RETURN(auto batch, job.rows().Next());
    if (batch == nullptr) break;
    batches.push_back(std::move(batch));
  }
  TrainingSet set;
  LARDER_ASSIGN_OR_RETURN(set.rows,
                          FromArrow(arrow::Table::FromRecordBatches(job.rows().schema(), std::move(batches))));
  set.summary = job.Summary({});
  return set;
}

Result<std::string> LocalStore::WriteHistorical(const HistoricalRequest& request, const std::string& path,
                                                const StoreCall& call) {
  LARDER_RETURN_IF_ERROR(FileFormatOf(path).status());
  RunningJob job(*project_, call);
  LARDER_RETURN_IF_ERROR(job.Start(request));
  HistoricalOutcome outcome;
  outcome.output = path;
  LARDER_ASSIGN_OR_RETURN(outcome.output_bytes, WriteTrainingFile(*files_, job.rows(), {.path = path}, job.context()));
  return job.Summary(outcome);
}

void LocalStore::Close() {
  const std::lock_guard lock(mutex_);
  session_ = nullptr;
}

}  // namespace larder
