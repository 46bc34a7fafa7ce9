// POST /get-online-features over HTTP: answered inside the event loop when memory has all that it takes.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/cancellation.h"
#include "base/counters.h"
#include "base/thread_pool.h"
#include "http/handler.h"
#include "lookup/lookup_session.h"
#include "serving/api.h"

namespace larder {

/// Returns the answer of the API as one of HTTP.
http::Response ToResponse(ApiAnswer answer);
/// Returns a request of HTTP as one to the API; takes the body.
ApiRequest ToApiRequest(http::Request& request);
/// Has a worker answer a request; answers at once that there are too many when none can take it.
void AnswerLater(ThreadPool& workers, http::Responder responder, std::function<ApiAnswer()> answer);

/// Answers the requests for features of all event loops: each loop has a LookupSession of its own, so that nothing is
/// locked. What memory does not have, what is large, and what only the plain way can answer goes to the workers.
/// Thread-safe.
class OnlineRoute {
 public:
  /// Bodies up to this size are read inside the event loop.
  static constexpr std::size_t kMaxBodyInLoopBytes = std::size_t{64} << 10;

  /// Borrows what it is given. `loop_count`: of the event loops.
  OnlineRoute(Api& api, ThreadPool& workers, int loop_count);

  /// Tells whether a request is this route's.
  static bool Takes(const http::Request& request);
  void Handle(http::Request& request, http::Responder responder);

 private:
  ApiAnswer AnswerInWorker(const ApiRequest& request);
  std::unique_ptr<LookupSession> TakeSession();
  void GiveBack(std::unique_ptr<LookupSession> session);
  void Count(std::int64_t began_ns);

  Api& api_;
  ThreadPool& workers_;
  Counter& answered_;
  Histogram& seconds_;
  std::vector<std::unique_ptr<LookupSession>> loops_;
  std::mutex mutex_;                                   ///< guards what follows
  std::vector<std::unique_ptr<LookupSession>> spare_;  ///< of workers; at most as many as have worked at once
};

}  // namespace larder
