#include "serving/online_route.h"

#include <utility>

namespace larder {
namespace {

constexpr std::string_view kPath = "/get-online-features";

}  // namespace

http::Response ToResponse(ApiAnswer answer) {
  http::Response response;
  response.status = answer.status;
  response.content_type = std::move(answer.content_type);
  response.headers = std::move(answer.headers);
  response.body = std::move(answer.body);
  return response;
}

ApiRequest ToApiRequest(http::Request& request) {
  ApiRequest asked;
  asked.method = request.method;
  asked.path = request.path;
  asked.query = request.query;
  asked.content_type = request.FindHeader("content-type").value_or("");
  asked.accept = request.FindHeader("accept").value_or("");
  asked.is_trusted = request.listener == http::ListenerKind::kUnixSocket;
  asked.body = request.TakeBody();
  return asked;
}

void AnswerLater(ThreadPool& workers, http::Responder responder, std::function<ApiAnswer()> answer) {
  auto later = std::make_shared<http::Responder>(std::move(responder));
  const bool queued = workers.TrySubmit([later, answer = std::move(answer)] { later->Send(ToResponse(answer())); });
  if (queued) return;
  later->Send(ToResponse(
      Api::FailureAnswer(Status(Reason::kOverloaded, "too many requests wait for a worker", "try again in a moment"))));
}

OnlineRoute::OnlineRoute(Api& api, ThreadPool& workers, int loop_count)
    : api_(api),
      workers_(workers),
      answered_(Api::AnswerCounter(api.counters(), kPath, 200)),
      seconds_(Api::AnswerSeconds(api.counters(), kPath)) {
  for (int i = 0; i < loop_count; ++i) loops_.push_back(api.NewLookupSession(api.config().row_text_bytes / loop_count));
}

bool OnlineRoute::Takes(const http::Request& request) { return request.path == kPath && request.method == "POST"; }

void OnlineRoute::Handle(http::Request& request, http::Responder responder) {
  const std::int64_t began_ns = api_.clock().MonotonicNs();
  const std::optional<std::string_view> accept = request.FindHeader("accept");
  const bool is_json = !accept || !Api::WantsArrow(*accept);
  if (is_json && request.body.size() <= kMaxBodyInLoopBytes) {
    LookupSession& session = *loops_[static_cast<std::size_t>(request.loop_index)];
    if (session.Answer(request.body, MayWait::kNo) == LookupOutcome::kDone) {
      responder.SendPlain({.status = 200, .content_type = "application/json", .body = session.text()});
      return Count(began_ns);
    }
  }
  AnswerLater(workers_, std::move(responder), [this, asked = ToApiRequest(request)] { return AnswerInWorker(asked); });
}

ApiAnswer OnlineRoute::AnswerInWorker(const ApiRequest& request) {
  const std::int64_t began_ns = api_.clock().MonotonicNs();
  if (!Api::WantsArrow(request.accept)) {
    std::unique_ptr<LookupSession> session = TakeSession();
    const bool is_done = session->Answer(request.body, MayWait::kYes) == LookupOutcome::kDone;
    ApiAnswer answer;
    if (is_done) answer.body = session->text();
    GiveBack(std::move(session));
    if (is_done) {
      Count(began_ns);
      return answer;
    }
  }
  return api_.Answer(request, {});
}

std::unique_ptr<LookupSession> OnlineRoute::TakeSession() {
  {
    const std::lock_guard lock(mutex_);
    if (!spare_.empty()) {
      std::unique_ptr<LookupSession> session = std::move(spare_.back());
      spare_.pop_back();
      return session;
    }
  }
  return api_.NewLookupSession(0);  // texts are kept where most requests are answered
}

void OnlineRoute::GiveBack(std::unique_ptr<LookupSession> session) {
  const std::lock_guard lock(mutex_);
  spare_.push_back(std::move(session));
}

void OnlineRoute::Count(std::int64_t began_ns) {
  answered_.Add();
  seconds_.Observe(static_cast<double>(api_.clock().MonotonicNs() - began_ns) / 1e9);
}

}  // namespace larder
