#include "columnar/table_file.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/writer.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <unistd.h>

#include <string>

#include "base/fault_file_system.h"
#include "columnar/arrow_memory_pool.h"
#include "columnar/arrow_status.h"
#include "columnar/table_writer.h"
#include "tests/arrow_text.h"

namespace larder {
namespace {

class TableFileTest : public testing::Test {
 protected:
  TableFileTest() : folder_(testing::TempDir() + "/table_file_" + std::to_string(::getpid())) {
    EXPECT_TRUE(files_->MakeFolders(folder_).ok());
  }
  ~TableFileTest() override { EXPECT_TRUE(files_->RemoveFolder(folder_).ok()); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  std::string Write(const std::string& name, const std::string& content) {
    EXPECT_TRUE(WriteFileAtomically(*files_, Path(name), content).ok());
    return Path(name);
  }

  std::string Content(const std::string& name) { return *ReadWholeFile(*files_, Path(name), 1 << 26); }

  // Writes batches of rows i, text i, null at every third, in row groups of 100.
  std::string WriteParquet(const std::string& name, std::int64_t row_count) {
    const auto table = arrow::Table::FromRecordBatches({NumberedRows(row_count)}).ValueOrDie();
    const auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
    EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 100).ok());
    return Write(name, sink->Finish().ValueOrDie()->ToString());
  }

  static std::shared_ptr<arrow::RecordBatch> NumberedRows(std::int64_t row_count) {
    arrow::Int64Builder numbers;
    arrow::StringBuilder texts;
    arrow::TimestampBuilder times(ToArrow(ValueType::Of(TypeKind::kTimestamp)), arrow::default_memory_pool());
    for (std::int64_t i = 0; i < row_count; ++i) {
      EXPECT_TRUE(numbers.Append(i).ok());
      EXPECT_TRUE((i % 3 == 0 ? texts.AppendNull() : texts.Append("text " + std::to_string(i))).ok());
      EXPECT_TRUE(times.Append(i * 1000).ok());
    }
    return BatchOf({{"number", numbers.Finish().ValueOrDie()},
                    {"text", texts.Finish().ValueOrDie()},
                    {"time", times.Finish().ValueOrDie()}});
  }

  std::string WriteTable(const std::string& name, const std::shared_ptr<arrow::RecordBatch>& rows) {
    const auto writer = CreateTableFile(*files_, Path(name), rows->schema());
    EXPECT_TRUE(writer.ok()) << writer.status().ToString();
    EXPECT_TRUE((*writer)->Write(*rows).ok());
    EXPECT_TRUE((*writer)->Close().ok());
    return Path(name);
  }

  Status OpenFailure(const std::string& path) { return OpenTableFile(*files_, path, {}).status(); }

