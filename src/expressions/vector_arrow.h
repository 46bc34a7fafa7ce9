// Between Arrow's arrays and the vectors of an evaluation.
#pragma once

#include <cstdint>
#include <memory>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "expressions/vector.h"

namespace larder {

/// Marks rows of a batch.
struct RowRange {
  std::int64_t offset = 0;
  std::int64_t count = 0;
};

/// Reads rows of an array, which must carry `type`, as a vector. Values of 64 bits and texts are borrowed from the
/// array, which must outlive the arena; the rest is widened into the arena.
Vector ReadArray(const arrow::Array& array, ValueType type, RowRange rows, Arena& arena);

/// Gathers vectors into one Arrow array of internal type.
class ArrayAppender {
 public:
  virtual ~ArrayAppender() = default;
  /// Appends the first `row_count` rows. Fails with kLimitExceeded when texts pass 2 GiB, kMemoryLimit without memory.
  virtual Status Append(const Vector& vector, std::int64_t row_count) = 0;
  /// Returns the array; the appender is then empty.
  virtual Result<std::shared_ptr<arrow::Array>> Finish() = 0;
};

/// Makes an appender of values of this type, with room for `row_count` rows.
Result<std::unique_ptr<ArrayAppender>> MakeArrayAppender(ValueType type, std::int64_t row_count);

}  // namespace larder
