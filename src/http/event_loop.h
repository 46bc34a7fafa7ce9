// One thread's share of the connections.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "http/connection.h"
#include "http/handler.h"
#include "http/mailbox.h"
#include "http/server.h"
#include "http/socket.h"

namespace larder::http {

/// Holds what an event loop is made of. `handler` and `clock` outlive it.
struct EventLoopOptions {
  const ServerLimits& limits;
  Handler& handler;
  const Clock& clock;
  int loop_index = 0;
};

/// Waits for sockets, reads what came, lets the connections talk, and writes what they have to say: one writev for all
/// that a wake-up brought. Run is the thread's body; all else may be called from any thread.
class EventLoop final : public ReplyTarget {
 public:
  static Result<std::unique_ptr<EventLoop>> Create(const EventLoopOptions& options);
  ~EventLoop() override;

  /// Serves until it is stopped, or drained and empty.
  void Run();

  /// Gives the loop a connection to serve.
  void Add(Socket socket, ListenerKind listener);
  /// Gives the loop a connection to be told `status` and closed.
  void Refuse(Socket socket, ListenerKind listener, Status status);
  /// Closes idle connections at once and the others when their requests are answered.
  void BeginDrain();
  /// Closes everything.
  void Stop();
  /// Returns how many connections the loop has, those on their way to it included.
  std::int64_t connection_count() const { return connection_count_.load(std::memory_order_relaxed); }

 private:
  struct Peer;

  EventLoop(const EventLoopOptions& options, Socket epoll, std::shared_ptr<Mailbox> mailbox);

  // Answers given within Handle, by way of the mailbox.
  void Reply(ReplyTicket ticket, Response response) override;
  void ReplyPlain(ReplyTicket ticket, const PlainReply& reply) override;
  void ReplyForgotten(ReplyTicket ticket) override;

  void ReadMailbox();
  void Open(PostedSocket posted);
  Peer* Find(std::uint64_t ticket);
  void ReadFrom(Peer& peer);
  bool WriteTo(Peer& peer);
  void Settle(Peer& peer);
  void NoteProgress(Peer& peer);
  void Watch(Peer& peer);
  void BeginLinger(Peer& peer);
  void Close(Peer& peer);
  void DrainPeers();
  void HandleEvents(int timeout_ms);
  void CutLatePeers();
  bool IsLate(const Peer& peer) const;
  void NoteTime();

  const ServerLimits limits_;
  const Clock& clock_;
  const Socket epoll_;
  const std::shared_ptr<Mailbox> mailbox_;
  ConnectionContext context_;
  std::atomic<std::int64_t> connection_count_{0};

  // What follows belongs to the thread that runs.
  std::vector<std::unique_ptr<Peer>> peers_;  ///< by place; a place is used again
  std::vector<std::uint32_t> free_places_;
  std::uint32_t next_generation_ = 1;
  std::vector<char> read_buffer_;
  std::int64_t now_ns_ = 0;
  std::int64_t date_second_ = -1;
  bool is_draining_ = false;
  bool is_stopping_ = false;
};

}  // namespace larder::http