  const std::unique_ptr<FileSystem> files_ = NewPosixFileSystem();
  const std::string folder_;
};

// Reads to one batch; checks that first_row and the bound of a batch hold.
Result<std::shared_ptr<arrow::RecordBatch>> ReadAll(const TableFile& file, const ReadRequest& request,
                                                    std::vector<std::int64_t>* first_rows = nullptr) {
  LARDER_ASSIGN_OR_RETURN(const auto stream, file.Read(request));
  arrow::RecordBatchVector batches;
  while (true) {
    LARDER_ASSIGN_OR_RETURN(const auto batch, stream->Next());
    if (!batch) break;
    EXPECT_GT(batch->rows->num_rows(), 0);
    EXPECT_LE(batch->rows->num_rows(), request.batch_row_count);
    if (first_rows != nullptr) first_rows->push_back(batch->first_row);
    batches.push_back(batch->rows);
  }
  LARDER_ASSIGN_OR_RETURN(const auto end, stream->Next());
  EXPECT_FALSE(end.has_value());
  if (batches.empty()) return std::shared_ptr<arrow::RecordBatch>();
  return FromArrow(arrow::ConcatenateRecordBatches(batches));
}

TEST_F(TableFileTest, EveryFormatGivesTheRowsInOrder) {
  const auto rows = NumberedRows(250);
  TableFileOptions options;
  options.column_types = {{"number", ValueType::Of(TypeKind::kInt64)}, {"time", ValueType::Of(TypeKind::kTimestamp)}};
  for (const std::string name :
       {"a.parquet", "a.pq", "a.csv", "a.csv.gz", "a.arrow", "a.feather", "a.arrows", "A.CSV"}) {
    const auto file = OpenTableFile(*files_, WriteTable(name, rows), options);
    ASSERT_TRUE(file.ok()) << name << file.status().ToString();
    EXPECT_EQ((*file)->schema()->field_names(), rows->schema()->field_names());
    std::vector<std::int64_t> first_rows;
    const auto read = ReadAll(**file, {{"time", "number", "text"}, std::nullopt, 100, true}, &first_rows);
    ASSERT_TRUE(read.ok()) << name << read.status().ToString();
    EXPECT_EQ(first_rows, (std::vector<std::int64_t>{0, 100, 200})) << name;
    EXPECT_TRUE(SameArray(*(*read)->column(0), *rows->column(2))) << name;
    EXPECT_TRUE(SameArray(*(*read)->column(1), *rows->column(0))) << name;
    EXPECT_TRUE(SameArray(*(*read)->column(2), *rows->column(1))) << name;
    // Without columns rows are counted.
    EXPECT_EQ((*ReadAll(**file, {}))->num_rows(), 250) << name;
  }
}

TEST_F(TableFileTest, RowGroupsHaveCountsAndBounds) {
  const auto file = *OpenTableFile(*files_, WriteParquet("a.parquet", 250), {});
  ASSERT_EQ(file->row_groups().size(), 3u);
  EXPECT_EQ(file->row_groups()[2].first_row, 200);
  EXPECT_EQ(file->row_groups()[2].row_count, 50);
  const ColumnBounds numbers = file->Bounds(1, "number");
  EXPECT_EQ(numbers.least->ToString(), "100");
  EXPECT_EQ(numbers.greatest->ToString(), "199");
  EXPECT_EQ(numbers.null_count, 0);
  EXPECT_EQ(file->Bounds(0, "text").null_count, 34);
  const ColumnBounds times = file->Bounds(2, "time");
  ASSERT_NE(times.least, nullptr);
  EXPECT_TRUE(times.least->type->Equals(*file->schema()->GetFieldByName("time")->type()));
  EXPECT_EQ(static_cast<const arrow::TimestampScalar&>(*times.greatest).value, 249'000);
  EXPECT_EQ(file->Bounds(0, "none").least, nullptr);
}

TEST_F(TableFileTest, Int96InstantsAreExactOrRefused) {
  const auto properties = parquet::ArrowWriterProperties::Builder().enable_deprecated_int96_timestamps()->build();
  const auto write = [&](const std::string& name, arrow::TimeUnit::type unit, const std::string& values) {
    const auto array = ArrayOf(arrow::timestamp(unit), values);
    const auto table = arrow::Table::FromRecordBatches({BatchOf({{"at", array}})}).ValueOrDie();
    const auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
    EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 2,
                                           parquet::default_writer_properties(), properties)
                    .ok());
    return ReadAll(**OpenTableFile(*files_, Write(name, sink->Finish().ValueOrDie()->ToString()), {}), {{"at"}});
  };
  // 9999-12-31T23:59:59.999999 and the year 1 do not fit 64 bits of nanoseconds.
  const auto far = write("far.parquet", arrow::TimeUnit::MICRO, "[253402300799999999, null, -62135596800000000, 1]");
  ASSERT_TRUE(far.ok()) << far.status().ToString();
  const auto& instants = static_cast<const arrow::TimestampArray&>(*(*far)->column(0));
  EXPECT_EQ(instants.Value(0), 253402300799999999);
  EXPECT_TRUE(instants.IsNull(1));
  EXPECT_EQ(instants.Value(2), -62135596800000000);
  EXPECT_EQ(instants.Value(3), 1);
  const auto cut = write("cut.parquet", arrow::TimeUnit::NANO, "[1000, null, 2000, -1]");
  EXPECT_EQ(cut.status().reason(), Reason::kInexactValue);
  EXPECT_EQ(cut.status().message(),
            "INT96 timestamp has digits below the microsecond: column 'at', " + Path("cut.parquet") + ", row 4");
}

