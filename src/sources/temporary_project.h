// A project folder on disk that lives as long as a test.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/file_system.h"
#include "columnar/ordinal_batch.h"
#include "definitions/entity.h"
#include "definitions/feature_view.h"
#include "definitions/source.h"
#include "sources/push_check.h"
#include "sources/source_snapshot.h"

namespace larder {

/// Describes a column of a test's table: its values as a JSON list.
struct TestColumn {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string values;
};

/// Makes a table; aborts when a text is no list of the type.
std::shared_ptr<arrow::Table> TestTable(const std::vector<TestColumn>& columns);

/// Makes an expression as definitions hold it.
ExpressionText TestExpression(std::string text);

/// Makes an empty folder and removes it with all that is in it. Paths are relative to it. Aborts when the disk fails.
class TemporaryProject {
 public:
  TemporaryProject();
  ~TemporaryProject();
  TemporaryProject(const TemporaryProject&) = delete;
  TemporaryProject& operator=(const TemporaryProject&) = delete;

  const std::string& root() const { return root_; }
  FileSystem& files() { return *files_; }
  std::string Path(const std::string& path) const { return JoinPath(root_, path); }

  void WriteText(const std::string& path, std::string_view text);
  void WriteGzip(const std::string& path, std::string_view text);
  void WriteParquet(const std::string& path, const arrow::Table& table, std::int64_t row_group_rows = 1 << 20);
  void WriteArrow(const std::string& path, const arrow::Table& table);

  /// Makes a source of this path, named `events`.
  static Source MakeSource(std::string path);
  Result<std::shared_ptr<SourceSnapshot>> Take(const Source& source);

 private:
  void MakeFolderOf(const std::string& path);

  std::string root_;
  std::unique_ptr<FileSystem> files_;
};

/// Holds all rows of a stream.
struct CollectedRows {
  std::shared_ptr<arrow::Table> table;  ///< nullptr when the stream gave no batch
  std::vector<std::uint64_t> ordinals;

  std::int64_t row_count() const { return static_cast<std::int64_t>(ordinals.size()); }
  /// Returns a column's values as one line, such as "[1, null, 3]"; instants and dates as ISO text.
  std::string Text(int column) const;
};

/// Reads a stream to its end.
Result<CollectedRows> Collect(Result<std::unique_ptr<OrdinalBatchStream>> stream);

}  // namespace larder
