#include "columnar/csv_file.h"

#include <arrow/api.h>
#include <arrow/io/compressed.h>
#include <arrow/io/memory.h>
#include <arrow/util/compression.h>
#include <gtest/gtest.h>

#include <string>

#include "columnar/csv_lexer.h"
#include "columnar/csv_types.h"
#include "tests/arrow_text.h"

namespace larder {
namespace {

std::string Gzipped(const std::string& text) {
  const auto codec = arrow::util::Codec::Create(arrow::Compression::GZIP).ValueOrDie();
  const auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  const auto stream = arrow::io::CompressedOutputStream::Make(codec.get(), sink).ValueOrDie();
  EXPECT_TRUE(stream->Write(text.data(), static_cast<std::int64_t>(text.size())).ok());
  EXPECT_TRUE(stream->Close().ok());
  return sink->Finish().ValueOrDie()->ToString();
}

Result<std::unique_ptr<TableFile>> OpenText(const std::string& text, const TableFileOptions& options = {}) {
  return OpenCsvFile(OpenBytes(arrow::Buffer::FromString(text), "data/a.csv"), options);
}

// Reads columns (all when none are named) of CSV text to one batch.
Result<std::shared_ptr<arrow::RecordBatch>> ReadText(const std::string& text, const TableFileOptions& options = {},
                                                     std::vector<std::string> columns = {}) {
  LARDER_ASSIGN_OR_RETURN(const auto file, OpenText(text, options));
  ReadRequest request;
  request.columns = columns.empty() ? file->schema()->field_names() : std::move(columns);
  LARDER_ASSIGN_OR_RETURN(const auto stream, file->Read(request));
  arrow::RecordBatchVector batches;
  std::int64_t next_row = 0;
  while (true) {
    LARDER_ASSIGN_OR_RETURN(const auto batch, stream->Next());
    if (!batch) break;
    EXPECT_EQ(batch->first_row, next_row);
    next_row += batch->rows->num_rows();
    batches.push_back(batch->rows);
  }
  if (batches.empty()) return arrow::RecordBatch::MakeEmpty(file->schema()).ValueOrDie();
  return arrow::ConcatenateRecordBatches(batches).ValueOrDie();
}

// Reads one column named x of the type.
Result<std::shared_ptr<arrow::Array>> ReadColumn(const std::string& text, ValueType type) {
  TableFileOptions options;
  options.column_types.emplace("x", type);
  LARDER_ASSIGN_OR_RETURN(const auto batch, ReadText(text, options));
  return batch->GetColumnByName("x");
}

void ExpectColumn(const std::string& text, ValueType type, std::string_view json) {
  const auto column = ReadColumn(text, type);
  ASSERT_TRUE(column.ok()) << column.status().ToString();
  EXPECT_TRUE(SameArray(**column, *ArrayOf(type, json)));
}
void ExpectColumn(const std::string& text, TypeKind kind, std::string_view json) {
  ExpectColumn(text, ValueType::Of(kind), json);
}

void ExpectTexts(const std::string& text, std::string_view json) { ExpectColumn(text, TypeKind::kString, json); }

void ExpectFailure(const std::string& text, TypeKind kind, const Status& expected) {
  const auto column = ReadColumn(text, ValueType::Of(kind));
  ASSERT_FALSE(column.ok()) << (*column)->ToString();
  EXPECT_EQ(column.status().reason(), expected.reason());
  EXPECT_EQ(column.status().message(), expected.message());
}

TEST(CsvFileTest, ColumnsHaveTheirTypes) {
  ExpectColumn("x\ntrue\nFALSE\nTrue\n", TypeKind::kBool, "[true, false, true]");
  ExpectColumn("x\n-5\n007\n2147483647\n", TypeKind::kInt32, "[-5, 7, 2147483647]");
  ExpectColumn("x\n-9223372036854775808\n\"12\"\n", TypeKind::kInt64, "[-9223372036854775808, 12]");
  ExpectColumn("x\n0.1\n1e3\n.5\n-inf\nNaN\nInfinity\n", TypeKind::kFloat32, "[0.1, 1000, 0.5, -Inf, NaN, Inf]");
  ExpectColumn("x\n0.1\n5.\n1e-400\n", TypeKind::kFloat64, "[0.1, 5, 0]");
  ExpectColumn("x\n1970-01-02T00:00:00.5+01:00\n1970-01-01\n", TypeKind::kTimestamp, "[82800500000, 0]");
  ExpectColumn("x\n1970-01-02\n", TypeKind::kDate, "[1]");
  ExpectColumn("x\nYWI=\n\"\"\n", TypeKind::kBytes, R"(["ab", ""])");
  ExpectColumn("x\n\"[1,null,3]\"\n[]\n", ValueType::ListOf(TypeKind::kInt64), "[[1, null, 3], []]");
  ExpectColumn("x\n\"[\"\"a,\"\",\"\"\"\"]\"\n", ValueType::ListOf(TypeKind::kString), R"([["a,", ""]])");
}

TEST(CsvFileTest, OnlyEmptyUnquotedFieldsAndListedTextsAreNull) {
  ExpectTexts("x,y\n,1\n\"\",2\nNA,3\n\"NA\",4\n", R"([null, "", "NA", "NA"])");
  ExpectColumn("x,y\n,1\n5,2\n", TypeKind::kInt64, "[null, 5]");
  TableFileOptions options;
  options.null_texts = {"NA", "-"};
  const auto batch = ReadText("x,y\nNA,1\n\"NA\",2\n-,3\nN,4\n", options);
  ASSERT_TRUE(batch.ok()) << batch.status().ToString();
  EXPECT_TRUE(SameArray(*(*batch)->column(0), *ArrayOf(TypeKind::kString, R"([null, "NA", null, "N"])")));
}

TEST(CsvFileTest, LinesEndInThreeWays) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    ExpectTexts("x,y" + end + "a,1" + end + "b,2" + end, R"(["a", "b"])");
    ExpectTexts("x,y" + end + "a,1" + end + "b,2", R"(["a", "b"])");
    ExpectTexts("x,y" + end + end + "a,1" + end + end + end + "b,2" + end + end, R"(["a", "b"])");
    ExpectTexts("x" + end + "a" + end + end + "b" + end, R"(["a", null, "b"])");
  }
}

