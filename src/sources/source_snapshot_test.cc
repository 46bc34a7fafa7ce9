#include "sources/source_snapshot.h"

#include <string>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/timestamp.h"
#include "sources/temporary_project.h"

namespace larder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::uint64_t At(std::uint32_t file, std::uint64_t row) { return MakeOrdinal(file, row); }

std::int64_t Instant(const std::string& text) { return ParseInstant(text).value(); }

class SourceSnapshotTest : public ::testing::Test {
 protected:
  std::shared_ptr<SourceSnapshot> MustTake(const Source& source) {
    Result<std::shared_ptr<SourceSnapshot>> snapshot = project_.Take(source);
    EXPECT_TRUE(snapshot.ok()) << snapshot.status().ToString();
    return snapshot.ok() ? *snapshot : nullptr;
  }

  static CollectedRows MustCollect(Result<std::unique_ptr<OrdinalBatchStream>> stream) {
    Result<CollectedRows> rows = Collect(std::move(stream));
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    return rows.ok() ? *rows : CollectedRows();
  }

  static ValueType TypeOf(const SourceSnapshot& snapshot, const std::string& name) {
    for (const SourceColumn& column : snapshot.columns()) {
      if (column.name == name && column.type) return *column.type;
    }
    ADD_FAILURE() << "no column " << name;
    return {};
  }

  TemporaryProject project_;
};

TEST_F(SourceSnapshotTest, OrdinalsAreFileAndRow) {
  project_.WriteParquet("data/b.parquet", *TestTable({{"x", arrow::int64(), "[30, 31]"}}));
  project_.WriteParquet("data/a.parquet", *TestTable({{"x", arrow::int64(), "[10, 11, 12]"}}), 2);
  const auto snapshot = MustTake(TemporaryProject::MakeSource("data"));
  ASSERT_NE(snapshot, nullptr);
  const CollectedRows rows = MustCollect(snapshot->Scan({.columns = {"x"}}));
  EXPECT_EQ(rows.Text(0), "[10, 11, 12, 30, 31]");
  EXPECT_THAT(rows.ordinals, ElementsAre(At(0, 0), At(0, 1), At(0, 2), At(1, 0), At(1, 1)));
  EXPECT_EQ(snapshot->NameRow(At(1, 1)), project_.Path("data/b.parquet") + ", row 2");
}

TEST_F(SourceSnapshotTest, EveryFormatGivesTheSameRows) {
  const auto table = TestTable({{"k", arrow::utf8(), R"(["a", null, "c"])"}, {"x", arrow::int64(), "[1, 2, null]"}});
  const std::string csv = "k,x\na,1\n,2\nc,\n";
  project_.WriteParquet("p/a.parquet", *table);
  project_.WriteArrow("i/a.arrow", *table);
  project_.WriteText("c/a.csv", csv);
  project_.WriteGzip("g/a.csv.gz", csv);
  for (const std::string folder : {"p", "i", "c", "g"}) {
    const auto snapshot = MustTake(TemporaryProject::MakeSource(folder));
    ASSERT_NE(snapshot, nullptr);
    const CollectedRows rows = MustCollect(snapshot->Scan({.columns = {"x", "k"}}));
    EXPECT_EQ(rows.Text(0), "[1, 2, null]") << folder;
    EXPECT_EQ(rows.Text(1), "[a, null, c]") << folder;
    EXPECT_THAT(rows.ordinals, ElementsAre(At(0, 0), At(0, 1), At(0, 2))) << folder;
    const std::vector<std::uint64_t> wanted = {At(0, 0), At(0, 2)};
    EXPECT_EQ(MustCollect(snapshot->Fetch({"k"}, wanted)).Text(0), "[a, c]") << folder;
  }
}

