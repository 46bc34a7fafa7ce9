// Which row groups of a file have to be read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "columnar/table_file.h"
#include "columnar/value_type.h"

namespace larder {

/// Says between which values rows of a column are of use, both included. A bound is a scalar of `type`; nullptr: open.
struct UsefulRange {
  std::string column;     ///< of the file
  ValueType stored_type;  ///< what the column is inside Larder
  ValueType type;         ///< what is compared: `stored_type`, or timestamp for a time of another type
  std::shared_ptr<arrow::Scalar> least = nullptr;
  std::shared_ptr<arrow::Scalar> greatest = nullptr;
};

/// Returns the row groups, ascending, that may hold a row inside all ranges (by what the file records of them) and that
/// hold one of `rows` (ordinals, ascending, of which only OrdinalRow counts), if any are given. A group of which
/// nothing is recorded may hold every row.
std::vector<int> ChooseRowGroups(const TableFile& file, std::span<const UsefulRange> ranges,
                                 const std::optional<std::span<const std::uint64_t>>& rows);

}  // namespace larder
