#include "serving/jobs.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "serving/error_body.h"
#include "text/json_writer.h"

namespace larder {
namespace {

constexpr std::chrono::seconds kTimeToAsk(2);
constexpr std::chrono::milliseconds kTick(10);

}  // namespace

// One job. It is its own progress: what it hears is what askers are told.
struct Jobs::Job final : public Progress {
  std::int64_t number = 0;
  Cancellation cancellation;
  std::thread thread;

  mutable std::mutex mutex;  // of what follows
  bool is_running = true;
  std::string stage;
  std::string unit;
  std::int64_t done = 0;
  std::int64_t total = kUnknownTotal;
  Status status;
  std::string result;
  std::chrono::steady_clock::time_point ended = {};
  mutable bool is_told = false;  // somebody asked after the end

  void Begin(std::string_view name, std::string_view counted) override {
    const std::lock_guard lock(mutex);
    stage = name;
    unit = counted;
    done = 0;
    total = kUnknownTotal;
  }
  void Update(std::int64_t now_done, std::int64_t now_total) override {
    const std::lock_guard lock(mutex);
    done = now_done;
    total = now_total;
  }
  void End() override {}

  void Run(const Work& work) {
    auto outcome = work(cancellation, *this);
    const std::lock_guard lock(mutex);
    is_running = false;
    ended = std::chrono::steady_clock::now();
    status = outcome.status();
    if (outcome.ok()) result = std::move(outcome).value();
  }

  bool running() const {
    const std::lock_guard lock(mutex);
    return is_running;
  }

  // Tells whether there is nobody left to wait for.
  bool is_over() const {
    const std::lock_guard lock(mutex);
    return !is_running && (is_told || std::chrono::steady_clock::now() - ended > kTimeToAsk);
  }

  std::string_view State() const {
    if (is_running) return "running";
    if (status.ok()) return "done";
    return status.reason() == Reason::kInterrupted ? "cancelled" : "failed";
  }

  std::string Json(const std::string& id) const {
    const std::lock_guard lock(mutex);
    is_told = !is_running;
    std::string text;
    JsonWriter json(text);
    json.BeginObject();
    json.StringMember("id", id);
    json.StringMember("state", State());
    json.StringMember("stage", stage);
    json.StringMember("unit", unit);
    json.IntegerMember("done", done);
    json.Key("total");
    total == kUnknownTotal ? json.Null() : json.Integer(total);
    if (!is_running && status.ok()) {
      json.Key("result");
      json.Raw(result);
    }
    if (!is_running && !status.ok()) {
      const std::string body = ErrorBody(status);  // {"error": {...}}
      json.Key("error");
      json.Raw(std::string_view(body).substr(9, body.size() - 10));
    }
    json.EndObject();
    return text;
  }
};

namespace {

Status UnknownJob(const std::string& id) {
  return Status(Reason::kUnknownObject, "no job '" + id + "'", "jobs are remembered while the server runs");
}

}  // namespace

Result<std::string> Jobs::Begin(Work work) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return Status(Reason::kUnavailable, "the server is stopping", "try again when it runs");
  std::size_t running = 0;
  for (const auto& [id, job] : jobs_) running += job->running() ? 1 : 0;
  if (running >= kMaxRunning) {
    return Status(Reason::kOverloaded, std::to_string(running) + " jobs are running already", "wait for one to end");
  }
  ForgetOld();
  auto job = std::make_shared<Job>();
  job->number = next_id_++;
  const std::string id = "job-" + std::to_string(job->number);
  jobs_[id] = job;
  job->thread = std::thread([job = job.get(), work = std::move(work)] { job->Run(work); });
  return id;
}

void Jobs::ForgetOld() {
  while (jobs_.size() >= kMaxRemembered) {
    auto oldest = jobs_.end();
    for (auto place = jobs_.begin(); place != jobs_.end(); ++place) {
      if (place->second->running()) continue;
      if (oldest == jobs_.end() || place->second->number < oldest->second->number) oldest = place;
    }
    if (oldest == jobs_.end()) return;
    oldest->second->thread.join();
    jobs_.erase(oldest);
  }
}

Result<std::string> Jobs::Describe(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return UnknownJob(id);
  return found->second->Json(id);
}

Status Jobs::Cancel(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return UnknownJob(id);
  found->second->cancellation.Cancel();
  return {};
}

std::vector<std::shared_ptr<Jobs::Job>> Jobs::TakeNoMore() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  std::vector<std::shared_ptr<Job>> jobs;
  for (const auto& [id, job] : jobs_) jobs.push_back(job);
  return jobs;
}

void Jobs::Finish(std::chrono::microseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::vector<std::shared_ptr<Job>> jobs = TakeNoMore();
  std::erase_if(jobs, [](const auto& job) { return !job->running(); });
  while (std::chrono::steady_clock::now() < deadline) {
    if (std::ranges::all_of(jobs, [](const auto& job) { return job->is_over(); })) return;
    std::this_thread::sleep_for(kTick);
  }
}

void Jobs::Stop() {
  const std::vector<std::shared_ptr<Job>> jobs = TakeNoMore();
  for (const auto& job : jobs) job->cancellation.Cancel();
  for (const auto& job : jobs) {
    if (job->thread.joinable()) job->thread.join();
  }
}

}  // namespace larder
