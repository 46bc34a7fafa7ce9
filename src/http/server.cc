#include "http/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "http/event_loop.h"
#include "http/socket.h"

namespace larder::http {
namespace {

class ThreadedServer final : public Server {
 public:
  ThreadedServer(const ServerOptions& options, Handler& handler, const Clock& clock)
      : limits_(options.limits), handler_(handler), clock_(clock) {}
  ~ThreadedServer() override { Drain(0); }

  Status Start(const ServerOptions& options);

  const std::vector<Address>& addresses() const override { return addresses_; }
  ServerNumbers numbers() const override;
  void Drain(std::int64_t timeout_us) override;

 private:
  void Accept();
  /// Takes all connections that wait at a listener. Returns false when the system has no room for another.
  bool AcceptAll(const Listener& listener);
  void Deal(Socket socket, ListenerKind kind);
  std::int64_t OpenCount() const;

  const ServerLimits limits_;
  Handler& handler_;
  const Clock& clock_;
  std::vector<Address> addresses_;
  std::vector<Listener> listeners_;
  std::vector<std::unique_ptr<EventLoop>> loops_;
  Socket stop_event_;
  std::thread acceptor_;
  std::vector<std::thread> threads_;
  std::atomic<std::int64_t> accepted_connections_{0};
  std::atomic<std::int64_t> refused_connections_{0};

  std::mutex drain_mutex_;  ///< one drain at a time
  std::mutex mutex_;        ///< guards running_loop_count_
  std::condition_variable loop_ended_;
  int running_loop_count_ = 0;
};

Status ThreadedServer::Start(const ServerOptions& options) {
  LARDER_CHECK(!options.listen.empty() && options.loop_count >= 1);
  stop_event_ = Socket(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event_.is_open()) {
    return Status(Reason::kIoError, "cannot make an event: " + std::generic_category().message(errno));
  }
  for (const Address& address : options.listen) {
    LARDER_ASSIGN_OR_RETURN(Listener listener, ListenOn(address));
    addresses_.push_back(listener.address);
    listeners_.push_back(std::move(listener));
  }
  for (int i = 0; i < options.loop_count; ++i) {
    LARDER_ASSIGN_OR_RETURN(
        std::unique_ptr<EventLoop> loop,
        EventLoop::Create({.limits = limits_, .handler = handler_, .clock = clock_, .loop_index = i}));
    loops_.push_back(std::move(loop));
  }
  running_loop_count_ = options.loop_count;
  for (const std::unique_ptr<EventLoop>& loop : loops_) {
    threads_.emplace_back([this, &loop = *loop] {
      loop.Run();
      const std::lock_guard lock(mutex_);
      --running_loop_count_;
      loop_ended_.notify_all();
    });
  }
  acceptor_ = std::thread([this] { Accept(); });
  return {};
}

void ThreadedServer::Accept() {
  std::vector<pollfd> watched;
  for (const Listener& listener : listeners_) watched.push_back({listener.socket.number(), POLLIN, 0});
  watched.push_back({stop_event_.number(), POLLIN, 0});
  while (true) {
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
    if (watched.back().revents != 0) return;
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      if (watched[i].revents == 0 || AcceptAll(listeners_[i])) continue;
      // Out of descriptors or memory: poll would return at once, again and again. Wait for connections to close.
      constexpr int kPauseMs = 50;
      pollfd stop{stop_event_.number(), POLLIN, 0};
      if (::poll(&stop, 1, kPauseMs) > 0) return;
    }
  }
}

bool ThreadedServer::AcceptAll(const Listener& listener) {
  constexpr int kMaxInRow = 256;  // the other listeners want their turn
  for (int i = 0; i < kMaxInRow; ++i) {
    Socket socket;
    const int error = AcceptFrom(listener, socket);
    if (error != 0) return error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM;
    accepted_connections_.fetch_add(1, std::memory_order_relaxed);
    Deal(std::move(socket), listener.address.kind);
  }
  return true;
}

void ThreadedServer::Deal(Socket socket, ListenerKind kind) {
  const auto least = std::min_element(loops_.begin(), loops_.end(), [](const auto& a, const auto& b) {
    return a->connection_count() < b->connection_count();
  });
  const std::int64_t open_count = OpenCount();
  if (open_count < limits_.max_connections) return (*least)->Add(std::move(socket), kind);
  refused_connections_.fetch_add(1, std::memory_order_relaxed);
  // Refused ones count while they are told so; when even they are too many, the rest is closed without a word.
  constexpr std::int64_t kMaxRefusedAtOnce = 256;
  if (open_count >= limits_.max_connections + kMaxRefusedAtOnce) return;
  (*least)->Refuse(
      std::move(socket), kind,
      Status(Reason::kOverloaded, "too many connections: the limit is " + std::to_string(limits_.max_connections)));
}

std::int64_t ThreadedServer::OpenCount() const {
  std::int64_t count = 0;
  for (const std::unique_ptr<EventLoop>& loop : loops_) count += loop->connection_count();
  return count;
}

ServerNumbers ThreadedServer::numbers() const {
  return {.open_connections = OpenCount(),
          .accepted_connections = accepted_connections_.load(std::memory_order_relaxed),
          .refused_connections = refused_connections_.load(std::memory_order_relaxed)};
}

void ThreadedServer::Drain(std::int64_t timeout_us) {
  const std::lock_guard drain_lock(drain_mutex_);
  if (acceptor_.joinable()) {
    const std::uint64_t one = 1;
    static_cast<void>(::write(stop_event_.number(), &one, sizeof(one)) < 0);
    acceptor_.join();
  }
  for (Listener& listener : listeners_) CloseListener(listener);
  for (const std::unique_ptr<EventLoop>& loop : loops_) loop->BeginDrain();
  {
    std::unique_lock lock(mutex_);
    loop_ended_.wait_for(lock, std::chrono::microseconds(timeout_us), [this] { return running_loop_count_ == 0; });
  }
  for (const std::unique_ptr<EventLoop>& loop : loops_) loop->Stop();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace

Result<std::unique_ptr<Server>> StartServer(const ServerOptions& options, Handler& handler, const Clock& clock) {
  auto server = std::make_unique<ThreadedServer>(options, handler, clock);
  LARDER_RETURN_IF_ERROR(server->Start(options));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace larder::http
