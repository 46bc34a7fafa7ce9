#include "definitions/source_check.h"

#include <algorithm>
#include <array>
#include <map>

#include "definitions/definition_fields.h"
#include "definitions/window_check.h"
#include "expressions/bound_expression.h"
#include "expressions/expression.h"
#include "expressions/expression_type.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

using Columns = std::vector<SourceColumn>;

const SourceColumn* FindColumn(const Columns& columns, std::string_view name) {
  for (const SourceColumn& column : columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

NameScope ScopeOf(const Columns& columns) {
  NameScope scope;
  for (const SourceColumn& column : columns) {
    if (column.type) scope.Add({"", column.name, *column.type});
  }
  return scope;
}

Fault UnsupportedColumn(const Location& location, const SourceColumn& column) {
  return location.ToFault("column '" + column.name + "' has a type that no feature can carry: " + column.file_type,
                          "declare a type for it under `columns:` of the source, or convert it in the file");
}

/// Checks one source and gathers its columns.
class SourceChecker {
 public:
  SourceChecker(const Source& source, Columns file_columns) : source_(source), columns_(std::move(file_columns)) {}

  void Run() {
    DeriveColumns();
    if (source_.where) CheckCondition(*source_.where, "where");
    if (source_.deleted) CheckCondition(*source_.deleted, "deleted");
    CheckTime(source_.timestamp, source_.timestamp_location);
    CheckTime(source_.created, source_.created_location);
    CheckEventId();
  }

  const Source& source() const { return source_; }
  const Columns& columns() const { return columns_; }
  std::vector<Fault>& faults() { return faults_; }

  /// Returns the column, or nullptr and a fault at `location`.
  const SourceColumn* Require(const std::string& name, const Location& location) {
    const SourceColumn* column = FindColumn(columns_, name);
    if (column == nullptr) {
      AddMissing(name, location);
    } else if (!column->type) {
      // A derived column whose expression is wrong has no type of a file, and its fault is told already.
      if (!column->file_type.empty()) faults_.push_back(UnsupportedColumn(location, *column));
      return nullptr;
    }
    return column;
  }

 private:
  void AddMissing(const std::string& name, const Location& location) {
    std::vector<std::string> known;
    for (const SourceColumn& column : columns_) known.push_back(column.name);
    std::string hint = DidYouMean(name, std::span<const std::string>(known));
    if (hint.empty()) hint = "its columns are" + ListOf(known);
    faults_.push_back(location.ToFault("no column '" + name + "' in source '" + source_.name() + "'", std::move(hint)));
  }

  static std::string ListOf(const std::vector<std::string>& names) {
    constexpr std::size_t kShown = 20;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? " " : ", ") + names[i];
    return names.size() > kShown ? text + ", ..." : text;
  }

  std::optional<BoundExpression> BindText(const ExpressionText& text) {
    const Result<Expression> parsed = ParseExpression(text.text);
    if (!parsed.ok()) {
      faults_.push_back(ExpressionFault(text, parsed.status()));
      return std::nullopt;
    }
    for (const ColumnName& name : parsed->Columns()) {
      const SourceColumn* column = name.qualifier.empty() ? FindColumn(columns_, name.name) : nullptr;
      if (column == nullptr || column->type) continue;
      if (!column->file_type.empty()) faults_.push_back(UnsupportedColumn(text.location, *column));
      return std::nullopt;
    }
    Result<BoundExpression> bound = Bind(*parsed, ScopeOf(columns_));
    if (bound.ok()) return *std::move(bound);
    faults_.push_back(ExpressionFault(text, bound.status()));
    return std::nullopt;
  }

  void DeriveColumns() {
    for (const DeriveRule& rule : source_.derive) {
      if (FindColumn(columns_, rule.name) != nullptr) {
        faults_.push_back(rule.expression.location.ToFault(
            "a derived column named like a column of the files: '" + rule.name + "'", "give it another name"));
        continue;
      }
      const std::optional<BoundExpression> bound = BindText(rule.expression);
      columns_.push_back({rule.name, bound ? std::optional<ValueType>(bound->type()) : std::nullopt, ""});
    }
  }

  void CheckCondition(const ExpressionText& text, std::string_view key) {
    const std::optional<BoundExpression> bound = BindText(text);
    if (!bound || bound->type() == ValueType::Of(TypeKind::kBool)) return;
    faults_.push_back(text.location.ToFault(
        "a condition that is no bool: `" + std::string(key) + "` has type " + TypeName(bound->type()),
        "write a comparison, such as x = 1"));
  }

  void CheckTime(const std::string& name, const Location& location) {
    if (name.empty()) return;
    const SourceColumn* column = Require(name, location);
    if (column == nullptr) return;
    constexpr std::array kTimes = {TypeKind::kTimestamp, TypeKind::kDate, TypeKind::kString};
    if (std::find(kTimes.begin(), kTimes.end(), column->type->kind) != kTimes.end()) return;
    faults_.push_back(location.ToFault(
        "column '" + name + "' is no time: it has type " + TypeName(*column->type),
        "a time is a timestamp, a date or ISO text; derive one, such as t: to_timestamp(" + name + ")"));
  }

  void CheckEventId() {
    if (source_.event_id.empty()) return;
    const SourceColumn* column = Require(source_.event_id, source_.event_id_location);
    if (column == nullptr || column->type->is_key()) return;
    faults_.push_back(source_.event_id_location.ToFault(
        "column '" + source_.event_id + "' cannot be an identity: it has type " + TypeName(*column->type),
        "use an integer, string, bytes, date, timestamp or bool column"));
  }

  const Source& source_;
  Columns columns_;
  std::vector<Fault> faults_;
};

void CheckView(const DefinitionSet& set, const FeatureView& view, SourceChecker& checker) {
  for (std::size_t i = 0; i < view.entities.size(); ++i) {
    const auto entity = set.FindEntity(view.entities[i]);
    if (!entity.ok()) continue;
    const Location& location = i < view.entity_locations.size() ? view.entity_locations[i] : view.header.location;
    const SourceColumn* column = checker.Require((*entity)->join_key, location);
    if (column == nullptr || CanReadKey(*column->type, (*entity)->type)) continue;
    checker.faults().push_back(location.ToFault("join key '" + column->name + "' of source '" + view.source +
                                                    "' has type " + TypeName(*column->type) + ", entity '" +
                                                    view.entities[i] + "' has " + TypeName((*entity)->type),
                                                "change the entity's type, or derive a column with a cast, such as " +
                                                    column->name + "::" + TypeName((*entity)->type)));
  }
  if (view.is_windowed()) return;
  for (const Feature& feature : view.features) {
    const SourceColumn* column = checker.Require(feature.from, feature.location);
    if (column == nullptr || CanReadFeature(*column->type, feature.type)) continue;
    checker.faults().push_back(feature.location.ToFault(
        "feature '" + feature.name + "' has type " + TypeName(feature.type) + ", its column '" + column->name +
            "' has " + TypeName(*column->type),
        "change the type, or derive a column with a cast, such as " + column->name + "::" + TypeName(feature.type)));
  }
}

std::shared_ptr<const FeatureView> CheckWindowView(const FeatureView& view, SourceChecker& checker) {
  if (checker.source().timestamp.empty()) {
    checker.faults().push_back(view.source_location.ToFault(
        "a window view over a source without event time: '" + view.source + "'", "name its column under `timestamp:`"));
  }
  return std::make_shared<const FeatureView>(
      TypeWindowView(view, checker.source(), checker.columns(), checker.faults()));
}

void AddSourceFailure(const Source& source, const Status& status, std::vector<Fault>& faults) {
  if (!status.faults().empty()) {
    faults.insert(faults.end(), status.faults().begin(), status.faults().end());
    return;
  }
  faults.push_back(source.path_location.ToFault("source '" + source.name() + "': " + std::string(status.message()),
                                                std::string(status.hint())));
}

void Append(std::vector<Fault>& from, std::vector<Fault>& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
  from.clear();
}

// The expression's own type counts, not one that it could be narrowed to.
std::optional<Fault> CheckFeatureType(const OnDemandFeature& feature, const NameScope& scope) {
  const Result<Expression> parsed = ParseExpression(feature.expression.text);
  if (!parsed.ok()) return ExpressionFault(feature.expression, parsed.status());
  const Result<BoundExpression> bound = Bind(*parsed, scope);
  if (!bound.ok()) {
    // A bare null has no type of its own, and fits every declared one.
    if (parsed->CanonicalText() == "null") return std::nullopt;
    return ExpressionFault(feature.expression, bound.status());
  }
  if (ConvertsUnasked(ExpressionType::Of(bound->type()), ExpressionType::Of(feature.type))) return std::nullopt;
  if (bound->type() == feature.type) return std::nullopt;
  return feature.expression.location.ToFault(
      "feature '" + feature.name + "' is declared " + TypeName(feature.type) + ", its expression has type " +
          TypeName(bound->type()),
      "declare " + TypeName(bound->type()) + ", or cast: (...)::" + TypeName(feature.type));
}

}  // namespace

