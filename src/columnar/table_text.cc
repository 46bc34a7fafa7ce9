#include "columnar/table_text.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "text/base64.h"
#include "text/json_writer.h"
#include "text/number_text.h"
#include "text/utf8.h"

namespace larder {
namespace {

void AppendTimestamp(const arrow::Array& values, std::int64_t row, std::string& text) {
  if (static_cast<const arrow::TimestampType&>(*values.type()).unit() == arrow::TimeUnit::MICRO) {
    text += FormatInstant(static_cast<const arrow::TimestampArray&>(values).Value(row));
  } else {
    text += values.GetScalar(row).ValueOrDie()->ToString();
  }
}

// Appends a value inside a list. JSON has no words for floats that are not finite; these are what JavaScript calls
// them.
void AppendJsonValue(const arrow::Array& values, std::int64_t row, std::string& text) {
  if (values.IsNull(row)) {
    text += "null";
    return;
  }
  std::string value;
  AppendValueText(values, row, value);
  const arrow::Type::type type = values.type_id();
  if (arrow::is_floating(type)) {
    if (value == "nan") value = "NaN";
    if (value.ends_with("inf")) value.replace(value.size() - 3, 3, "Infinity");
    text += value;
  } else if (arrow::is_integer(type) || type == arrow::Type::BOOL || arrow::is_list_like(type)) {
    text += value;
  } else {
    AppendJsonString(value, text);
  }
}

void AppendList(const arrow::Array& values, std::string& text) {
  text.push_back('[');
  for (std::int64_t i = 0; i < values.length(); ++i) {
    if (i > 0) text.push_back(',');
    AppendJsonValue(values, i, text);
  }
  text.push_back(']');
}

template <class Texts>
std::string_view TextAt(const arrow::Array& values, std::int64_t row) {
  return static_cast<const Texts&>(values).GetView(row);
}

struct Range {
  char32_t first;
  char32_t last;
};
constexpr Range kWide[] = {{0x1100, 0x115f},   {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},  {0xf900, 0xfaff},
                           {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},  {0x1f300, 0x1f64f},
                           {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
constexpr Range kWithoutWidth[] = {{0x0300, 0x036f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};

template <std::size_t kCount>
bool IsIn(char32_t character, const Range (&ranges)[kCount]) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [character](Range range) { return character >= range.first && character <= range.last; });
}

int WidthOf(char32_t character) {
  if (IsIn(character, kWithoutWidth)) return 0;
  return IsIn(character, kWide) ? 2 : 1;
}

// Takes the first character of text that is UTF-8.
char32_t TakeCharacter(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t character = length == 1 ? lead : lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) character = (character << 6) | (static_cast<unsigned char>(text[i]) & 0x3fu);
  text.remove_prefix(length);
  return character;
}

struct Cell {
  std::string text;
  int width = 0;
};

// Appends a control character so that it is seen and does nothing to the terminal.
void AppendControl(char control, std::string& text) {
  switch (control) {
    case '\n':
      text += "\\n";
      break;
    case '\r':
      text += "\\r";
      break;
    case '\t':
      text += "\\t";
      break;
    default:
      text += "\xef\xbf\xbd";
  }
}

Cell MakeCell(std::string_view raw, int width_limit) {
  std::string valid;
  AppendValidUtf8(raw, valid);
  std::string shown;
  for (const char byte : valid) {
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) {
      AppendControl(byte, shown);
    } else {
      shown.push_back(byte);
    }
  }
  Cell cell;
  std::size_t cut = 0;  // where one more column of width is left for the ellipsis
  int cut_width = 0;
  for (std::string_view left = shown; !left.empty();) {
    const int width = WidthOf(TakeCharacter(left));
    if (cell.width + width > width_limit) {
      cell.text = shown.substr(0, cut) + "\xe2\x80\xa6";
      cell.width = cut_width + 1;
      return cell;
    }
    cell.width += width;
    if (cell.width < width_limit) {
      cut = shown.size() - left.size();
      cut_width = cell.width;
    }
  }
  cell.text = std::move(shown);
  return cell;
}

struct Column {
  std::vector<Cell> cells;  // the name first
  int width = 0;
  bool stands_right = false;
};

Column MakeColumn(const arrow::RecordBatch& rows, int index, std::int64_t row_count, int width_limit) {
  Column column;
  const arrow::Array& values = *rows.column(index);
  column.stands_right = arrow::is_numeric(values.type_id());
  column.cells.push_back(MakeCell(rows.column_name(index), width_limit));
  std::string text;
  for (std::int64_t row = 0; row < row_count; ++row) {
    text.clear();
    if (values.IsValid(row)) AppendValueText(values, row, text);
    column.cells.push_back(MakeCell(text, width_limit));
  }
  for (const Cell& cell : column.cells) column.width = std::max(column.width, cell.width);
  return column;
}

void AppendLine(const std::vector<Column>& columns, std::size_t line, std::string& table) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Cell& cell = columns[i].cells[line];
    const auto padding = static_cast<std::size_t>(columns[i].width - cell.width);
    if (i > 0) table += "  ";
    if (columns[i].stands_right) table.append(padding, ' ');
    table += cell.text;
    if (!columns[i].stands_right) table.append(padding, ' ');
  }
  table.resize(table.find_last_not_of(' ') + 1);
  table.push_back('\n');
}

}  // namespace

