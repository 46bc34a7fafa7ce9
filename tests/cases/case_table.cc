#include "tests/cases/case_table.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/compute/initialize.h>
#include <arrow/io/file.h>
#include <parquet/arrow/writer.h>

#include <cmath>
#include <mutex>
#include <utility>

#include "base/file_system.h"
#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "columnar/convert.h"
#include "columnar/table_file.h"
#include "columnar/table_text.h"
#include "columnar/table_writer.h"

namespace larder::cases {
namespace {

using Cells = std::vector<std::string>;
using ArrayResult = Result<std::shared_ptr<arrow::Array>>;

constexpr std::size_t kNowhere = std::string_view::npos;

Status Misread(std::string message) { return Status(Reason::kInvalidFile, std::move(message)); }

std::string Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == kNowhere) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

// Splits at `separator` outside of quotes and of every kind of bracket.
Cells SplitOutside(std::string_view line, char separator) {
  Cells cells;
  std::string cell;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\' && i + 1 < line.size()) {
      cell.push_back(c);
      cell.push_back(line[++i]);
      continue;
    }
    if (!quoted && std::string_view("[(<").find(c) != kNowhere) ++depth;
    if (!quoted && std::string_view("])>").find(c) != kNowhere) --depth;
    if (c == separator && depth == 0 && !quoted) {
      cells.push_back(Trimmed(cell));
      cell.clear();
    } else {
      cell.push_back(c);
    }
  }
  cells.push_back(Trimmed(cell));
  return cells;
}

bool IsNull(const std::string& cell) { return cell == "null"; }

// The text of a cell: quotes taken off, escapes resolved.
std::string Unquoted(const std::string& cell) {
  if (cell.size() < 2 || cell.front() != '"' || cell.back() != '"') return cell;
  std::string text;
  for (std::size_t i = 1; i + 1 < cell.size(); ++i) {
    if (cell[i] == '\\' && i + 2 < cell.size()) {
      ++i;
      text.push_back(cell[i] == 'n' ? '\n' : cell[i] == 't' ? '\t' : cell[i]);
    } else {
      text.push_back(cell[i]);
    }
  }
  return text;
}

