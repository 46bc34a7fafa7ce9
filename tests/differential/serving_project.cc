#include "tests/differential/serving_project.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/timestamp.h"
#include "retrieval/apply.h"

namespace larder::differential {
namespace {

void Must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "serving project: %s\n", status.ToString().c_str());
  std::abort();
}

template <class T>
T Must(Result<T> result) {
  Must(result.status());
  return std::move(result).value();
}

std::string NewFolder() {
  std::string path = std::filesystem::temp_directory_path().string() + "/larder-serving-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) std::abort();
  return path;
}

}  // namespace

ServingProject::ServingProject(const std::string& store)
    : folder_(NewFolder()),
      files_(NewPosixFileSystem()),
      clock_(Must(ParseInstant("2026-01-02T12:00:00Z"))),
      logger_(clock_, LogLevel::kError, [](std::string_view) {}) {
  Write("larder.yaml", "project: serving\ndefinitions: [features/]\nonline_store: {type: " + store +
                           ", durability: process, memory: 64MiB}\nserver: {clock_skew: 5m}\n");
  project_ = Must(OpenProject({*files_, clock_, logger_}, folder_));
  tables_ = Must(OnlineTables::Open(*project_, counters_));
  api_ = std::make_unique<Api>(*project_, *tables_, counters_);
}

ServingProject::~ServingProject() {
  api_.reset();
  tables_.reset();
  project_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ServingProject::Write(const std::string& path, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path(folder_) / path;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

void ServingProject::Apply(const std::string& text) {
  Write("features/all.yaml", text);
  Must(CarryOut(*project_, Must(PlanApply(*project_, "a test"))).status());
}

ApiAnswer ServingProject::Post(const std::string& path, const std::string& body) {
  ApiRequest request{"POST", path, "", body};
  request.is_trusted = true;
  return api_->Answer(request, {});
}

void ServingProject::MustPost(const std::string& path, const std::string& body) {
  const ApiAnswer answer = Post(path, body);
  if (answer.status == 200) return;
  std::fprintf(stderr, "%s %s: %s\n", path.c_str(), body.c_str(), answer.body.c_str());
  std::abort();
}

}  // namespace larder::differential
