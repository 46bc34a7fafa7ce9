// One connection's conversation: bytes in, requests to the handler, answers in order, bytes out. Free of sockets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "http/handler.h"
#include "http/output_queue.h"
#include "http/request_parser.h"

namespace larder::http {

/// Says how much a connection may hold.
struct ConnectionLimits {
  FramingLimits framing;
  std::size_t max_pipelined = 64;
  std::size_t max_unsent_bytes = std::size_t{1} << 20;
};

/// Holds what the connections of one event loop have in common. Outlives them.
struct ConnectionContext {
  ConnectionLimits limits;
  Handler& handler;
  std::shared_ptr<ReplyTarget> replies;
  int loop_index = 0;
  std::string date;  ///< what responses carry; the loop keeps it fresh
};

/// Holds the conversation. Used by one thread.
class Connection {
 public:
  /// `ticket` is what responders name this connection by.
  Connection(const ConnectionContext& context, ListenerKind listener, std::uint64_t ticket);

  /// Takes bytes from the client and calls the handler for each whole request in them. What comes while too much waits
  /// to be answered or sent is kept: see wants_input.
  void Receive(std::string_view bytes);
  /// Hears that the client sends no more.
  void ReceiveEnd();
  /// Goes on with bytes that were kept, now that answers came or bytes were sent.
  void Resume();

  /// Takes the answer to a request; ignored when it was answered before.
  void Answer(std::uint64_t sequence, Response response);
  /// As Answer, but a large body is only borrowed: call output().KeepBorrowed() before it goes.
  void AnswerPlain(std::uint64_t sequence, const PlainReply& reply);
  void AnswerForgotten(std::uint64_t sequence);

  /// Refuses what is being received: answers Handler::Refuse after what waits, and closes.
  void Refuse(const Status& status);
  /// Takes no further request: the one being received is the last.
  void BeginDrain();

  /// Returns the bytes to be sent.
  OutputQueue& output() { return output_; }

  /// Returns whether bytes from the client may be taken now.
  bool wants_input() const { return !has_ended_ && !client_ended_ && !is_blocked(); }
  /// Returns whether a request has begun to come in and is not whole.
  bool is_receiving() const { return !has_ended_ && parser_.has_begun(); }
  /// Returns whether requests wait for their answers.
  bool is_answering() const { return pending_count() > 0; }
  /// Returns whether there is nothing more to do: all answers are given and no request will follow. Close once the
  /// output is sent.
  bool is_finished() const { return has_ended_ && pending_count() == 0; }
  /// Returns whether the client may still be sending: its bytes must be read and dropped before closing, or the network
  /// would drop the last answer.
  bool needs_lingering() const { return !client_ended_; }
  /// Returns how many requests began.
  std::uint64_t request_count() const { return next_sequence_; }

 private:
  /// Waits for an answer, or holds one that must wait for those before it.
  struct Pending {
    bool is_head = false;
    bool keep_alive = true;
    int minor_version = 1;
    std::unique_ptr<Response> response;
  };

  bool is_blocked() const {
    return pending_count() >= context_.limits.max_pipelined || output_.byte_count() >= context_.limits.max_unsent_bytes;
  }
  std::size_t pending_count() const { return pending_.size() - first_pending_; }
  void Parse(std::string_view bytes);
  void Dispatch();
  void SendContinue();
  Pending* Find(std::uint64_t sequence);
  void Write(const Pending& pending, Response response);
  /// Drops the first request, which is answered, and writes the answers that waited for it.
  void Advance();

  const ConnectionContext& context_;
  const ListenerKind listener_;
  const std::uint64_t ticket_;
  RequestParser parser_;
  OutputQueue output_;
  std::string kept_input_;
  std::vector<Pending> pending_;      ///< those before first_pending_ are done; a deque would allocate now and then
  std::size_t first_pending_ = 0;     ///< index of the first that is not done
  std::uint64_t first_sequence_ = 0;  ///< of that one
  std::uint64_t next_sequence_ = 0;
  bool owes_continue_ = false;
  bool is_draining_ = false;
  bool has_ended_ = false;     ///< no further request
  bool client_ended_ = false;  ///< the client sends no more
};

}  // namespace larder::http
