#include "columnar/file_format.h"

#include <algorithm>
#include <array>
#include <optional>

namespace larder {
namespace {

constexpr std::array kFileFormats = {
    FileFormatRow{FileFormat::kParquet, ".parquet", "Parquet"},
    FileFormatRow{FileFormat::kParquet, ".pq", "Parquet"},
    FileFormatRow{FileFormat::kCsv, ".csv", "CSV"},
    FileFormatRow{FileFormat::kCsvGz, ".csv.gz", "CSV.gz"},
    FileFormatRow{FileFormat::kArrow, ".arrow", "Arrow"},
    FileFormatRow{FileFormat::kArrow, ".feather", "Arrow"},
    FileFormatRow{FileFormat::kArrow, ".ipc", "Arrow"},
    FileFormatRow{FileFormat::kArrow, ".arrows", "Arrow"},
};

bool EndsIn(std::string_view path, std::string_view suffix) {
  if (path.size() <= suffix.size()) return false;
  const std::string_view end = path.substr(path.size() - suffix.size());
  return std::equal(end.begin(), end.end(), suffix.begin(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

std::optional<FileFormat> Find(std::string_view path) {
  for (const FileFormatRow& row : kFileFormats) {
    if (EndsIn(path, row.suffix)) return row.format;
  }
  return std::nullopt;
}

}  // namespace

std::span<const FileFormatRow> AllFileFormats() { return kFileFormats; }

std::string_view FileFormatName(FileFormat format) {
  return std::find_if(kFileFormats.begin(), kFileFormats.end(),
                      [format](const FileFormatRow& row) { return row.format == format; })
      ->name;
}

bool HasKnownSuffix(std::string_view path) { return Find(path).has_value(); }

Result<FileFormat> FileFormatOf(std::string_view path) {
  if (const std::optional<FileFormat> format = Find(path)) return *format;
  std::string known;
  for (const FileFormatRow& row : kFileFormats) known += (known.empty() ? "" : ", ") + std::string(row.suffix);
  return Status(Reason::kInvalidFile, "file name has no known suffix: " + std::string(path),
                "the suffixes are " + known);
}

}  // namespace larder
