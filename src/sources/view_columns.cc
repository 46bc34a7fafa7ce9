#include "sources/view_columns.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>

#include "columnar/arrow_status.h"
#include "definitions/definition_set.h"

namespace larder {
namespace {

Status Misfit(const ViewBinding& input, const std::string& what, const std::string& column, ValueType target) {
  const Result<std::size_t> found = input.bound->Find(column);
  const std::string type = found.ok() ? TypeName(input.bound->TypeAt(*found)) : "of no known type";
  return Status(Reason::kTypeMismatch,
                what + " of feature view '" + input.view.view->name() + "' does not fit: column '" + column +
                    "' of source '" + input.bound->source().name() + "' is " + type + ", wanted is " + TypeName(target),
                "make a column of that type in `derive`, or correct the type in the definition");
}

Result<MappedColumn> KeyColumn(const ViewBinding& input, const Entity& entity) {
  LARDER_ASSIGN_OR_RETURN(const std::size_t column, input.bound->Find(entity.join_key));
  if (!CanReadKey(input.bound->TypeAt(column), entity.type)) {
    return Misfit(input, "join key '" + entity.join_key + "'", entity.join_key, entity.type);
  }
  return MappedColumn{.name = entity.join_key, .column = column, .type = entity.type, .is_required = true};
}

/// Returns a column of a table as one array of an internal type; nulls when the table lacks it.
Result<std::shared_ptr<arrow::Array>> WholeColumn(const arrow::Table& table, const SourceColumn& wanted) {
  const std::shared_ptr<arrow::ChunkedArray> chunks = table.GetColumnByName(wanted.name);
  if (chunks == nullptr || chunks->num_chunks() == 0) return NullArray(*wanted.type, table.num_rows());
  if (chunks->num_chunks() == 1) return chunks->chunk(0);
  return FromArrow(arrow::Concatenate(chunks->chunks()));
}

/// Maps the chunks of a table as one batch.
Result<std::shared_ptr<arrow::RecordBatch>> MapTable(const RowMapping& mapping, const arrow::Table& table) {
  std::vector<std::shared_ptr<arrow::Array>> stored;
  for (const std::size_t column : mapping.stored_columns()) {
    LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> whole, WholeColumn(table, mapping.source().stored()[column]));
    stored.push_back(std::move(whole));
  }
  const auto name_row = [](std::int64_t row) { return "pushed row " + std::to_string(row + 1); };
  LARDER_ASSIGN_OR_RETURN(MappedRows mapped, mapping.Apply(std::move(stored), table.num_rows(), name_row));
  return std::move(mapped.rows);
}

Result<ViewPush> MapPush(const ViewBinding& input, const arrow::Table& rows) {
  ViewPush push{.layout = LayoutOfView(input.view, true), .rows = nullptr};
  LARDER_ASSIGN_OR_RETURN(std::vector<MappedColumn> outputs, KeyColumns(input, push.layout));
  std::vector<std::string> features;
  for (const Feature& feature : input.view.view->features) features.push_back(feature.name);
  LARDER_ASSIGN_OR_RETURN(std::vector<MappedColumn> values, ValueColumns(input, features));
  std::ranges::move(values, std::back_inserter(outputs));
  LARDER_ASSIGN_OR_RETURN(const auto mapping, RowMapping::Make(input.bound, std::move(outputs), true));
  LARDER_ASSIGN_OR_RETURN(push.rows, MapTable(*mapping, rows));
  return push;
}

}  // namespace

ViewLayout LayoutOfView(const ViewOfSource& view, bool has_pushes) {
  ViewLayout layout;
  for (const std::shared_ptr<const Entity>& entity : view.entities) {
    layout.key_names.push_back(entity->join_key);
    layout.key_types.push_back(entity->type);
  }
  layout.has_event_time = !view.source->timestamp.empty();
  layout.has_created_time = has_pushes || !view.source->created.empty();
  layout.has_deletion_mark = has_pushes || view.source->deleted.has_value();
  return layout;
}

Result<ViewBinding> InputFromSource(const ViewOfSource& view, const std::vector<SourceColumn>& file_columns,
                                    BoundSource::Origin origin) {
  LARDER_ASSIGN_OR_RETURN(auto bound, BoundSource::Bind(view.source, file_columns, origin));
  return ViewBinding{.bound = std::move(bound), .view = view};
}

