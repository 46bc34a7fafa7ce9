// Rows that know their place in the order of their source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"

namespace larder {

/// Holds rows with their ordinals. An ordinal is stable for a snapshot of a source and grows in source order: files by
/// path, row group, row; pushed rows after all files, in push order. `ordinals` is as long as `rows` and has no nulls.
struct OrdinalBatch {
  std::shared_ptr<arrow::RecordBatch> rows;
  std::shared_ptr<arrow::UInt64Array> ordinals;
};

/// Makes the ordinal of row `row` (of the file, before any filter) of the `file`-th file of a snapshot.
constexpr std::uint64_t MakeOrdinal(std::uint32_t file, std::uint64_t row) {
  return (static_cast<std::uint64_t>(file) << 40) | row;
}
constexpr std::uint32_t OrdinalFile(std::uint64_t ordinal) { return static_cast<std::uint32_t>(ordinal >> 40); }
constexpr std::uint64_t OrdinalRow(std::uint64_t ordinal) { return ordinal & ((std::uint64_t{1} << 40) - 1); }

/// Gives batches one after another. Not thread-safe.
class OrdinalBatchStream {
 public:
  virtual ~OrdinalBatchStream() = default;
  /// Returns the next batch (may be of 0 rows), or nullopt at the end. After a failure the stream is finished.
  virtual Result<std::optional<OrdinalBatch>> Next() = 0;
};

/// Holds the batches of one read in pieces that can be read at the same time: row groups of files, for the most part.
class OrdinalBatchPieces {
 public:
  virtual ~OrdinalBatchPieces() = default;
  virtual std::size_t count() const = 0;
  /// Returns about how many rows all pieces have together: a guess from what files record, good for choosing a way.
  virtual std::int64_t row_estimate() const = 0;
  /// Begins to read a piece, each once. Thread-safe; streams are independent and must not outlive this object.
  virtual Result<std::unique_ptr<OrdinalBatchStream>> Open(std::size_t piece) = 0;
};

/// Makes pieces of streams that are open already.
std::unique_ptr<OrdinalBatchPieces> NewReadyPieces(std::vector<std::unique_ptr<OrdinalBatchStream>> streams,
                                                   std::int64_t row_estimate);

/// Reads all pieces one after another.
std::unique_ptr<OrdinalBatchStream> NewPieceStream(std::unique_ptr<OrdinalBatchPieces> pieces);

}  // namespace larder