TEST_F(SourceSnapshotTest, DeriveWhereDeletedAndTimes) {
  project_.WriteText("a.csv",
                     "day,hour,kind,gone\n2015-01-01,1,x,false\n2015-01-01,2,y,\n2015-01-02,3,x,true\n,4,x,\n");
  Source source = TemporaryProject::MakeSource("a.csv");
  source.derive = {{"at", TestExpression("to_timestamp(day) + minutes(hour * 60)")},
                   {"twice", TestExpression("hour * 2")},
                   {"more", TestExpression("twice + 1")}};
  source.where = TestExpression("kind = 'x'");
  source.deleted = TestExpression("gone");
  source.timestamp = "at";
  source.created = "day";
  const auto snapshot = MustTake(source);
  ASSERT_NE(snapshot, nullptr);
  const CollectedRows rows = MustCollect(
      snapshot->Scan({.columns = {"more"}, .event_time = true, .created_time = true, .deletion_mark = true}));
  EXPECT_EQ(rows.Text(0), "[3, 7, 9]");
  EXPECT_EQ(rows.Text(1), "[2015-01-01T01:00:00Z, 2015-01-02T03:00:00Z, null]");
  EXPECT_EQ(rows.Text(2), "[2015-01-01T00:00:00Z, 2015-01-02T00:00:00Z, null]");
  EXPECT_EQ(rows.Text(3), "[false, true, false]");
  EXPECT_THAT(rows.ordinals, ElementsAre(At(0, 0), At(0, 2), At(0, 3)));
}

TEST_F(SourceSnapshotTest, WhereIsAskedBeforeWhatItDoesNotNeed) {
  project_.WriteText("a.csv", "text,use\n12,1\nmany,0\n7,1\n");
  Source source = TemporaryProject::MakeSource("a.csv");
  source.columns = {{"text", ValueType::Of(TypeKind::kString)}};
  source.derive = {{"number", TestExpression("text::int64")}};
  source.where = TestExpression("use = 1");
  EXPECT_EQ(MustCollect(MustTake(source)->Scan({.columns = {"number"}})).Text(0), "[12, 7]");
  source.where.reset();
  const Status status = Collect(MustTake(source)->Scan({.columns = {"number"}})).status();
  EXPECT_THAT(status.ToString(), HasSubstr(project_.Path("a.csv") + ", row 2"));
  EXPECT_THAT(status.ToString(), HasSubstr("number"));
}

TEST_F(SourceSnapshotTest, FetchGivesExactlyTheRowsAskedFor) {
  project_.WriteParquet("a.parquet", *TestTable({{"x", arrow::int64(), "[0, 1, 2, 3, 4, 5, 6, 7]"}}), 2);
  project_.WriteParquet("b.parquet", *TestTable({{"x", arrow::int64(), "[10, 11]"}}), 2);
  Source source = TemporaryProject::MakeSource("*.parquet");
  source.derive = {{"y", TestExpression("x * 10")}};
  const auto snapshot = MustTake(source);
  const std::vector<std::uint64_t> wanted = {At(0, 1), At(0, 6), At(0, 7), At(1, 1)};
  const CollectedRows rows = MustCollect(snapshot->Fetch({"y", "x"}, wanted));
  EXPECT_EQ(rows.Text(0), "[10, 60, 70, 110]");
  EXPECT_EQ(rows.Text(1), "[1, 6, 7, 11]");
  EXPECT_EQ(rows.ordinals, wanted);
  // Of the first file two row groups of four hold a wanted row.
  EXPECT_EQ(snapshot->statistics().row_groups_read, 3);
  EXPECT_EQ(snapshot->statistics().row_groups_pruned, 2);
  EXPECT_EQ(MustCollect(snapshot->Fetch({"x"}, {})).row_count(), 0);
}

TEST_F(SourceSnapshotTest, OnlyNeededColumnsAreRead) {
  project_.WriteParquet("a.parquet", *TestTable({{"a", arrow::int64(), "[1]"},
                                                 {"b", arrow::int64(), "[2]"},
                                                 {"c", arrow::int64(), "[3]"},
                                                 {"d", arrow::int64(), "[4]"}}));
  Source source = TemporaryProject::MakeSource("a.parquet");
  source.derive = {{"sum", TestExpression("a + b")}, {"other", TestExpression("c + d")}};
  const auto snapshot = MustTake(source);
  EXPECT_EQ(MustCollect(snapshot->Scan({.columns = {"sum"}})).Text(0), "[3]");
  EXPECT_EQ(snapshot->statistics().columns_read, 2);
}

