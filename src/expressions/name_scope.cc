#include "expressions/name_scope.h"

#include "text/nearest_name.h"

namespace larder {
namespace {

bool Means(const ColumnName& name, const ScopeColumn& column) {
  return name.name == column.name && (name.qualifier.empty() || name.qualifier == column.qualifier);
}

Status Ambiguous(const ColumnName& name, const std::vector<const ScopeColumn*>& found) {
  std::string hint = "say which:";
  for (const ScopeColumn* column : found) hint += " " + ColumnText({column->qualifier, column->name});
  return Status(Reason::kAmbiguousColumn,
                "ambiguous column: '" + ColumnText(name) + "' is one of " + std::to_string(found.size()), hint);
}

Status Missing(const ColumnName& name, const std::vector<ScopeColumn>& columns) {
  const std::string wanted = ColumnText(name);
  std::vector<std::string> candidates;
  for (const ScopeColumn& column : columns) {
    // A bare name that was meant is offered bare; a qualified one with its qualifier.
    candidates.push_back(ColumnText({name.qualifier.empty() ? "" : column.qualifier, column.name}));
  }
  std::string hint = DidYouMean(wanted, candidates);
  if (hint.empty() && !columns.empty() && columns.size() <= 20) {
    hint = "the columns are";
    for (const ScopeColumn& column : columns) hint += " " + ColumnText({column.qualifier, column.name});
  }
  return Status(Reason::kMissingColumn, "no column '" + wanted + "'", hint);
}

}  // namespace

Result<std::size_t> NameScope::Find(const ColumnName& name) const {
  std::vector<const ScopeColumn*> found;
  for (const ScopeColumn& column : columns_) {
    if (Means(name, column)) found.push_back(&column);
  }
  if (found.empty()) return Missing(name, columns_);
  if (found.size() > 1) return Ambiguous(name, found);
  return static_cast<std::size_t>(found[0] - columns_.data());
}

}  // namespace larder
