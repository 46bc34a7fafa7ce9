// The file formats that tables are read from and written to: one readable list.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace larder {

/// Names the formats.
enum class FileFormat : std::uint8_t {
  kParquet,
  kCsv,    ///< comma-separated UTF-8 text with a header line
  kCsvGz,  ///< the same, compressed by gzip
  kArrow,  ///< Arrow IPC: the file format or the stream format
};

/// Describes one suffix of file names. Several suffixes may mean one format; the first of a format is its usual one.
struct FileFormatRow {
  FileFormat format;
  std::string_view suffix;  ///< with its point, in lower case
  std::string_view name;    ///< for messages
};

/// Returns every suffix, in the order in which messages name them.
std::span<const FileFormatRow> AllFileFormats();

/// Returns the name of a format for messages, such as "Parquet".
std::string_view FileFormatName(FileFormat format);

/// Tells whether `path` ends in a known suffix (in any case of letters).
bool HasKnownSuffix(std::string_view path);

/// Returns the format that the suffix of `path` names; kInvalidFile with the known suffixes as the hint otherwise.
Result<FileFormat> FileFormatOf(std::string_view path);

}  // namespace larder
