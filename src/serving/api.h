// The HTTP API without HTTP: requests in, answers out. The server and the command line both speak to it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "base/counters.h"
#include "base/progress.h"
#include "base/status.h"
#include "lookup/current_definitions.h"
#include "retrieval/materialize.h"
#include "retrieval/online_read.h"
#include "retrieval/online_tables.h"
#include "retrieval/project.h"
#include "retrieval/push.h"
#include "retrieval/retrieval_plan.h"
#include "serving/jobs.h"
#include "serving/json_document.h"

namespace larder {

/// Holds one request to the API.
struct ApiRequest {
  std::string method = "GET";
  std::string path = {};   ///< such as "/push"
  std::string query = {};  ///< the part after '?'
  std::string body = {};
  std::string content_type = {};  ///< of the body
  std::string accept = {};        ///< which forms of answer are wanted; empty: JSON
  /// Whether the asker is the project's own user (command line, socket file): `now` needs no permission.
  bool is_trusted = false;
};

/// Holds one answer.
struct ApiAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// Holds how a caller in this process follows a request.
struct ApiCall {
  const Cancellation* cancellation = nullptr;
  Progress* progress = nullptr;
};

class Api;
class LookupSession;

/// Describes one route.
struct Route {
  std::string_view method;
  std::string_view path;  ///< a part in braces stands for any text: "/jobs/{id}"
  std::string_view summary;
  bool is_quick;  ///< answered at once, inside an event loop: reads memory only
  Result<ApiAnswer> (Api::*answer)(const ApiRequest&, const ApiCall&);
};

/// Returns every route, in the order of the documentation.
std::span<const Route> AllRoutes();

/// Answers the requests of one project. Thread-safe; borrows what it is given.
class Api {
 public:
  Api(Project& project, OnlineTables& tables, Counters& counters);
  ~Api();

  /// Answers a request; a failure is an answer too. Counts and times it.
  ApiAnswer Answer(const ApiRequest& request, const ApiCall& call);

  /// Returns the route of a request; nullptr when there is none.
  static const Route* FindRoute(std::string_view method, std::string_view path);
  /// Returns the answer that tells a failure; 429 and 503 say when to try again.
  static ApiAnswer FailureAnswer(const Status& status);

  /// Reads the definitions again if the registry changed. Requests in progress keep the definitions they began with;
  /// what an apply gave up is dropped once no request sees it: at once, or by a later call.
  Status Reload();
  /// Makes a session that answers requests for features by this API's definitions, with so many bytes for the texts of
  /// rows; the API outlives it.
  std::unique_ptr<LookupSession> NewLookupSession(std::int64_t text_bytes);
  const ServerConfig& config() const { return project_.config().server; }

  CurrentDefinitions& definitions() { return definitions_; }
  Counters& counters() { return counters_; }
  const Clock& clock() const { return project_.clock(); }
  /// Returns what counts the answers of a route with a status, and their times.
  static Counter& AnswerCounter(Counters& counters, std::string_view route, int status);
  static Histogram& AnswerSeconds(Counters& counters, std::string_view route);
  /// Tells whether an Accept field asks for an Arrow IPC stream.
  static bool WantsArrow(std::string_view accept);
  /// Waits for the jobs that run as Jobs::Finish; requests that begin one fail from now on.
  void FinishJobs(std::chrono::microseconds timeout) { jobs_.Finish(timeout); }
  /// Stops the jobs and waits for them; requests that begin one fail from now on.
  void Stop() { jobs_.Stop(); }

  // The routes: docs/reference/http.md tells what each takes and gives.
  Result<ApiAnswer> GetOnlineFeatures(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> PushRows(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> WriteToOnlineStore(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> DeleteKeys(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> MaterializeRange(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> MaterializeIncremental(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> GetJob(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> CancelJob(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> ExplainValue(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> GetView(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> BackUpProject(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> ReloadNow(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> GetHealth(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> GetMetrics(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> GetOpenApi(const ApiRequest& request, const ApiCall& call);
  Result<ApiAnswer> GetDocs(const ApiRequest& request, const ApiCall& call);

 private:
  Result<std::shared_ptr<const RegistrySnapshot>> Definitions();
  Result<CurrentDefinitions::Numbered> NumberedDefinitions();
  Result<std::shared_ptr<const RetrievalPlan>> PlanFor(const FeatureRequest& request);
  Result<OnlineRequest> ReadOnlineRequest(const JsonObject& body, const FeatureRequest& features, bool is_trusted);
  Result<ApiAnswer> PushTable(const PushRequest& request, const ApiRequest& from);
  Result<ApiAnswer> RunMaterialization(const MaterializeRequest& request, const ApiRequest& from, const ApiCall& call);
  void CountAnswer(std::string_view route, int status, double seconds);
  void UpdateGauges();

  Project& project_;
  OnlineTables& tables_;
  Counters& counters_;
  CurrentDefinitions definitions_;
  std::shared_mutex mutex_;                                            // of the two below
  std::uint64_t plans_number_ = 0;                                     // of the definitions that the plans are of
  std::map<std::string, std::shared_ptr<const RetrievalPlan>> plans_;  // by request shape
  std::mutex reload_mutex_;                                            // of what follows: one reload at a time
  bool drops_wait_ = false;                                            // a reload gave up tables that are still in use
  Jobs jobs_;
};

}  // namespace larder
