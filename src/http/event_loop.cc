#include "http/event_loop.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "http/response_text.h"

namespace larder::http {
namespace {

constexpr std::size_t kReadBufferBytes = std::size_t{64} << 10;
constexpr int kMaxEvents = 256;
constexpr std::size_t kMaxWriteParts = 64;
constexpr std::uint64_t kWakeTicket = 0;
/// How long a closed connection is read and dropped, so that its last answer arrives.
constexpr std::int64_t kLingerNs = 1'000'000'000;
/// The most that is dropped while lingering.
constexpr std::int64_t kMaxLingerBytes = std::int64_t{4} << 20;

std::uint64_t TicketOf(std::uint32_t generation, std::uint32_t place) {
  return std::uint64_t{generation} << 32 | place;
}

}  // namespace

/// Holds one connection with its socket.
struct EventLoop::Peer {
  Peer(const ConnectionContext& context, ListenerKind listener, std::uint64_t number, Socket opened)
      : ticket(number), socket(std::move(opened)), connection(context, listener, number) {}

  const std::uint64_t ticket;
  Socket socket;
  Connection connection;
  std::uint32_t watched = 0;   ///< epoll events
  std::int64_t active_ns = 0;  ///< when bytes came or went last, or an answer was given
  std::int64_t sent_ns = 0;    ///< when the client took bytes last, while there are some to take
  bool has_unsent = false;
  std::int64_t receiving_ns = 0;  ///< since when the present request comes in
  std::uint64_t receiving_request = 0;
  bool is_receiving = false;
  bool is_lingering = false;
  std::int64_t linger_until_ns = 0;
  std::int64_t lingered_bytes = 0;
};

Result<std::unique_ptr<EventLoop>> EventLoop::Create(const EventLoopOptions& options) {
  Socket epoll(::epoll_create1(EPOLL_CLOEXEC));
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<Mailbox> mailbox, Mailbox::Create());
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeTicket;
  if (!epoll.is_open() || ::epoll_ctl(epoll.number(), EPOLL_CTL_ADD, mailbox->wake_number(), &event) != 0) {
    return Status(Reason::kIoError, "cannot make an event loop: " + std::generic_category().message(errno));
  }
  return std::unique_ptr<EventLoop>(new EventLoop(options, std::move(epoll), std::move(mailbox)));
}

EventLoop::EventLoop(const EventLoopOptions& options, Socket epoll, std::shared_ptr<Mailbox> mailbox)
    : limits_(options.limits),
      clock_(options.clock),
      epoll_(std::move(epoll)),
      mailbox_(std::move(mailbox)),
      context_{.limits = {.framing = {.max_header_bytes = options.limits.max_header_bytes,
                                      .max_header_count = options.limits.max_header_count,
                                      .max_body_bytes = options.limits.max_body_bytes},
                          .max_pipelined = static_cast<std::size_t>(options.limits.max_pipelined),
                          .max_unsent_bytes = static_cast<std::size_t>(options.limits.max_unsent_bytes)},
               .handler = options.handler,
               .replies = mailbox_,
               .loop_index = options.loop_index,
               .date = {}},
      read_buffer_(kReadBufferBytes) {}

EventLoop::~EventLoop() = default;

void EventLoop::Run() {
  mailbox_->Attach(*this);
  const std::int64_t shortest_us =
      std::min({limits_.idle_timeout_us, limits_.request_timeout_us, limits_.write_timeout_us});
  const auto sweep_ms = static_cast<int>(std::clamp<std::int64_t>(shortest_us / 4000, 10, 1000));
  std::int64_t next_sweep_ns = 0;
  NoteTime();
  while (!is_stopping_ && !(is_draining_ && connection_count() == 0)) {
    HandleEvents(connection_count() == 0 ? -1 : sweep_ms);
    if (now_ns_ < next_sweep_ns) continue;
    CutLatePeers();
    next_sweep_ns = now_ns_ + std::int64_t{sweep_ms} * 1'000'000;
  }
  for (const std::unique_ptr<Peer>& peer : peers_) {
    if (peer != nullptr) Close(*peer);
  }
  mailbox_->Detach();
}

void EventLoop::HandleEvents(int timeout_ms) {
  std::array<epoll_event, kMaxEvents> events;
  const int count = ::epoll_wait(epoll_.number(), events.data(), kMaxEvents, timeout_ms);
  NoteTime();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == kWakeTicket) {
      ReadMailbox();
      continue;
    }
    Peer* const peer = Find(event.data.u64);
    if (peer == nullptr) continue;  // closed by an event before this one
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) {
      Close(*peer);
      continue;
    }
    if ((event.events & EPOLLIN) != 0) ReadFrom(*peer);
    Settle(*peer);
  }
}

