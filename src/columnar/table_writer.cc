#include "columnar/table_writer.h"

#include <arrow/array.h>
#include <arrow/compute/cast.h>
#include <arrow/io/compressed.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "columnar/arrow_io.h"
#include "columnar/arrow_status.h"
#include "columnar/file_format.h"
#include "columnar/parquet_file.h"
#include "columnar/table_text.h"

namespace larder {
namespace {

constexpr int kGzipLevel = 6;  // gzip's own; Arrow's 9 takes three times as long for a few per cent

constexpr std::string_view kTemporarySuffix = ".new";

// A name that no other writer of this machine takes, so that two of them never write into one file.
std::string TemporaryName(const std::string& path) {
  static std::atomic<std::uint64_t> next{0};
  return path + "." + std::to_string(::getpid()) + "-" + std::to_string(next.fetch_add(1)) +
         std::string(kTemporarySuffix);
}

// Returns the process that gave `name` to a temporary file of `path`; nullopt when it is no such name.
std::optional<pid_t> WriterOf(std::string_view name, std::string_view path) {
  if (!name.starts_with(path) || !name.ends_with(kTemporarySuffix)) return std::nullopt;
  if (name.size() <= path.size() + kTemporarySuffix.size() || name[path.size()] != '.') return std::nullopt;
  const std::string_view numbers =
      name.substr(path.size() + 1, name.size() - path.size() - 1 - kTemporarySuffix.size());
  const std::size_t dash = numbers.find('-');
  if (dash == 0 || dash == std::string_view::npos || dash + 1 == numbers.size()) return std::nullopt;
  if (numbers.find_first_not_of("0123456789-") != std::string_view::npos) return std::nullopt;
  pid_t process = 0;
  const auto [end, error] = std::from_chars(numbers.data(), numbers.data() + dash, process);
  return error == std::errc() && end == numbers.data() + dash ? std::optional(process) : std::nullopt;
}

// A file that takes its name when all of it is durable, and is removed otherwise.
class AtomicFile {
 public:
  static Result<std::unique_ptr<AtomicFile>> Create(FileSystem& files, const std::string& path) {
    auto atomic = std::make_unique<AtomicFile>(files, path);
    LARDER_ASSIGN_OR_RETURN(atomic->file_, files.OpenForWrite(atomic->temporary_path_));
    return atomic;
  }

  AtomicFile(FileSystem& files, std::string path)
      : files_(files), path_(std::move(path)), temporary_path_(TemporaryName(path_)) {}
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile() {
    if (file_ == nullptr) return;
    file_.reset();
    static_cast<void>(files_.RemoveFile(temporary_path_));  // best effort: there is nobody to tell
  }

  WritableFile& file() { return *file_; }

  Status Commit(bool durable) {
    if (durable) LARDER_RETURN_IF_ERROR(file_->Sync());
    LARDER_RETURN_IF_ERROR(file_->Close());
    LARDER_RETURN_IF_ERROR(files_.Rename(temporary_path_, path_));
    file_.reset();
    return {};
  }

 private:
  FileSystem& files_;
  const std::string path_;
  const std::string temporary_path_;
  std::unique_ptr<WritableFile> file_;  // nullptr: none was made, or it has its name
};

// Batches that wait for a writer behind its caller: enough that neither waits for the other's odd batch.
constexpr std::size_t kMostQueuedBatches = 4;

// Lets another thread write, in order. The first failure is told at the next call, and nothing is written after it.
class QueuedWriter final : public FormatWriter {
 public:
  explicit QueuedWriter(std::unique_ptr<FormatWriter> writer)
      : writer_(std::move(writer)), thread_([this] { Run(); }) {}
  ~QueuedWriter() override { Stop(); }

  Status Write(const arrow::RecordBatch& rows) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return queue_.size() < kMostQueuedBatches || !failure_.ok(); });
    LARDER_RETURN_IF_ERROR(failure_);
    queue_.push_back(arrow::RecordBatch::Make(rows.schema(), rows.num_rows(), rows.columns()));
    changed_.notify_all();
    return {};
  }

  Status Finish() override {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return (queue_.empty() && !is_writing_) || !failure_.ok(); });
    }
    Stop();
    LARDER_RETURN_IF_ERROR(failure_);
    return writer_->Finish();
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return !queue_.empty() || is_stopped_; });
      if (is_stopped_) return;
      std::shared_ptr<arrow::RecordBatch> rows = std::move(queue_.front());
      queue_.pop_front();
      is_writing_ = true;
      changed_.notify_all();
      lock.unlock();
      Status status = writer_->Write(*rows);
      rows.reset();
      lock.lock();
      is_writing_ = false;
      if (!status.ok()) failure_ = std::move(status);
      if (!failure_.ok()) queue_.clear();
      changed_.notify_all();
    }
  }

  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      is_stopped_ = true;
      changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

  const std::unique_ptr<FormatWriter> writer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<arrow::RecordBatch>> queue_;
  bool is_writing_ = false;
  bool is_stopped_ = false;
  Status failure_;
  std::thread thread_;  // last: it uses all of the others
};

