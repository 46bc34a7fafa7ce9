// A source: files, and how their rows become events with keys, times and columns.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "columnar/file_format.h"
#include "columnar/value_type.h"
#include "definitions/object_header.h"

namespace larder {

/// Returns the format that `format:` names ("parquet", "csv", "csv.gz", "arrow"), if any.
std::optional<FileFormat> FileFormatFromKey(std::string_view key);
/// Returns the name of a format as `format:` takes it.
std::string_view FileFormatKey(FileFormat format);

/// Names a column and its type.
struct ColumnType {
  std::string name;
  ValueType type;

  friend bool operator==(const ColumnType&, const ColumnType&) = default;
};

/// Names a column to derive and the expression that makes it.
struct DeriveRule {
  std::string name;
  ExpressionText expression;
};

/// Describes a source. Immutable after reading. Expressions are parsed (their syntax is checked), not typed: types need
/// the files, see source_check.h.
struct Source {
  ObjectHeader header;
  std::string path;                       ///< as written: file, glob or folder, relative to the project's root
  std::optional<FileFormat> format;       ///< `format:`, else by the suffix of `path`; nullopt: by each file's suffix
  std::vector<ColumnType> columns;        ///< declared types, in the order of the file
  std::vector<std::string> nulls;         ///< further texts that mean null in CSV
  std::string timestamp;                  ///< column of the event time; empty: rows are valid from the beginning
  std::string created;                    ///< column of the created time; empty: none
  std::string event_id;                   ///< column of the event's identity; empty: none
  std::optional<ExpressionText> deleted;  ///< true: the row deletes
  std::vector<DeriveRule> derive;         ///< in order; each may use those before it
  std::optional<ExpressionText> where;    ///< row filter
  Location path_location;
  Location timestamp_location;
  Location created_location;
  Location event_id_location;

  const std::string& name() const { return header.name; }
};

class CanonicalWriter;
class FieldReader;

/// Reads one element of `sources:`; faults go to the reader's list.
Source ReadSource(FieldReader& fields);
/// Writes every field but the header, defaults resolved.
void WriteSource(const Source& source, CanonicalWriter& out);

}  // namespace larder