TEST(CsvFileTest, QuotesHoldEverything) {
  ExpectTexts("x,y\n\"a,b\",1\n\"c\nd\r\ne\",2\n\"say \"\"hi\"\"\",3\n\"\"\"\",4\n",
              R"(["a,b", "c\nd\r\ne", "say \"hi\"", "\""])");
  ExpectTexts("\xef\xbb\xbfx,y\n日本,größer\n", R"(["日本"])");
  ExpectTexts("\"x\",\"y\"\na \"b\" c,1\n", R"(["a \"b\" c"])");
}

TEST(CsvFileTest, OnlyColumnsAskedForAreConvertedAndInTheirOrder) {
  TableFileOptions options;
  options.column_types = {{"b", ValueType::Of(TypeKind::kInt64)}, {"c", ValueType::Of(TypeKind::kInt64)}};
  const auto batch = ReadText("a,b,c\nx,misfit,1\ny,misfit,2\n", options, {"c", "a"});
  ASSERT_TRUE(batch.ok()) << batch.status().ToString();
  EXPECT_EQ((*batch)->schema()->field_names(), (std::vector<std::string>{"c", "a"}));
  EXPECT_TRUE(SameArray(*(*batch)->column(0), *ArrayOf(TypeKind::kInt64, "[1, 2]")));
}

TEST(CsvFileTest, AHeaderAloneIsAnEmptyTable) {
  ExpectTexts("x,y", "[]");
  ExpectTexts("x,y\n", "[]");
  ExpectTexts("x,y\r\n\r\n", "[]");
}

TEST(CsvFileTest, MisfitsNameFileLineColumnAndText) {
  ExpectFailure("x,y\n1,a\n2,\"b\nc\"\n12a,d\n", TypeKind::kInt64,
                Status(Reason::kInvalidData, "text is no int64: '12a' (data/a.csv:5, column 'x')"));
  ExpectFailure(
      "x\n3000000000\n", TypeKind::kInt32,
      Status(Reason::kValueOutOfRange, "value is out of the range of int32: '3000000000' (data/a.csv:2, column 'x')"));
  ExpectFailure(
      "x\n1e999\n", TypeKind::kFloat64,
      Status(Reason::kValueOutOfRange, "value is out of the range of float64: '1e999' (data/a.csv:2, column 'x')"));
  ExpectFailure("x\n2015-01-02T00:00:00.0000001\n", TypeKind::kTimestamp,
                Status(Reason::kInexactValue,
                       "instant is finer than a microsecond: '2015-01-02T00:00:00.0000001' "
                       "(data/a.csv:2, column 'x')"));
  ExpectFailure("x\n\"\"\n", TypeKind::kInt64,
                Status(Reason::kInvalidData, "text is no int64: '' (data/a.csv:2, column 'x')"));
  for (const std::string text : {"yes", "1"}) {
    EXPECT_EQ(ReadColumn("x\n" + text + "\n", ValueType::Of(TypeKind::kBool)).status().reason(), Reason::kInvalidData);
  }
  for (const std::string text : {"+5", " 5", "5 ", "5.0", "0x10", "1_000"}) {
    EXPECT_EQ(ReadColumn("x\n" + text + "\n", ValueType::Of(TypeKind::kInt64)).status().reason(), Reason::kInvalidData);
  }
  for (const std::string text : {"1,5", "nan(1)", "infinite", "-", "e5", "1e", "--1"}) {
    EXPECT_FALSE(ReadColumn("x\n\"" + text + "\"\n", ValueType::Of(TypeKind::kFloat64)).ok()) << text;
  }
  for (const std::string text : {"1", "[1],[2]", "[1", "null", "[1.5]"}) {
    EXPECT_EQ(ReadColumn("x,y\n\"" + text + "\",1\n", ValueType::ListOf(TypeKind::kInt64)).status().reason(),
              Reason::kInvalidData)
        << text;
  }
}

