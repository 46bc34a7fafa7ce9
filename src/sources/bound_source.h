// A source's expressions bound to the columns that its files have.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "definitions/source.h"
#include "definitions/source_check.h"
#include "expressions/bound_expression.h"
#include "sources/pushed_rows.h"

namespace larder {

/// Holds a column that is computed from those before it: a derived one, `where` or `deleted`.
struct ComputedColumn {
  std::string name;  ///< empty for `where` and `deleted`
  BoundExpression expression;
  std::vector<std::size_t> inputs;      ///< indexes of the columns that the expression reads, in its order
  std::optional<std::size_t> alias_of;  ///< the column that the expression is, when it is nothing else
};

/// Holds the columns of a source by index: stored ones (of files, of partition folders), then computed ones. Immutable;
/// thread-safe.
class BoundSource {
 public:
  /// Says where rows come from.
  enum class Origin : bool {
    kFiles,   ///< the source's own files
    kPushed,  ///< pushed files: the mark and created time of a push are stored columns, too
  };

  /// Binds every expression. Fails as ColumnsAfterDerive does, also when event or created time is of a type that is no
  /// time.
  static Result<std::shared_ptr<const BoundSource>> Bind(std::shared_ptr<const Source> source,
                                                         std::vector<SourceColumn> file_columns, Origin origin);

  const Source& source() const { return *source_; }
  const std::vector<SourceColumn>& stored() const { return stored_; }
  const std::vector<ComputedColumn>& computed() const { return computed_; }
  std::size_t column_count() const { return stored_.size() + computed_.size(); }
  bool is_stored(std::size_t column) const { return column < stored_.size(); }
  const ComputedColumn& computed_at(std::size_t column) const { return computed_[column - stored_.size()]; }

  /// Returns stored and derived columns with their types.
  std::vector<SourceColumn> columns() const;
  /// Returns the index of a stored or derived column; kMissingColumn with the nearest name, kTypeMismatch when its type
  /// is one that nothing inside Larder can carry.
  Result<std::size_t> Find(const std::string& name) const;
  /// Returns the type of a column that `Find` gives.
  ValueType TypeAt(std::size_t column) const;
  /// Returns the stored column that a column is another name for, if it is.
  std::optional<std::size_t> StoredColumnOf(std::size_t column) const;

  const std::optional<std::size_t>& event_time() const { return event_time_; }
  const std::optional<std::size_t>& created_time() const { return created_time_; }
  const std::optional<std::size_t>& where() const { return where_; }
  const std::optional<std::size_t>& deleted() const { return deleted_; }
  const std::optional<std::size_t>& pushed_mark() const { return pushed_mark_; }

 private:
  Status BindExpressions();
  Result<std::size_t> BindExpression(const std::string& name, const ExpressionText& text);

  std::shared_ptr<const Source> source_;
  std::vector<SourceColumn> stored_;
  std::vector<ComputedColumn> computed_;
  std::optional<std::size_t> event_time_;
  std::optional<std::size_t> created_time_;
  std::optional<std::size_t> where_;
  std::optional<std::size_t> deleted_;
  std::optional<std::size_t> pushed_mark_;
};

}  // namespace larder