Result<ViewBinding> InputFromView(const ViewOfSource& view) {
  Source pushed;
  pushed.header.name = "rows pushed to " + view.view->name();
  pushed.timestamp = view.source->timestamp;
  pushed.created = view.source->created;
  std::vector<SourceColumn> columns;
  const auto add = [&columns](const std::string& name, ValueType type) {
    const auto has_name = [&name](const SourceColumn& column) { return column.name == name; };
    // A feature may have the name of a join key or of the time: then it is that column.
    if (std::ranges::none_of(columns, has_name)) columns.push_back({name, type, TypeName(type)});
  };
  for (const std::shared_ptr<const Entity>& entity : view.entities) add(entity->join_key, entity->type);
  if (!pushed.timestamp.empty()) add(pushed.timestamp, ValueType::Of(TypeKind::kTimestamp));
  if (!pushed.created.empty()) add(pushed.created, ValueType::Of(TypeKind::kTimestamp));
  auto renamed = std::make_shared<FeatureView>(*view.view);
  for (Feature& feature : renamed->features) {
    feature.from = feature.name;
    add(feature.name, feature.type);
  }
  ViewBinding input;
  input.view = {.view = std::move(renamed), .entities = view.entities, .source = view.source};
  LARDER_ASSIGN_OR_RETURN(input.bound, BoundSource::Bind(std::make_shared<const Source>(std::move(pushed)),
                                                         std::move(columns), BoundSource::Origin::kPushed));
  return input;
}

Result<std::vector<MappedColumn>> KeyColumns(const ViewBinding& input, const ViewLayout& layout) {
  std::vector<MappedColumn> columns;
  for (const std::shared_ptr<const Entity>& entity : input.view.entities) {
    LARDER_ASSIGN_OR_RETURN(MappedColumn column, KeyColumn(input, *entity));
    columns.push_back(std::move(column));
  }
  const ValueType time = ValueType::Of(TypeKind::kTimestamp);
  const BoundSource& bound = *input.bound;
  if (layout.has_event_time)
    columns.push_back({.name = "event_time", .column = *bound.event_time(), .type = time, .is_required = true});
  if (layout.has_created_time) {
    MappedColumn created{.name = "created_time", .kind = MappedColumn::Kind::kNull, .type = time};
    if (bound.created_time()) {
      created.kind = MappedColumn::Kind::kColumn;
      created.column = *bound.created_time();
    }
    columns.push_back(std::move(created));
  }
  if (layout.has_deletion_mark) {
    columns.push_back(
        {.name = "deleted", .kind = MappedColumn::Kind::kDeletionMark, .type = ValueType::Of(TypeKind::kBool)});
  }
  return columns;
}

Result<std::vector<MappedColumn>> ValueColumns(const ViewBinding& input, const std::vector<std::string>& names) {
  std::vector<MappedColumn> columns;
  for (const std::string& name : names) {
    if (const Feature* feature = input.view.view->FindFeature(name)) {
      LARDER_ASSIGN_OR_RETURN(const std::size_t column, input.bound->Find(feature->from));
      if (!CanReadFeature(input.bound->TypeAt(column), feature->type)) {
        return Misfit(input, "feature '" + name + "'", feature->from, feature->type);
      }
      columns.push_back({.name = name, .column = column, .type = feature->type});
      continue;
    }
    const auto is_key = [&name](const std::shared_ptr<const Entity>& entity) { return entity->join_key == name; };
    const auto entity = std::ranges::find_if(input.view.entities, is_key);
    if (entity == input.view.entities.end()) {
      std::vector<std::string> known;
      for (const Feature& feature : input.view.view->features) known.push_back(feature.name);
      return UnknownFeature(name, input.view.view->name(), known);
    }
    LARDER_ASSIGN_OR_RETURN(MappedColumn column, KeyColumn(input, **entity));
    columns.push_back(std::move(column));
  }
  return columns;
}

Result<ViewPush> ViewRowsOfSourcePush(const ViewOfSource& view, const SourceSnapshot& snapshot,
                                      const arrow::Table& checked_rows) {
  LARDER_ASSIGN_OR_RETURN(const ViewBinding input,
                          InputFromSource(view, snapshot.file_columns(), BoundSource::Origin::kPushed));
  return MapPush(input, checked_rows);
}

Result<ViewPush> ViewRowsOfViewPush(const ViewOfSource& view, const arrow::Table& checked_rows) {
  LARDER_ASSIGN_OR_RETURN(const ViewBinding input, InputFromView(view));
  return MapPush(input, checked_rows);
}

}  // namespace larder
