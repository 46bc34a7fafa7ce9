#include "load/load_worker.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "load/load_connection.h"
#include "text/number_text.h"

namespace larder {
namespace {

constexpr std::size_t kReceiveBytes = std::size_t{256} << 10;
constexpr int kMaxEvents = 256;
constexpr int kTickMs = 50;  // how often time-outs and the wish to stop are looked at
constexpr std::int64_t kTickNs = kTickMs * 1'000'000LL;
constexpr std::int64_t kConnectTimeoutUs = 5'000'000;
constexpr std::uint64_t kTimerTag = UINT64_MAX;

class LoadWorker {
 public:
  LoadWorker(const LoadContext& context, const LoadPart& part)
      : context_(context), options_(context.options), part_(part), random_(part.seed), buffer_(kReceiveBytes, '\0') {
    head_ = "POST " + options_.path + " HTTP/1.1\r\nHost: " +
            (options_.address.kind == http::ListenerKind::kTcp ? options_.address.ToString() : "localhost") +
            "\r\nContent-Type: " + options_.content_type + "\r\nContent-Length: ";
    if (context.expected != nullptr) check_.emplace(*context.expected);
  }

  Result<LoadMeasurement> Run() {
    LARDER_RETURN_IF_ERROR(Begin());
    while (!IsOver()) {
      SendDue();
      LARDER_RETURN_IF_ERROR(Wait());
      if (Now() >= next_tick_ns_) LARDER_RETURN_IF_ERROR(Tick());
    }
    End();
    return std::move(measured_);
  }

 private:
  std::int64_t Now() const { return context_.clock.MonotonicNs(); }
  bool is_open_loop() const { return part_.rate > 0; }