void EventLoop::NoteTime() {
  now_ns_ = clock_.MonotonicNs();
  const std::int64_t now_us = clock_.NowUs();
  if (now_us / 1'000'000 == date_second_) return;
  date_second_ = now_us / 1'000'000;
  context_.date = FormatHttpDate(now_us);
}

EventLoop::Peer* EventLoop::Find(std::uint64_t ticket) {
  const std::size_t place = ticket & 0xFFFFFFFFU;
  if (place >= peers_.size() || peers_[place] == nullptr || peers_[place]->ticket != ticket) return nullptr;
  return peers_[place].get();
}

void EventLoop::Open(PostedSocket posted) {
  if (free_places_.empty()) {
    free_places_.push_back(static_cast<std::uint32_t>(peers_.size()));
    peers_.emplace_back();
  }
  const std::uint32_t place = free_places_.back();
  free_places_.pop_back();
  const std::uint64_t ticket = TicketOf(next_generation_, place);
  // Generation 0 is the mailbox's.
  next_generation_ = std::max<std::uint32_t>(next_generation_ + 1, 1);
  peers_[place] = std::make_unique<Peer>(context_, posted.listener, ticket, std::move(posted.socket));
  Peer& peer = *peers_[place];
  peer.active_ns = now_ns_;
  peer.watched = EPOLLIN;
  epoll_event event{};
  event.events = peer.watched;
  event.data.u64 = ticket;
  if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, peer.socket.number(), &event) != 0) return Close(peer);
  if (posted.refusal.ok()) return;
  peer.connection.Refuse(posted.refusal);
  Settle(peer);
}

void EventLoop::Close(Peer& peer) {
  const auto place = static_cast<std::uint32_t>(peer.ticket & 0xFFFFFFFFU);
  peers_[place].reset();
  free_places_.push_back(place);
  connection_count_.fetch_sub(1, std::memory_order_relaxed);
}

void EventLoop::ReadFrom(Peer& peer) {
  const ssize_t got = ::recv(peer.socket.number(), read_buffer_.data(), read_buffer_.size(), 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) peer.connection.ReceiveEnd();
    return;
  }
  peer.active_ns = now_ns_;
  if (peer.is_lingering) {
    peer.lingered_bytes += got;
    if (got == 0 || peer.lingered_bytes > kMaxLingerBytes) peer.linger_until_ns = 0;
    return;
  }
  if (got == 0) return peer.connection.ReceiveEnd();
  peer.connection.Receive(std::string_view(read_buffer_.data(), static_cast<std::size_t>(got)));
}

/// Writes what there is to write, goes on with what waited for it, and decides what becomes of the connection. May
/// close it: `peer` is not to be used afterwards.
void EventLoop::Settle(Peer& peer) {
  if (peer.is_lingering) {
    if (peer.linger_until_ns <= now_ns_) Close(peer);
    return;
  }
  while (true) {
    if (!WriteTo(peer)) return Close(peer);
    const std::size_t unsent = peer.connection.output().byte_count();
    if (unsent > 0) break;
    // Answers or room may have freed requests that were kept; they make new output.
    peer.connection.Resume();
    if (peer.connection.output().empty()) break;
  }
  NoteProgress(peer);
  if (peer.connection.is_finished() && peer.connection.output().empty()) return BeginLinger(peer);
  Watch(peer);
}

/// Notes since when the client keeps us waiting: with bytes not taken, or with a request not whole.
void EventLoop::NoteProgress(Peer& peer) {
  const bool has_unsent = !peer.connection.output().empty();
  if (has_unsent && !peer.has_unsent) peer.sent_ns = now_ns_;
  peer.has_unsent = has_unsent;
  // While it is we who do not read, the time does not count.
  const bool is_receiving = peer.connection.is_receiving() && peer.connection.wants_input();
  if (is_receiving && (!peer.is_receiving || peer.receiving_request != peer.connection.request_count())) {
    peer.receiving_ns = now_ns_;
    peer.receiving_request = peer.connection.request_count();
  }
  peer.is_receiving = is_receiving;
}

/// Writes until all is written or the socket is full. Returns false when the client is gone.
bool EventLoop::WriteTo(Peer& peer) {
  OutputQueue& output = peer.connection.output();
  while (!output.empty()) {
    std::array<iovec, kMaxWriteParts> parts;
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = output.Gather(parts);
    const ssize_t sent = ::sendmsg(peer.socket.number(), &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN;
    }
    peer.active_ns = now_ns_;
    peer.sent_ns = now_ns_;
    output.Consume(static_cast<std::size_t>(sent));
  }
  return true;
}

