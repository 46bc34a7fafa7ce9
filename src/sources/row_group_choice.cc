#include "sources/row_group_choice.h"

#include <algorithm>
#include <compare>

#include <arrow/api.h>

#include "columnar/arrow_status.h"
#include "columnar/convert.h"
#include "columnar/ordinal_batch.h"

namespace larder {
namespace {

/// Converts a recorded bound to the type that is compared; nullptr when it does not fit (then nothing is known).
std::shared_ptr<arrow::Scalar> ToComparable(const std::shared_ptr<arrow::Scalar>& bound, const UsefulRange& range) {
  if (bound == nullptr || !bound->is_valid) return nullptr;
  Result<std::shared_ptr<arrow::Array>> array = FromArrow(arrow::MakeArrayFromScalar(*bound, 1));
  for (const ValueType type : {range.stored_type, range.type}) {
    if (!array.ok()) return nullptr;
    array = Convert(*array, {.target = type, .column = range.column});
  }
  if (!array.ok()) return nullptr;
  Result<std::shared_ptr<arrow::Scalar>> scalar = FromArrow((*array)->GetScalar(0));
  return scalar.ok() && (*scalar)->is_valid ? *scalar : nullptr;
}

template <class ScalarType>
std::partial_ordering CompareAs(const arrow::Scalar& a, const arrow::Scalar& b) {
  return static_cast<const ScalarType&>(a).value <=> static_cast<const ScalarType&>(b).value;
}

/// Compares two scalars of one internal type; unordered when the type has no order here.
std::partial_ordering Compare(const arrow::Scalar& a, const arrow::Scalar& b) {
  if (a.type->id() != b.type->id()) return std::partial_ordering::unordered;
  switch (a.type->id()) {
    case arrow::Type::INT32:
      return CompareAs<arrow::Int32Scalar>(a, b);
    case arrow::Type::INT64:
      return CompareAs<arrow::Int64Scalar>(a, b);
    case arrow::Type::DATE32:
      return CompareAs<arrow::Date32Scalar>(a, b);
    case arrow::Type::TIMESTAMP:
      return CompareAs<arrow::TimestampScalar>(a, b);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return static_cast<const arrow::BaseBinaryScalar&>(a).view() <=>
             static_cast<const arrow::BaseBinaryScalar&>(b).view();
    default:
      return std::partial_ordering::unordered;
  }
}

bool MayHold(const TableFile& file, int row_group, const UsefulRange& range) {
  const ColumnBounds bounds = file.Bounds(row_group, range.column);
  if (range.least != nullptr) {
    const std::shared_ptr<arrow::Scalar> greatest = ToComparable(bounds.greatest, range);
    if (greatest != nullptr && Compare(*greatest, *range.least) == std::partial_ordering::less) return false;
  }
  if (range.greatest != nullptr) {
    const std::shared_ptr<arrow::Scalar> least = ToComparable(bounds.least, range);
    if (least != nullptr && Compare(*least, *range.greatest) == std::partial_ordering::greater) return false;
  }
  return true;
}

bool HoldsOneOf(const RowGroup& group, std::span<const std::uint64_t> rows) {
  const auto first =
      std::lower_bound(rows.begin(), rows.end(), static_cast<std::uint64_t>(group.first_row),
                       [](std::uint64_t ordinal, std::uint64_t row) { return OrdinalRow(ordinal) < row; });
  if (first == rows.end()) return false;
  return group.row_count < 0 || OrdinalRow(*first) < static_cast<std::uint64_t>(group.first_row + group.row_count);
}

}  // namespace

std::vector<int> ChooseRowGroups(const TableFile& file, std::span<const UsefulRange> ranges,
                                 const std::optional<std::span<const std::uint64_t>>& rows) {
  std::vector<int> chosen;
  const std::vector<RowGroup>& groups = file.row_groups();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const int row_group = static_cast<int>(i);
    if (rows && !HoldsOneOf(groups[i], *rows)) continue;
    const bool may_hold = std::all_of(ranges.begin(), ranges.end(),
                                      [&](const UsefulRange& range) { return MayHold(file, row_group, range); });
    if (may_hold) chosen.push_back(row_group);
  }
  return chosen;
}

}  // namespace larder
