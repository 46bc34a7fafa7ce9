#include "engine/key_scan_batch.h"

#include <string>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "columnar/value_type.h"

namespace larder {
namespace {

Status WrongColumn(int index, const std::string& found, const std::string& wanted) {
  return {Reason::kInternal,
          "a reader of keys gave column " + std::to_string(index) + " wrongly: " + found + " instead of " + wanted};
}

// Takes the columns of a batch one after another.
class ColumnTaker {
 public:
  explicit ColumnTaker(const arrow::RecordBatch& batch) : batch_(batch) {}

  // Returns the next column, which must have the Arrow type of `type`.
  Result<std::shared_ptr<arrow::Array>> Take(ValueType type) {
    const int index = next_++;
    if (index >= batch_.num_columns()) return WrongColumn(index, "nothing", TypeName(type));
    std::shared_ptr<arrow::Array> column = batch_.column(index);
    if (!column->type()->Equals(*ToArrow(type))) return WrongColumn(index, column->type()->ToString(), TypeName(type));
    return column;
  }

  // Puts the next column into `target`.
  template <class ArrayType>
  Status TakeTo(TypeKind kind, std::shared_ptr<ArrayType>& target) {
    LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> column, Take(ValueType::Of(kind)));
    target = std::static_pointer_cast<ArrayType>(column);
    return {};
  }

 private:
  const arrow::RecordBatch& batch_;
  int next_ = 0;
};

}  // namespace

Result<KeyScanBatch> KeyScanBatch::Make(const OrdinalBatch& batch, const KeyLayout& layout) {
  KeyScanBatch result;
  if (batch.ordinals->length() != batch.rows->num_rows()) {
    return Status(Reason::kInternal, "a reader of keys gave rows and ordinals of unequal number: " +
                                         std::to_string(batch.rows->num_rows()) + " and " +
                                         std::to_string(batch.ordinals->length()));
  }
  result.ordinals_ = batch.ordinals;
  ColumnTaker columns(*batch.rows);
  for (const ValueType type : layout.keys) {
    LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> column, columns.Take(type));
    result.keys_.push_back(std::move(column));
  }
  if (layout.has_event_time) LARDER_RETURN_IF_ERROR(columns.TakeTo(TypeKind::kTimestamp, result.event_time_));
  if (layout.has_created_time) LARDER_RETURN_IF_ERROR(columns.TakeTo(TypeKind::kTimestamp, result.created_time_));
  if (layout.has_deletion_mark) LARDER_RETURN_IF_ERROR(columns.TakeTo(TypeKind::kBool, result.deleted_));
  return result;
}

}  // namespace larder
