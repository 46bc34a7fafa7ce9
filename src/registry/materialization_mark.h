// How far a generation of a view has been materialized.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace larder {

/// Remembers one file as it was when it was read.
struct FileStamp {
  std::string path;
  std::int64_t size_bytes = 0;
  std::int64_t modified_ns = 0;

  friend auto operator<=>(const FileStamp&, const FileStamp&) = default;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// Says how far one generation of a view has been materialized; written only after success.
struct MaterializationMark {
  std::string view;
  std::int64_t generation = 0;
  std::int64_t version = 0;                  ///< of the view that the last run took
  std::vector<std::string> features;         ///< that the stored rows have values of, sorted
  std::optional<std::int64_t> watermark_us;  ///< everything up to here is online
  std::int64_t from_us = 0;                  ///< of the last run; kBeginningOfTimeUs: from the beginning
  std::int64_t to_us = 0;                    ///< of the last run
  std::int64_t finished_us = 0;              ///< when the last run ended
  std::int64_t row_count = 0;                ///< rows that the last run wrote
  std::vector<FileStamp> files;              ///< of the source at the last run, by path

  friend bool operator==(const MaterializationMark&, const MaterializationMark&) = default;
};

}  // namespace larder
