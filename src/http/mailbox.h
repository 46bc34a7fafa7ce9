// What other threads have to tell an event loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/status.h"
#include "http/handler.h"
#include "http/socket.h"

namespace larder::http {

/// Holds an answer that was given by another thread.
struct PostedReply {
  ReplyTicket ticket;
  bool is_forgotten = false;
  Response response;
};

/// Holds a connection on its way to a loop.
struct PostedSocket {
  Socket socket;
  ListenerKind listener = ListenerKind::kTcp;
  Status refusal;  ///< ok: to be served; else to be told this and closed
};

/// Holds everything that came since the loop looked last.
struct Mail {
  std::vector<PostedReply> replies;
  std::vector<PostedSocket> sockets;
  bool drain_wanted = false;
  bool stop_wanted = false;
};

/// Takes answers, sockets and wishes for a loop and wakes it. Answers given on the loop's own thread go to the loop
/// directly, without a lock. Outlives the loop while responders are about, so that late answers have a place to go.
/// Thread-safe.
class Mailbox final : public ReplyTarget {
 public:
  static Result<std::shared_ptr<Mailbox>> Create();
  explicit Mailbox(Socket wake) : wake_(std::move(wake)) {}

  /// Returns the descriptor that can be read when there is mail.
  int wake_number() const { return wake_.number(); }
  /// Gives the answers of the calling thread to `loop` from now on.
  void Attach(ReplyTarget& loop);
  /// Ends what Attach began; later answers are kept and never read.
  void Detach();
  /// Returns what came, and empties the box.
  Mail Take();

  void Post(PostedSocket posted);
  void WantDrain();
  void WantStop();

  void Reply(ReplyTicket ticket, Response response) override;
  void ReplyPlain(ReplyTicket ticket, const PlainReply& reply) override;
  void ReplyForgotten(ReplyTicket ticket) override;

 private:
  bool IsOwnThread() const;
  void PostReply(PostedReply reply);
  void Wake();

  const Socket wake_;
  std::atomic<std::uint64_t> thread_{0};  ///< the loop's thread; 0: none
  ReplyTarget* loop_ = nullptr;           ///< touched by that thread only
  std::mutex mutex_;                      ///< guards mail_
  Mail mail_;
};

}  // namespace larder::http
