// One request for features inside the event loop, again and again, without sockets. Usage: lookup_bench FOLDER
// BODY_FILE [COUNT [TEXT_BYTES]], in a project whose store nobody else has open; prints the size of an answer and what
// one cost. For instructions: valgrind --tool=callgrind --toggle-collect='larder::LookupSession::Answer*' lookup_bench
// ...
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "base/clock.h"
#include "base/counters.h"
#include "base/file_system.h"
#include "base/logger.h"
#include "lookup/lookup_session.h"
#include "retrieval/online_tables.h"
#include "retrieval/project.h"

namespace {

using larder::LookupOutcome;
using larder::MayWait;

template <class T>
T Must(larder::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.status().ToString().c_str());
  std::exit(1);
}

void Answer(larder::LookupSession& session, const std::string& body) {
  if (session.Answer(body, MayWait::kYes) == LookupOutcome::kDone) return;
  std::fprintf(stderr, "the request is not answered in the loop: %s\n", body.c_str());
  std::exit(1);
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 3) return 2;
  std::ifstream file(arguments[2]);
  const std::string body((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const long count = argument_count > 3 ? std::atol(arguments[3]) : 100'000;
  const std::size_t text_bytes = argument_count > 4 ? std::strtoull(arguments[4], nullptr, 10) : 0;
  const auto files = larder::NewPosixFileSystem();
  const auto clock = larder::NewSystemClock();
  larder::Logger logger(*clock, larder::LogLevel::kError, larder::NewStandardErrorSink());
  larder::Counters counters;
  const auto project = Must(larder::OpenProject({*files, *clock, logger}, std::string(arguments[1])));
  const auto tables = Must(larder::OnlineTables::Open(*project, counters));
  larder::CurrentDefinitions definitions;
  definitions.Set(Must(project->Snapshot()));
  larder::LookupSession session({*project, *tables, definitions, text_bytes});
  for (int i = 0; i < 4; ++i) Answer(session, body);
  const std::int64_t began_ns = clock->MonotonicNs();
  for (long i = 0; i < count; ++i) Answer(session, body);
  const double each_ns = static_cast<double>(clock->MonotonicNs() - began_ns) / static_cast<double>(count);
  std::printf("%zu bytes, %.0f ns\n", session.text().size(), each_ns);
  return 0;
}
