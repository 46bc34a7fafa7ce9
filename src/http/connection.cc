#include "http/connection.h"

#include <utility>

#include "http/response_text.h"

namespace larder::http {

Connection::Connection(const ConnectionContext& context, ListenerKind listener, std::uint64_t ticket)
    : context_(context), listener_(listener), ticket_(ticket), parser_(context.limits.framing) {}

void Connection::Receive(std::string_view bytes) {
  if (has_ended_) return;
  if (kept_input_.empty() && !is_blocked()) return Parse(bytes);
  kept_input_.append(bytes);
}

void Connection::ReceiveEnd() {
  client_ended_ = true;
  if (kept_input_.empty()) has_ended_ = true;
}

void Connection::Resume() {
  if (kept_input_.empty() || is_blocked()) return;
  const std::string bytes = std::exchange(kept_input_, {});
  Parse(bytes);
  if (client_ended_ && kept_input_.empty()) has_ended_ = true;
}

void Connection::Parse(std::string_view bytes) {
  while (!bytes.empty() && !has_ended_) {
    if (is_blocked()) {
      kept_input_.append(bytes);
      return;
    }
    const Result<bool> is_whole = parser_.Take(bytes);
    if (!is_whole.ok()) return Refuse(is_whole.status());
    if (*is_whole) {
      Dispatch();
    } else if (parser_.TakeContinueWish()) {
      owes_continue_ = true;
    }
    SendContinue();
  }
}

void Connection::Dispatch() {
  Request& request = parser_.request();
  request.listener = listener_;
  request.loop_index = context_.loop_index;
  request.keep_alive = request.keep_alive && !is_draining_;
  if (!request.keep_alive) has_ended_ = true;
  owes_continue_ = false;
  pending_.push_back({request.method == "HEAD", request.keep_alive, request.minor_version, nullptr});
  context_.handler.Handle(request, Responder(context_.replies, {ticket_, next_sequence_++}));
  parser_.Reset();
}

void Connection::SendContinue() {
  // An interim answer, too, comes after the answers to what came before.
  if (!owes_continue_ || pending_count() > 0) return;
  owes_continue_ = false;
  output_.BeginText().append("HTTP/1.1 100 Continue\r\n\r\n");
  output_.EndText();
}

Connection::Pending* Connection::Find(std::uint64_t sequence) {
  const std::uint64_t index = sequence - first_sequence_;
  if (sequence < first_sequence_ || index >= pending_count()) return nullptr;
  Pending& pending = pending_[first_pending_ + static_cast<std::size_t>(index)];
  return pending.response == nullptr ? &pending : nullptr;
}

void Connection::Answer(std::uint64_t sequence, Response response) {
  Pending* const pending = Find(sequence);
  if (pending == nullptr) return;
  if (sequence != first_sequence_) {
    pending->response = std::make_unique<Response>(std::move(response));
    return;
  }
  Write(*pending, std::move(response));
  Advance();
}

void Connection::AnswerPlain(std::uint64_t sequence, const PlainReply& reply) {
  const Pending* const pending = Find(sequence);
  if (pending == nullptr) return;
  if (sequence != first_sequence_) {
    Response response;
    response.status = reply.status;
    response.content_type = reply.content_type;
    response.body = reply.body;
    return Answer(sequence, std::move(response));
  }
  ResponseHead head;
  head.status = reply.status;
  head.content_type = reply.content_type;
  head.content_length = reply.body.size();
  head.date = context_.date;
  head.keep_alive = pending->keep_alive;
  head.minor_version = pending->minor_version;
  std::string& text = output_.BeginText();
  AppendResponseHead(head, text);
  const bool has_body = !pending->is_head && HasBody(reply.status);
  const bool is_large = reply.body.size() >= OutputQueue::kLargeBodyBytes;
  if (has_body && !is_large) text.append(reply.body);
  output_.EndText();
  if (has_body && is_large) output_.AddBorrowed(reply.body);
  Advance();
}

void Connection::AnswerForgotten(std::uint64_t sequence) {
  if (Find(sequence) == nullptr) return;
  Answer(sequence, context_.handler.Refuse(Status(Reason::kInternal, "the request was not answered")));
}

void Connection::Write(const Pending& pending, Response response) {
  const std::size_t body_bytes = response.shared_body != nullptr ? response.shared_body->size() : response.body.size();
  ResponseHead head;
  head.status = response.status;
  head.content_type = response.content_type;
  head.content_length = body_bytes;
  head.headers = &response.headers;
  head.date = context_.date;
  head.keep_alive = pending.keep_alive;
  head.minor_version = pending.minor_version;
  AppendResponseHead(head, output_.BeginText());
  output_.EndText();
  if (pending.is_head || !HasBody(response.status)) return;
  if (response.shared_body != nullptr) {
    output_.AddShared(std::move(response.shared_body));
  } else {
    output_.AddBody(std::move(response.body));
  }
}

void Connection::Advance() {
  while (true) {
    ++first_pending_;
    ++first_sequence_;
    if (pending_count() == 0) break;
    const Pending& next = pending_[first_pending_];
    if (next.response == nullptr) break;
    Write(next, std::move(*next.response));
  }
  if (pending_count() == 0 || first_pending_ >= context_.limits.max_pipelined) {
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(first_pending_));
    first_pending_ = 0;
  }
  SendContinue();
}

void Connection::Refuse(const Status& status) {
  if (has_ended_) return;
  has_ended_ = true;
  kept_input_.clear();
  Pending refused;
  refused.keep_alive = false;
  pending_.push_back(std::move(refused));
  Answer(next_sequence_++, context_.handler.Refuse(status));
}

void Connection::BeginDrain() {
  is_draining_ = true;
  if (!parser_.has_begun() && kept_input_.empty()) has_ended_ = true;
  // Responses that are not written yet tell the client that the last of them is the end.
  if (has_ended_ && pending_count() > 0) pending_.back().keep_alive = false;
}

}  // namespace larder::http
