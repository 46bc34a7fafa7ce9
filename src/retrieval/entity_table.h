// The left side of retrieval: a file of entity rows, its keys, times and request values checked and converted.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/type.h>

#include "base/file_system.h"
#include "base/status.h"
#include "columnar/table_file.h"
#include "columnar/value_type.h"
#include "sources/view_rows.h"

namespace larder {

/// Names a column that retrieval needs from the entity table.
struct NeededColumn {
  std::string name;
  ValueType type;
  std::string purpose;  ///< for messages, such as "join key of feature view last_flight"
};

/// Says what to read from an entity table.
struct EntityTableRequest {
  std::string path;
  bool needs_time = true;
  std::string timestamp;  ///< name of the event time column; empty: `event_timestamp`, else the only timestamp column
  std::vector<NeededColumn> columns;
  std::shared_ptr<TableFile> file = nullptr;  ///< the table, open; `path` is only its name then
};

/// Holds an open file of entity rows. Batches carry the file's own columns first, untouched, then the needed columns in
/// the order of the request with the types asked for, then the event time (timestamp[us, UTC]) if it is needed.
class EntityTable {
 public:
  /// Opens the file and finds its columns. Fails as OpenTableFile; kMissingColumn or kAmbiguousColumn, naming file,
  /// column, purpose and the nearest name; kTypeMismatch when a column cannot have the type needed. CSV columns that
  /// are needed have the type needed; the others are guessed.
  static Result<EntityTable> Open(FileSystem& files, EntityTableRequest request, arrow::MemoryPool* pool);

  /// Returns the columns of the file.
  const std::shared_ptr<arrow::Schema>& own_schema() const { return file_->schema(); }
  /// Returns the columns of the batches: own, needed, time.
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  int own_column_count() const { return own_schema()->num_fields(); }
  int needed_column(std::size_t index) const { return own_column_count() + static_cast<int>(index); }
  int time_column() const { return own_column_count() + static_cast<int>(request_.columns.size()); }
  const TableFile& file() const { return *file_; }
  const std::string& time_name() const { return time_name_; }

  /// Begins to read from the first row. The reader fails with our status inside Arrow's (columnar/arrow_status.h): a
  /// value that does not fit its type names file, row and column.
  Result<std::shared_ptr<arrow::RecordBatchReader>> Read() const;

 private:
  EntityTable() = default;
  Status FindTime();
  Status CheckColumns();

  EntityTableRequest request_;
  std::shared_ptr<TableFile> file_;
  std::shared_ptr<arrow::Schema> schema_;
  std::string time_name_;
  arrow::MemoryPool* pool_ = nullptr;
};

/// Holds a file of the events of a view as entity rows, and removes it when it goes. Move-only.
class EventTableFile {
 public:
  /// The event time column of the file.
  static constexpr std::string_view kTimeColumn = "event_timestamp";

  /// Writes join keys and event time of the rows of a view that do not delete and have neither a null key nor a null
  /// time, in the order of the source, into a new file in `folder`. Fails with kUsage for a view without event time, as
  /// the readers do, and with kNoSpace.
  static Result<EventTableFile> Write(FileSystem& files, const std::string& folder, const ViewRows& rows);

  EventTableFile(EventTableFile&& other) noexcept
      : files_(std::exchange(other.files_, nullptr)), path_(std::move(other.path_)) {}
  EventTableFile& operator=(EventTableFile&&) = delete;
  ~EventTableFile();

  const std::string& path() const { return path_; }

 private:
  EventTableFile(FileSystem& files, std::string path) : files_(&files), path_(std::move(path)) {}

  FileSystem* files_;
  std::string path_;
};

}  // namespace larder