  Status Begin() {
    epoll_ = http::Socket(::epoll_create1(EPOLL_CLOEXEC));
    timer_ = http::Socket(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    if (!epoll_.is_open() || !timer_.is_open()) return http::SocketFailure("wait for", options_.address, errno);
    epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = kTimerTag}};
    if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, timer_.number(), &event) != 0) {
      return http::SocketFailure("wait for", options_.address, errno);
    }
    for (int i = 0; i < part_.connection_count; ++i) {
      connections_.push_back(std::make_unique<LoadConnection>(options_.max_response_bytes));
      LARDER_RETURN_IF_ERROR(Connect(connections_.size() - 1));
    }
    begin_ns_ = Now();
    measured_.begin_ns = begin_ns_ + options_.warm_up_ns;
    end_ns_ = measured_.begin_ns + options_.duration_ns;
    next_tick_ns_ = begin_ns_ + kTickNs;
    return {};
  }

  Status Connect(std::size_t index) {
    LARDER_ASSIGN_OR_RETURN(auto socket, http::ConnectTo(options_.address, kConnectTimeoutUs));
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u64 = index}};
    if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, socket.number(), &event) != 0) {
      return http::SocketFailure("wait for", options_.address, errno);
    }
    connections_[index]->Open(std::move(socket));
    for (int i = 0; i < options_.pipelined_count; ++i) free_.push_back(index);
    return {};
  }

  // When request `due_count_` is due.
  std::int64_t NextDue() const {
    return begin_ns_ + static_cast<std::int64_t>(static_cast<double>(due_count_) * 1e9 / part_.rate);
  }

  bool MayBegin(std::int64_t intended_ns) const {
    return intended_ns < end_ns_ && measured_count_ < part_.max_request_count && !context_.cancellation.cancelled();
  }

  // Sends what is due on connections that are free. In the closed loop a free connection makes a request due.
  void SendDue() {
    while (!free_.empty()) {
      const std::size_t index = free_.front();
      const bool was_put = PutNext(index);
      // Pipelined requests go in one call.
      while (was_put && !is_open_loop() && !free_.empty() && free_.front() == index && PutNext(index)) continue;
      if (!was_put) return;
      const Status flushed = connections_[index]->Flush();
      if (!flushed.ok()) Break(index, flushed);
    }
  }

  // Puts the next request on the connection that stands first among the free ones, if one is due.
  bool PutNext(std::size_t index) {
    const std::int64_t now_ns = Now();
    const std::int64_t intended_ns = is_open_loop() ? NextDue() : now_ns;
    if (intended_ns > now_ns || now_ns >= end_ns_ || !MayBegin(intended_ns)) return false;
    free_.pop_front();
    ++due_count_;
    if (intended_ns >= measured_.begin_ns) ++measured_count_;
    PutRequest(*connections_[index], intended_ns, now_ns);
    return true;
  }

  void PutRequest(LoadConnection& connection, std::int64_t intended_ns, std::int64_t now_ns) {
    SentRequest request{intended_ns, now_ns, {}};
    body_.clear();
    keys_.clear();
    context_.bodies.Append(due_count_ - 1, random_, body_, keys_);
    if (context_.expected != nullptr) request.keys = keys_;
    text_ = head_;
    AppendUnsigned(body_.size(), text_);
    text_ += "\r\n\r\n";
    text_ += body_;
    if (intended_ns >= measured_.begin_ns) {
      measured_.delays.Record(now_ns - intended_ns);
      measured_.sent_bytes += text_.size();
    }
    connection.Put(text_, std::move(request));
    ++waiting_count_;
  }

  Status Wait() {
    const bool waits_for_time = is_open_loop() && !free_.empty() && MayBegin(NextDue());
    if (waits_for_time) {
      const std::int64_t due_ns = NextDue();
      if (due_ns != timer_ns_) {
        itimerspec spec{};
        spec.it_value.tv_sec = due_ns / 1'000'000'000;
        spec.it_value.tv_nsec = due_ns % 1'000'000'000;
        ::timerfd_settime(timer_.number(), TFD_TIMER_ABSTIME, &spec, nullptr);
        timer_ns_ = due_ns;
      }
    }
    std::array<epoll_event, kMaxEvents> events;
    const int count = ::epoll_wait(epoll_.number(), events.data(), kMaxEvents, kTickMs);
    if (count < 0 && errno != EINTR) return http::SocketFailure("wait for", options_.address, errno);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == kTimerTag) continue;
      const std::size_t index = events[i].data.u64;
      LoadConnection& connection = *connections_[index];
      if (!connection.is_open()) continue;
      Status status = connection.Flush();
      const bool has_ended = (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
      if (status.ok()) status = ReadAnswers(index, has_ended);
      if (!status.ok()) Break(index, status);
      if (!is_open_loop()) SendDue();
    }
    return {};
  }

  Status ReadAnswers(std::size_t index, bool has_ended) {
    LoadConnection& connection = *connections_[index];
    while (true) {
      LARDER_ASSIGN_OR_RETURN(std::string_view bytes, connection.Receive(buffer_));
      if (bytes.empty()) return {};
      // What comes from now on makes an event of its own; an end that came with these bytes does not.
      const bool is_last = bytes.size() < buffer_.size() && !has_ended;
      while (!bytes.empty()) {
        LARDER_ASSIGN_OR_RETURN(const bool is_whole, connection.Take(bytes));
        if (!is_whole) continue;
        CountAnswer(connection);
        const bool is_kept = connection.answer().keep_alive();
        connection.Finish();
        --waiting_count_;
        if (!is_kept) return Status(Reason::kUnavailable, "the server closes connections", "check its limits");
        free_.push_back(index);
      }
      if (is_last) return {};
    }
  }

  void CountAnswer(LoadConnection& connection) {
    const SentRequest& request = connection.oldest();
    if (request.intended_ns < measured_.begin_ns) return;
    const std::int64_t now_ns = Now();
    http::ResponseParser& answer = connection.answer();
    measured_.latencies.Record(now_ns - request.intended_ns);
    measured_.end_ns = now_ns;
    ++measured_.answer_count;
    ++measured_.statuses[answer.status()];
    measured_.body_bytes += answer.body().size();
    if (answer.status() != 200) {
      NoteFault(Status(Reason::kUnavailable, "an answer has status " + std::to_string(answer.status()) + ": " +
                                                 answer.body().substr(0, 300)));
    } else if (check_) {
      const Status same = check_->Compare(answer.body(), request.keys);
      if (same.ok()) return;
      ++measured_.different_count;
      NoteFault(same);
    }
  }

  void NoteFault(const Status& fault) {
    if (measured_.first_fault.ok()) measured_.first_fault = fault;
  }

  // Closes a broken connection; Tick makes it again.
  void Break(std::size_t index, const Status& why) {
    LoadConnection& connection = *connections_[index];
    waiting_count_ -= connection.waiting_count();
    bool was_asked = false;
    while (connection.waiting_count() > 0) {
      if (connection.oldest().intended_ns >= measured_.begin_ns) {
        ++measured_.unanswered_count;
        was_asked = true;
      }
      connection.Finish();
    }
    if (was_asked) NoteFault(why);
    connection.Close();
    std::erase(free_, index);
    broken_.push_back(index);
  }

  Status Tick() {
    const std::int64_t now_ns = Now();
    next_tick_ns_ = now_ns + kTickNs;
    for (std::size_t index = 0; index < connections_.size(); ++index) {
      LoadConnection& connection = *connections_[index];
      if (connection.waiting_count() == 0 || now_ns - connection.oldest().sent_ns < options_.timeout_ns) continue;
      Break(index, Status(Reason::kUnavailable,
                          "an answer did not come within " + std::to_string(options_.timeout_ns / 1'000'000) + " ms"));
    }
    for (const std::size_t index : std::exchange(broken_, {})) {
      if (now_ns < end_ns_) LARDER_RETURN_IF_ERROR(Connect(index));
    }
    return {};
  }

  bool IsOver() const {
    if (waiting_count_ > 0) return context_.cancellation.cancelled();
    if (is_open_loop() && !MayBegin(NextDue())) return true;
    return !MayBegin(Now());  // what is due and not sent by then is counted by End
  }

  void End() {
    const std::int64_t now_ns = Now();
    if (measured_.answer_count == 0) measured_.end_ns = std::max(now_ns, measured_.begin_ns);
    // Requests that were due and found no free connection waited at least until now.
    while (is_open_loop() && MayBegin(NextDue()) && NextDue() < now_ns) {
      const std::int64_t intended_ns = NextDue();
      ++due_count_;
      if (intended_ns < measured_.begin_ns) continue;
      ++measured_.unsent_count;
      measured_.latencies.Record(now_ns - intended_ns);
    }
  }

  const LoadContext& context_;
  const LoadRunOptions& options_;
  const LoadPart part_;
  Random random_;
  http::Socket epoll_;
  http::Socket timer_;
  std::vector<std::unique_ptr<LoadConnection>> connections_;
  std::deque<std::size_t> free_;  // a connection stands once for each request that it may take
  std::vector<std::size_t> broken_;
  std::optional<AnswerCheck> check_;
  std::vector<std::int64_t> keys_;
  std::string head_;
  std::string body_;
  std::string text_;
  std::string buffer_;
  std::int64_t begin_ns_ = 0;
  std::int64_t end_ns_ = 0;
  std::int64_t next_tick_ns_ = 0;
  std::int64_t timer_ns_ = 0;
  std::uint64_t due_count_ = 0;
  std::uint64_t measured_count_ = 0;
  std::size_t waiting_count_ = 0;
  LoadMeasurement measured_;
};

}  // namespace

bool LoadMeasurement::is_clean() const {
  const bool all_ok = statuses.empty() || (statuses.size() == 1 && statuses.begin()->first == 200);
  return all_ok && different_count == 0 && unanswered_count == 0 && unsent_count == 0;
}

void LoadMeasurement::Add(const LoadMeasurement& other) {
  latencies.Add(other.latencies);
  delays.Add(other.delays);
  for (const auto& [status, count] : other.statuses) statuses[status] += count;
  answer_count += other.answer_count;
  different_count += other.different_count;
  unanswered_count += other.unanswered_count;
  unsent_count += other.unsent_count;
  sent_bytes += other.sent_bytes;
  body_bytes += other.body_bytes;
  begin_ns = std::min(begin_ns, other.begin_ns);
  end_ns = std::max(end_ns, other.end_ns);
  if (first_fault.ok()) first_fault = other.first_fault;
}

Result<LoadMeasurement> RunLoadPart(const LoadContext& context, const LoadPart& part) {
  return LoadWorker(context, part).Run();
}

}  // namespace larder