TEST_F(SourceSnapshotTest, RowGroupsOutsideOfTheTimesAreNotRead) {
  project_.WriteParquet(
      "a.parquet",
      *TestTable({{"at", arrow::timestamp(arrow::TimeUnit::MILLI), "[0, 1000, 2000, 3000, 4000, 5000]"},
                  {"x", arrow::int64(), "[0, 1, 2, 3, 4, 5]"}}),
      2);
  Source source = TemporaryProject::MakeSource("a.parquet");
  source.derive = {{"when", TestExpression("at")}};
  for (const std::string name : {"at", "when"}) {
    source.timestamp = name;
    const auto snapshot = MustTake(source);
    SourceScan scan{.columns = {"x"}, .event_time = true, .event_time_range = {2'500'000, 3'000'000}};
    EXPECT_EQ(MustCollect(snapshot->Scan(scan)).Text(0), "[2, 3]") << name;
    EXPECT_EQ(snapshot->statistics().row_groups_read, 1);
    EXPECT_EQ(snapshot->statistics().row_groups_pruned, 2);
    scan.exact = true;
    const CollectedRows exact = MustCollect(snapshot->Scan(scan));
    EXPECT_EQ(exact.Text(0), "[3]") << name;
    EXPECT_THAT(exact.ordinals, ElementsAre(At(0, 3)));
    // Both ends belong to the range.
    scan.event_time_range = {1'000'000, 2'000'000};
    EXPECT_EQ(MustCollect(snapshot->Scan(scan)).Text(0), "[1, 2]") << name;
  }
}

TEST_F(SourceSnapshotTest, ATimeOfDatesPrunesToo) {
  project_.WriteParquet("a.parquet", *TestTable({{"day", arrow::date32(), "[0, 1, 2, 3]"}}), 1);
  Source source = TemporaryProject::MakeSource("a.parquet");
  source.timestamp = "day";
  const auto snapshot = MustTake(source);
  const CollectedRows rows =
      MustCollect(snapshot->Scan({.event_time = true, .event_time_range = {kMicrosPerDay, 2 * kMicrosPerDay}}));
  EXPECT_EQ(rows.Text(0), "[1970-01-02T00:00:00Z, 1970-01-03T00:00:00Z]");
  EXPECT_EQ(snapshot->statistics().row_groups_read, 2);
}

TEST_F(SourceSnapshotTest, RowGroupsOutsideOfTheKeysAreNotRead) {
  project_.WriteParquet("a.parquet", *TestTable({{"k", arrow::utf8(), R"(["a", "b", "m", "n", "y", "z"])"}}), 2);
  Source source = TemporaryProject::MakeSource("a.parquet");
  source.derive = {{"airport", TestExpression("k")}};
  const auto snapshot = MustTake(source);
  const CollectedRows rows = MustCollect(snapshot->Scan(
      {.columns = {"airport"},
       .ranges = {{.column = "airport", .least = arrow::MakeScalar("c"), .greatest = arrow::MakeScalar("n")}}}));
  EXPECT_EQ(rows.Text(0), "[m, n]");
  EXPECT_EQ(snapshot->statistics().row_groups_read, 1);
}

TEST_F(SourceSnapshotTest, RowsWithoutATimeStay) {
  project_.WriteText("a.csv", "at,x\n2015-01-01T00:00:00Z,1\n,2\n2015-01-03T00:00:00Z,3\n");
  Source source = TemporaryProject::MakeSource("a.csv");
  source.timestamp = "at";
  const CollectedRows rows = MustCollect(MustTake(source)->Scan(
      {.columns = {"x"}, .event_time = true, .event_time_range = {Instant("2015-01-02"), INT64_MAX}, .exact = true}));
  EXPECT_EQ(rows.Text(0), "[2, 3]");
}

TEST_F(SourceSnapshotTest, FilesCanHaveTheirOwnBeginning) {
  const auto table = TestTable({{"at", arrow::timestamp(arrow::TimeUnit::MICRO), "[1, 2, 3]"}});
  project_.WriteParquet("a.parquet", *table);
  project_.WriteParquet("b.parquet", *table);
  Source source = TemporaryProject::MakeSource("*.parquet");
  source.timestamp = "at";
  const auto changed = [](const FileInfo& file) { return file.path.ends_with("b.parquet") ? INT64_MIN : 3; };
  const CollectedRows rows = MustCollect(MustTake(source)->Scan(
      {.event_time = true, .event_time_range = {3, 3}, .exact = true, .from_us_of_file = changed}));
  EXPECT_THAT(rows.ordinals, ElementsAre(At(0, 2), At(1, 0), At(1, 1), At(1, 2)));
}

