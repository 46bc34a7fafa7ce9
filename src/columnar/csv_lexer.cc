#include "columnar/csv_lexer.h"

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/util/utf8.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "columnar/arrow_io.h"
#include "text/utf8.h"

namespace larder {
namespace {

constexpr std::size_t kFirstBlockSize = std::size_t{64} << 10;  // enough for a header, and for a small file
constexpr std::size_t kBlockSize = std::size_t{4} << 20;
constexpr std::size_t kMaxRowSize = std::size_t{64} << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The bytes that end an unquoted field.
constexpr std::array<bool, 256> kEndsField = [] {
  std::array<bool, 256> ends{};
  ends[','] = ends['\n'] = ends['\r'] = true;
  return ends;
}();

bool IsLineEnd(char byte) { return byte == '\n' || byte == '\r'; }

}  // namespace

std::string_view CsvRows::text(const CsvField& field, std::string& scratch) const {
  std::string_view left = raw(field);
  if (!field.is_escaped) return left;
  scratch.clear();
  while (true) {
    const std::size_t quote = left.find('"');
    if (quote == std::string_view::npos) break;
    scratch.append(left.substr(0, quote + 1));
    left.remove_prefix(quote + 2);
  }
  scratch.append(left);
  return scratch;
}

CsvLexer::CsvLexer(std::shared_ptr<arrow::io::InputStream> input, std::string path)
    : input_(std::move(input)), path_(std::move(path)), buffer_(kFirstBlockSize) {}

CsvLexer::~CsvLexer() = default;

Status CsvLexer::Failure(const std::string& what, std::int64_t line, std::string hint) const {
  return Status(Reason::kInvalidFile, what + ": " + path_ + ":" + std::to_string(line), std::move(hint));
}

// Moves what is left to the front and reads behind it; doubles the buffer when a row fills it.
Status CsvLexer::Fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ > 0 && buffer_.size() < kBlockSize) {
    buffer_.resize(kBlockSize);
  } else if (end_ == buffer_.size()) {
    if (buffer_.size() >= kMaxRowSize) {
      return Failure("row is longer than 64 MiB", line_, "look for a quote that is never closed")
          .WithReason(Reason::kLimitExceeded);
    }
    buffer_.resize(buffer_.size() * 2);
  }
  while (end_ < buffer_.size() && !at_end_) {
    const auto room = static_cast<std::int64_t>(buffer_.size() - end_);
    const arrow::Result<std::int64_t> got = input_->Read(room, buffer_.data() + end_);
    LARDER_RETURN_IF_ERROR(FromArrowContent(got.status(), path_, "gzip"));
    if (*got == 0) at_end_ = true;
    end_ += static_cast<std::size_t>(*got);
  }
  return {};
}

void CsvLexer::TakeLineEnd() {
  if (position_ == end_) return;
  const bool carriage_return = buffer_[position_] == '\r';
  ++position_;
  if (carriage_return && position_ < end_ && buffer_[position_] == '\n') ++position_;
  ++line_;
}