void AppendValueText(const arrow::Array& values, std::int64_t row, std::string& text) {
  using arrow::Type;
  switch (values.type_id()) {
    case Type::BOOL:
      text += static_cast<const arrow::BooleanArray&>(values).Value(row) ? "true" : "false";
      break;
    case Type::INT32:
      AppendInteger(static_cast<const arrow::Int32Array&>(values).Value(row), text);
      break;
    case Type::INT64:
      AppendInteger(static_cast<const arrow::Int64Array&>(values).Value(row), text);
      break;
    case Type::FLOAT:
      AppendFloat32(static_cast<const arrow::FloatArray&>(values).Value(row), text);
      break;
    case Type::DOUBLE:
      AppendFloat64(static_cast<const arrow::DoubleArray&>(values).Value(row), text);
      break;
    case Type::TIMESTAMP:
      AppendTimestamp(values, row, text);
      break;
    case Type::DATE32:
      text += FormatDate(static_cast<const arrow::Date32Array&>(values).Value(row));
      break;
    case Type::STRING:
      text += TextAt<arrow::StringArray>(values, row);
      break;
    case Type::LARGE_STRING:
      text += TextAt<arrow::LargeStringArray>(values, row);
      break;
    case Type::STRING_VIEW:
      text += TextAt<arrow::StringViewArray>(values, row);
      break;
    case Type::BINARY:
      AppendBase64(TextAt<arrow::BinaryArray>(values, row), text);
      break;
    case Type::LARGE_BINARY:
      AppendBase64(TextAt<arrow::LargeBinaryArray>(values, row), text);
      break;
    case Type::BINARY_VIEW:
      AppendBase64(TextAt<arrow::BinaryViewArray>(values, row), text);
      break;
    case Type::FIXED_SIZE_BINARY:
      AppendBase64(TextAt<arrow::FixedSizeBinaryArray>(values, row), text);
      break;
    case Type::LIST:
      AppendList(*static_cast<const arrow::ListArray&>(values).value_slice(row), text);
      break;
    case Type::LARGE_LIST:
      AppendList(*static_cast<const arrow::LargeListArray&>(values).value_slice(row), text);
      break;
    case Type::FIXED_SIZE_LIST:
      AppendList(*static_cast<const arrow::FixedSizeListArray&>(values).value_slice(row), text);
      break;
    case Type::DICTIONARY: {
      const auto& encoded = static_cast<const arrow::DictionaryArray&>(values);
      AppendValueText(*encoded.dictionary(), encoded.GetValueIndex(row), text);
      break;
    }
    case Type::EXTENSION:
      AppendValueText(*static_cast<const arrow::ExtensionArray&>(values).storage(), row, text);
      break;
    default:
      text += values.GetScalar(row).ValueOrDie()->ToString();
  }
}

std::string FormatTable(const arrow::RecordBatch& rows, std::int64_t total_rows, const TextTableShape& shape) {
  const std::int64_t row_count = std::min(rows.num_rows(), shape.row_limit);
  std::vector<Column> columns;
  for (int i = 0; i < rows.num_columns(); ++i) {
    columns.push_back(MakeColumn(rows, i, row_count, shape.column_width_limit));
  }
  std::string table;
  AppendLine(columns, 0, table);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) table += "  ";
    table.append(static_cast<std::size_t>(columns[i].width), '-');
  }
  table.push_back('\n');
  for (std::int64_t row = 0; row < row_count; ++row) AppendLine(columns, static_cast<std::size_t>(row) + 1, table);
  if (total_rows > row_count) {
    table += "(" + std::to_string(row_count) + " of " + std::to_string(total_rows) + " rows)\n";
  }
  return table;
}

}  // namespace larder
