#include "load/load_connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace larder {
namespace {

Status Broken(const char* what, int error) {
  return Status(Reason::kUnavailable, std::string(what) + ": " + std::generic_category().message(error),
                "check that the server runs, and its log");
}

}  // namespace

void LoadConnection::Open(http::Socket socket) {
  Close();
  socket_ = std::move(socket);
}

void LoadConnection::Close() {
  socket_.Close();
  output_.clear();
  sent_bytes_ = 0;
  waiting_.clear();
  answer_.reset();
}

void LoadConnection::Put(std::string_view bytes, SentRequest request) {
  if (!wants_to_send()) {
    output_.clear();
    sent_bytes_ = 0;
  }
  output_.append(bytes);
  waiting_.push_back(std::move(request));
}

Status LoadConnection::Flush() {
  while (wants_to_send()) {
    const ssize_t sent =
        ::send(socket_.number(), output_.data() + sent_bytes_, output_.size() - sent_bytes_, MSG_NOSIGNAL);
    if (sent > 0) {
      sent_bytes_ += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      return {};
    } else if (errno != EINTR) {
      return Broken("cannot send to the server", errno);
    }
  }
  return {};
}

Result<std::string_view> LoadConnection::Receive(std::string& buffer) {
  while (true) {
    const ssize_t got = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
    if (got > 0) return std::string_view(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0) return Status(Reason::kUnavailable, "the server closed a connection", "check its log and its limits");
    if (errno == EAGAIN) return std::string_view();
    if (errno != EINTR) return Broken("cannot read from the server", errno);
  }
}

Result<bool> LoadConnection::Take(std::string_view& bytes) {
  if (waiting_.empty()) {
    return Status(Reason::kUnavailable,
                  "the server answered a request that was not sent: " + std::string(bytes.substr(0, 64)));
  }
  if (!answer_) answer_.emplace(max_response_bytes_, /*is_head=*/false);
  return answer_->Take(bytes);
}

void LoadConnection::Finish() {
  waiting_.pop_front();
  answer_.reset();
}

}  // namespace larder
