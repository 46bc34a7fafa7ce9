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

// Returns column `index`, which must have the Arrow type of `type`.
Result<std::shared_ptr<arrow::Array>> TakeColumn(const arrow::RecordBatch& batch, int index, ValueType type) {
  if (index >= batch.num_columns()) return WrongColumn(index, "nothing", TypeName(type));
  std::shared_ptr<arrow::Array> column = batch.column(index);
  if (!column->type()->Equals(*ToArrow(type))) return WrongColumn(index, column->type()->ToString(), TypeName(type));
  return column;
}

// Puts the next column into `target` as `ArrayType`, if the layout has it.
template <class ArrayType>
Status TakeOptional(const arrow::RecordBatch& batch, bool is_there, TypeKind kind, int& index,
                    std::shared_ptr<ArrayType>& target) {
  if (!is_there) return {};
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> column, TakeColumn(batch, index++, ValueType::Of(kind)));
  target = std::static_pointer_cast<ArrayType>(column);
  return {};
}

}  // namespace

Result<KeyScanBatch> KeyScanBatch::Make(const OrdinalBatch& batch, const KeyLayout& layout) {
  KeyScanBatch result;
  if (batch.ordinals->length() != batch.rows->num_rows()) {
    return Status(Reason::kInternal, "a reader of keys gave rows and ordinals of unequal number: " +
                                         std::to_string(batch.rows->num_rows()) + " and " +
                                         std::to_string(batch.ordinals->length()));
  }
  result.ordinals_ = batch.ordinals;
  int index = 0;
  for (const ValueType type : layout.keys) {
    LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> column, TakeColumn(*batch.rows, index++, type));
    result.keys_.push_back(std::move(column));
  }
  const arrow::RecordBatch& rows = *batch.rows;
  LARDER_RETURN_IF_ERROR(TakeOptional(rows, layout.has_event_time, TypeKind::kTimestamp, index, result.event_time_));
  LARDER_RETURN_IF_ERROR(
      TakeOptional(rows, layout.has_created_time, TypeKind::kTimestamp, index, result.created_time_));
  LARDER_RETURN_IF_ERROR(TakeOptional(rows, layout.has_deletion_mark, TypeKind::kBool, index, result.deleted_));
  return result;
}

}  // namespace larder
