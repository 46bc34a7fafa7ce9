// Arrow's errors as ours, in one place.
#pragma once

#include <utility>

#include <arrow/result.h>
#include <arrow/status.h>

#include "base/status.h"

namespace larder {

/// Translates a failure of Arrow: out of memory to kMemoryLimit, I/O to kIoError, invalid data to kInvalidFile,
/// cancelled to kInterrupted, a status that carries one of ours to that one, else kInternal. Ok stays ok.
Status FromArrow(const arrow::Status& status);

/// Translates a value or failure of Arrow.
template <class T>
Result<T> FromArrow(arrow::Result<T> result) {
  if (!result.ok()) return FromArrow(result.status());
  return std::move(result).ValueUnsafe();
}

/// Wraps our failure so that it survives a way through Arrow (for RecordBatchReader implementations).
arrow::Status ToArrow(const Status& status);

/// Makes Arrow's compute functions known; must be called before any of them is. Cheap after the first time.
/// Thread-safe.
Status InitializeCompute();

}  // namespace larder