TEST_F(SourceSnapshotTest, TimesOfEveryUnitZoneAndText) {
  const std::string seconds = "[1420070400]";
  const std::vector<TestColumn> columns = {
      {"at", arrow::timestamp(arrow::TimeUnit::SECOND), seconds},
      {"at", arrow::timestamp(arrow::TimeUnit::MILLI), "[1420070400000]"},
      {"at", arrow::timestamp(arrow::TimeUnit::MICRO, "America/New_York"), "[1420070400000000]"},
      {"at", arrow::timestamp(arrow::TimeUnit::NANO), "[1420070400000000000]"},
      {"at", arrow::date32(), "[16436]"},
      {"at", arrow::date64(), "[1420070400000]"},
      {"at", arrow::utf8(), R"(["2015-01-01T01:00:00+01:00"])"},
      {"at", arrow::large_utf8(), R"(["2015-01-01"])"},
  };
  for (const TestColumn& column : columns) {
    project_.WriteArrow("a.arrow", *TestTable({column}));
    Source source = TemporaryProject::MakeSource("a.arrow");
    source.timestamp = "at";
    EXPECT_EQ(MustCollect(MustTake(source)->Scan({.event_time = true})).Text(0), "[2015-01-01T00:00:00Z]")
        << column.type->ToString();
  }
}

TEST_F(SourceSnapshotTest, NanosecondsThatDoNotFitAreAnErrorWithTheRow) {
  project_.WriteParquet("a.parquet", *TestTable({{"at", arrow::timestamp(arrow::TimeUnit::NANO), "[1000, 1001]"}}));
  Source source = TemporaryProject::MakeSource("a.parquet");
  source.timestamp = "at";
  const Status status = Collect(MustTake(source)->Scan({.event_time = true})).status();
  EXPECT_EQ(status.reason(), Reason::kInexactValue);
  EXPECT_THAT(status.ToString(), HasSubstr("a.parquet, row 2"));
}

TEST_F(SourceSnapshotTest, ANumberIsNoTime) {
  project_.WriteText("a.csv", "at\n1420070400\n");
  Source source = TemporaryProject::MakeSource("a.csv");
  source.timestamp = "at";
  const Status status = project_.Take(source).status();
  EXPECT_EQ(status.reason(), Reason::kInvalidDefinition);
  EXPECT_THAT(status.ToString(), HasSubstr("int64"));
  EXPECT_THAT(status.ToString(), HasSubstr("to_timestamp(at)"));
}

TEST_F(SourceSnapshotTest, TypesThatDifferAreNamedWithBothFiles) {
  project_.WriteParquet("a.parquet", *TestTable({{"x", arrow::int64(), "[1]"}}));
  project_.WriteParquet("b.parquet", *TestTable({{"x", arrow::utf8(), R"(["1"])"}}));
  const Status status = project_.Take(TemporaryProject::MakeSource("*.parquet")).status();
  EXPECT_EQ(status.reason(), Reason::kTypeMismatch);
  for (const char* part : {"'x'", "int64 in ", "a.parquet", "string in ", "b.parquet"}) {
    EXPECT_THAT(status.ToString(), HasSubstr(part));
  }
}

TEST_F(SourceSnapshotTest, TypesThatGoTogetherWiden) {
  project_.WriteParquet("a.parquet", *TestTable({{"i", arrow::int32(), "[1]"},
                                                 {"f", arrow::float64(), "[0.5]"},
                                                 {"n", arrow::null(), "[null]"},
                                                 {"old", arrow::int64(), "[1]"}}));
  project_.WriteParquet("b.parquet", *TestTable({{"f", arrow::float32(), "[1.5]"},
                                                 {"i", arrow::uint16(), "[2]"},
                                                 {"n", arrow::boolean(), "[true]"},
                                                 {"fresh", arrow::utf8(), R"(["z"])"}}));
  const auto snapshot = MustTake(TemporaryProject::MakeSource("*.parquet"));
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(TypeOf(*snapshot, "i"), ValueType::Of(TypeKind::kInt64));
  EXPECT_EQ(TypeOf(*snapshot, "f"), ValueType::Of(TypeKind::kFloat64));
  const CollectedRows rows = MustCollect(snapshot->Scan({.columns = {"i", "f", "n", "old", "fresh"}}));
  EXPECT_EQ(rows.Text(0), "[1, 2]");
  EXPECT_EQ(rows.Text(1), "[0.5, 1.5]");
  EXPECT_EQ(rows.Text(2), "[null, true]");
  EXPECT_EQ(rows.Text(3), "[1, null]");
  EXPECT_EQ(rows.Text(4), "[null, z]");
}

