// The values of winners, as rows in memory, and columns made of them again in any order.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "columnar/ordinal_batch.h"
#include "engine/budgeted_vector.h"
#include "engine/execution_context.h"
#include "engine/feature_rows.h"
#include "engine/join_plan.h"

namespace larder {

/// Holds the values of rows by slot: slot i is the row of the i-th ordinal. Values of one size stand together, row by
/// row, so that a row in random order costs one or two lines of cache and not one for each column; the others stay in
/// the arrays they came in, and the row holds their place.
class ValueRows {
 public:
  /// Fetches `columns` of the rows `ordinals` (ascending, each once). Fails with kMemoryLimit, kInterrupted, kInternal
  /// when the reader breaks its contract, or as the reader does.
  static Result<ValueRows> Fetch(FeatureRows& rows, std::span<const ValueColumn> columns,
                                 std::span<const std::uint64_t> ordinals, const ExecutionContext& context);

  /// Returns one array for each column, with the values of `slots` in that order, bit for bit; null where a slot
  /// is not one of `slot_count`. May be called by several threads at once.
  Result<std::vector<std::shared_ptr<arrow::Array>>> Gather(std::span<const std::uint32_t> slots) const;

  std::uint32_t slot_count() const { return static_cast<std::uint32_t>(slot_count_); }
  /// Returns how many bytes the row of a slot takes, without strings and lists.
  static std::int64_t RowBytes(std::span<const ValueColumn> columns);

 private:
  // Where a value without one size stands.
  struct ChunkPlace {
    std::uint32_t chunk = 0;
    std::uint32_t row = 0;
  };
  // Where the values of a column stand in a row.
  struct Place {
    ValueType type;
    std::size_t offset = 0;
    std::size_t width = 0;     // 1, 4 or 8 bytes; 8 for a ChunkPlace
    std::size_t null_bit = 0;  // counted from the row's first byte; set: null
    bool has_nulls = false;
    std::vector<std::shared_ptr<arrow::Array>> chunks;  // of a column without one size
  };
  // A row of a batch and the slot it goes to.
  struct Target {
    std::uint32_t row;
    std::uint32_t slot;
  };
  // Some of the columns, fetched together.
  struct ColumnRange {
    std::size_t begin;
    std::size_t end;
  };
  // What tasks that fetch together share.
  struct FetchState;

  explicit ValueRows(const ExecutionContext& context);

  std::size_t LayOut(std::span<const ValueColumn> columns);
  Status FetchColumns(FeatureRows& rows, const ValueFetch& fetch, ColumnRange range, const ExecutionContext& context);
  Status CheckBatch(const OrdinalBatch& batch, ColumnRange range) const;
  Status Put(const arrow::RecordBatch& batch, std::span<const Target> targets, ColumnRange range, FetchState& state);
  Status KeepChunk(Place& place, const std::shared_ptr<arrow::Array>& column, std::span<const Target> targets,
                   FetchState& state);
  void PutTile(const Place& place, const arrow::Array& column, std::span<const Target> tile);

  static constexpr std::string_view kPurpose = "feature values";

  friend class RowGatherer;

  std::vector<Place> places_;
  std::size_t row_bytes_ = 0;
  std::size_t slot_count_ = 0;
  BudgetedVector<std::uint8_t> bytes_;
  MemoryReservation chunk_reservation_;  // unless the pool counts
  arrow::MemoryPool* pool_;
  bool pool_counts_;
};

}  // namespace larder