void EventLoop::Watch(Peer& peer) {
  std::uint32_t wanted = 0;
  if (peer.is_lingering || peer.connection.wants_input()) wanted |= EPOLLIN;
  if (!peer.connection.output().empty()) wanted |= EPOLLOUT;
  if (wanted == peer.watched) return;
  peer.watched = wanted;
  epoll_event event{};
  event.events = wanted;
  event.data.u64 = peer.ticket;
  if (::epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, peer.socket.number(), &event) != 0) Close(peer);
}

void EventLoop::BeginLinger(Peer& peer) {
  if (!peer.connection.needs_lingering() || peer.connection.request_count() == 0) return Close(peer);
  if (::shutdown(peer.socket.number(), SHUT_WR) != 0) return Close(peer);
  peer.is_lingering = true;
  peer.linger_until_ns = now_ns_ + kLingerNs;
  Watch(peer);
}

bool EventLoop::IsLate(const Peer& peer) const {
  if (peer.is_lingering) return peer.linger_until_ns <= now_ns_;
  if (peer.has_unsent) return (now_ns_ - peer.sent_ns) / 1000 >= limits_.write_timeout_us;
  if (peer.connection.is_answering() || peer.connection.is_receiving()) return false;
  return (now_ns_ - peer.active_ns) / 1000 >= limits_.idle_timeout_us;
}

void EventLoop::CutLatePeers() {
  for (std::size_t place = 0; place < peers_.size(); ++place) {
    if (peers_[place] == nullptr) continue;
    Peer& peer = *peers_[place];
    if (IsLate(peer)) {
      Close(peer);
    } else if (peer.is_receiving && (now_ns_ - peer.receiving_ns) / 1000 >= limits_.request_timeout_us) {
      peer.connection.Refuse(Status(Reason::kRequestTimeout, "the request did not arrive in time"));
      Settle(peer);
    }
  }
}

void EventLoop::DrainPeers() {
  is_draining_ = true;
  for (std::size_t place = 0; place < peers_.size(); ++place) {
    if (peers_[place] == nullptr) continue;
    Peer& peer = *peers_[place];
    // What has arrived already is in progress; only what comes from now on is too late.
    if (!peer.is_lingering && peer.connection.wants_input()) ReadFrom(peer);
    peer.connection.BeginDrain();
    const bool is_idle = !peer.is_lingering && peer.connection.is_finished() && peer.connection.output().empty();
    if (is_idle) {
      Close(peer);
    } else {
      Settle(peer);
    }
  }
}

void EventLoop::ReadMailbox() {
  Mail mail = mailbox_->Take();
  is_stopping_ = is_stopping_ || mail.stop_wanted;
  for (PostedSocket& socket : mail.sockets) Open(std::move(socket));
  for (PostedReply& reply : mail.replies) {
    Peer* const peer = Find(reply.ticket.connection);
    if (peer == nullptr) continue;
    peer->active_ns = now_ns_;
    if (reply.is_forgotten) {
      peer->connection.AnswerForgotten(reply.ticket.sequence);
    } else {
      peer->connection.Answer(reply.ticket.sequence, std::move(reply.response));
    }
  }
  // All answers first, then one write for each connection.
  for (const PostedReply& reply : mail.replies) {
    Peer* const peer = Find(reply.ticket.connection);
    if (peer != nullptr) Settle(*peer);
  }
  if (mail.drain_wanted && !is_draining_) DrainPeers();
}

void EventLoop::Add(Socket socket, ListenerKind listener) { Refuse(std::move(socket), listener, {}); }

void EventLoop::Refuse(Socket socket, ListenerKind listener, Status status) {
  connection_count_.fetch_add(1, std::memory_order_relaxed);
  mailbox_->Post({std::move(socket), listener, std::move(status)});
}

void EventLoop::BeginDrain() { mailbox_->WantDrain(); }

void EventLoop::Stop() { mailbox_->WantStop(); }

void EventLoop::Reply(ReplyTicket ticket, Response response) {
  Peer* const peer = Find(ticket.connection);
  if (peer != nullptr) peer->connection.Answer(ticket.sequence, std::move(response));
}

void EventLoop::ReplyPlain(ReplyTicket ticket, const PlainReply& reply) {
  Peer* const peer = Find(ticket.connection);
  if (peer == nullptr) return;
  peer->connection.AnswerPlain(ticket.sequence, reply);
  if (!peer->connection.output().borrows()) return;
  // What the socket takes at once is not copied. Should the client be gone, Settle finds it out, too.
  static_cast<void>(WriteTo(*peer));
  peer->connection.output().KeepBorrowed();
}

void EventLoop::ReplyForgotten(ReplyTicket ticket) {
  Peer* const peer = Find(ticket.connection);
  if (peer != nullptr) peer->connection.AnswerForgotten(ticket.sequence);
}

}  // namespace larder::http
