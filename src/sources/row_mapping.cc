#include "sources/row_mapping.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>

#include "columnar/arrow_status.h"

namespace larder {
namespace {

/// Marks a column and all that it is computed from.
void MarkNeeded(const BoundSource& source, std::size_t column, std::vector<bool>& needed) {
  if (needed[column]) return;
  needed[column] = true;
  if (source.is_stored(column)) return;
  // The depth is that of derived columns that use each other; definitions bound their number.
  for (const std::size_t input : source.computed_at(column).inputs) MarkNeeded(source, input, needed);
}

const arrow::BooleanArray& AsBoolean(const std::shared_ptr<arrow::Array>& array) {
  return static_cast<const arrow::BooleanArray&>(*array);
}

}  // namespace

/// Holds the columns that are known so far; all arrays are `row_count` long.
struct RowMapping::Work {
  std::vector<std::shared_ptr<arrow::Array>> columns;  // by index in the BoundSource; nullptr: not computed
  std::int64_t row_count = 0;
  std::optional<std::vector<std::int64_t>> kept;
  RowNamer name_row;  // names rows as they were given

  RowNamer CurrentNamer() const {
    return [this](std::int64_t row) { return name_row(kept ? (*kept)[static_cast<std::size_t>(row)] : row); };
  }
};

Result<std::shared_ptr<arrow::Array>> TakeRows(const std::shared_ptr<arrow::Array>& values,
                                               const std::vector<std::int64_t>& rows) {
  const auto indexes = std::make_shared<arrow::Int64Array>(static_cast<std::int64_t>(rows.size()),
                                                           arrow::Buffer::Wrap(rows.data(), rows.size()));
  LARDER_ASSIGN_OR_RETURN(
      const arrow::Datum taken,
      FromArrow(arrow::compute::Take(values, indexes, arrow::compute::TakeOptions::NoBoundsCheck())));
  return taken.make_array();
}

Result<std::shared_ptr<arrow::Array>> NullArray(ValueType type, std::int64_t row_count) {
  return FromArrow(arrow::MakeArrayOfNull(ToArrow(type), row_count));
}

Result<std::shared_ptr<const RowMapping>> RowMapping::Make(std::shared_ptr<const BoundSource> source,
                                                           std::vector<MappedColumn> outputs, bool filter) {
  auto mapping = std::make_shared<RowMapping>();
  mapping->source_ = std::move(source);
  mapping->outputs_ = std::move(outputs);
  mapping->filter_ = filter && mapping->source_->where().has_value();
  arrow::FieldVector fields;
  for (const MappedColumn& output : mapping->outputs_) {
    fields.push_back(arrow::field(output.name, ToArrow(output.type)));
    if (output.kind != MappedColumn::Kind::kColumn) continue;
    const ValueType type = mapping->source_->TypeAt(output.column);
    if (!CanConvert(*ToArrow(type), output.type)) {
      return Status(Reason::kTypeMismatch,
                    "column '" + output.name + "' of source '" + mapping->source_->source().name() + "' is " +
                        TypeName(type) + " and cannot become " + TypeName(output.type),
                    "make a column of that type in `derive`, such as x::" + TypeName(output.type));
    }
  }
  mapping->schema_ = arrow::schema(std::move(fields));
  mapping->PlanColumns();
  mapping->is_plain_ = !mapping->filter_ && std::ranges::all_of(mapping->outputs_, [&](const MappedColumn& output) {
    return output.kind == MappedColumn::Kind::kColumn && mapping->source_->is_stored(output.column) &&
           mapping->source_->TypeAt(output.column) == output.type;
  });
  return std::shared_ptr<const RowMapping>(std::move(mapping));
}

void RowMapping::PlanColumns() {
  const BoundSource& source = *source_;
  std::vector<bool> before(source.column_count(), false);
  if (filter_) {
    MarkNeeded(source, *source.where(), before);
    if (source.pushed_mark()) MarkNeeded(source, *source.pushed_mark(), before);
  }
  std::vector<bool> needed = before;
  used_after_filter_.assign(source.column_count(), false);
  for (const MappedColumn& output : outputs_) {
    for (const std::size_t column : ColumnsOf(output)) {
      MarkNeeded(source, column, needed);
      used_after_filter_[column] = true;
    }
  }
  for (std::size_t column = 0; column < source.column_count(); ++column) {
    if (!needed[column]) continue;
    if (source.is_stored(column)) {
      stored_columns_.push_back(column);
    } else {
      (before[column] ? computed_before_filter_ : computed_after_filter_).push_back(column);
    }
  }
  for (const MappedColumn& output : outputs_) {
    if (!output.is_required) continue;
    if (const auto stored = source.StoredColumnOf(output.column)) required_columns_.push_back(*stored);
  }
  std::ranges::sort(required_columns_);
  for (const std::size_t column : computed_after_filter_) {
    for (const std::size_t input : source.computed_at(column).inputs) used_after_filter_[input] = true;
  }
}

std::vector<std::size_t> RowMapping::ColumnsOf(const MappedColumn& output) const {
  std::vector<std::size_t> columns;
  if (output.kind == MappedColumn::Kind::kColumn) columns.push_back(output.column);
  if (output.kind == MappedColumn::Kind::kDeletionMark) {
    if (source_->deleted()) columns.push_back(*source_->deleted());
    if (source_->pushed_mark()) columns.push_back(*source_->pushed_mark());
  }
  return columns;
}

Status RowMapping::Compute(const std::vector<std::size_t>& columns, Work& work) const {
  for (const std::size_t column : columns) {
    const ComputedColumn& computed = source_->computed_at(column);
    std::vector<std::shared_ptr<arrow::Array>> inputs;
    for (const std::size_t input : computed.inputs) inputs.push_back(work.columns[input]);
    Result<std::shared_ptr<arrow::Array>> values =
        computed.expression.Evaluate(inputs, work.row_count, {.row_name = work.CurrentNamer()});
    if (!values.ok()) {
      const std::string what = column == source_->where()     ? "where"
                               : column == source_->deleted() ? "deleted"
                                                              : "derive." + computed.name;
      return values.status().WithContext("source '" + source_->source().name() + "', " + what);
    }
    work.columns[column] = std::move(values).value();
  }
  return {};
}

Status RowMapping::KeepFiltered(Work& work) const {
  const arrow::BooleanArray& where = AsBoolean(work.columns[*source_->where()]);
  const arrow::BooleanArray* mark =
      source_->pushed_mark() ? &AsBoolean(work.columns[*source_->pushed_mark()]) : nullptr;
  std::vector<std::int64_t> kept;
  kept.reserve(static_cast<std::size_t>(work.row_count));
  for (std::int64_t row = 0; row < work.row_count; ++row) {
    const bool is_true = where.IsValid(row) && where.Value(row);
    if (is_true || (mark != nullptr && mark->IsValid(row) && mark->Value(row))) kept.push_back(row);
  }
  if (static_cast<std::int64_t>(kept.size()) == work.row_count) return {};
  for (std::size_t column = 0; column < work.columns.size(); ++column) {
    if (work.columns[column] == nullptr) continue;
    if (!used_after_filter_[column]) {
      work.columns[column] = nullptr;
      continue;
    }
    LARDER_ASSIGN_OR_RETURN(work.columns[column], TakeRows(work.columns[column], kept));
  }
  work.row_count = static_cast<std::int64_t>(kept.size());
  work.kept = std::move(kept);
  return {};
}

Result<std::shared_ptr<arrow::Array>> RowMapping::DeletionMarks(const Work& work) const {
  std::vector<bool> marks(static_cast<std::size_t>(work.row_count), false);
  for (const std::optional<std::size_t>& column : {source_->deleted(), source_->pushed_mark()}) {
    if (!column) continue;
    const arrow::BooleanArray& values = AsBoolean(work.columns[*column]);
    for (std::int64_t row = 0; row < work.row_count; ++row) {
      if (values.IsValid(row) && values.Value(row)) marks[static_cast<std::size_t>(row)] = true;
    }
  }
  arrow::BooleanBuilder builder;
  LARDER_RETURN_IF_ERROR(FromArrow(builder.AppendValues(marks)));
  return FromArrow(builder.Finish());
}

Result<std::shared_ptr<arrow::Array>> RowMapping::Output(const MappedColumn& output, const Work& work) const {
  switch (output.kind) {
    case MappedColumn::Kind::kNull:
      return NullArray(output.type, work.row_count);
    case MappedColumn::Kind::kDeletionMark:
      return DeletionMarks(work);
    case MappedColumn::Kind::kColumn:
      break;
  }
  return Convert(work.columns[output.column],
                 {.target = output.type, .column = output.name, .name_row = work.CurrentNamer()});
}

Result<MappedRows> RowMapping::Apply(std::vector<std::shared_ptr<arrow::Array>> stored, std::int64_t row_count,
                                     const RowNamer& name_row) const {
  Work work;
  work.columns.resize(source_->column_count());
  work.row_count = row_count;
  work.name_row = name_row;
  for (std::size_t i = 0; i < stored_columns_.size(); ++i) work.columns[stored_columns_[i]] = std::move(stored[i]);
  LARDER_RETURN_IF_ERROR(Compute(computed_before_filter_, work));
  if (filter_) LARDER_RETURN_IF_ERROR(KeepFiltered(work));
  LARDER_RETURN_IF_ERROR(Compute(computed_after_filter_, work));
  arrow::ArrayVector columns;
  for (const MappedColumn& output : outputs_) {
    LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> column, Output(output, work));
    columns.push_back(std::move(column));
  }
  MappedRows mapped;
  mapped.rows = arrow::RecordBatch::Make(schema_, work.row_count, std::move(columns));
  mapped.kept = std::move(work.kept);
  return mapped;
}

}  // namespace larder
