#include "columnar/table_writer.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/fault_file_system.h"
#include "base/random.h"
#include "columnar/table_file.h"
#include "tests/arrow_text.h"

namespace larder {
namespace {

class TableWriterTest : public testing::Test {
 protected:
  TableWriterTest() : folder_(testing::TempDir() + "/table_writer_" + std::to_string(::getpid())) {
    EXPECT_TRUE(files_->MakeFolders(folder_).ok());
  }
  ~TableWriterTest() override { EXPECT_TRUE(files_->RemoveFolder(folder_).ok()); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  std::size_t FileCount() { return files_->List(folder_)->size(); }
  std::string Content(const std::string& name) { return *ReadWholeFile(*files_, Path(name), 1 << 26); }

  Status Write(FileSystem& files, const std::string& name, const arrow::RecordBatchVector& batches,
               const TableWriterOptions& options = {}) {
    LARDER_ASSIGN_OR_RETURN(const auto writer, CreateTableFile(files, Path(name), batches.front()->schema(), options));
    for (const auto& batch : batches) LARDER_RETURN_IF_ERROR(writer->Write(*batch));
    return writer->Close();
  }

  std::shared_ptr<arrow::RecordBatch> Read(const std::string& name, const TableFileOptions& options) {
    const auto file = OpenTableFile(*files_, Path(name), options);
    EXPECT_TRUE(file.ok()) << file.status().ToString();
    const auto stream = *(*file)->Read({(*file)->schema()->field_names(), std::nullopt, 65'536, true});
    arrow::RecordBatchVector batches;
    while (true) {
      const auto batch = stream->Next();
      EXPECT_TRUE(batch.ok()) << batch.status().ToString();
      if (!batch.ok() || !*batch) break;
      batches.push_back((*batch)->rows);
    }
    return arrow::ConcatenateRecordBatches(batches).ValueOrDie();
  }

  const std::unique_ptr<FileSystem> files_ = NewPosixFileSystem();
  const std::string folder_;
};

std::shared_ptr<arrow::RecordBatch> EveryType() {
  return BatchOf({{"bool", ArrayOf(TypeKind::kBool, "[true, null, false]")},
                  {"int32", ArrayOf(TypeKind::kInt32, "[-2147483648, null, 7]")},
                  {"int64", ArrayOf(TypeKind::kInt64, "[9223372036854775807, null, -7]")},
                  {"float32", ArrayOf(TypeKind::kFloat32, "[0.1, null, -0.0]")},
                  {"float64", ArrayOf(TypeKind::kFloat64, "[0.1, null, NaN]")},
                  {"string", ArrayOf(TypeKind::kString, R"(["", null, "größer, \"so\"\nund so"])")},
                  {"bytes", ArrayOf(TypeKind::kBytes, R"(["", null, "ab"])")},
                  {"timestamp", ArrayOf(TypeKind::kTimestamp, "[0, null, 1420203900000001]")},
                  {"date", ArrayOf(TypeKind::kDate, "[-1, null, 16437]")},
                  {"longs", ArrayOf(ValueType::ListOf(TypeKind::kInt64), "[[1, null], null, []]")},
                  {"floats", ArrayOf(ValueType::ListOf(TypeKind::kFloat32), "[[0.1, NaN, -Inf], null, []]")},
                  {"texts", ArrayOf(ValueType::ListOf(TypeKind::kString), R"([["a\"b", ""], null, [null]])")}});
}

std::map<std::string, ValueType> TypesOf(const arrow::RecordBatch& rows) {
  std::map<std::string, ValueType> types;
  for (const auto& field : rows.schema()->fields()) types.emplace(field->name(), *FromArrow(*field->type()));
  return types;
}

TEST_F(TableWriterTest, EveryTypeComesBackFromEveryFormat) {
  const auto rows = EveryType();
  arrow::ArrayVector slices;
  for (const auto& column : rows->columns()) slices.push_back(Sliced(column));
  const auto sliced = arrow::RecordBatch::Make(rows->schema(), rows->num_rows(), slices);
  const auto expected = arrow::ConcatenateRecordBatches({rows, rows}).ValueOrDie();
  for (const std::string name : {"a.parquet", "a.csv", "a.csv.gz", "a.arrow", "a.arrows"}) {
    const Status written = Write(*files_, name, {rows, sliced});
    ASSERT_TRUE(written.ok()) << name << written.ToString();
    const auto read = Read(name, {TypesOf(*rows), {}, nullptr});
    for (int i = 0; i < rows->num_columns(); ++i) {
      EXPECT_TRUE(SameArray(*read->column(i), *expected->column(i))) << name << " " << rows->column_name(i);
    }
    EXPECT_EQ(FileCount(), 1u);
    ASSERT_TRUE(files_->RemoveFile(Path(name)).ok());
  }
}

TEST_F(TableWriterTest, CsvIsPlain) {
  ASSERT_TRUE(Write(*files_, "a.csv",
                    {BatchOf({{"a,b", ArrayOf(TypeKind::kFloat64, "[1.0, null, 1e300]")},
                              {"t", ArrayOf(TypeKind::kTimestamp, "[0, 1500000, null]")},
                              {"s", ArrayOf(TypeKind::kString, R"(["", null, "x\"y"])")}})})
                  .ok());
  EXPECT_EQ(Content("a.csv"),
            "\"a,b\",t,s\n1.0,1970-01-01T00:00:00Z,\"\"\n,1970-01-01T00:00:01.500000Z,\n1e+300,,\"x\"\"y\"\n");
}

TEST_F(TableWriterTest, ParquetIsWrittenAsPromised) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches(
      3, BatchOf({{"f", arrow::MakeArrayFromScalar(arrow::FloatScalar(1.5F), 400'000).ValueOrDie()},
                  {"s", arrow::MakeArrayFromScalar(arrow::StringScalar("x"), 400'000).ValueOrDie()}}));
  ASSERT_TRUE(Write(*files_, "a.parquet", batches).ok());
  const auto reader = parquet::ParquetFileReader::OpenFile(Path("a.parquet"));
  const auto metadata = reader->metadata();
  ASSERT_EQ(metadata->num_row_groups(), 10);
  EXPECT_EQ(metadata->RowGroup(0)->num_rows(), 1 << 17);
  EXPECT_EQ(metadata->key_value_metadata(), nullptr);
  const auto floats = metadata->RowGroup(0)->ColumnChunk(0);
  EXPECT_EQ(floats->compression(), parquet::Compression::SNAPPY);
  EXPECT_FALSE(floats->has_dictionary_page());
  EXPECT_TRUE(floats->is_stats_set());
  EXPECT_TRUE(metadata->RowGroup(0)->ColumnChunk(1)->has_dictionary_page());
}

TEST_F(TableWriterTest, ParallelWritingGivesTheSameBytes) {
  arrow::RecordBatchVector batches;
  for (int i = 0; i < 30; ++i) {
    arrow::FloatBuilder floats;
    for (int row = 0; row < 50'000; ++row) {
      ASSERT_TRUE((row % 7 == 0 ? floats.AppendNull() : floats.Append(static_cast<float>(row * i))).ok());
    }
    const auto values = floats.Finish().ValueOrDie();
    batches.push_back(BatchOf({{"f", values}, {"g", values->Slice(0)}}));
  }
  ASSERT_TRUE(Write(*files_, "one.parquet", batches).ok());
  ASSERT_TRUE(Write(*files_, "two.parquet", batches, {.parallel = true, .durable = false}).ok());
  EXPECT_EQ(Content("one.parquet"), Content("two.parquet"));
}

TEST_F(TableWriterTest, OnlyDurableFilesWaitForTheDisk) {
  for (const bool durable : {true, false}) {
    FaultFileSystem files(*files_);
    ASSERT_TRUE(Write(files, "a.parquet", {EveryType()}, {.durable = durable}).ok());
    EXPECT_EQ(files.CallCount(FileCall::kSync), durable ? 1 : 0);
  }
}

TEST_F(TableWriterTest, RowGroupsAreFullWhateverTheBatches) {
  const auto rows = BatchOf({{"f", arrow::MakeArrayFromScalar(arrow::DoubleScalar(1.5), 300'000).ValueOrDie()}});
  ASSERT_TRUE(Write(*files_, "a.parquet", arrow::RecordBatchVector(8, rows)).ok());
  const auto metadata = parquet::ParquetFileReader::OpenFile(Path("a.parquet"))->metadata();
  ASSERT_EQ(metadata->num_row_groups(), 19);
  for (int i = 0; i < 18; ++i) EXPECT_EQ(metadata->RowGroup(i)->num_rows(), 1 << 17);
  EXPECT_EQ(metadata->RowGroup(18)->num_rows(), 2'400'000 - 18 * (1 << 17));
}

TEST_F(TableWriterTest, RowGroupsAreBoundedInBytes) {
  const std::string megabyte(1 << 20, 'x');
  const auto rows = BatchOf({{"s", arrow::MakeArrayFromScalar(arrow::StringScalar(megabyte), 50).ValueOrDie()}});
  ASSERT_TRUE(Write(*files_, "a.parquet", {rows, rows, rows, rows}).ok());
  EXPECT_EQ(parquet::ParquetFileReader::OpenFile(Path("a.parquet"))->metadata()->num_row_groups(), 4);
}

// Rows with numbers that repeat and numbers that do not, nulls by chance: one of `null_in`; 1: all, 0: none.
std::shared_ptr<arrow::RecordBatch> RandomRows(std::uint64_t seed, std::int64_t count, std::uint64_t null_in) {
  Random random(seed);
  arrow::FloatBuilder floats;
  arrow::DoubleBuilder doubles;
  arrow::Int32Builder ints;
  arrow::TimestampBuilder times(ToArrow(ValueType::Of(TypeKind::kTimestamp)), arrow::default_memory_pool());
  arrow::StringBuilder words;
  arrow::BooleanBuilder bools;
  for (std::int64_t row = 0; row < count; ++row) {
    const auto put = [&](auto& builder, auto value) {
      EXPECT_TRUE((null_in != 0 && random.OneIn(null_in) ? builder.AppendNull() : builder.Append(value)).ok());
    };
    const std::uint64_t bits = random.Next();
    put(floats, static_cast<float>(static_cast<double>(bits) / 7.0));
    put(doubles, bits % 50 == 0 ? std::nan("") : -0.0);
    put(ints, static_cast<std::int32_t>(bits % 5));
    put(times, static_cast<std::int64_t>(bits >> 8));
    put(words, std::to_string(bits % 9));
    put(bools, bits % 2 == 0);
  }
  const auto array = [](auto& builder) { return builder.Finish().ValueOrDie(); };
  return BatchOf({{"f", array(floats)},
                  {"d", array(doubles)},
                  {"i", array(ints)},
                  {"t", array(times)},
                  {"s", array(words)},
                  {"b", array(bools)}});
}

// What the library alone writes of the same rows is the measure of what a footer says.
void ExpectFooterOfLibrary(const std::string& path, const arrow::RecordBatchVector& batches) {
  const auto table = arrow::Table::FromRecordBatches(batches).ValueOrDie();
  const auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 1 << 17).ok());
  const auto wanted =
      parquet::ParquetFileReader::Open(std::make_shared<arrow::io::BufferReader>(sink->Finish().ValueOrDie()))
          ->metadata();
  const auto found = parquet::ParquetFileReader::OpenFile(path)->metadata();
  EXPECT_TRUE(found->schema()->Equals(*wanted->schema()));
  ASSERT_EQ(found->num_row_groups(), wanted->num_row_groups());
  for (int group = 0; group < found->num_row_groups(); ++group) {
    for (int column = 0; column < found->num_columns(); ++column) {
      const auto chunk = found->RowGroup(group)->ColumnChunk(column);
      const auto of_library = wanted->RowGroup(group)->ColumnChunk(column);
      EXPECT_EQ(chunk->num_values(), of_library->num_values());
      const auto statistics = chunk->statistics();
      const auto statistics_of_library = of_library->statistics();
      ASSERT_EQ(statistics->HasMinMax(), statistics_of_library->HasMinMax()) << column;
      EXPECT_EQ(statistics->EncodeMin(), statistics_of_library->EncodeMin()) << column;
      EXPECT_EQ(statistics->EncodeMax(), statistics_of_library->EncodeMax()) << column;
      EXPECT_EQ(statistics->null_count(), statistics_of_library->null_count()) << column;
      EXPECT_EQ(statistics->num_values(), statistics_of_library->num_values()) << column;
    }
  }
}

TEST_F(TableWriterTest, ParquetPagesHoldTheValuesBitForBit) {
  for (const std::uint64_t null_in : {0, 1, 2, 40}) {
    for (const std::int64_t count : {1, 7, 64, 9'001, 70'000, 270'000}) {
      const auto rows = RandomRows(null_in * 1000 + static_cast<std::uint64_t>(count), count, null_in);
      // Slices that begin anywhere: bits of validity are shifted, small batches wait for one another.
      arrow::RecordBatchVector batches;
      for (std::int64_t begin = 0, length = 1; begin < count; begin += length, length = length * 3 + 2) {
        length = std::min(length, count - begin);
        batches.push_back(rows->Slice(begin, length));
      }
      ASSERT_TRUE(Write(*files_, "a.parquet", batches).ok());
      const auto read = Read("a.parquet", {});
      const auto options = arrow::EqualOptions::Defaults().nans_equal(true).signed_zeros_equal(false);
      EXPECT_TRUE(read->Equals(*rows, false, options)) << count << " rows, one null in " << null_in;
      ExpectFooterOfLibrary(Path("a.parquet"), batches);
    }
  }
}

TEST_F(TableWriterTest, ColumnsThatAllowNoNullsHaveNoLevels) {
  const auto values = ArrayOf(TypeKind::kFloat64, "[1.5, 2.5]");
  const auto schema =
      arrow::schema({arrow::field("d", arrow::float64(), false), arrow::field("s", arrow::utf8(), false)});
  const auto rows = arrow::RecordBatch::Make(schema, 2, {values, ArrayOf(TypeKind::kString, R"(["x", "y"])")});
  ASSERT_TRUE(Write(*files_, "a.parquet", {rows}).ok());
  EXPECT_TRUE(Read("a.parquet", {})->Equals(*rows));
  EXPECT_EQ(
      parquet::ParquetFileReader::OpenFile(Path("a.parquet"))->metadata()->schema()->Column(0)->max_definition_level(),
      0);
}

TEST_F(TableWriterTest, RandomNumbersAreNotPacked) {
  ASSERT_TRUE(Write(*files_, "a.parquet", {RandomRows(3, 20'000, 5)}).ok());
  const auto metadata = parquet::ParquetFileReader::OpenFile(Path("a.parquet"))->metadata();
  const auto group = metadata->RowGroup(0);
  EXPECT_EQ(group->ColumnChunk(0)->compression(), parquet::Compression::UNCOMPRESSED);
  EXPECT_EQ(group->ColumnChunk(1)->compression(), parquet::Compression::SNAPPY);
  EXPECT_EQ(group->ColumnChunk(4)->compression(), parquet::Compression::SNAPPY);
}

TEST_F(TableWriterTest, AFileWithoutRowsIsWhole) {
  ASSERT_TRUE(Write(*files_, "a.parquet", {EveryType()->Slice(0, 0)}).ok());
  const auto metadata = parquet::ParquetFileReader::OpenFile(Path("a.parquet"))->metadata();
  EXPECT_EQ(metadata->num_rows(), 0);
  EXPECT_EQ(metadata->num_columns(), EveryType()->num_columns());
}

TEST_F(TableWriterTest, OtherColumnsPassThrough) {
  const auto rows = BatchOf({{"small", ArrayOf(arrow::int8(), "[1, null]")},
                             {"money", ArrayOf(arrow::decimal128(10, 2), R"(["1.20", null])")},
                             {"word", ArrayOf(arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["a", null])")},
                             {"large", ArrayOf(arrow::large_utf8(), R"(["b", null])")},
                             {"view", ArrayOf(arrow::utf8_view(), R"(["c", null])")},
                             {"fixed", ArrayOf(arrow::fixed_size_binary(2), R"(["ab", null])")},
                             {"nano", ArrayOf(arrow::timestamp(arrow::TimeUnit::NANO), "[1, null]")}});
  for (const std::string name : {"a.parquet", "a.arrow", "a.arrows", "a.csv"}) {
    const Status written = Write(*files_, name, {rows, rows});
    EXPECT_TRUE(written.ok()) << name << written.ToString();
  }
  const std::string lines = "1,1.20,a,b,c,YWI=,1970-01-01 00:00:00.000000001\n,,,,,,\n";
  EXPECT_EQ(Content("a.csv"), "small,money,word,large,view,fixed,nano\n" + lines + lines);
}

TEST_F(TableWriterTest, RefusesWhatItCannotWrite) {
  const auto structs = arrow::schema({arrow::field("s", arrow::struct_({arrow::field("x", arrow::int8())}))});
  const Status nested = CreateTableFile(*files_, Path("a.csv"), structs).status();
  EXPECT_EQ(nested.reason(), Reason::kTypeMismatch);
  EXPECT_EQ(nested.message(), "CSV cannot hold struct<x: int8>: column 's'");
  const Status suffix = CreateTableFile(*files_, Path("a.xlsx"), structs).status();
  EXPECT_EQ(suffix.reason(), Reason::kInvalidFile);
  EXPECT_EQ(suffix.hint(), "the suffixes are .parquet, .pq, .csv, .csv.gz, .arrow, .feather, .ipc, .arrows");
  EXPECT_EQ(FileCount(), 0u);
}

TEST_F(TableWriterTest, WithoutCloseNothingIsLeft) {
  ASSERT_TRUE(WriteFileAtomically(*files_, Path("a.parquet"), "old").ok());
  for (const std::string name : {"a.parquet", "a.csv", "a.csv.gz", "a.arrow"}) {
    const auto writer = *CreateTableFile(*files_, Path(name), EveryType()->schema());
    ASSERT_TRUE(writer->Write(*EveryType()).ok());
  }
  EXPECT_EQ(FileCount(), 1u);
  EXPECT_EQ(Content("a.parquet"), "old");
}

TEST_F(TableWriterTest, AfterAnyFailureTheOldFileStands) {
  for (const std::string name : {"a.parquet", "a.csv", "a.csv.gz", "a.arrow", "parallel.parquet"}) {
    TableWriterOptions options;
    options.parallel = name == "parallel.parquet";
    ASSERT_TRUE(WriteFileAtomically(*files_, Path(name), "old").ok());
    for (std::int64_t n = 1;; ++n) {
      FaultFileSystem faults(*files_);
      faults.FailAnyCall(n, Reason::kNoSpace);
      const Status status = Write(faults, name, {EveryType(), EveryType()}, options);
      if (faults.TotalCallCount() < n) break;
      if (status.ok()) continue;  // the failing call was the removal of nothing
      EXPECT_EQ(status.reason(), Reason::kNoSpace) << name << n << status.ToString();
      EXPECT_EQ(FileCount(), 1u) << name << n;
      EXPECT_EQ(Content(name), "old") << name << n;
    }
    EXPECT_NE(Content(name), "old");
    ASSERT_TRUE(files_->RemoveFile(Path(name)).ok());
  }
}

// Returns the number of a process that has ended.
pid_t DeadProcess() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return child;
}

TEST_F(TableWriterTest, LeftoversOfDeadProcessesAreRemoved) {
  const std::string dead = std::to_string(DeadProcess());
  const std::string alive = std::to_string(::getpid());
  const std::vector<std::string> stay = {"a.parquet",
                                         "a.parquet." + alive + "-7.new",
                                         "a.parquet." + dead + ".new",
                                         "a.parquet." + dead + "-x.new",
                                         "ba.parquet." + dead + "-0.new",
                                         "a.parquet.-0.new",
                                         "a.parquet." + dead + "-0.newer"};
  for (const std::string& name : stay) ASSERT_TRUE(WriteFileAtomically(*files_, Path(name), "x").ok());
  for (const char* number : {"-0.new", "-12.new"}) {
    ASSERT_TRUE(WriteFileAtomically(*files_, Path("a.parquet." + dead + number), "x").ok());
  }
  EXPECT_EQ(RemoveLeftovers(*files_, Path("a.parquet")), 2);
  EXPECT_EQ(FileCount(), stay.size());
  for (const std::string& name : stay) EXPECT_TRUE(Exists(*files_, Path(name))) << name;
  EXPECT_EQ(RemoveLeftovers(*files_, Path("none/a.parquet")), 0);
}

TEST_F(TableWriterTest, WhatSomebodyWritesIsNoLeftover) {
  const std::string path = Path("a.parquet." + std::to_string(DeadProcess()) + "-0.new");
  const auto file = *files_->OpenForWrite(path);  // as a process of that number in another container
  EXPECT_EQ(RemoveLeftovers(*files_, Path("a.parquet")), 0);
  ASSERT_TRUE(file->Close().ok());
  EXPECT_EQ(RemoveLeftovers(*files_, Path("a.parquet")), 1);
}

}  // namespace
}  // namespace larder
