#include "sources/column_union.h"

#include <utility>

#include <arrow/api.h>

#include "columnar/convert.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

/// Returns the type that holds both, if there is one.
std::optional<ValueType> CommonType(ValueType a, ValueType b) {
  if (a == b) return a;
  if (a.is_integer() && b.is_integer()) return ValueType::Of(TypeKind::kInt64);
  if (a.is_float() && b.is_float()) return ValueType::Of(TypeKind::kFloat64);
  return std::nullopt;
}

}  // namespace

ColumnUnion::ColumnUnion(const Source& source) : source_(source) {}

std::optional<ValueType> ColumnUnion::DeclaredType(const std::string& name) const {
  for (const ColumnType& column : source_.columns) {
    if (column.name == name) return column.type;
  }
  return std::nullopt;
}

Status ColumnUnion::Add(const std::string& path, const arrow::Schema& schema) {
  for (const std::shared_ptr<arrow::Field>& field : schema.fields()) {
    const auto [index, is_new] = indexes_.emplace(field->name(), columns_.size());
    if (is_new) columns_.push_back({.column = {field->name(), DeclaredType(field->name()), ""}, .path = path});
    LARDER_RETURN_IF_ERROR(Merge(columns_[index->second], path, *field));
  }
  return {};
}

Status ColumnUnion::Merge(Seen& seen, const std::string& path, const arrow::Field& field) const {
  const arrow::DataType& type = *field.type();
  const std::string file_type = type.ToString();
  if (const std::optional<ValueType> declared = DeclaredType(field.name())) {
    if (seen.column.file_type.empty()) seen.column.file_type = file_type;
    if (type.id() == arrow::Type::NA || CanConvert(type, *declared)) return {};
    return Status(Reason::kTypeMismatch,
                  "column '" + field.name() + "' of source '" + source_.name() + "' is declared " +
                      TypeName(*declared) + ", but it is " + file_type + " in " + path,
                  "declare a type that it can become, or none");
  }
  if (type.id() == arrow::Type::NA) {
    if (seen.is_null) seen.column = {field.name(), ValueType::Of(TypeKind::kString), file_type};
    return {};
  }
  const Result<ValueType> internal = InternalTypeOf(type);
  const std::optional<ValueType> now = internal.ok() ? std::optional(*internal) : std::nullopt;
  if (seen.is_null) {
    seen = {.column = {field.name(), now, file_type}, .path = path, .is_null = false};
    return {};
  }
  // A type that nothing can carry goes with itself: it matters only when the column is named.
  if (!now && !seen.column.type && file_type == seen.column.file_type) return {};
  const std::optional<ValueType> common = now && seen.column.type ? CommonType(*now, *seen.column.type) : std::nullopt;
  if (common) {
    seen.column.type = common;
    return {};
  }
  return Status(Reason::kTypeMismatch,
                "column '" + field.name() + "' of source '" + source_.name() + "' has different types: " +
                    seen.column.file_type + " in " + seen.path + ", " + file_type + " in " + path,
                "write both files with one type, or declare one under `columns` that both can become");
}

Status ColumnUnion::AddPartition(const std::string& name, ValueType guessed) {
  const auto [index, is_new] = indexes_.emplace(name, columns_.size());
  if (!is_new) {
    return Status(Reason::kEqualNames,
                  "a partition folder and a column of the files have one name: '" + name + "' in source '" +
                      source_.name() + "', first seen in " + columns_[index->second].path,
                  "rename the folders, or leave the column out of the files");
  }
  const ValueType type = DeclaredType(name).value_or(guessed);
  columns_.push_back({.column = {name, type, TypeName(type)}, .path = "", .is_null = false});
  return {};
}

Result<std::vector<SourceColumn>> ColumnUnion::Finish() const {
  std::vector<SourceColumn> columns;
  std::vector<std::string> names;
  for (const Seen& seen : columns_) {
    columns.push_back(seen.column);
    names.push_back(seen.column.name);
  }
  for (const ColumnType& declared : source_.columns) {
    if (indexes_.contains(declared.name)) continue;
    return Status(Reason::kMissingColumn,
                  "source '" + source_.name() + "' declares a column that no file has: '" + declared.name + "'",
                  DidYouMean(declared.name, names));
  }
  return columns;
}

}  // namespace larder
