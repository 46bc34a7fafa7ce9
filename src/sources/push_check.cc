#include "sources/push_check.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>

#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "columnar/convert.h"
#include "sources/bound_source.h"
#include "sources/pushed_rows.h"
#include "sources/row_mapping.h"
#include "sources/stored_files.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

/// Collects the columns of the rows to keep.
class PushedTable {
 public:
  PushedTable(const arrow::Table& rows, std::string target) : rows_(rows), target_(std::move(target)) {}

  bool Brings(const std::string& name) const { return rows_.GetColumnByName(name) != nullptr; }

  /// Takes a column of the push; a second one of the same name is the first.
  Status Take(const std::string& name, ValueType type) {
    if (Has(name)) return {};
    const std::shared_ptr<arrow::ChunkedArray> chunks = rows_.GetColumnByName(name);
    if (chunks == nullptr) return Missing(name);
    if (chunks->type()->id() == arrow::Type::NA) return AddNulls(name, type);
    if (!CanConvert(*chunks->type(), type)) {
      return Status(Reason::kTypeMismatch,
                    "column '" + name + "' of the rows pushed to " + target_ + " is " + chunks->type()->ToString() +
                        ", wanted is " + TypeName(type),
                    "send values of that type");
    }
    LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::ChunkedArray> converted,
                            ConvertChunks(*chunks, {.target = type, .column = name}));
    Add(name, std::move(converted));
    return {};
  }

  /// Adds a column with one value in every row.
  Status AddConstant(const std::string& name, const arrow::Scalar& value) {
    if (Has(name)) return {};
    LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array,
                            FromArrow(arrow::MakeArrayFromScalar(value, rows_.num_rows())));
    Add(name, std::make_shared<arrow::ChunkedArray>(std::move(array)));
    return {};
  }

  Status Missing(const std::string& name) const {
    const std::vector<std::string> names = rows_.schema()->field_names();
    std::string hint = DidYouMean(name, names);
    if (hint.empty()) hint = "add the column to the rows";
    return Status(Reason::kMissingColumn, "the rows pushed to " + target_ + " have no column '" + name + "'",
                  std::move(hint));
  }

  std::shared_ptr<arrow::Table> Finish() {
    return arrow::Table::Make(arrow::schema(std::move(fields_)), std::move(columns_), rows_.num_rows());
  }

 private:
  bool Has(const std::string& name) const {
    return std::ranges::any_of(fields_, [&name](const auto& field) { return field->name() == name; });
  }

  void Add(const std::string& name, std::shared_ptr<arrow::ChunkedArray> column) {
    fields_.push_back(arrow::field(name, column->type()));
    columns_.push_back(std::move(column));
  }

  Status AddNulls(const std::string& name, ValueType type) {
    LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> nulls, NullArray(type, rows_.num_rows()));
    Add(name, std::make_shared<arrow::ChunkedArray>(std::move(nulls)));
    return {};
  }

  const arrow::Table& rows_;
  const std::string target_;  // for messages
  arrow::FieldVector fields_;
  std::vector<std::shared_ptr<arrow::ChunkedArray>> columns_;
};

/// Returns the created time as a value of a created column's type.
std::shared_ptr<arrow::Scalar> CreatedScalar(std::int64_t created_us, ValueType type) {
  if (type.kind == TypeKind::kString) return std::make_shared<arrow::StringScalar>(FormatInstantMicros(created_us));
  if (type.kind == TypeKind::kDate) {
    std::int64_t days = created_us / kMicrosPerDay;
    if (created_us % kMicrosPerDay < 0) --days;
    return std::make_shared<arrow::Date32Scalar>(static_cast<std::int32_t>(days));
  }
  return std::make_shared<arrow::TimestampScalar>(created_us, ToArrow(ValueType::Of(TypeKind::kTimestamp)));
}

