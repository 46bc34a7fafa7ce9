#include "sources/pushed_rows.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <arrow/table.h>

#include "columnar/arrow_status.h"
#include "columnar/table_writer.h"

namespace larder {
namespace {

constexpr std::string_view kSuffix = ".parquet";
constexpr std::size_t kSequenceDigits = 20;  // as many as the greatest uint64 has: names sort as numbers do

std::string FileName(std::uint64_t sequence) {
  std::string digits = std::to_string(sequence);
  digits.insert(0, kSequenceDigits - digits.size(), '0');
  return digits + std::string(kSuffix);
}

std::optional<std::uint64_t> SequenceOf(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (name.size() != kSequenceDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t sequence = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kSequenceDigits, sequence);
  if (error != std::errc() || end != name.data() + kSequenceDigits) return std::nullopt;
  return sequence;
}

}  // namespace

std::string PushedToSourceFolder(const std::string& offline_path, const std::string& source) {
  return JoinPath(offline_path, "pushed/source/" + source);
}

std::string PushedToViewFolder(const std::string& offline_path, const std::string& view, std::int64_t generation) {
  return JoinPath(offline_path, "pushed/view/" + view + "/" + std::to_string(generation));
}

Result<std::vector<PushedFile>> ListPushedFiles(FileSystem& files, const std::string& folder) {
  std::vector<PushedFile> pushed;
  const Result<std::vector<FileInfo>> entries = files.List(folder);
  if (!entries.ok() && entries.status().reason() == Reason::kFileNotFound) return pushed;
  LARDER_RETURN_IF_ERROR(entries.status());
  for (const FileInfo& entry : *entries) {
    const std::optional<std::uint64_t> sequence = SequenceOf(entry.path);
    if (sequence && !entry.is_folder) pushed.push_back({.info = entry, .sequence = *sequence});
  }
  std::ranges::sort(pushed, {}, &PushedFile::sequence);
  return pushed;
}

Status AppendPushedRows(FileSystem& files, const std::string& folder, std::uint64_t sequence,
                        const arrow::Table& rows) {
  if (rows.num_rows() == 0) return {};
  LARDER_RETURN_IF_ERROR(files.MakeFolders(folder));
  const std::string path = JoinPath(folder, FileName(sequence));
  const Status there = files.Stat(path).status();
  if (there.ok()) {
    return Status(Reason::kAlreadyExists, "a push with this sequence number is already kept: " + path,
                  "the registry and the offline store do not belong together: restore both from one backup");
  }
  if (there.reason() != Reason::kFileNotFound) return there;
  LARDER_ASSIGN_OR_RETURN(const std::unique_ptr<TableWriter> writer, CreateTableFile(files, path, rows.schema()));
  arrow::TableBatchReader reader(rows);
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    LARDER_RETURN_IF_ERROR(FromArrow(reader.ReadNext(&batch)));
    if (batch == nullptr) return writer->Close();
    LARDER_RETURN_IF_ERROR(writer->Write(*batch));
  }
}

}  // namespace larder
