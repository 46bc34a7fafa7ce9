// Rows of views on their way into and out of the online store: keys and feature rows as cells.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "columnar/join_key.h"
#include "columnar/row_codec.h"
#include "online/online_store.h"
#include "registry/registry_snapshot.h"
#include "retrieval/online_tables.h"

namespace larder {

/// Holds rows of one view version to be stored; arrays of internal types and of one length.
struct RowsToStore {
  std::vector<std::shared_ptr<arrow::Array>> keys;    ///< as the view's entities
  std::vector<std::shared_ptr<arrow::Array>> values;  ///< as the view's features
  std::shared_ptr<arrow::Array> event_times;          ///< timestamps; nullptr: the beginning of time
  std::shared_ptr<arrow::Array> created_times;        ///< timestamps; nullptr: none
  std::shared_ptr<arrow::Array> deleted;              ///< bools; nullptr: none
};

/// Returns the columns of stored rows, in the schema's order: those of `rows` from `first_column` on that have the name
/// of the feature, and nulls for features that `rows` lacks.
Result<std::vector<std::shared_ptr<arrow::Array>>> ValuesToStore(const StoredSchema& schema,
                                                                 const arrow::RecordBatch& rows, int first_column);

/// Makes the writes of rows and keeps the bytes that they borrow. Rows without key or event time are left out and
/// counted. Reuse one object for many batches.
class CellWriter {
 public:
  /// Encodes rows over what was held. Fails as EncodeJoinKeys and EncodeRows do, and with kLimitExceeded for a key
  /// longer than kMaxEntityKeyBytes.
  Status Encode(const RowLayout& layout, const RowsToStore& rows);

  std::span<const CellWrite> writes() const { return writes_; }
  std::int64_t ignored_count() const { return ignored_count_; }

 private:
  JoinKeyBatch keys_;
  EncodedRows rows_;
  std::vector<CellWrite> writes_;
  std::int64_t ignored_count_ = 0;
};

/// Holds what the store had for keys: a column for each feature asked for, and times.
struct StoredColumns {
  std::vector<std::shared_ptr<arrow::Array>> values;        ///< null where there is no row
  std::vector<std::optional<std::int64_t>> event_times_us;  ///< of the row; nullopt: none
};

/// Says which rows of which view to read. Borrowed for the time of the call.
struct StoredRead {
  const RegistrySnapshot& snapshot;  ///< knows the versions that wrote the rows
  const ResolvedView& view;
  std::span<const std::size_t> features;  ///< by index
  std::span<const std::shared_ptr<arrow::Array>> keys;
  std::span<const std::string> key_names;  ///< what the request calls the columns of `keys`, for messages
};

/// Reads the rows of keys. Rows that an older version of the view wrote have nulls for features that it lacked. Fails
/// with kDamaged when stored bytes are not what was written, or no row of a known version; the message names the view
/// and the keys whose rows are damaged, each of which was then read alone.
Result<StoredColumns> ReadStoredColumns(OnlineTables& tables, const StoredRead& read);

}  // namespace larder
