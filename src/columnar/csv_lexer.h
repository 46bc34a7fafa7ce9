// CSV text cut into rows of fields (RFC 4180, with any of the three line ends).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/io/type_fwd.h>

#include "base/status.h"

namespace larder {

/// Holds a field: a piece of the block, without its quotes.
struct CsvField {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  bool is_quoted = false;
  bool is_escaped = false;  ///< quotes inside are doubled
};

/// Holds the rows of one block, valid until the next call of the lexer. Every row has `column_count` fields.
struct CsvRows {
  const char* bytes = nullptr;
  std::size_t column_count = 0;
  std::vector<CsvField> fields;     ///< row by row
  std::vector<std::int64_t> lines;  ///< of each row, the line on which it begins, from 1

  std::size_t row_count() const { return lines.size(); }
  const CsvField& field(std::size_t row, std::size_t column) const { return fields[row * column_count + column]; }
  /// Returns a field's bytes as they stand.
  std::string_view raw(const CsvField& field) const { return std::string_view(bytes + field.offset, field.length); }
  /// Returns a field's text, with `scratch` as its place when quotes had to be undoubled.
  std::string_view text(const CsvField& field, std::string& scratch) const;
};

/// Reads CSV from a stream, a block at a time; memory is bounded by the longest row (at most 64 MiB). A byte order mark
/// is skipped; LF, CRLF and CR end lines; quoted fields may hold all of them. Empty lines are skipped, but in a file of
/// one column, where they are its empty field. Failures are kInvalidFile with file and line: a row with another number
/// of fields than the header, a quote left open, text after a closing quote, bytes that are not UTF-8. Not thread-safe.
class CsvLexer {
 public:
  /// `path` is for messages.
  CsvLexer(std::shared_ptr<arrow::io::InputStream> input, std::string path);
  ~CsvLexer();

  /// Reads the first line: the names of the columns. Must be called first, once.
  Result<std::vector<std::string>> ReadHeader();
  /// Reads at least one row and at most `row_limit` into `rows`, over what they held; none at the end of the file.
  Status ReadRows(std::size_t row_limit, CsvRows& rows);

 private:
  enum class Scan { kRow, kIncomplete };

  Status Fill();
  Result<Scan> ScanRow(std::vector<CsvField>& fields);
  Result<Scan> ScanField(CsvField& field);
  Result<Scan> ScanQuoted(CsvField& field);
  Status TakeRows(std::size_t row_limit, CsvRows& rows);
  bool TakeBlankLine();
  void TakeLineEnd();
  Status CheckUtf8(std::size_t begin, std::int64_t line) const;
  Status Failure(const std::string& what, std::int64_t line, std::string hint) const;

  const std::shared_ptr<arrow::io::InputStream> input_;
  const std::string path_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;     // of what is not yet cut into rows
  std::size_t position_ = 0;  // where the scan stands
  std::size_t end_ = 0;
  bool at_end_ = false;  // of the file: nothing comes after end_
  std::size_t column_count_ = 0;
  std::int64_t line_ = 1;  // of begin_; inside a scan, of position_
};

}  // namespace larder
