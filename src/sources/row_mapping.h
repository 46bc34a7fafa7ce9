// Stored columns to the columns asked for: derive, where, deleted, and the types wanted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "columnar/convert.h"
#include "sources/bound_source.h"

namespace larder {

/// Describes one column to give.
struct MappedColumn {
  /// Says what the values are.
  enum class Kind : std::uint8_t {
    kColumn,        ///< of a stored or derived column
    kDeletionMark,  ///< `deleted`, or the mark of a push; no nulls
    kNull,          ///< null in every row
  };
  std::string name;
  Kind kind = Kind::kColumn;
  std::size_t column = 0;    ///< of kColumn: index in the BoundSource
  ValueType type;            ///< what the values are converted to (columnar/convert.h)
  bool is_required = false;  ///< of kColumn: a file without it is an error; otherwise its rows have null there
};

/// Holds what became of the rows of a batch.
struct MappedRows {
  std::shared_ptr<arrow::RecordBatch> rows;
  std::optional<std::vector<std::int64_t>> kept;  ///< indexes of the rows that stay, ascending; absent: all
};

/// Computes columns from stored ones. Immutable; thread-safe.
class RowMapping {
 public:
  /// Plans the computation. With `filter` only rows stay for which the source's `where` is true, or that carry the mark
  /// of a push (a deletion need not pass a filter over values that it does not bring). kTypeMismatch for a conversion
  /// that does not exist.
  static Result<std::shared_ptr<const RowMapping>> Make(std::shared_ptr<const BoundSource> source,
                                                        std::vector<MappedColumn> outputs, bool filter);

  /// Tells whether every output is a stored column as it is: nothing is computed, converted or left out.
  bool is_plain() const { return is_plain_; }

  const BoundSource& source() const { return *source_; }
  const std::vector<MappedColumn>& outputs() const { return outputs_; }
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  /// Returns the stored columns that have to be read, ascending.
  const std::vector<std::size_t>& stored_columns() const { return stored_columns_; }
  /// Returns those of them that every file must have, ascending.
  const std::vector<std::size_t>& required_columns() const { return required_columns_; }

  /// Computes the columns of `row_count` rows from the arrays of `stored_columns()` (in that order, of the source's
  /// types). `name_row` names the rows as given.
  Result<MappedRows> Apply(std::vector<std::shared_ptr<arrow::Array>> stored, std::int64_t row_count,
                           const RowNamer& name_row) const;

 private:
  struct Work;

  void PlanColumns();
  std::vector<std::size_t> ColumnsOf(const MappedColumn& output) const;
  Status Compute(const std::vector<std::size_t>& columns, Work& work) const;
  Status KeepFiltered(Work& work) const;
  Result<std::shared_ptr<arrow::Array>> Output(const MappedColumn& output, const Work& work) const;
  Result<std::shared_ptr<arrow::Array>> DeletionMarks(const Work& work) const;

  std::shared_ptr<const BoundSource> source_;
  std::vector<MappedColumn> outputs_;
  bool filter_ = false;
  bool is_plain_ = false;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::size_t> stored_columns_;
  std::vector<std::size_t> required_columns_;
  std::vector<std::size_t> computed_before_filter_;
  std::vector<std::size_t> computed_after_filter_;
  std::vector<bool> used_after_filter_;  // by column: needed behind the filter
};

/// Returns the rows of these indexes, in their order.
Result<std::shared_ptr<arrow::Array>> TakeRows(const std::shared_ptr<arrow::Array>& values,
                                               const std::vector<std::int64_t>& rows);

/// Returns an array of nulls of an internal type.
Result<std::shared_ptr<arrow::Array>> NullArray(ValueType type, std::int64_t row_count);

}  // namespace larder
