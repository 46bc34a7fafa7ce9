#include "cli/entity_rows.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>

#include "columnar/convert.h"
#include "columnar/csv_types.h"
#include "columnar/table_file.h"
#include "serving/json_columns.h"
#include "text/json_writer.h"

namespace larder {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Result<Pairs> ParseGroup(const std::vector<std::string>& group) {
  Pairs pairs;
  for (const std::string& text : group) {
    if (text.empty()) continue;
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Status(Reason::kUsage, "not a NAME=VALUE: '" + text + "'", "write it as --key airport=SFO");
    }
    pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  std::sort(pairs.begin(), pairs.end());
  for (std::size_t i = 1; i < pairs.size(); ++i) {
    if (pairs[i].first == pairs[i - 1].first) {
      return Status(Reason::kUsage, "'" + pairs[i].first + "' stands twice in one row", "give each name once");
    }
  }
  return pairs;
}

Status AddRow(Pairs row, EntityRows& rows) {
  std::sort(row.begin(), row.end());
  if (rows.row_count == 0) {
    for (const auto& [name, value] : row) rows.columns.emplace_back(name, "");
  }
  if (row.size() != rows.columns.size()) {
    return Status(Reason::kUsage, "the rows do not all name the same keys", "give every --key the same names");
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i].first != rows.columns[i].first) {
      return Status(
          Reason::kUsage,
          "the rows do not all name the same keys: '" + row[i].first + "' and '" + rows.columns[i].first + "'",
          "give every --key the same names");
    }
    if (rows.row_count > 0) rows.columns[i].second += ",";
    AppendJsonString(row[i].second, rows.columns[i].second);
  }
  ++rows.row_count;
  return {};
}

// Appends a column of a file as JSON values.
Status AppendColumn(const std::shared_ptr<arrow::Array>& column, const std::string& name, std::string& list) {
  LARDER_ASSIGN_OR_RETURN(const ValueType type, InternalTypeOf(*column->type()));
  LARDER_ASSIGN_OR_RETURN(const auto converted, Convert(column, {type, name}));
  for (std::int64_t row = 0; row < converted->length(); ++row) {
    if (!list.empty()) list += ",";
    AppendJsonValue(*converted, row, {true}, list);
  }
  return {};
}

}  // namespace

std::string EntityRows::Json() const {
  std::string text = "{";
  for (const auto& [name, list] : columns) {
    if (text.size() > 1) text += ",";
    AppendJsonString(name, text);
    text += ":[" + list + "]";
  }
  return text + "}";
}

Result<EntityRows> ParseEntityRows(const std::vector<std::vector<std::string>>& keys,
                                   const std::vector<std::vector<std::string>>& request) {
  if (request.size() > 1 && request.size() != keys.size()) {
    return Status(Reason::kUsage,
                  "request values for " + std::to_string(request.size()) + " rows, but " + std::to_string(keys.size()) +
                      " rows of keys",
                  "give one --request for all rows, or one for each --key");
  }
  EntityRows rows;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    LARDER_ASSIGN_OR_RETURN(Pairs row, ParseGroup(keys[i]));
    if (!request.empty()) {
      LARDER_ASSIGN_OR_RETURN(const Pairs values, ParseGroup(request[request.size() == 1 ? 0 : i]));
      row.insert(row.end(), values.begin(), values.end());
    }
    LARDER_RETURN_IF_ERROR(AddRow(std::move(row), rows));
  }
  return rows;
}

Result<EntityRows> ReadEntityRows(FileSystem& files, const std::string& path) {
  TableFileOptions options;
  LARDER_ASSIGN_OR_RETURN(const FileFormat format, FileFormatOf(path));
  const bool is_csv = format == FileFormat::kCsv || format == FileFormat::kCsvGz;
  LARDER_ASSIGN_OR_RETURN(const auto file, OpenTableFile(files, path, options));
  EntityRows rows;
  for (const auto& field : file->schema()->fields()) {
    if (is_csv || InternalTypeOf(*field->type()).ok()) rows.columns.emplace_back(field->name(), "");
  }
  ReadRequest read;
  for (const auto& [name, list] : rows.columns) read.columns.push_back(name);
  LARDER_ASSIGN_OR_RETURN(const auto stream, file->Read(read));
  while (true) {
    LARDER_ASSIGN_OR_RETURN(const auto batch, stream->Next());
    if (!batch) return rows;
    rows.row_count += batch->rows->num_rows();
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
      LARDER_RETURN_IF_ERROR(
          AppendColumn(batch->rows->column(static_cast<int>(i)), rows.columns[i].first, rows.columns[i].second));
    }
  }
}

}  // namespace larder