Result<std::vector<SourceColumn>> ColumnsAfterDerive(const Source& source, std::vector<SourceColumn> file_columns) {
  SourceChecker checker(source, std::move(file_columns));
  checker.Run();
  if (checker.faults().empty()) return checker.columns();
  return Status::FromFaults(Reason::kInvalidDefinition, "source '" + source.name() + "' does not fit its files",
                            std::move(checker.faults()));
}

SourceCheck CheckAgainstSources(const DefinitionSet& set, SourceSchemaProvider& provider) {
  std::vector<Fault> faults;
  std::map<std::string, std::shared_ptr<const FeatureView>> typed;
  for (const auto& [name, source] : set.sources()) {
    Result<Columns> columns = provider.Columns(*source);
    if (!columns.ok()) {
      AddSourceFailure(*source, columns.status(), faults);
      continue;
    }
    SourceChecker checker(*source, *std::move(columns));
    checker.Run();
    for (const auto& [view_name, view] : set.feature_views()) {
      if (view->source != name) continue;
      CheckView(set, *view, checker);
      if (view->is_windowed()) typed[view_name] = CheckWindowView(*view, checker);
    }
    Append(checker.faults(), faults);
  }
  std::vector<DefinedObject> objects = set.Objects();
  for (DefinedObject& object : objects) {
    if (KindOf(object) != ObjectKind::kFeatureView) continue;
    if (const auto found = typed.find(HeaderOf(object).name); found != typed.end()) object = found->second;
  }
  SourceCheck check{DefinitionSet::MakeUnchecked(std::move(objects)), std::move(faults)};
  // What depends on nothing untyped was right before.
  for (Fault& fault : CheckOnDemandViews(check.typed, {})) check.faults.push_back(std::move(fault));
  return check;
}

