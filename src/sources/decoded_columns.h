// Decoded columns of text files, kept so that a fetch after a scan does not read the text again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include <arrow/type_fwd.h>

namespace larder {

/// Holds neighbouring rows of a file: stored columns with the source's types.
struct StoredBatch {
  std::vector<std::shared_ptr<arrow::Array>> columns;
  std::int64_t row_count = 0;
  std::int64_t first_row = 0;  ///< index in the file
};

/// Holds some stored columns of a whole file.
struct DecodedFile {
  std::vector<std::size_t> columns;  ///< indexes of stored columns, ascending; as in each of `batches`
  std::vector<StoredBatch> batches;
  std::int64_t byte_count = 0;
};

/// Keeps decoded files up to a limit of bytes; what does not fit is not kept. Thread-safe.
class DecodedColumns {
 public:
  explicit DecodedColumns(std::int64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// Says that these stored columns will be asked for.
  void Want(std::span<const std::size_t> columns);
  /// Returns `columns` and those that are wanted, ascending; nullopt when no column is: nothing is to be kept.
  std::optional<std::vector<std::size_t>> Widen(const std::vector<std::size_t>& columns) const;
  /// Tells whether a file of so many bytes could be kept now.
  bool HasRoomFor(std::int64_t byte_count) const;
  /// Keeps a file, in place of what is kept of it, if it fits.
  void Keep(std::size_t file, std::shared_ptr<const DecodedFile> decoded);
  /// Returns the file if all these columns of it are kept, else nullptr.
  std::shared_ptr<const DecodedFile> Find(std::size_t file, const std::vector<std::size_t>& columns) const;

 private:
  const std::int64_t limit_bytes_;
  mutable std::mutex mutex_;
  std::set<std::size_t> wanted_;
  std::map<std::size_t, std::shared_ptr<const DecodedFile>> files_;
  std::int64_t kept_bytes_ = 0;
};

}  // namespace larder
