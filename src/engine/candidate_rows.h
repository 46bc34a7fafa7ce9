// The rows of a view that can still match: keys and times of rows whose key occurs on the left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/status.h"
#include "engine/budgeted_vector.h"
#include "engine/execution_context.h"
#include "engine/feature_rows.h"
#include "engine/join_plan.h"
#include "engine/key_scan_batch.h"
#include "engine/key_table.h"

namespace larder {

/// Counts rows of a key scan.
struct ScanCounts {
  std::int64_t rows_read = 0;
  std::int64_t null_key_rows = 0;
  std::int64_t null_time_rows = 0;
  std::int64_t kept_rows = 0;

  ScanCounts& operator+=(const ScanCounts& other);
};

/// Says which rows of a key scan are kept.
struct CandidateRule {
  const KeyLayout& layout;
  TimeRange event_time;                  ///< rows outside cannot match
  std::int64_t known_by_us = INT64_MAX;  ///< with `as_known`: a row known later cannot match
  bool as_known = false;
  std::uint32_t from_key = 0;            ///< rows of keys of lesser numbers are left out
  std::uint32_t to_key = kUnknownKeyId;  ///< and those of this and greater ones

  /// Tells whether a row whose key has the number `id` can match, and counts it.
  bool Keeps(const KeyScanBatch& batch, std::int64_t row, std::uint32_t id, ScanCounts& counts) const;
};

/// Holds a batch of a key scan, the numbers of its keys, and the counts of the task that reads it.
struct KeyScanPiece {
  std::size_t index;  ///< of the piece that the batch is of
  const KeyScanBatch& batch;
  std::span<const std::uint32_t> ids;
  ScanCounts& counts;
};

/// Names a key scan and what its rows are judged by.
struct JudgedScan {
  OrdinalBatchPieces& pieces;
  const CandidateRule& rule;
  const KeyTable& table;
};

/// Reads the pieces of a scan on all threads: `visit` gets the batches of a piece in order, those of different pieces
/// at the same time. Reports rows read. Fails with kInterrupted, as the reader or `visit` does, with kInternal when the
/// reader breaks its contract.
Result<ScanCounts> ScanKeys(const JudgedScan& scan, const ExecutionContext& context,
                            const std::function<Status(const KeyScanPiece&)>& visit);

/// Holds kept rows as columns, in the order of the scan. `created_us` and `marks` are empty when the layout has neither
/// created time nor deletion mark.
class CandidateRows {
 public:
  static constexpr std::uint8_t kDeleted = 1;
  static constexpr std::uint8_t kHasCreated = 2;

  explicit CandidateRows(MemoryBudget& memory)
      : keys(&memory, kPurpose),
        event_us(&memory, kPurpose),
        created_us(&memory, kPurpose),
        ordinals(&memory, kPurpose),
        marks(&memory, kPurpose) {}

  BudgetedVector<std::uint32_t> keys;
  BudgetedVector<std::int64_t> event_us;
  BudgetedVector<std::int64_t> created_us;  ///< 0 where null
  BudgetedVector<std::uint64_t> ordinals;
  BudgetedVector<std::uint8_t> marks;
  bool ordinals_ascend = true;

  std::size_t size() const { return keys.size(); }
  bool IsDeleted(std::uint32_t row) const { return !marks.empty() && (marks[row] & kDeleted) != 0; }

  /// Tells whether row `a` wins over row `b` of the same key: greater event time, then created time with null lowest,
  /// then ordinal.
  bool WinsOver(std::uint32_t a, std::uint32_t b) const;

 private:
  static constexpr std::string_view kPurpose = "keys and times of a feature view";
};

/// Reads a scan, keeps the rows whose keys its table knows and its rule allows, and counts into `counts`. Fails as
/// ScanKeys does, with kMemoryLimit, and with kLimitExceeded beyond `kMaxAsOfRows` kept rows.
Result<CandidateRows> ScanCandidates(const JudgedScan& scan, const ExecutionContext& context, ScanCounts& counts);

}  // namespace larder