class ArrowWriter final : public FormatWriter {
 public:
  // The file format cannot replace a dictionary between two batches, so dictionaries are written out.
  Status Begin(const arrow::Schema& schema, WritableFile& file, bool is_stream) {
    LARDER_RETURN_IF_ERROR(InitializeCompute());
    arrow::FieldVector fields;
    for (const auto& field : schema.fields()) {
      const auto& type = field->type();
      const bool is_dictionary = type->id() == arrow::Type::DICTIONARY;
      fields.push_back(is_dictionary ? field->WithType(static_cast<const arrow::DictionaryType&>(*type).value_type())
                                     : field);
    }
    schema_ = arrow::schema(std::move(fields));
    const auto output = ToArrowOutput(file);
    LARDER_ASSIGN_OR_RETURN(writer_, FromArrow(is_stream ? arrow::ipc::MakeStreamWriter(output, schema_)
                                                         : arrow::ipc::MakeFileWriter(output, schema_)));
    return {};
  }

  Status Write(const arrow::RecordBatch& rows) override {
    arrow::ArrayVector columns;
    for (int i = 0; i < rows.num_columns(); ++i) {
      auto& column = columns.emplace_back(rows.column(i));
      const auto& type = schema_->field(i)->type();
      if (column->type_id() != arrow::Type::DICTIONARY) continue;
      LARDER_ASSIGN_OR_RETURN(column, FromArrow(arrow::compute::Cast(*column, type)));
    }
    return FromArrow(
        writer_->WriteRecordBatch(*arrow::RecordBatch::Make(schema_, rows.num_rows(), std::move(columns))));
  }

  Status Finish() override { return FromArrow(writer_->Close()); }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

void AppendCsvText(std::string_view text, std::string& csv) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    csv += text;
    return;
  }
  csv.push_back('"');
  for (const char byte : text) {
    if (byte == '"') csv.push_back('"');
    csv.push_back(byte);
  }
  csv.push_back('"');
}

class CsvWriter final : public FormatWriter {
 public:
  Status Begin(const arrow::Schema& schema, WritableFile& file, bool is_gzip) {
    output_ = ToArrowOutput(file);
    if (is_gzip) {
      LARDER_ASSIGN_OR_RETURN(codec_, FromArrow(arrow::util::Codec::Create(arrow::Compression::GZIP, kGzipLevel)));
      LARDER_ASSIGN_OR_RETURN(output_, FromArrow(arrow::io::CompressedOutputStream::Make(codec_.get(), output_)));
    }
    for (int i = 0; i < schema.num_fields(); ++i) {
      if (i > 0) text_.push_back(',');
      AppendCsvText(schema.field(i)->name(), text_);
    }
    text_.push_back('\n');
    return Flush();
  }

  Status Write(const arrow::RecordBatch& rows) override {
    std::string value;
    for (std::int64_t row = 0; row < rows.num_rows(); ++row) {
      for (int i = 0; i < rows.num_columns(); ++i) {
        if (i > 0) text_.push_back(',');
        const arrow::Array& column = *rows.column(i);
        if (column.IsNull(row)) continue;
        value.clear();
        AppendValueText(column, row, value);
        AppendCsvText(value, text_);
      }
      text_.push_back('\n');
      if (text_.size() > kTextAtOnce) LARDER_RETURN_IF_ERROR(Flush());
    }
    return Flush();
  }

  Status Finish() override { return FromArrow(output_->Close()); }

 private:
  static constexpr std::size_t kTextAtOnce = 1 << 20;

  Status Flush() {
    LARDER_RETURN_IF_ERROR(FromArrow(output_->Write(text_.data(), static_cast<std::int64_t>(text_.size()))));
    text_.clear();
    return {};
  }

  std::unique_ptr<arrow::util::Codec> codec_;
  std::shared_ptr<arrow::io::OutputStream> output_;
  std::string text_;
};

