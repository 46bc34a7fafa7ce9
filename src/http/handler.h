// Where requests go and how answers come back.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "http/message.h"

namespace larder::http {

/// Names the place of an answer: the connection within its event loop, and the request within its connection.
struct ReplyTicket {
  std::uint64_t connection = 0;
  std::uint64_t sequence = 0;
};

/// Holds an answer whose body is copied, or sent from where it lies: nothing is allocated once the connection is warm.
struct PlainReply {
  int status = 200;
  std::string_view content_type;
  std::string_view body;
};

/// Takes answers, from any thread.
class ReplyTarget {
 public:
  virtual ~ReplyTarget() = default;
  virtual void Reply(ReplyTicket ticket, Response response) = 0;
  virtual void ReplyPlain(ReplyTicket ticket, const PlainReply& reply) = 0;
  /// Answers with Handler::Refuse of an internal error: the request was forgotten.
  virtual void ReplyForgotten(ReplyTicket ticket) = 0;
};

/// Answers one request, once, within Handle or later from any thread; what came first is sent first, whatever the order
/// of the answers. A responder that goes unused answers 500. An answer to a connection or a server that is gone is
/// dropped.
class Responder {
 public:
  Responder(std::shared_ptr<ReplyTarget> target, ReplyTicket ticket) : target_(std::move(target)), ticket_(ticket) {}
  Responder(Responder&& other) noexcept = default;
  Responder& operator=(Responder&& other) noexcept {
    std::swap(target_, other.target_);
    std::swap(ticket_, other.ticket_);
    return *this;
  }
  ~Responder() {
    if (target_ != nullptr) target_->ReplyForgotten(ticket_);
  }

  /// Sends the answer. Once.
  void Send(Response response) { std::exchange(target_, nullptr)->Reply(ticket_, std::move(response)); }
  /// Sends without keeping anything: within Handle the body goes straight to the connection's buffer.
  void SendPlain(const PlainReply& reply) { std::exchange(target_, nullptr)->ReplyPlain(ticket_, reply); }

 private:
  std::shared_ptr<ReplyTarget> target_;
  ReplyTicket ticket_;
};

/// Answers requests. Called by all event loops at once, so thread-safe; it must not block: slow work is handed to other
/// threads, together with the responder.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Answers a request, now or later. Methods and paths are its business; of an answer to HEAD the body is not sent.
  virtual void Handle(Request& request, Responder responder) = 0;
  /// Returns what is sent for bytes that are no request, too large, too slow or too many: a failure of reason
  /// kMalformedRequest, kLimitExceeded, kRequestTimeout, kOverloaded or kInternal. The connection closes afterwards.
  virtual Response Refuse(const Status& status) = 0;
};

}  // namespace larder::http
