// A batch of a key scan, column by column as the layout says.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/array.h>

#include "base/status.h"
#include "columnar/ordinal_batch.h"
#include "engine/join_plan.h"

namespace larder {

/// Names the columns of a batch of a key scan. Holds the arrays it names.
class KeyScanBatch {
 public:
  /// Takes `batch` apart. Fails with kInternal when its columns are not those of `layout`: the reader is at fault.
  static Result<KeyScanBatch> Make(const OrdinalBatch& batch, const KeyLayout& layout);

  const std::vector<std::shared_ptr<arrow::Array>>& keys() const { return keys_; }
  std::int64_t row_count() const { return ordinals_->length(); }
  std::uint64_t ordinal(std::int64_t row) const { return ordinals_->Value(row); }
  bool has_event_time(std::int64_t row) const { return event_time_ == nullptr || !event_time_->IsNull(row); }
  /// Returns kBeginningOfTimeUs for a view without event time; undefined when it is null.
  std::int64_t event_us(std::int64_t row) const { return event_time_ == nullptr ? INT64_MIN : event_time_->Value(row); }
  bool has_created(std::int64_t row) const { return created_time_ != nullptr && !created_time_->IsNull(row); }
  /// Returns the created time; 0 when it is null.
  std::int64_t created_us(std::int64_t row) const { return has_created(row) ? created_time_->Value(row) : 0; }
  bool is_deleted(std::int64_t row) const {
    return deleted_ != nullptr && !deleted_->IsNull(row) && deleted_->Value(row);
  }

 private:
  std::vector<std::shared_ptr<arrow::Array>> keys_;
  std::shared_ptr<arrow::TimestampArray> event_time_;
  std::shared_ptr<arrow::TimestampArray> created_time_;
  std::shared_ptr<arrow::BooleanArray> deleted_;
  std::shared_ptr<arrow::UInt64Array> ordinals_;
};

}  // namespace larder