Status CheckCsvTypes(const arrow::Schema& schema) {
  for (const auto& field : schema.fields()) {
    const arrow::Type::type type = field->type()->id();
    const bool is_list = arrow::is_list_like(type) && type != arrow::Type::MAP;
    if (is_list ? !field->type()->field(0)->type()->num_fields() : !arrow::is_nested(type)) continue;
    return Status(Reason::kTypeMismatch,
                  "CSV cannot hold " + field->type()->ToString() + ": column '" + field->name() + "'",
                  "write Parquet, or leave the column out");
  }
  return {};
}

struct NewFile {
  const std::shared_ptr<arrow::Schema>& schema;
  WritableFile& file;
  const std::string& path;
  const TableWriterOptions& options;
};

Result<std::unique_ptr<FormatWriter>> BeginFormat(FileFormat format, const NewFile& to) {
  switch (format) {
    case FileFormat::kParquet:
      return NewParquetWriter(to.schema, to.file, to.options);
    case FileFormat::kArrow: {
      auto writer = std::make_unique<ArrowWriter>();
      LARDER_RETURN_IF_ERROR(writer->Begin(*to.schema, to.file, to.path.ends_with(".arrows")));
      return std::unique_ptr<FormatWriter>(std::move(writer));
    }
    case FileFormat::kCsv:
    case FileFormat::kCsvGz:
      break;
  }
  LARDER_RETURN_IF_ERROR(CheckCsvTypes(*to.schema));
  auto writer = std::make_unique<CsvWriter>();
  LARDER_RETURN_IF_ERROR(writer->Begin(*to.schema, to.file, format == FileFormat::kCsvGz));
  return std::unique_ptr<FormatWriter>(std::move(writer));
}

class AtomicTableWriter final : public TableWriter {
 public:
  AtomicTableWriter(std::unique_ptr<AtomicFile> file, std::unique_ptr<FormatWriter> writer, bool durable)
      : file_(std::move(file)), writer_(std::move(writer)), durable_(durable) {}

  Status Write(const arrow::RecordBatch& rows) override {
    LARDER_RETURN_IF_ERROR(failure_);
    LARDER_CHECK(file_ != nullptr);
    failure_ = writer_->Write(rows);
    if (!failure_.ok()) Abandon();
    return failure_;
  }

  Status Close() override {
    LARDER_RETURN_IF_ERROR(failure_);
    LARDER_CHECK(file_ != nullptr);
    failure_ = writer_->Finish();
    if (failure_.ok()) failure_ = file_->Commit(durable_);
    Abandon();
    return failure_;
  }

 private:
  void Abandon() {
    writer_.reset();
    file_.reset();
  }

  std::unique_ptr<AtomicFile> file_;
  std::unique_ptr<FormatWriter> writer_;  // writes to file_, so it goes first
  const bool durable_;
  Status failure_;
};

}  // namespace

Result<std::unique_ptr<TableWriter>> CreateTableFile(FileSystem& files, const std::string& path,
                                                     const std::shared_ptr<arrow::Schema>& schema,
                                                     const TableWriterOptions& options) {
  LARDER_ASSIGN_OR_RETURN(const FileFormat format, FileFormatOf(path));
  LARDER_ASSIGN_OR_RETURN(std::unique_ptr<AtomicFile> file, AtomicFile::Create(files, path));
  const NewFile to{schema, file->file(), path, options};
  LARDER_ASSIGN_OR_RETURN(std::unique_ptr<FormatWriter> writer, BeginFormat(format, to));
  if (options.parallel) writer = std::make_unique<QueuedWriter>(std::move(writer));
  return std::unique_ptr<TableWriter>(
      std::make_unique<AtomicTableWriter>(std::move(file), std::move(writer), options.durable));
}

std::int64_t RemoveLeftovers(FileSystem& files, const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  const Result<std::vector<FileInfo>> beside = files.List(slash == std::string::npos ? "." : path.substr(0, slash + 1));
  if (!beside.ok()) return 0;
  const std::string_view name = std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1);
  std::int64_t removed = 0;
  for (const FileInfo& info : *beside) {
    if (info.is_folder) continue;
    const std::optional<pid_t> writer = WriterOf(info.path.substr(info.path.find_last_of('/') + 1), name);
    // The writer may have closed its file and be about to rename it; and elsewhere (another container) a process of
    // that number may write: its lock tells.
    if (!writer || ::kill(*writer, 0) == 0 || errno != ESRCH) continue;
    const Result<bool> gone = files.RemoveIfAbandoned(info.path);
    if (gone.ok() && *gone) ++removed;
  }
  return removed;
}

}  // namespace larder
