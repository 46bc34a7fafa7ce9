#include "sources/file_columns.h"

#include <algorithm>
#include <utility>

#include <arrow/type.h>

#include "columnar/csv_types.h"
#include "columnar/file_format.h"
#include "sources/column_union.h"
#include "sources/stored_files.h"

namespace larder {
namespace {

bool IsText(const SourceFile& file) {
  const Result<FileFormat> format = FileFormatOf(file.info.path);
  return format.ok() && (*format == FileFormat::kCsv || *format == FileFormat::kCsvGz);
}

/// Reads all files for the types of columns that nobody knows.
Result<std::map<std::string, ValueType>> GuessUnknown(const SnapshotRequest& request, const SourceFileList& list,
                                                      const std::map<std::string, ValueType>& known) {
  CsvGuess guess;
  for (const SourceFile& file : list.files) {
    LARDER_ASSIGN_OR_RETURN(const CsvGuess of_file,
                            GuessCsvTypes(request.files, file.info.path, request.source->nulls));
    guess.Merge(of_file);
  }
  std::map<std::string, ValueType> types = guess.Types();
  std::erase_if(types, [&known](const auto& entry) { return known.contains(entry.first); });
  return types;
}

/// Returns the types of CSV columns that were declared or recorded.
std::map<std::string, ValueType> KnownCsvTypes(const SnapshotRequest& request) {
  std::map<std::string, ValueType> types = request.csv_types;
  for (const ColumnType& declared : request.source->columns) types[declared.name] = declared.type;
  return types;
}

/// Tells whether every column of a CSV file has a type in `known`. Reads the file's first lines.
Result<bool> KnowsAllColumns(const SnapshotRequest& request, const std::string& path,
                             const std::map<std::string, ValueType>& known) {
  LARDER_ASSIGN_OR_RETURN(const std::unique_ptr<TableFile> table,
                          OpenTableFile(request.files, path, {.column_types = known}));
  return std::ranges::all_of(table->schema()->field_names(),
                             [&known](const std::string& name) { return known.contains(name); });
}

/// Returns the types that have to be guessed: none when all columns of all files are known.
Result<std::map<std::string, ValueType>> GuessIfNeeded(const SnapshotRequest& request, const SourceFileList& list) {
  const std::map<std::string, ValueType> known = KnownCsvTypes(request);
  if (!IsText(list.files.front())) return std::map<std::string, ValueType>();
  for (const SourceFile& file : list.files) {
    LARDER_ASSIGN_OR_RETURN(const bool knows_all, KnowsAllColumns(request, file.info.path, known));
    if (!knows_all) return GuessUnknown(request, list, known);
  }
  return std::map<std::string, ValueType>();
}

Status CheckFormat(const Source& source, const SourceFileList& list) {
  if (!source.format) return {};
  for (const SourceFile& file : list.files) {
    LARDER_ASSIGN_OR_RETURN(const FileFormat format, FileFormatOf(file.info.path));
    if (format == *source.format) continue;
    return Status(Reason::kInvalidFile,
                  "a file of source '" + source.name() + "' is not of its format: " + file.info.path + " is " +
                      std::string(FileFormatName(format)) + ", declared is " +
                      std::string(FileFormatName(*source.format)),
                  "correct `format`, or name the files by a pattern");
  }
  return {};
}

/// Gives every column one type over all files, and adds those of partition folders.
Result<std::vector<SourceColumn>> UniteColumns(const SnapshotRequest& request, const SourceFileList& list,
                                               const TableFileOptions& options) {
  ColumnUnion columns(*request.source);
  for (const SourceFile& file : list.files) {
    LARDER_ASSIGN_OR_RETURN(const std::unique_ptr<TableFile> table,
                            OpenTableFile(request.files, file.info.path, options));
    LARDER_RETURN_IF_ERROR(columns.Add(file.info.path, *table->schema()));
  }
  const std::vector<ValueType> guessed = GuessPartitionTypes(list);
  for (std::size_t i = 0; i < list.partition_names.size(); ++i) {
    LARDER_RETURN_IF_ERROR(columns.AddPartition(list.partition_names[i], guessed[i]));
  }
  LARDER_ASSIGN_OR_RETURN(std::vector<SourceColumn> united, columns.Finish());
  for (std::size_t i = 0; i < list.partition_names.size(); ++i) {
    const SourceColumn& column = united[united.size() - list.partition_names.size() + i];
    for (const SourceFile& file : list.files) LARDER_RETURN_IF_ERROR(PartitionScalar(file, i, column).status());
  }
  return united;
}

class FilesOfSources final : public FileColumns {
 public:
  explicit FilesOfSources(FileColumnsRequest request) : request_(std::move(request)) {}

  Result<std::vector<SourceColumn>> Columns(const Source& source) override {
    const auto known = columns_.find(source.name());
    if (known != columns_.end()) return known->second;
    SnapshotRequest request{.files = request_.files,
                            .project_root = request_.project_root,
                            .source = std::make_shared<const Source>(source)};
    request.environment = request_.environment;
    const auto recorded = request_.recorded_csv_types.find(source.name());
    if (recorded != request_.recorded_csv_types.end()) request.csv_types = recorded->second;
    LARDER_ASSIGN_OR_RETURN(PinnedColumns pinned, ReadFileColumns(request));
    if (!pinned.guessed_csv_types.empty()) guessed_[source.name()] = std::move(pinned.guessed_csv_types);
    return columns_.emplace(source.name(), std::move(pinned.columns)).first->second;
  }

  const std::map<std::string, std::map<std::string, ValueType>>& guessed_csv_types() const override { return guessed_; }

 private:
  const FileColumnsRequest request_;
  std::map<std::string, std::vector<SourceColumn>> columns_;
  std::map<std::string, std::map<std::string, ValueType>> guessed_;
};

// Variables are put in when files are looked for: a registry holds the path as it is written, whoever reads it.
Result<std::string> PathOf(const Source& source, const Environment& environment) {
  Result<std::string> path = ReplaceVariables(source.path, environment);
  if (path.ok()) return path;
  return Status(
      path.status().reason(),
      "the path of source '" + source.name() + "' has " + std::string(path.status().message()) + ", in " + source.path,
      std::string(path.status().hint()));
}

}  // namespace

Result<PinnedColumns> ReadFileColumns(const SnapshotRequest& request) {
  PinnedColumns pinned;
  LARDER_ASSIGN_OR_RETURN(const std::string path, PathOf(*request.source, request.environment));
  LARDER_ASSIGN_OR_RETURN(pinned.list, ListSourceFiles(request.files, request.project_root, path));
  LARDER_RETURN_IF_ERROR(CheckFormat(*request.source, pinned.list));
  if (request.guess_csv_types) {
    LARDER_ASSIGN_OR_RETURN(pinned.guessed_csv_types, GuessIfNeeded(request, pinned.list));
  }
  pinned.table_options = {
      .column_types = KnownCsvTypes(request), .null_texts = request.source->nulls, .pool = request.pool};
  pinned.table_options.column_types.insert(pinned.guessed_csv_types.begin(), pinned.guessed_csv_types.end());
  LARDER_ASSIGN_OR_RETURN(pinned.columns, UniteColumns(request, pinned.list, pinned.table_options));
  return pinned;
}

std::unique_ptr<FileColumns> NewFileColumns(FileColumnsRequest request) {
  return std::make_unique<FilesOfSources>(std::move(request));
}

}  // namespace larder
