// One connection of a load: requests that wait for their answers, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "http/response_parser.h"
#include "http/socket.h"

namespace larder {

/// Holds a request that was put on a connection and not yet answered.
struct SentRequest {
  std::int64_t intended_ns = 0;  ///< when it should have been sent
  std::int64_t sent_ns = 0;      ///< when it was
  std::vector<std::int64_t> keys = {};
};

/// Sends requests and reads their answers without ever waiting. Not thread-safe.
class LoadConnection {
 public:
  explicit LoadConnection(std::int64_t max_response_bytes) : max_response_bytes_(max_response_bytes) {}

  /// Takes a connected, non-blocking socket; what was in progress is forgotten.
  void Open(http::Socket socket);
  void Close();
  bool is_open() const { return socket_.is_open(); }
  int number() const { return socket_.number(); }

  /// Puts a whole request, as bytes, behind those that wait.
  void Put(std::string_view bytes, SentRequest request);
  std::size_t waiting_count() const { return waiting_.size(); }
  /// Returns the request that is answered next. There is one.
  SentRequest& oldest() { return waiting_.front(); }

  /// Sends what the socket takes. Fails with kUnavailable.
  Status Flush();
  /// Returns whether bytes are left that the socket did not take.
  bool wants_to_send() const { return sent_bytes_ < output_.size(); }
  /// Reads what has come into `buffer`. Returns the bytes; empty when none are left. Fails with kUnavailable when the
  /// connection ended.
  Result<std::string_view> Receive(std::string& buffer);
  /// Takes bytes from the front of `bytes`. Returns whether `answer()` is whole; then the caller looks at it, and calls
  /// Finish. Fails with kUnavailable, also for an answer that nobody asked for.
  Result<bool> Take(std::string_view& bytes);
  http::ResponseParser& answer() { return *answer_; }
  /// Forgets the oldest request and its answer.
  void Finish();

 private:
  const std::int64_t max_response_bytes_;
  http::Socket socket_;
  std::string output_;
  std::size_t sent_bytes_ = 0;
  std::deque<SentRequest> waiting_;
  std::optional<http::ResponseParser> answer_;
};

}  // namespace larder