TEST(CsvFileTest, BrokenFilesNameTheirLine) {
  const auto message = [](const std::string& text) {
    const Status status = ReadText(text).status();
    EXPECT_EQ(status.reason(), Reason::kInvalidFile) << status.ToString();
    return std::string(status.message());
  };
  EXPECT_EQ(message("a,b\n1,2\n1,2,3\n"), "row has 3 fields, the header 2: data/a.csv:3");
  EXPECT_EQ(message("a,b\n\"x\ny\",2\n1\n"), "row has 1 fields, the header 2: data/a.csv:4");
  EXPECT_EQ(message("a,b\n1,\"2\n3,4\n"), "quote is never closed: data/a.csv:2");
  EXPECT_EQ(message("a,b\n1,\"2\"3\n"), "text after a closing quote: data/a.csv:2");
  EXPECT_EQ(message("a,b\n1,2\nab\xc3\xa4,c\xff\n"), "text is not UTF-8, column 6: data/a.csv:3");
  EXPECT_EQ(message("a,b,a\n"), "two columns have the name 'a': columns 1 and 3 of data/a.csv");
  EXPECT_EQ(message("\xff\xfe"
                    "a"),
            "file is UTF-16: data/a.csv:1");
  EXPECT_EQ(message("\n\n"), "file has no header: data/a.csv:1");
}

TEST(CsvFileTest, GzipIsReadOnTheWayAndDamageIsFound) {
  std::string text = "x,y\n";
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i) + ",some text " + std::to_string(i * 7919) + "\n";
  const std::string bytes = Gzipped(text);
  ASSERT_EQ(ReadText(bytes).value()->num_rows(), 20'000);
  const Status cut = ReadText(bytes.substr(0, bytes.size() / 2)).status();
  EXPECT_EQ(cut.reason(), Reason::kDamaged);
  EXPECT_TRUE(cut.message().starts_with("damaged gzip file: data/a.csv: ")) << cut.message();
  std::string flipped = bytes;
  flipped[bytes.size() / 2] = static_cast<char>(flipped[bytes.size() / 2] ^ 0x55);
  EXPECT_EQ(ReadText(flipped).status().reason(), Reason::kDamaged);
  // Two members one after another are one file.
  EXPECT_EQ(ReadText(Gzipped("x,y\n1,2\n") + Gzipped("3,4\n")).value()->num_rows(), 2);
}

// Rows that straddle the blocks of the lexer, at every kind of place.
TEST(CsvFileTest, BlocksMayEndAnywhere) {
  const std::string row = "\"a\"\"b,\r\nc\",größer\r\n";
  std::string text = "x,y\r\n";
  while (text.size() < (std::size_t{5} << 20)) text += row;
  const std::size_t row_count = (text.size() - 5) / row.size();
  for (int shift = 0; shift < 4; ++shift) {
    const auto batch = ReadText("x,y" + std::string(static_cast<std::size_t>(shift), 'z') + "\r\n" + text.substr(5));
    ASSERT_TRUE(batch.ok()) << batch.status().ToString();
    ASSERT_EQ((*batch)->num_rows(), static_cast<std::int64_t>(row_count));
    const auto& texts = static_cast<const arrow::StringArray&>(*(*batch)->column(0));
    for (std::int64_t i = 0; i < texts.length(); ++i) ASSERT_EQ(texts.GetView(i), "a\"b,\r\nc");
  }
}

TEST(CsvFileTest, ARowMayBeLongButNotEndless) {
  const std::string megabytes(std::size_t{20} << 20, 'z');
  ExpectTexts("x,y\na,\"" + megabytes + "\"\nb,1\n", R"(["a", "b"])");
  const std::string endless(std::size_t{65} << 20, 'z');
  EXPECT_EQ(ReadText("x,y\na,\"" + endless + "\n").status().reason(), Reason::kLimitExceeded);
}

TEST(CsvFileTest, ListsOfBytesAreRefused) {
  TableFileOptions options;
  options.column_types.emplace("x", ValueType::ListOf(TypeKind::kBytes));
  EXPECT_EQ(OpenText("x\n", options).status().message(), "CSV cannot hold list<bytes>: column 'x' of data/a.csv");
}

}  // namespace
}  // namespace larder
