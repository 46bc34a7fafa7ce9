// What a load measured, for people and for programs.
#pragma once

#include <string>

#include "load/load_worker.h"

namespace larder {

/// Returns a report of several lines.
std::string LoadReportText(const LoadRunOptions& options, const LoadMeasurement& measured);

/// Returns {"mode", "connections", ..., "latency_us": {"p50": ...}, "percentiles": [[share, us], ...]} and a line feed:
/// docs/reference/bench.md tells the members.
std::string LoadReportJson(const LoadRunOptions& options, const LoadMeasurement& measured);

/// Returns a failure that counts the requests that were not answered as they should have been; ok when all were.
Status LoadOutcome(const LoadMeasurement& measured);

}  // namespace larder