Result<std::string> FromHex(const std::string& text) {
  std::string bytes;
  if (text.size() % 2 != 0) return Misread("an odd number of hexadecimal digits: " + text);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    if (text.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return Misread("no bytes: " + text);
    bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

ArrayResult CastTo(const std::shared_ptr<arrow::Array>& array, const std::shared_ptr<arrow::DataType>& type) {
  static std::once_flag once;
  std::call_once(once, [] { arrow::Status ignored = arrow::compute::Initialize(); });
  if (array->type()->Equals(type)) return array;
  LARDER_ASSIGN_OR_RETURN(const arrow::Datum cast, FromArrow(arrow::compute::Cast(array, type)));
  return cast.make_array();
}

// Every cell as text or bytes; what a cast can then make of it.
template <class Builder, class Decode>
ArrayResult BuildCells(const Cells& cells, Builder builder, const Decode& decode) {
  for (const std::string& cell : cells) {
    if (IsNull(cell)) {
      LARDER_RETURN_IF_ERROR(FromArrow(builder.AppendNull()));
      continue;
    }
    LARDER_ASSIGN_OR_RETURN(const auto value, decode(cell));
    LARDER_RETURN_IF_ERROR(FromArrow(builder.Append(value)));
  }
  return FromArrow(builder.Finish());
}

ArrayResult BuildText(const Cells& cells) {
  return BuildCells(cells, arrow::StringBuilder(),
                    [](const std::string& cell) -> Result<std::string> { return Unquoted(cell); });
}

ArrayResult BuildBytes(const Cells& cells) {
  return BuildCells(cells, arrow::BinaryBuilder(), [](const std::string& cell) { return FromHex(Unquoted(cell)); });
}

ArrayResult BuildDates(const Cells& cells) {
  return BuildCells(cells, arrow::Date32Builder(), [](const std::string& cell) { return ParseDate(cell); });
}

bool IsWholeNumber(const std::string& cell) {
  return !cell.empty() && cell.find_first_not_of("0123456789", cell.front() == '-' ? 1 : 0) == std::string::npos;
}

ArrayResult BuildInstants(const Cells& cells, const std::shared_ptr<arrow::DataType>& type) {
  const arrow::TimeUnit::type unit = static_cast<const arrow::TimestampType&>(*type).unit();
  const auto decode = [&](const std::string& cell) -> Result<std::int64_t> {
    if (IsWholeNumber(cell)) return std::int64_t{std::stoll(cell)};
    LARDER_ASSIGN_OR_RETURN(const std::int64_t instant_us, ParseInstant(cell));
    switch (unit) {
      case arrow::TimeUnit::SECOND:
        return instant_us / 1'000'000;
      case arrow::TimeUnit::MILLI:
        return instant_us / 1000;
      case arrow::TimeUnit::MICRO:
        return instant_us;
      case arrow::TimeUnit::NANO:
        return instant_us * 1000;
    }
    return Misread("an unknown unit of time");
  };
  LARDER_ASSIGN_OR_RETURN(const auto whole, BuildCells(cells, arrow::Int64Builder(), decode));
  return CastTo(whole, type);
}

// The number in the n-th place between parentheses, such as 10 and 2 in decimal(10, 2).
int NumberInside(const std::string& type, std::size_t place) {
  const std::size_t open = type.find('(');
  const Cells inside = SplitOutside(std::string_view(type).substr(open + 1, type.size() - open - 2), ',');
  return place < inside.size() ? std::stoi(inside[place]) : 0;
}

Result<std::shared_ptr<arrow::DataType>> TimestampOf(const std::string& type) {
  const std::size_t open = type.find('[');
  const Cells inside = SplitOutside(std::string_view(type).substr(open + 1, type.size() - open - 2), ',');
  const std::vector<std::pair<std::string, arrow::TimeUnit::type>> units = {{"s", arrow::TimeUnit::SECOND},
                                                                            {"ms", arrow::TimeUnit::MILLI},
                                                                            {"us", arrow::TimeUnit::MICRO},
                                                                            {"ns", arrow::TimeUnit::NANO}};
  for (const auto& [name, unit] : units) {
    if (inside.front() == name) return arrow::timestamp(unit, inside.size() > 1 ? inside[1] : "");
  }
  return Misread("an unknown unit of time: " + type);
}

// The types of files that others write; those of definitions are ValueType's.
Result<std::shared_ptr<arrow::DataType>> TypeOf(const std::string& type) {
  const std::vector<std::pair<std::string, std::shared_ptr<arrow::DataType>>> foreign = {
      {"int8", arrow::int8()},
      {"int16", arrow::int16()},
      {"uint8", arrow::uint8()},
      {"uint16", arrow::uint16()},
      {"uint32", arrow::uint32()},
      {"uint64", arrow::uint64()},
      {"date64", arrow::date64()},
      {"large_string", arrow::large_utf8()},
      {"dictionary", arrow::dictionary(arrow::int32(), arrow::utf8())}};
  for (const auto& [name, arrow_type] : foreign) {
    if (type == name) return arrow_type;
  }
  if (type.starts_with("fixed_bytes(")) return arrow::fixed_size_binary(NumberInside(type, 0));
  if (type.starts_with("decimal(")) return arrow::decimal128(NumberInside(type, 0), NumberInside(type, 1));
  if (type.starts_with("timestamp[")) return TimestampOf(type);
  LARDER_ASSIGN_OR_RETURN(const ValueType value_type, ParseTypeName(type));
  return ToArrow(value_type);
}

ArrayResult BuildArray(const Cells& cells, const std::shared_ptr<arrow::DataType>& type);

ArrayResult BuildLists(const Cells& cells, const std::shared_ptr<arrow::DataType>& type) {
  Cells items;
  arrow::Int32Builder offsets;
  for (const std::string& cell : cells) {
    if (IsNull(cell)) {
      LARDER_RETURN_IF_ERROR(FromArrow(offsets.AppendNull()));
      continue;
    }
    LARDER_RETURN_IF_ERROR(FromArrow(offsets.Append(static_cast<std::int32_t>(items.size()))));
    if (cell.size() < 2 || cell.front() != '[' || cell.back() != ']') return Misread("no list: " + cell);
    const std::string inside = Trimmed(std::string_view(cell).substr(1, cell.size() - 2));
    if (inside.empty()) continue;
    for (std::string& item : SplitOutside(inside, ';')) items.push_back(std::move(item));
  }
  LARDER_RETURN_IF_ERROR(FromArrow(offsets.Append(static_cast<std::int32_t>(items.size()))));
  LARDER_ASSIGN_OR_RETURN(const auto starts, FromArrow(offsets.Finish()));
  LARDER_ASSIGN_OR_RETURN(const auto values,
                          BuildArray(items, static_cast<const arrow::ListType&>(*type).value_type()));
  LARDER_ASSIGN_OR_RETURN(const auto lists, FromArrow(arrow::ListArray::FromArrays(type, *starts, *values)));
  return std::shared_ptr<arrow::Array>(lists);
}

ArrayResult BuildArray(const Cells& cells, const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::LIST:
      return BuildLists(cells, type);
    case arrow::Type::TIMESTAMP:
      return BuildInstants(cells, type);
    case arrow::Type::BINARY:
    case arrow::Type::FIXED_SIZE_BINARY: {
      LARDER_ASSIGN_OR_RETURN(const auto bytes, BuildBytes(cells));
      return CastTo(bytes, type);
    }
    case arrow::Type::DATE32:
    case arrow::Type::DATE64: {
      LARDER_ASSIGN_OR_RETURN(const auto dates, BuildDates(cells));
      return CastTo(dates, type);
    }
    case arrow::Type::DICTIONARY: {
      LARDER_ASSIGN_OR_RETURN(const auto texts, BuildText(cells));
      LARDER_ASSIGN_OR_RETURN(const arrow::Datum coded, FromArrow(arrow::compute::DictionaryEncode(texts)));
      return coded.make_array();
    }
    default: {
      LARDER_ASSIGN_OR_RETURN(const auto texts, BuildText(cells));
      return CastTo(texts, type);
    }
  }
}

}  // namespace