TEST_F(TableFileTest, ChosenRowGroupsKeepTheirRowNumbers) {
  const auto file = *OpenTableFile(*files_, WriteParquet("a.parquet", 250), {});
  std::vector<std::int64_t> first_rows;
  const auto rows = *ReadAll(*file, {{"number"}, std::vector<int>{0, 2}, 60, false}, &first_rows);
  EXPECT_EQ(first_rows, (std::vector<std::int64_t>{0, 60, 200}));
  EXPECT_EQ(rows->num_rows(), 150);
  EXPECT_EQ(static_cast<const arrow::Int64Array&>(*rows->column(0)).Value(100), 200);
  EXPECT_EQ(*ReadAll(*file, {{"number"}, std::vector<int>{}, 60, false}), nullptr);
  EXPECT_EQ((*ReadAll(*file, {{}, std::vector<int>{1}, 30, false}, nullptr))->num_rows(), 100);
}

TEST_F(TableFileTest, EmptyTablesOfEveryFormat) {
  for (const std::string name : {"a.parquet", "a.csv", "a.csv.gz", "a.arrow", "a.arrows"}) {
    const auto file = OpenTableFile(*files_, WriteTable(name, NumberedRows(0)), {});
    ASSERT_TRUE(file.ok()) << name << file.status().ToString();
    EXPECT_EQ(*ReadAll(**file, {{"number"}, std::nullopt, 10, true}), nullptr) << name;
    EXPECT_EQ(*ReadAll(**file, {}), nullptr) << name;
  }
}

TEST_F(TableFileTest, NamesAreChecked) {
  const auto file = *OpenTableFile(*files_, WriteParquet("a.parquet", 1), {});
  const Status status = file->Read({{"numbre"}, std::nullopt, 10, true}).status();
  EXPECT_EQ(status.reason(), Reason::kMissingColumn);
  EXPECT_EQ(status.message(), "no column 'numbre': " + Path("a.parquet"));
  EXPECT_EQ(status.hint(), "did you mean 'number'?");
  const auto column = ArrayOf(TypeKind::kInt64, "[1]");
  EXPECT_EQ(OpenFailure(WriteTable("twice.arrow", BatchOf({{"a", column}, {"b", column}, {"a", column}}))).message(),
            "two columns have the name 'a': columns 1 and 3 of " + Path("twice.arrow"));
}

TEST_F(TableFileTest, WhatIsNotAFileOfItsNameIsToldPlainly) {
  const auto message = [this](const std::string& name, const std::string& content) {
    const Status status = OpenFailure(Write(name, content));
    const bool is_damaged = status.message().starts_with("damaged ") || status.message().find(" cut short") < 20;
    EXPECT_EQ(status.reason(), is_damaged ? Reason::kDamaged : Reason::kInvalidFile);
    const std::string text(status.message());
    return text.substr(0, text.find(": "));
  };
  const std::string parquet = Content(WriteParquet("good.parquet", 250).substr(folder_.size() + 1));
  EXPECT_EQ(message("a.parquet", ""), "file is empty");
  EXPECT_EQ(message("a.parquet", "a,b\n1,2\n"), "not a Parquet file");
  EXPECT_EQ(message("a.arrow", parquet), "not an Arrow file");
  EXPECT_EQ(message("a.parquet", parquet.substr(0, parquet.size() - 10)), "Parquet file is cut short");
  EXPECT_EQ(message("a.parquet", "PAR1"), "damaged Parquet file");
  EXPECT_EQ(message("a.parquet", "PAR1" + std::string(100, 'x') + "PAR1"), "damaged Parquet file");
  EXPECT_EQ(message("a.txt", "a,b\n1,2\n"), "file name has no known suffix");
  EXPECT_EQ(OpenFailure(Path("none.parquet")).reason(), Reason::kFileNotFound);
  EXPECT_FALSE(OpenFailure(folder_).ok());
  EXPECT_TRUE(OpenFailure(Write("part-0000", parquet)).ok());
}

TEST_F(TableFileTest, DamagedPagesAreErrorsNotCrashes) {
  const std::string parquet = Content(WriteParquet("good.parquet", 250).substr(folder_.size() + 1));
  int failures = 0;
  for (std::size_t at = 4; at < parquet.size(); at += 101) {
    std::string damaged = parquet;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    const auto file = OpenTableFile(*files_, Write("a.parquet", damaged), {});
    if (!file.ok() || !ReadAll(**file, {{"number", "text"}, std::nullopt, 1000, false}).ok()) ++failures;
  }
  EXPECT_GT(failures, 0);
}