Status AddMarks(PushedTable& table, const PushOptions& options, bool has_created_column) {
  const ValueType time = ValueType::Of(TypeKind::kTimestamp);
  if (!has_created_column) {
    LARDER_RETURN_IF_ERROR(
        table.AddConstant(std::string(kPushedCreatedColumn), *CreatedScalar(options.created_us, time)));
  }
  if (!options.deletion) return {};
  return table.AddConstant(std::string(kPushedDeletedColumn), arrow::BooleanScalar(true));
}

/// Returns the stored columns that a push must bring, ascending.
Result<std::vector<std::size_t>> RequiredColumns(const std::shared_ptr<const BoundSource>& bound,
                                                 const std::vector<std::string>& key_columns,
                                                 const PushOptions& options) {
  std::vector<std::size_t> required;
  if (!options.deletion) {
    for (std::size_t column = 0; column < bound->stored().size(); ++column) {
      if (bound->stored()[column].type) required.push_back(column);
    }
    return required;
  }
  std::vector<MappedColumn> outputs;
  for (const std::string& key : key_columns) {
    LARDER_ASSIGN_OR_RETURN(const std::size_t column, bound->Find(key));
    outputs.push_back({.name = key, .column = column, .type = bound->TypeAt(column)});
  }
  if (const std::optional<std::size_t>& time = bound->event_time()) {
    outputs.push_back({.name = "event_time", .column = *time, .type = bound->TypeAt(*time)});
  }
  LARDER_ASSIGN_OR_RETURN(const auto mapping, RowMapping::Make(bound, std::move(outputs), false));
  return mapping->stored_columns();
}

}  // namespace

Result<std::shared_ptr<arrow::Table>> CheckRowsForSource(const SourceSnapshot& source, const arrow::Table& rows,
                                                         const std::vector<std::string>& key_columns,
                                                         const PushOptions& options) {
  const std::shared_ptr<const BoundSource>& bound = source.stored_files()->bound();
  LARDER_ASSIGN_OR_RETURN(const std::vector<std::size_t> required, RequiredColumns(bound, key_columns, options));
  const std::optional<std::size_t> created =
      bound->created_time() ? bound->StoredColumnOf(*bound->created_time()) : std::nullopt;
  PushedTable table(rows, "source '" + source.source().name() + "'");
  for (std::size_t column = 0; column < bound->stored().size(); ++column) {
    const SourceColumn& stored = bound->stored()[column];
    if (!stored.type) continue;
    if (table.Brings(stored.name)) {
      LARDER_RETURN_IF_ERROR(table.Take(stored.name, *stored.type));
    } else if (column == created) {
      LARDER_RETURN_IF_ERROR(table.AddConstant(stored.name, *CreatedScalar(options.created_us, *stored.type)));
    } else if (std::ranges::binary_search(required, column)) {
      return table.Missing(stored.name);
    }
  }
  LARDER_RETURN_IF_ERROR(AddMarks(table, options, bound->created_time().has_value()));
  return table.Finish();
}

Result<std::shared_ptr<arrow::Table>> CheckRowsForView(const ViewOfSource& view, const arrow::Table& rows,
                                                       const PushOptions& options) {
  const ValueType time = ValueType::Of(TypeKind::kTimestamp);
  const std::string& created = view.source->created;
  PushedTable table(rows, "feature view '" + view.view->name() + "'");
  for (const std::shared_ptr<const Entity>& entity : view.entities) {
    LARDER_RETURN_IF_ERROR(table.Take(entity->join_key, entity->type));
  }
  if (!view.source->timestamp.empty()) LARDER_RETURN_IF_ERROR(table.Take(view.source->timestamp, time));
  if (!created.empty()) {
    LARDER_RETURN_IF_ERROR(table.Brings(created)
                               ? table.Take(created, time)
                               : table.AddConstant(created, *CreatedScalar(options.created_us, time)));
  }
  for (const Feature& feature : view.view->features) {
    if (options.deletion && !table.Brings(feature.name)) continue;
    LARDER_RETURN_IF_ERROR(table.Take(feature.name, feature.type));
  }
  LARDER_RETURN_IF_ERROR(AddMarks(table, options, !created.empty()));
  return table.Finish();
}

}  // namespace larder