Cells SplitCells(std::string_view line) { return SplitOutside(line, ','); }

Result<TextTable> ReadTextTable(std::string_view body) {
  TextTable table;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    const std::string line = Trimmed(body.substr(0, end));
    body.remove_prefix(end == kNowhere ? body.size() : end + 1);
    if (line.empty()) continue;
    Cells cells = SplitCells(line);
    if (!table.names.empty()) {
      if (cells.size() != table.names.size())
        return Misread("a row with another number of cells than the head: " + line);
      table.rows.push_back(std::move(cells));
      continue;
    }
    for (const std::string& cell : cells) {
      const std::size_t colon = cell.rfind(':');
      if (colon == kNowhere) return Misread("a column is name: type, not: " + cell);
      table.names.push_back(Unquoted(Trimmed(std::string_view(cell).substr(0, colon))));
      table.types.push_back(Trimmed(std::string_view(cell).substr(colon + 1)));
    }
  }
  if (table.names.empty()) return Misread("a table without a head");
  return table;
}

Result<std::shared_ptr<arrow::Table>> MakeTable(const TextTable& text) {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (std::size_t i = 0; i < text.names.size(); ++i) {
    Cells cells;
    for (const Cells& row : text.rows) cells.push_back(row[i]);
    LARDER_ASSIGN_OR_RETURN(const auto type, TypeOf(text.types[i]));
    const ArrayResult column = BuildArray(cells, type);
    if (!column.ok()) return column.status().WithContext("column " + text.names[i]);
    fields.push_back(arrow::field(text.names[i], type));
    columns.push_back(*column);
  }
  return arrow::Table::Make(arrow::schema(fields), columns, static_cast<std::int64_t>(text.rows.size()));
}

Status WriteTable(const arrow::Table& table, const std::string& path, std::int64_t row_group_rows) {
  if (path.ends_with(".parquet")) {
    LARDER_ASSIGN_OR_RETURN(const auto sink, FromArrow(arrow::io::FileOutputStream::Open(path)));
    return FromArrow(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), sink, row_group_rows));
  }
  const auto files = NewPosixFileSystem();
  LARDER_ASSIGN_OR_RETURN(const auto writer, CreateTableFile(*files, path, table.schema()));
  LARDER_ASSIGN_OR_RETURN(const auto batch, FromArrow(table.CombineChunksToBatch()));
  LARDER_RETURN_IF_ERROR(writer->Write(*batch));
  return writer->Close();
}