TEST_F(SourceSnapshotTest, TypesThatNothingCarriesMatterWhenNamed) {
  project_.WriteParquet("a.parquet",
                        *TestTable({{"x", arrow::int64(), "[1]"}, {"money", arrow::decimal128(9, 2), R"(["1.25"])"}}));
  Source source = TemporaryProject::MakeSource("a.parquet");
  const auto snapshot = MustTake(source);
  EXPECT_EQ(MustCollect(snapshot->Scan({.columns = {"x"}})).Text(0), "[1]");
  const Status status = snapshot->Scan({.columns = {"money"}}).status();
  EXPECT_EQ(status.reason(), Reason::kTypeMismatch);
  EXPECT_THAT(status.ToString(), HasSubstr("decimal"));
  source.columns = {{"money", ValueType::Of(TypeKind::kFloat64)}};
  EXPECT_EQ(MustCollect(MustTake(source)->Scan({.columns = {"money"}})).Text(0), "[1.25]");
}

TEST_F(SourceSnapshotTest, CsvTypesAreGuessedOverAllFilesUnlessKnown) {
  project_.WriteText("a.csv", "x,y,zip\n1,1,01234\n");
  project_.WriteText("b.csv", "x,y,zip\n2.5,2,20001\n");
  Source source = TemporaryProject::MakeSource("*.csv");
  auto snapshot = MustTake(source);
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(TypeOf(*snapshot, "x"), ValueType::Of(TypeKind::kFloat64));
  EXPECT_EQ(TypeOf(*snapshot, "y"), ValueType::Of(TypeKind::kInt64));
  EXPECT_EQ(TypeOf(*snapshot, "zip"), ValueType::Of(TypeKind::kString));
  EXPECT_EQ(snapshot->guessed_csv_types().size(), 3U);
  const CollectedRows rows = MustCollect(snapshot->Scan({.columns = {"x", "zip"}}));
  EXPECT_EQ(rows.Text(0), "[1.0, 2.5]");
  EXPECT_EQ(rows.Text(1), "[01234, 20001]");

  source.columns = {{"y", ValueType::Of(TypeKind::kFloat32)}};
  const SnapshotRequest request{.files = project_.files(),
                                .project_root = project_.root(),
                                .source = std::make_shared<const Source>(source),
                                .csv_types = {{"x", ValueType::Of(TypeKind::kString)}},
                                .guess_csv_types = false};
  snapshot = SourceSnapshot::Take(request).value();
  EXPECT_EQ(TypeOf(*snapshot, "x"), ValueType::Of(TypeKind::kString));
  EXPECT_EQ(TypeOf(*snapshot, "y"), ValueType::Of(TypeKind::kFloat32));
  EXPECT_EQ(TypeOf(*snapshot, "zip"), ValueType::Of(TypeKind::kString));
  EXPECT_TRUE(snapshot->guessed_csv_types().empty());
}

TEST_F(SourceSnapshotTest, ALaterCsvFileIsReadByTheRecord) {
  project_.WriteText("a.csv", "x\n1\nfew\n");
  const SnapshotRequest request{.files = project_.files(),
                                .project_root = project_.root(),
                                .source = std::make_shared<const Source>(TemporaryProject::MakeSource("a.csv")),
                                .csv_types = {{"x", ValueType::Of(TypeKind::kInt64)}}};
  const auto snapshot = SourceSnapshot::Take(request);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status().ToString();
  const Status status = Collect((*snapshot)->Scan({.columns = {"x"}})).status();
  EXPECT_EQ(status.reason(), Reason::kInvalidData);
  EXPECT_THAT(status.ToString(), HasSubstr("a.csv"));
  EXPECT_THAT(status.ToString(), HasSubstr("few"));
}

