// The rows of a plain feature view: of its source's files, then those pushed to the source and to the view.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "columnar/ordinal_batch.h"
#include "sources/push_check.h"
#include "sources/pushed_rows.h"
#include "sources/source_snapshot.h"
#include "sources/view_columns.h"

namespace larder {

/// Names what a view's rows are made of.
struct ViewRowsRequest {
  ViewOfSource view;
  std::shared_ptr<SourceSnapshot> snapshot;       ///< of `view.source`; may be shared by several views
  std::vector<PushedFile> pushed_to_source = {};  ///< as ListPushedFiles gives them
  std::vector<PushedFile> pushed_to_view = {};
};

/// Says which rows a key scan is for.
struct ViewScan {
  InstantRange event_time = {};
  bool exact = false;  ///< leaves out single rows outside the range too (rows with a null time stay)
  /// Tells whether a file is as it was when it was last read; files that are not are read from the beginning of time
  /// up to `event_time.to_us`. Empty: all are.
  std::function<bool(const FileInfo&)> is_unchanged = {};
  std::vector<ColumnRange> key_ranges = {};  ///< by names of join keys; prunes row groups
};

/// Gives the rows of one plain view: the engine's keys and values. One snapshot for its whole life: an ordinal names
/// the same row in every call. The order of ordinals is that of ties: files by path, row; then pushes by sequence, row.
/// Thread-safe; streams are independent and must not outlive this object.
class ViewRows {
 public:
  virtual ~ViewRows() = default;

  /// Opens the pushed files and checks that every column fits. Fails with kMissingColumn or kTypeMismatch, naming view,
  /// column, file and types. A feature or column that an older pushed file lacks is null there.
  static Result<std::unique_ptr<ViewRows>> Open(FileSystem& files, const ViewRowsRequest& request);

  virtual const ViewLayout& layout() const = 0;
  /// All files in the order of ordinals: those of the source, then pushed ones.
  virtual const std::vector<FileInfo>& files() const = 0;

  /// Streams join keys (the entities' types), event time and created time (timestamp[us, UTC]), deletion mark (bool),
  /// as `layout` says. Ordinals ascend.
  virtual Result<std::unique_ptr<OrdinalBatchStream>> OpenKeys(const ViewScan& scan) const = 0;

  /// Gives what OpenKeys streams, in pieces that can be read at the same time. Opens large files.
  virtual Result<std::unique_ptr<OrdinalBatchPieces>> KeyPieces(const ViewScan& scan, bool use_threads) const = 0;

  /// Streams features (with the view's types) and join keys, by name, in the order asked for, of exactly these rows,
  /// ordinals ascending. `ordinals` ascend, each once, each one that OpenKeys gave, and live as long as the stream. A
  /// value that does not fit its feature's type is kInexactValue with file and row.
  virtual Result<std::unique_ptr<OrdinalBatchStream>> Fetch(const std::vector<std::string>& columns,
                                                            std::span<const std::uint64_t> ordinals) const = 0;

  /// Gives what Fetch streams, in pieces that can be read at the same time; rows nobody asked for may come along. Opens
  /// large files.
  virtual Result<std::unique_ptr<OrdinalBatchPieces>> ValuePieces(const std::vector<std::string>& columns,
                                                                  std::span<const std::uint64_t> ordinals,
                                                                  bool use_threads) const = 0;

  /// Returns "FILE, row N" (rows count from 1) for messages and `explain`.
  virtual std::string NameRow(std::uint64_t ordinal) const = 0;
};

}  // namespace larder