TEST_F(TableFileTest, ArrowBytesAreCheckedInFull) {
  const auto rows = NumberedRows(5);
  const std::string stream = Content(WriteTable("a.arrows", rows).substr(folder_.size() + 1));
  const auto open = [](const std::string& bytes) {
    return OpenArrowBytes(arrow::Buffer::FromString(bytes), "request body", {});
  };
  const auto file = open(stream);
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  EXPECT_EQ((*ReadAll(**file, {{"text"}, std::nullopt, 10, true}))->num_rows(), 5);
  EXPECT_EQ(open("").status().reason(), Reason::kInvalidFile);
  EXPECT_EQ(open("hello, there").status().message(), "not Arrow IPC: request body");
  EXPECT_EQ(open(stream.substr(0, stream.size() - 8)).status().message(), "Arrow stream is cut short: request body");
  int failures = 0;
  for (std::size_t at = 0; at < stream.size(); ++at) {
    std::string damaged = stream;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x81);
    const auto opened = open(damaged);
    if (!opened.ok() || !ReadAll(**opened, {{"number", "text"}, std::nullopt, 10, false}).ok()) ++failures;
  }
  EXPECT_GT(failures, 0);
}

TEST_F(TableFileTest, AFileWrittenToWhileItIsReadIsNoticed) {
  for (const std::string name : {"a.parquet", "a.csv", "a.arrow"}) {
    const auto file = *OpenTableFile(*files_, WriteTable(name, NumberedRows(10)), {});
    const auto stream = *file->Read({{"number"}, std::nullopt, 4, true});
    ASSERT_TRUE(stream->Next().ok());
    EXPECT_TRUE(file->CheckUnchanged().ok());
    const auto writable = *files_->OpenForWrite(Path(name));  // empties the same file
    ASSERT_TRUE(writable->Append("other").ok());
    Status status;
    for (int i = 0; i < 10 && status.ok(); ++i) status = stream->Next().status();
    EXPECT_EQ(status.reason(), Reason::kFileChanged) << name;
    EXPECT_FALSE((*stream->Next()).has_value());
  }
}

TEST_F(TableFileTest, EveryFailingCallIsPassedUp) {
  for (const std::string name : {"a.parquet", "a.csv", "a.csv.gz", "a.arrow", "a.arrows"}) {
    const std::string path = WriteTable(name, NumberedRows(300));
    for (std::int64_t n = 1;; ++n) {
      FaultFileSystem faults(*files_);
      faults.FailAnyCall(n, Reason::kIoError);
      const auto file = OpenTableFile(faults, path, {});
      const Status status =
          file.ok() ? ReadAll(**file, {{"number"}, std::nullopt, 100, false}).status() : file.status();
      if (faults.TotalCallCount() < n) {
        EXPECT_TRUE(status.ok());
        break;
      }
      EXPECT_EQ(status.reason(), Reason::kIoError) << name << " call " << n << ": " << status.ToString();
    }
  }
}

TEST_F(TableFileTest, MemoryIsCounted) {
  const std::string path = WriteParquet("a.parquet", 250);
  MemoryBudget budget(64 << 20);
  {
    const auto pool = NewBudgetedPool(budget, *arrow::default_memory_pool());
    const auto file = *OpenTableFile(*files_, path, {{}, {}, pool.get()});
    const auto batch = *(*file->Read({{"number"}, std::nullopt, 1000, false}))->Next();
    ASSERT_TRUE(batch.has_value());
    EXPECT_LE(pool->bytes_allocated(), budget.used_bytes());
    EXPECT_GT(budget.used_bytes(), 0);
  }
  EXPECT_EQ(budget.used_bytes(), 0);
  MemoryBudget small(100);
  const auto pool = NewBudgetedPool(small, *arrow::default_memory_pool());
  const auto file = OpenTableFile(*files_, path, {{}, {}, pool.get()});
  const Status status = file.ok() ? ReadAll(**file, {{"number"}, std::nullopt, 1000, false}).status() : file.status();
  EXPECT_EQ(status.reason(), Reason::kMemoryLimit) << status.ToString();
}

}  // namespace
}  // namespace larder