TEST_F(SourceSnapshotTest, RaggedCsvNamesFileAndLine) {
  project_.WriteText("a.csv", "x,y\n1,2\n3\n");
  const SnapshotRequest request{.files = project_.files(),
                                .project_root = project_.root(),
                                .source = std::make_shared<const Source>(TemporaryProject::MakeSource("a.csv")),
                                .guess_csv_types = false};
  const auto snapshot = SourceSnapshot::Take(request);
  ASSERT_TRUE(snapshot.ok());
  const Status status = Collect((*snapshot)->Scan({.columns = {"x"}})).status();
  EXPECT_EQ(status.reason(), Reason::kInvalidFile);
  EXPECT_THAT(status.ToString(), HasSubstr("a.csv"));
  EXPECT_THAT(status.ToString(), HasSubstr("3"));
}

TEST_F(SourceSnapshotTest, PartitionFoldersAreColumns) {
  const auto table = TestTable({{"x", arrow::int64(), "[1, 2]"}});
  project_.WriteParquet("data/day=2015-01-01/city=A/a.parquet", *table);
  project_.WriteParquet("data/day=2015-01-02/city=__HIVE_DEFAULT_PARTITION__/a.parquet", *table);
  Source source = TemporaryProject::MakeSource("data");
  source.timestamp = "day";
  source.where = TestExpression("x = 1 or city is null");
  const CollectedRows rows = MustCollect(MustTake(source)->Scan({.columns = {"city", "x"}, .event_time = true}));
  EXPECT_EQ(rows.Text(0), "[A, null, null]");
  EXPECT_EQ(rows.Text(1), "[1, 1, 2]");
  EXPECT_EQ(rows.Text(2), "[2015-01-01T00:00:00Z, 2015-01-02T00:00:00Z, 2015-01-02T00:00:00Z]");
}

TEST_F(SourceSnapshotTest, APartitionMustFitItsDeclaredType) {
  project_.WriteText("data/n=x/a.csv", "v\n1\n");
  Source source = TemporaryProject::MakeSource("data");
  source.columns = {{"n", ValueType::Of(TypeKind::kInt64)}};
  const Status status = project_.Take(source).status();
  EXPECT_EQ(status.reason(), Reason::kInvalidData);
  EXPECT_THAT(status.ToString(), HasSubstr("n=x"));
}

TEST_F(SourceSnapshotTest, APartitionThatIsAlsoAColumnIsRefused) {
  project_.WriteText("data/v=1/a.csv", "v\n1\n");
  EXPECT_EQ(project_.Take(TemporaryProject::MakeSource("data")).status().reason(), Reason::kEqualNames);
}

TEST_F(SourceSnapshotTest, ADeclaredColumnMustBeThere) {
  project_.WriteText("a.csv", "delay\n1\n");
  Source source = TemporaryProject::MakeSource("a.csv");
  source.columns = {{"dely", ValueType::Of(TypeKind::kInt64)}};
  const Status status = project_.Take(source).status();
  EXPECT_EQ(status.reason(), Reason::kMissingColumn);
  EXPECT_THAT(std::string(status.hint()), HasSubstr("delay"));
}

TEST_F(SourceSnapshotTest, AFileReplacedBetweenTheScanAndTheFetchIsNoticed) {
  project_.WriteParquet("a.parquet", *TestTable({{"x", arrow::int64(), "[1, 2]"}}));
  const auto snapshot = MustTake(TemporaryProject::MakeSource("a.parquet"));
  ASSERT_EQ(MustCollect(snapshot->Scan({.columns = {"x"}})).row_count(), 2);
  project_.WriteParquet("a.parquet", *TestTable({{"x", arrow::int64(), "[5, 6, 7]"}}));
  const std::vector<std::uint64_t> wanted = {At(0, 1)};
  const Status status = Collect(snapshot->Fetch({"x"}, wanted)).status();
  EXPECT_EQ(status.reason(), Reason::kFileChanged);
  EXPECT_THAT(status.ToString(), HasSubstr("a.parquet"));
}

TEST_F(SourceSnapshotTest, AFileReplacedWhileItIsReadIsNoticed) {
  project_.WriteText("a.csv", "x\n1\n2\n");
  const auto snapshot = MustTake(TemporaryProject::MakeSource("a.csv"));
  Result<std::unique_ptr<OrdinalBatchStream>> stream = snapshot->Scan({.columns = {"x"}});
  ASSERT_TRUE(stream.ok());
  ASSERT_TRUE((*stream)->Next().ok());
  project_.WriteText("a.csv", "x\n3\n4\n");
  EXPECT_EQ((*stream)->Next().status().reason(), Reason::kFileChanged);
  // A stream that failed is finished.
  EXPECT_FALSE((*stream)->Next().value().has_value());
}

