#include "sources/temporary_project.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/api.h>
#include <arrow/ipc/writer.h>
#include <arrow/json/from_string.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/writer.h>

#include "columnar/arrow_status.h"
#include "columnar/table_text.h"

namespace larder {
namespace {

void MustBeOk(const arrow::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

template <class T>
T ValueOf(arrow::Result<T> result) {
  MustBeOk(result.status());
  return std::move(result).ValueUnsafe();
}

}  // namespace

std::shared_ptr<arrow::Table> TestTable(const std::vector<TestColumn>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const TestColumn& column : columns) {
    fields.push_back(arrow::field(column.name, column.type));
    arrays.push_back(ValueOf(arrow::json::ArrayFromJSONString(column.type, column.values)));
  }
  return arrow::Table::Make(arrow::schema(std::move(fields)), arrays);
}

ExpressionText TestExpression(std::string text) {
  ExpressionText expression;
  expression.text = std::move(text);
  return expression;
}

TemporaryProject::TemporaryProject() : files_(NewPosixFileSystem()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "larder_sources_XXXXXX").string();
  LARDER_CHECK(mkdtemp(pattern.data()) != nullptr);
  root_ = pattern;
}

TemporaryProject::~TemporaryProject() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

void TemporaryProject::MakeFolderOf(const std::string& path) {
  std::filesystem::create_directories(std::filesystem::path(Path(path)).parent_path());
}

void TemporaryProject::WriteText(const std::string& path, std::string_view text) {
  MakeFolderOf(path);
  LARDER_CHECK(WriteFileAtomically(*files_, Path(path), text).ok());
}

void TemporaryProject::WriteGzip(const std::string& path, std::string_view text) {
  const auto codec = ValueOf(arrow::util::Codec::Create(arrow::Compression::GZIP));
  const auto* input = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto length = static_cast<std::int64_t>(text.size());
  std::string compressed(static_cast<std::size_t>(codec->MaxCompressedLen(length, input)), '\0');
  const std::int64_t used = ValueOf(codec->Compress(length, input, static_cast<std::int64_t>(compressed.size()),
                                                    reinterpret_cast<std::uint8_t*>(compressed.data())));
  WriteText(path, std::string_view(compressed).substr(0, static_cast<std::size_t>(used)));
}

void TemporaryProject::WriteParquet(const std::string& path, const arrow::Table& table, std::int64_t row_group_rows) {
  MakeFolderOf(path);
  const auto output = ValueOf(arrow::io::FileOutputStream::Open(Path(path)));
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  MustBeOk(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), output, row_group_rows,
                                      parquet::default_writer_properties(), arrow_properties));
  MustBeOk(output->Close());
}

void TemporaryProject::WriteArrow(const std::string& path, const arrow::Table& table) {
  MakeFolderOf(path);
  const auto output = ValueOf(arrow::io::FileOutputStream::Open(Path(path)));
  const auto writer = ValueOf(arrow::ipc::MakeFileWriter(output, table.schema()));
  MustBeOk(writer->WriteTable(table));
  MustBeOk(writer->Close());
  MustBeOk(output->Close());
}

Source TemporaryProject::MakeSource(std::string path) {
  Source source;
  source.header.name = "events";
  source.path = std::move(path);
  return source;
}

Result<std::shared_ptr<SourceSnapshot>> TemporaryProject::Take(const Source& source) {
  return SourceSnapshot::Take(
      {.files = files(), .project_root = root_, .source = std::make_shared<const Source>(source)});
}

std::string CollectedRows::Text(int column) const {
  std::string text = "[";
  if (table == nullptr) return "[]";
  for (const std::shared_ptr<arrow::Array>& chunk : table->column(column)->chunks()) {
    for (std::int64_t row = 0; row < chunk->length(); ++row) {
      if (text.size() > 1) text += ", ";
      if (chunk->IsNull(row)) {
        text += "null";
      } else {
        AppendValueText(*chunk, row, text);
      }
    }
  }
  return text + "]";
}

Result<CollectedRows> Collect(Result<std::unique_ptr<OrdinalBatchStream>> stream) {
  LARDER_RETURN_IF_ERROR(stream.status());
  CollectedRows collected;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  while (true) {
    LARDER_ASSIGN_OR_RETURN(const std::optional<OrdinalBatch> batch, (*stream)->Next());
    if (!batch) break;
    LARDER_RETURN_IF_ERROR(FromArrow(batch->rows->ValidateFull()));
    LARDER_CHECK(batch->ordinals->length() == batch->rows->num_rows());
    for (std::int64_t row = 0; row < batch->ordinals->length(); ++row) {
      collected.ordinals.push_back(batch->ordinals->Value(row));
    }
    batches.push_back(batch->rows);
  }
  if (batches.empty()) return collected;
  LARDER_ASSIGN_OR_RETURN(collected.table, FromArrow(arrow::Table::FromRecordBatches(batches)));
  return collected;
}

}  // namespace larder