Result<CsvLexer::Scan> CsvLexer::ScanQuoted(CsvField& field) {
  const std::size_t begin = position_ + 1;
  std::size_t from = begin;
  while (true) {
    const auto* quote = static_cast<const char*>(std::memchr(buffer_.data() + from, '"', end_ - from));
    if (quote == nullptr) {
      if (!at_end_) return Scan::kIncomplete;
      return Failure("quote is never closed", line_, "close it, or double the quotes inside the text");
    }
    const auto at = static_cast<std::size_t>(quote - buffer_.data());
    if (at + 1 == end_ && !at_end_) return Scan::kIncomplete;
    if (at + 1 < end_ && buffer_[at + 1] == '"') {
      field.is_escaped = true;
      from = at + 2;
      continue;
    }
    field.offset = static_cast<std::uint32_t>(begin);
    field.length = static_cast<std::uint32_t>(at - begin);
    field.is_quoted = true;
    position_ = at + 1;
    line_ += std::count(buffer_.begin() + static_cast<std::ptrdiff_t>(begin),
                        buffer_.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    if (position_ == end_ || kEndsField[static_cast<unsigned char>(buffer_[position_])]) return Scan::kRow;
    return Failure("text after a closing quote", line_, "put the whole field in quotes, and double the quotes inside");
  }
}

// Scans the field at the position; leaves the position at the comma, line end or end of the file behind it.
Result<CsvLexer::Scan> CsvLexer::ScanField(CsvField& field) {
  field = CsvField();
  if (position_ < end_ && buffer_[position_] == '"') return ScanQuoted(field);
  const std::size_t begin = position_;
  while (position_ < end_ && !kEndsField[static_cast<unsigned char>(buffer_[position_])]) ++position_;
  field.offset = static_cast<std::uint32_t>(begin);
  field.length = static_cast<std::uint32_t>(position_ - begin);
  return Scan::kRow;
}

// Scans one row from begin_ on and appends its fields. Incomplete: the block ends first, and nothing was appended.
Result<CsvLexer::Scan> CsvLexer::ScanRow(std::vector<CsvField>& fields) {
  const std::size_t field_count = fields.size();
  const std::int64_t first_line = line_;
  position_ = begin_;
  while (true) {
    CsvField& field = fields.emplace_back();
    LARDER_ASSIGN_OR_RETURN(const Scan scan, ScanField(field));
    // A line end at the end of the block may be the first half of one, and its row is taken with the whole of it.
    const bool cut = scan == Scan::kIncomplete || position_ == end_ || position_ + 1 == end_;
    if (cut && !at_end_) {
      fields.resize(field_count);
      line_ = first_line;
      return Scan::kIncomplete;
    }
    if (position_ == end_ || IsLineEnd(buffer_[position_])) break;
    ++position_;
  }
  TakeLineEnd();
  begin_ = position_;
  return Scan::kRow;
}

// Skips an empty line that stands whole in the block, unless it is the field of a file of one column.
bool CsvLexer::TakeBlankLine() {
  if (column_count_ == 1 || begin_ == end_ || !IsLineEnd(buffer_[begin_])) return false;
  if (begin_ + 1 == end_ && !at_end_) return false;
  position_ = begin_;
  TakeLineEnd();
  begin_ = position_;
  return true;
}

Status CsvLexer::CheckUtf8(std::size_t begin, std::int64_t line) const {
  static const bool initialized = (arrow::util::InitializeUTF8(), true);
  const std::string_view text(buffer_.data() + begin, begin_ - begin);
  if (initialized && arrow::util::ValidateUTF8(text)) return {};
  const std::string_view valid = text.substr(0, ValidUtf8Length(text));
  const std::size_t line_begin = valid.rfind('\n') == std::string_view::npos ? 0 : valid.rfind('\n') + 1;
  const std::string_view before = valid.substr(line_begin);
  const auto column = 1 + std::count_if(before.begin(), before.end(),
                                        [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; });
  return Failure("text is not UTF-8, column " + std::to_string(column),
                 line + std::count(valid.begin(), valid.end(), '\n'), "write the file as UTF-8");
}

Result<std::vector<std::string>> CsvLexer::ReadHeader() {
  LARDER_RETURN_IF_ERROR(Fill());
  const std::string_view start(buffer_.data(), end_);
  if (start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff")) {
    return Failure("file is UTF-16", 1, "write the file as UTF-8");
  }
  if (start.starts_with(kByteOrderMark)) begin_ = kByteOrderMark.size();
  CsvRows header;
  while (true) {
    const std::size_t begin = begin_;
    const std::int64_t line = line_;
    if (TakeBlankLine()) continue;
    if (begin_ == end_ && at_end_) return Failure("file has no header", 1, "the first line must name the columns");
    LARDER_ASSIGN_OR_RETURN(const Scan scan, ScanRow(header.fields));
    if (scan == Scan::kRow) {
      LARDER_RETURN_IF_ERROR(CheckUtf8(begin, line));
      break;
    }
    LARDER_RETURN_IF_ERROR(Fill());
  }
  header.bytes = buffer_.data();
  std::vector<std::string> names;
  std::string scratch;
  for (const CsvField& field : header.fields) names.emplace_back(header.text(field, scratch));
  column_count_ = names.size();
  return names;
}

// Takes the rows that stand whole in the block.
Status CsvLexer::TakeRows(std::size_t row_limit, CsvRows& rows) {
  const std::size_t begin = begin_;
  const std::int64_t first_line = line_;
  while (rows.row_count() < row_limit && begin_ < end_) {
    if (TakeBlankLine()) continue;
    const std::int64_t line = line_;
    LARDER_ASSIGN_OR_RETURN(const Scan scan, ScanRow(rows.fields));
    if (scan == Scan::kIncomplete) break;
    rows.lines.push_back(line);
    const std::size_t field_count = rows.fields.size() - (rows.row_count() - 1) * column_count_;
    if (field_count != column_count_) {
      return Failure("row has " + std::to_string(field_count) + " fields, the header " + std::to_string(column_count_),
                     line, "texts that hold commas must be quoted");
    }
  }
  rows.bytes = buffer_.data();
  return CheckUtf8(begin, first_line);
}

Status CsvLexer::ReadRows(std::size_t row_limit, CsvRows& rows) {
  rows.column_count = column_count_;
  while (true) {
    rows.fields.clear();
    rows.lines.clear();
    LARDER_RETURN_IF_ERROR(TakeRows(row_limit, rows));
    if (rows.row_count() > 0 || (at_end_ && begin_ == end_)) return {};
    LARDER_RETURN_IF_ERROR(Fill());
  }
}

}  // namespace larder