TEST_F(SourceSnapshotTest, AFileThatWentIsNoticed) {
  project_.WriteText("a.csv", "x\n1\n");
  const auto snapshot = MustTake(TemporaryProject::MakeSource("a.csv"));
  ASSERT_TRUE(project_.files().RemoveFile(project_.Path("a.csv")).ok());
  EXPECT_EQ(Collect(snapshot->Scan({.columns = {"x"}})).status().reason(), Reason::kFileChanged);
}

TEST_F(SourceSnapshotTest, KeptCsvColumnsAreNotReadAgain) {
  project_.WriteText("a.csv", "k,x,y\na,1,1.5\nb,2,2.5\nc,3,3.5\n");
  const auto snapshot = MustTake(TemporaryProject::MakeSource("a.csv"));
  snapshot->KeepDecoded({"k", "x"});
  EXPECT_EQ(MustCollect(snapshot->Scan({.columns = {"k"}})).Text(0), "[a, b, c]");
  const std::int64_t decoded = snapshot->statistics().rows_decoded;
  const std::vector<std::uint64_t> wanted = {At(0, 0), At(0, 2)};
  EXPECT_EQ(MustCollect(snapshot->Fetch({"x"}, wanted)).Text(0), "[1, 3]");
  EXPECT_EQ(snapshot->statistics().decoded_hits, 1);
  EXPECT_EQ(snapshot->statistics().rows_decoded, decoded);
  // What was not kept is read.
  EXPECT_EQ(MustCollect(snapshot->Fetch({"y"}, wanted)).Text(0), "[1.5, 3.5]");
  EXPECT_EQ(snapshot->statistics().decoded_hits, 1);
  // Kept columns do not hide that the file changed.
  project_.WriteText("a.csv", "k,x,y\na,9,1.5\nb,2,2.5\nc,3,3.5\n");
  EXPECT_EQ(Collect(snapshot->Fetch({"x"}, wanted)).status().reason(), Reason::kFileChanged);
}

TEST_F(SourceSnapshotTest, WhatDoesNotFitIsNotKept) {
  project_.WriteText("a.csv", "k,x\na,1\nb,2\n");
  const SnapshotRequest request{.files = project_.files(),
                                .project_root = project_.root(),
                                .source = std::make_shared<const Source>(TemporaryProject::MakeSource("a.csv")),
                                .decoded_limit_bytes = 8};
  const auto snapshot = SourceSnapshot::Take(request).value();
  snapshot->KeepDecoded({"k", "x"});
  EXPECT_EQ(MustCollect(snapshot->Scan({.columns = {"k"}})).row_count(), 2);
  const std::vector<std::uint64_t> wanted = {At(0, 1)};
  EXPECT_EQ(MustCollect(snapshot->Fetch({"x"}, wanted)).Text(0), "[2]");
  EXPECT_EQ(snapshot->statistics().decoded_hits, 0);
}

TEST_F(SourceSnapshotTest, UnknownColumnsNameTheNearest) {
  project_.WriteText("a.csv", "delay\n1\n");
  const auto snapshot = MustTake(TemporaryProject::MakeSource("a.csv"));
  const Status status = snapshot->Scan({.columns = {"dela"}}).status();
  EXPECT_EQ(status.reason(), Reason::kMissingColumn);
  EXPECT_THAT(std::string(status.hint()), HasSubstr("delay"));
  EXPECT_EQ(snapshot->Scan({.event_time = true}).status().reason(), Reason::kMissingColumn);
}

TEST_F(SourceSnapshotTest, FaultsOfExpressionsHaveTheirPlace) {
  project_.WriteText("a.csv", "delay\n1\n");
  Source source = TemporaryProject::MakeSource("a.csv");
  source.derive = {{"late", TestExpression("dely > 1")}};
  source.derive[0].expression.location = {.file = "features/x.yaml", .line = 7, .column = 3, .path = "sources[0]"};
  const Status status = project_.Take(source).status();
  EXPECT_EQ(status.reason(), Reason::kInvalidDefinition);
  EXPECT_THAT(status.ToString(), HasSubstr("features/x.yaml:7"));
  EXPECT_THAT(status.ToString(), HasSubstr("delay"));
}

}  // namespace
}  // namespace larder
