// What `larder historical` tells about a training set: for people in lines, for programs as JSON.
#pragma once

#include <cstdint>
#include <string>

#include "retrieval/historical.h"

namespace larder {

/// Holds what is known when a training set is done.
struct HistoricalOutcome {
  std::int64_t row_count = 0;
  double seconds = 0;
  std::int64_t buffer_bytes = 0;         ///< the most that the engine's buffers took
  std::int64_t peak_resident_bytes = 0;  ///< the most memory that the process took
  std::string output;                    ///< empty: rows were shown
  std::int64_t output_bytes = 0;
};

/// Returns the most memory that this process has taken so far, in bytes.
std::int64_t PeakResidentBytes();

/// Returns what is known before anything is read, as lines.
std::string EstimateText(const HistoricalEstimate& estimate, int column_count);
/// Returns the same as a JSON object and a line feed.
std::string EstimateJson(const HistoricalEstimate& estimate, const arrow::Schema& schema);

/// Returns how a view was joined: strategy and why, rows and bytes read, bytes left out, spill.
std::string PlanLine(const ViewSummary& view);
/// Returns what came of it: shares of rows that matched and of values that are null. `is_whole`: all rows were given.
std::string MatchLine(const ViewSummary& view, std::int64_t row_count, bool is_whole);
/// Returns rows, time, rate and memory.
std::string OutcomeLine(const HistoricalOutcome& outcome);
/// Returns all of it as a JSON object and a line feed.
std::string OutcomeJson(const HistoricalRows& rows, const HistoricalOutcome& outcome);

}  // namespace larder
