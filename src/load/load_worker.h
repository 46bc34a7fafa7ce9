// One thread of a load: its connections, its clock, and what it measured.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/cancellation.h"
#include "base/clock.h"
#include "base/status.h"
#include "http/address.h"
#include "load/answer_check.h"
#include "load/latency_histogram.h"
#include "load/request_bodies.h"

namespace larder {

/// Says how a load is run.
struct LoadRunOptions {
  http::Address address;
  std::string path = "/get-online-features";
  std::string content_type = "application/json";
  int connection_count = 1;
  int pipelined_count = 1;  ///< the most requests of a connection that wait for their answers
  int thread_count = 1;     ///< at most `connection_count`
  /// Requests a second, sent when they are due whatever became of those before; 0: closed loop, where each connection
  /// sends its next request when it gets an answer.
  double rate = 0;
  std::int64_t row_count = 1;  ///< of a request; for the report only
  std::int64_t warm_up_ns = 0;
  std::int64_t duration_ns = 10'000'000'000;
  std::uint64_t max_request_count = UINT64_MAX;  ///< measured ones
  std::int64_t timeout_ns = 10'000'000'000;      ///< an answer that comes later does not count
  std::int64_t max_response_bytes = std::int64_t{1} << 30;
  std::uint64_t seed = 1;
};

/// Holds what was measured. A latency counts from the moment at which a request should have been sent to the last byte
/// of its answer; requests of the warm-up are not counted.
struct LoadMeasurement {
  LatencyHistogram latencies;  ///< of all answers, right or wrong, and of requests that were due and not sent
  LatencyHistogram delays;     ///< from when a request should have been sent to when it was
  std::map<int, std::uint64_t> statuses;
  std::uint64_t answer_count = 0;
  std::uint64_t different_count = 0;   ///< answers with values that were not expected
  std::uint64_t unanswered_count = 0;  ///< requests whose connection broke or that ran out of time
  std::uint64_t unsent_count = 0;      ///< requests that were due before the end, for which no connection was free
  std::uint64_t sent_bytes = 0;
  std::uint64_t body_bytes = 0;       ///< of answers
  std::int64_t begin_ns = INT64_MAX;  ///< end of the warm-up
  std::int64_t end_ns = 0;            ///< the last answer, or the end of the run
  double cpu_share = 0;               ///< of one core, that this program took
  Status first_fault;

  /// Returns whether every request was answered by status 200 and the expected values.
  bool is_clean() const;
  double seconds() const { return end_ns > begin_ns ? static_cast<double>(end_ns - begin_ns) / 1e9 : 0; }
  void Add(const LoadMeasurement& other);
};

/// Holds what the threads of a load share. All of it outlives them.
struct LoadContext {
  const LoadRunOptions& options;
  const RequestBodies& bodies;
  const ExpectedValues* expected;  ///< nullptr: values are not compared
  const Clock& clock;
  const Cancellation& cancellation;
};

/// Says which part of a load a thread does.
struct LoadPart {
  int connection_count = 1;
  double rate = 0;
  std::uint64_t max_request_count = UINT64_MAX;
  std::uint64_t seed = 1;
};

/// Runs one thread's part to its end. Fails with kUnavailable when the server cannot be reached at the beginning, or
/// not any more; single broken connections are made again and counted.
Result<LoadMeasurement> RunLoadPart(const LoadContext& context, const LoadPart& part);

}  // namespace larder