bool CanReadFeature(ValueType from, ValueType to) {
  if (from == to) return true;
  if (from.is_list() != to.is_list()) return false;
  if (from.is_list()) return CanReadFeature(ValueType::Of(from.element), ValueType::Of(to.element));
  if (from.is_number() && to.is_number()) return true;
  return from.kind == TypeKind::kDate && to.kind == TypeKind::kTimestamp;
}

bool CanReadKey(ValueType from, ValueType to) { return from == to || (from.is_integer() && to.is_integer()); }

NameScope OnDemandScope(const OnDemandView& view, const std::vector<DefinedObject>& inputs) {
  NameScope scope;
  for (const DefinedObject& input : inputs) {
    const auto add = [&](const auto& features) {
      for (const auto& feature : features) scope.Add({HeaderOf(input).name, feature.name, feature.type});
    };
    if (const auto* plain = std::get_if<std::shared_ptr<const FeatureView>>(&input)) add((*plain)->features);
    if (const auto* on_demand = std::get_if<std::shared_ptr<const OnDemandView>>(&input)) add((*on_demand)->features);
  }
  for (const ColumnType& value : view.request) scope.Add({"", value.name, value.type});
  return scope;
}

std::vector<Fault> CheckOnDemandViews(const DefinitionSet& set, const std::set<ObjectId>& incomplete) {
  std::vector<Fault> faults;
  for (const auto& [name, view] : set.on_demand_views()) {
    if (incomplete.contains({ObjectKind::kOnDemandView, name})) continue;
    const InputLookup lookup = [&](const ViewInput& input) -> std::optional<DefinedObject> {
      if (input.version) return std::nullopt;
      const Result<DefinedObject> found = set.FindView(input.view);
      if (!found.ok() || incomplete.contains(IdOf(*found))) return std::nullopt;
      const auto* plain = std::get_if<std::shared_ptr<const FeatureView>>(&*found);
      if (plain != nullptr && !(*plain)->is_typed()) return std::nullopt;
      return *found;
    };
    for (Fault& fault : CheckOnDemandTypes(*view, lookup)) faults.push_back(std::move(fault));
  }
  return faults;
}

std::vector<Fault> CheckOnDemandTypes(const OnDemandView& view, const InputLookup& lookup) {
  std::vector<DefinedObject> inputs;
  for (const ViewInput& input : view.inputs) {
    std::optional<DefinedObject> found = lookup(input);
    if (!found) return {};
    inputs.push_back(*std::move(found));
  }
  const NameScope scope = OnDemandScope(view, inputs);
  std::vector<Fault> faults;
  for (const OnDemandFeature& feature : view.features) {
    if (std::optional<Fault> fault = CheckFeatureType(feature, scope)) faults.push_back(*std::move(fault));
  }
  return faults;
}

}  // namespace larder