Result<std::shared_ptr<arrow::Table>> InInternalTypes(const std::shared_ptr<arrow::Table>& table) {
  std::shared_ptr<arrow::Table> converted = table;
  for (int i = 0; i < table->num_columns(); ++i) {
    const std::string& name = table->field(i)->name();
    const auto replace = [&](const ValueType type, const std::shared_ptr<arrow::ChunkedArray>& column) -> Status {
      LARDER_ASSIGN_OR_RETURN(converted, FromArrow(converted->SetColumn(i, arrow::field(name, ToArrow(type)), column)));
      return {};
    };
    if (table->field(i)->type()->id() == arrow::Type::DURATION) {
      LARDER_ASSIGN_OR_RETURN(const arrow::Datum counts,
                              FromArrow(arrow::compute::Cast(table->column(i), arrow::int64())));
      LARDER_RETURN_IF_ERROR(replace(ValueType::Of(TypeKind::kInt64), counts.chunked_array()));
      continue;
    }
    LARDER_ASSIGN_OR_RETURN(const ValueType type, InternalTypeOf(*table->field(i)->type()));
    LARDER_ASSIGN_OR_RETURN(const auto column, ConvertChunks(*table->column(i), {type, name}));
    LARDER_RETURN_IF_ERROR(replace(type, column));
  }
  return converted;
}

Result<std::shared_ptr<arrow::Table>> ReadTable(const std::string& path) {
  const auto files = NewPosixFileSystem();
  LARDER_ASSIGN_OR_RETURN(const auto file, OpenTableFile(*files, path, {}));
  ReadRequest request;
  request.columns = file->schema()->field_names();
  LARDER_ASSIGN_OR_RETURN(const auto stream, file->Read(request));
  arrow::RecordBatchVector batches;
  while (true) {
    LARDER_ASSIGN_OR_RETURN(const auto batch, stream->Next());
    if (!batch) break;
    batches.push_back(batch->rows);
  }
  LARDER_ASSIGN_OR_RETURN(const auto table, FromArrow(arrow::Table::FromRecordBatches(file->schema(), batches)));
  return InInternalTypes(table);
}

std::string CellText(const arrow::ChunkedArray& column, std::int64_t row) {
  int chunk = 0;
  while (row >= column.chunk(chunk)->length()) row -= column.chunk(chunk++)->length();
  const arrow::Array& values = *column.chunk(chunk);
  if (values.IsNull(row)) return "null";
  std::string text;
  AppendValueText(values, row, text);
  return values.type_id() == arrow::Type::STRING ? "\"" + text + "\"" : text;
}

std::optional<std::string> Difference(const arrow::Table& expected, const arrow::Table& actual) {
  const auto listed = [](const arrow::Table& table) {
    std::string text;
    for (const auto& field : table.schema()->fields()) {
      const Result<ValueType> type = FromArrow(*field->type());
      text +=
          (text.empty() ? "" : ", ") + field->name() + ": " + (type.ok() ? TypeName(*type) : field->type()->ToString());
    }
    return text;
  };
  if (listed(expected) != listed(actual)) {
    return "columns: expected " + listed(expected) + "; got " + listed(actual);
  }
  if (expected.num_rows() != actual.num_rows()) {
    return "rows: expected " + std::to_string(expected.num_rows()) + "; got " + std::to_string(actual.num_rows());
  }
  for (std::int64_t row = 0; row < expected.num_rows(); ++row) {
    for (int i = 0; i < expected.num_columns(); ++i) {
      const std::string wanted = CellText(*expected.column(i), row);
      const std::string got = CellText(*actual.column(i), row);
      if (wanted == got) continue;
      return "row " + std::to_string(row + 1) + ", " + expected.field(i)->name() + ": expected " + wanted + "; got " +
             got;
    }
  }
  return std::nullopt;
}

}  // namespace larder::cases
