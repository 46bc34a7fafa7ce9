#include "http/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace larder::http {
namespace {

/// Returns a number of this thread that no other living thread has, and that is not 0.
std::uint64_t ThreadNumber() {
  thread_local const char kMark = 0;
  return reinterpret_cast<std::uint64_t>(&kMark);
}

}  // namespace

Result<std::shared_ptr<Mailbox>> Mailbox::Create() {
  Socket wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.is_open()) {
    return Status(Reason::kIoError, "cannot make an event: " + std::generic_category().message(errno));
  }
  return std::make_shared<Mailbox>(std::move(wake));
}

void Mailbox::Attach(ReplyTarget& loop) {
  loop_ = &loop;
  thread_.store(ThreadNumber());
}

void Mailbox::Detach() {
  thread_.store(0);
  loop_ = nullptr;
}

bool Mailbox::IsOwnThread() const { return thread_.load(std::memory_order_relaxed) == ThreadNumber(); }

Mail Mailbox::Take() {
  std::uint64_t count = 0;
  // Only to quiet the descriptor: how often it was rung does not matter.
  static_cast<void>(::read(wake_.number(), &count, sizeof(count)) < 0);
  const std::lock_guard lock(mutex_);
  return std::exchange(mail_, {});
}

void Mailbox::Wake() {
  const std::uint64_t one = 1;
  // Fails only when it has been rung 2^64 times and not been heard: then it rings anyway.
  static_cast<void>(::write(wake_.number(), &one, sizeof(one)) < 0);
}

void Mailbox::Post(PostedSocket posted) {
  {
    const std::lock_guard lock(mutex_);
    mail_.sockets.push_back(std::move(posted));
  }
  Wake();
}

void Mailbox::WantDrain() {
  {
    const std::lock_guard lock(mutex_);
    mail_.drain_wanted = true;
  }
  Wake();
}

void Mailbox::WantStop() {
  {
    const std::lock_guard lock(mutex_);
    mail_.stop_wanted = true;
  }
  Wake();
}

void Mailbox::PostReply(PostedReply reply) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = mail_.replies.empty();
    mail_.replies.push_back(std::move(reply));
  }
  if (was_empty) Wake();
}

void Mailbox::Reply(ReplyTicket ticket, Response response) {
  if (IsOwnThread()) return loop_->Reply(ticket, std::move(response));
  PostReply({ticket, false, std::move(response)});
}

void Mailbox::ReplyPlain(ReplyTicket ticket, const PlainReply& reply) {
  if (IsOwnThread()) return loop_->ReplyPlain(ticket, reply);
  Response response;
  response.status = reply.status;
  response.content_type = reply.content_type;
  response.body = reply.body;
  PostReply({ticket, false, std::move(response)});
}

void Mailbox::ReplyForgotten(ReplyTicket ticket) {
  if (IsOwnThread()) return loop_->ReplyForgotten(ticket);
  PostReply({ticket, true, {}});
}

}  // namespace larder::http
