// The columns that an expression may name, with their types.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "columnar/value_type.h"
#include "expressions/expression.h"

namespace larder {

/// Describes one column of a scope. `qualifier` is the view whose feature it is (or the alias); empty for a source
/// column or a request value.
struct ScopeColumn {
  std::string qualifier;
  std::string name;
  ValueType type;
};

/// Holds the columns that an expression may name, in a fixed order: the arrays given to Evaluate follow it.
class NameScope {
 public:
  NameScope() = default;
  explicit NameScope(std::vector<ScopeColumn> columns) : columns_(std::move(columns)) {}

  /// Adds a column at the end. Two columns of one name are allowed; naming one of them bare is then ambiguous, and so
  /// is a qualified name that two columns share.
  void Add(ScopeColumn column) { columns_.push_back(std::move(column)); }

  const std::vector<ScopeColumn>& columns() const { return columns_; }

  /// Returns the index of the column that `name` means. A bare name means the only column of that name, whatever its
  /// qualifier. Fails with kMissingColumn (the nearest name as the hint) or kAmbiguousColumn (the candidates as hint).
  Result<std::size_t> Find(const ColumnName& name) const;

 private:
  std::vector<ScopeColumn> columns_;
};

}  // namespace larder
