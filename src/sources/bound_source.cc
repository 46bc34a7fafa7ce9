#include "sources/bound_source.h"

#include <utility>

#include "expressions/expression.h"
#include "expressions/name_scope.h"
#include "text/nearest_name.h"

namespace larder {

namespace {

// Pushed rows are kept with the columns of the files and these two beside them.
Status CheckNoReservedName(const std::string& source, const std::vector<SourceColumn>& file_columns) {
  for (const SourceColumn& column : file_columns) {
    if (column.name != kPushedDeletedColumn && column.name != kPushedCreatedColumn) continue;
    return Status(Reason::kInvalidData,
                  "a column of source '" + source + "' has a name that pushed rows use: '" + column.name + "'",
                  "give the column another name in the files");
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const BoundSource>> BoundSource::Bind(std::shared_ptr<const Source> source,
                                                             std::vector<SourceColumn> file_columns, Origin origin) {
  // Definitions tell all faults at once, each with its place; what is bound below is known to be right.
  LARDER_RETURN_IF_ERROR(ColumnsAfterDerive(*source, file_columns).status());
  LARDER_RETURN_IF_ERROR(CheckNoReservedName(source->name(), file_columns));
  auto bound = std::make_shared<BoundSource>();
  bound->source_ = std::move(source);
  bound->stored_ = std::move(file_columns);
  std::optional<std::size_t> pushed_created;
  if (origin == Origin::kPushed) {
    bound->pushed_mark_ = bound->stored_.size();
    bound->stored_.push_back({std::string(kPushedDeletedColumn), ValueType::Of(TypeKind::kBool), "bool"});
    pushed_created = bound->stored_.size();
    bound->stored_.push_back({std::string(kPushedCreatedColumn), ValueType::Of(TypeKind::kTimestamp), "timestamp"});
  }
  LARDER_RETURN_IF_ERROR(bound->BindExpressions());
  const Source& definition = *bound->source_;
  if (!definition.timestamp.empty()) {
    LARDER_ASSIGN_OR_RETURN(bound->event_time_, bound->Find(definition.timestamp));
  }
  if (!definition.created.empty()) {
    LARDER_ASSIGN_OR_RETURN(bound->created_time_, bound->Find(definition.created));
  } else {
    bound->created_time_ = pushed_created;
  }
  return std::shared_ptr<const BoundSource>(std::move(bound));
}

Status BoundSource::BindExpressions() {
  for (const DeriveRule& rule : source_->derive) {
    LARDER_RETURN_IF_ERROR(BindExpression(rule.name, rule.expression).status());
  }
  if (source_->where) {
    LARDER_ASSIGN_OR_RETURN(where_, BindExpression("", *source_->where));
  }
  if (source_->deleted) {
    LARDER_ASSIGN_OR_RETURN(deleted_, BindExpression("", *source_->deleted));
  }
  return {};
}

Result<std::size_t> BoundSource::BindExpression(const std::string& name, const ExpressionText& text) {
  LARDER_ASSIGN_OR_RETURN(const Expression expression, ParseExpression(text.text));
  NameScope scope;
  std::vector<std::size_t> scope_columns;
  for (std::size_t i = 0; i < column_count(); ++i) {
    const std::string& column_name = is_stored(i) ? stored_[i].name : computed_at(i).name;
    if (is_stored(i) && !stored_[i].type) continue;
    scope.Add({"", column_name, TypeAt(i)});
    scope_columns.push_back(i);
  }
  LARDER_ASSIGN_OR_RETURN(BoundExpression bound, larder::Bind(expression, scope));
  ComputedColumn column{.name = name, .expression = std::move(bound), .inputs = {}, .alias_of = std::nullopt};
  for (const std::size_t scope_column : column.expression.columns()) {
    column.inputs.push_back(scope_columns[scope_column]);
  }
  if (expression.AsColumn() && column.inputs.size() == 1) column.alias_of = column.inputs.front();
  computed_.push_back(std::move(column));
  return column_count() - 1;
}

std::vector<SourceColumn> BoundSource::columns() const {
  std::vector<SourceColumn> columns = stored_;
  for (const ComputedColumn& column : computed_) {
    if (!column.name.empty()) columns.push_back({column.name, column.expression.type(), ""});
  }
  return columns;
}

Result<std::size_t> BoundSource::Find(const std::string& name) const {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < column_count(); ++i) {
    const std::string& column_name = is_stored(i) ? stored_[i].name : computed_at(i).name;
    if (!name.empty() && column_name == name) {
      if (!is_stored(i) || stored_[i].type) return i;
      return Status(Reason::kTypeMismatch,
                    "column '" + name + "' of source '" + source_->name() +
                        "' has a type that no feature can have: " + stored_[i].file_type,
                    "store it as another type, or declare one in `columns`");
    }
    if (!column_name.empty()) known.push_back(column_name);
  }
  std::string hint = DidYouMean(name, known);
  if (hint.empty()) {
    hint = "its files were changed? their columns are";
    for (const std::string& column_name : known) hint += " " + column_name;
  }
  return Status(Reason::kMissingColumn,
                "source '" + source_->name() + "' has no column '" + name + "': " + source_->path, std::move(hint));
}

ValueType BoundSource::TypeAt(std::size_t column) const {
  if (!is_stored(column)) return computed_at(column).expression.type();
  LARDER_CHECK(stored_[column].type.has_value());
  return *stored_[column].type;
}

std::optional<std::size_t> BoundSource::StoredColumnOf(std::size_t column) const {
  while (!is_stored(column)) {
    const std::optional<std::size_t>& alias = computed_at(column).alias_of;
    if (!alias) return std::nullopt;
    column = *alias;
  }
  return column;
}

}  // namespace larder
