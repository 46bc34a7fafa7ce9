#include "sources/view_rows.h"

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

std::shared_ptr<const Entity> MakeEntity(const std::string& join_key, TypeKind kind) {
  Entity entity;
  entity.header.name = join_key;
  entity.join_key = join_key;
  entity.type = ValueType::Of(kind);
  return std::make_shared<const Entity>(std::move(entity));
}

Feature MakeFeature(const std::string& name, TypeKind kind, const std::string& from) {
  Feature feature;
  feature.name = name;
  feature.type = ValueType::Of(kind);
  feature.from = from;
  return feature;
}

/// A source of two files, and a view over it with two features.
class ViewRowsTest : public ::testing::Test {
 protected:
  ViewRowsTest() : source_(TemporaryProject::MakeSource("*.csv")) {
    project_.WriteText("a.csv",
                       "airport,at,delay,miles\nSFO,2015-01-01T01:00:00Z,1.5,10\nJFK,2015-01-01T02:00:00Z,,20\n");
    project_.WriteText("b.csv",
                       "airport,at,delay,miles\nSFO,2015-01-01T03:00:00Z,2.5,30\nLAX,2015-01-01T04:00:00Z,-1,0\n");
    source_.timestamp = "at";
    source_.where = TestExpression("miles > 0");
    view_.header.name = "last_flight";
    view_.entities = {"airport"};
    view_.source = "events";
    view_.features = {MakeFeature("departure_delay", TypeKind::kFloat32, "delay"),
                      MakeFeature("distance", TypeKind::kInt64, "miles")};
    entities_ = {MakeEntity("airport", TypeKind::kString)};
  }

  ViewOfSource View() const {
    return {.view = std::make_shared<const FeatureView>(view_),
            .entities = entities_,
            .source = std::make_shared<const Source>(source_)};
  }

  std::string SourceFolder() { return PushedToSourceFolder(project_.Path("offline"), "events"); }
  std::string ViewFolder() { return PushedToViewFolder(project_.Path("offline"), "last_flight", 1); }

  std::shared_ptr<SourceSnapshot> Snapshot() { return project_.Take(source_).value(); }

  void PushToSource(std::uint64_t sequence, const arrow::Table& rows, const PushOptions& options = {}) {
    const auto checked = CheckRowsForSource(*Snapshot(), rows, {"airport"}, options);
    ASSERT_TRUE(checked.ok()) << checked.status().ToString();
    ASSERT_TRUE(AppendPushedRows(project_.files(), SourceFolder(), sequence, **checked).ok());
  }

  void PushToView(std::uint64_t sequence, const arrow::Table& rows, const PushOptions& options = {}) {
    const auto checked = CheckRowsForView(View(), rows, options);
    ASSERT_TRUE(checked.ok()) << checked.status().ToString();
    ASSERT_TRUE(AppendPushedRows(project_.files(), ViewFolder(), sequence, **checked).ok());
  }

  Result<std::unique_ptr<ViewRows>> Open() {
    LARDER_ASSIGN_OR_RETURN(auto snapshot, project_.Take(source_));
    return ViewRows::Open(project_.files(),
                          {.view = View(),
                           .snapshot = std::move(snapshot),
                           .pushed_to_source = ListPushedFiles(project_.files(), SourceFolder()).value(),
                           .pushed_to_view = ListPushedFiles(project_.files(), ViewFolder()).value()});
  }

  std::unique_ptr<ViewRows> MustOpen() {
    Result<std::unique_ptr<ViewRows>> rows = Open();
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    return rows.ok() ? std::move(rows).value() : nullptr;
  }

  static CollectedRows MustCollect(Result<std::unique_ptr<OrdinalBatchStream>> stream) {
    Result<CollectedRows> rows = Collect(std::move(stream));
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    return rows.ok() ? *rows : CollectedRows();
  }

  static std::shared_ptr<arrow::Table> Flights(const std::string& airport, const std::string& at) {
    return TestTable({{"airport", arrow::utf8(), "[\"" + airport + "\"]"},
                      {"at", arrow::utf8(), "[\"" + at + "\"]"},
                      {"delay", arrow::float64(), "[7.5]"},
                      {"miles", arrow::int64(), "[70]"}});
  }

  TemporaryProject project_;
  Source source_;
  FeatureView view_;
  std::vector<std::shared_ptr<const Entity>> entities_;
};

TEST_F(ViewRowsTest, KeysAndTimesOfTheFiles) {
  const auto rows = MustOpen();
  ASSERT_NE(rows, nullptr);
  EXPECT_THAT(rows->layout().key_names, ElementsAre("airport"));
  EXPECT_TRUE(rows->layout().has_event_time);
  EXPECT_FALSE(rows->layout().has_created_time);
  EXPECT_FALSE(rows->layout().has_deletion_mark);
  const CollectedRows keys = MustCollect(rows->OpenKeys({}));
  EXPECT_EQ(keys.table->num_columns(), 2);
  EXPECT_EQ(keys.Text(0), "[SFO, JFK, SFO]");
  EXPECT_EQ(keys.Text(1), "[2015-01-01T01:00:00Z, 2015-01-01T02:00:00Z, 2015-01-01T03:00:00Z]");
  EXPECT_THAT(keys.ordinals, ElementsAre(At(0, 0), At(0, 1), At(1, 0)));
}

TEST_F(ViewRowsTest, AFileWithoutKeyOrTimeIsNamedAndOneWithoutAFeatureHasNulls) {
  project_.WriteText("c.csv", "airport,at,miles\nSFO,2015-01-01T05:00:00Z,50\n");
  const auto lacks_feature = MustOpen();
  ASSERT_NE(lacks_feature, nullptr);
  const std::vector<std::uint64_t> wanted = {At(2, 0)};
  EXPECT_EQ(MustCollect(lacks_feature->Fetch({"departure_delay"}, wanted)).Text(0), "[null]");
  for (const std::string header : {"plane,at,delay,miles", "airport,when,delay,miles"}) {
    project_.WriteText("c.csv", header + "\nSFO,2015-01-01T05:00:00Z,1,50\n");
    const auto rows = MustOpen();
    ASSERT_NE(rows, nullptr);
    const auto keys = rows->OpenKeys({});
    const Status status = keys.ok() ? Collect(rows->OpenKeys({})).status() : keys.status();
    EXPECT_EQ(status.reason(), Reason::kMissingColumn) << header;
    EXPECT_THAT(status.ToString(), HasSubstr("c.csv"));
    EXPECT_THAT(status.ToString(), HasSubstr(header.starts_with("plane") ? "'airport'" : "'at'"));
  }
}

TEST_F(ViewRowsTest, FeaturesUnderTheirNamesAndTypes) {
  const auto rows = MustOpen();
  ASSERT_NE(rows, nullptr);
  const std::vector<std::uint64_t> wanted = {At(0, 1), At(1, 0)};
  const CollectedRows values = MustCollect(rows->Fetch({"distance", "airport", "departure_delay"}, wanted));
  EXPECT_EQ(values.Text(0), "[20, 30]");
  EXPECT_EQ(values.Text(1), "[JFK, SFO]");
  EXPECT_EQ(values.Text(2), "[null, 2.5]");
  EXPECT_EQ(values.table->column(2)->type()->id(), arrow::Type::FLOAT);
  EXPECT_EQ(values.ordinals, wanted);
}

TEST_F(ViewRowsTest, ATimeRangeCanBeExact) {
  const auto rows = MustOpen();
  const std::int64_t from = ParseInstant("2015-01-01T02:00:00Z").value();
  const CollectedRows keys = MustCollect(rows->OpenKeys({.event_time = {from, from}, .exact = true}));
  EXPECT_EQ(keys.Text(0), "[JFK]");
  const auto is_unchanged = [](const FileInfo& file) { return !file.path.ends_with("a.csv"); };
  const CollectedRows all =
      MustCollect(rows->OpenKeys({.event_time = {from, from}, .exact = true, .is_unchanged = is_unchanged}));
  EXPECT_EQ(all.Text(0), "[SFO, JFK]");
}

TEST_F(ViewRowsTest, PushesFollowTheFilesInTheirOrder) {
  PushToView(7,
             *TestTable({{"airport", arrow::utf8(), R"(["LAX"])"},
                         {"at", arrow::utf8(), R"(["2015-01-01T05:00:00Z"])"},
                         {"departure_delay", arrow::float64(), "[0.25]"},
                         {"distance", arrow::int32(), "[5]"}}),
             {.created_us = 1'000'000});
  PushToSource(5, *Flights("SFO", "2015-01-01T06:00:00Z"), {.created_us = 2'000'000});
  PushToSource(9, *Flights("JFK", "2015-01-01T07:00:00Z"), {.created_us = 3'000'000});
  const auto rows = MustOpen();
  ASSERT_NE(rows, nullptr);
  EXPECT_TRUE(rows->layout().has_created_time);
  EXPECT_TRUE(rows->layout().has_deletion_mark);
  const CollectedRows keys = MustCollect(rows->OpenKeys({}));
  EXPECT_EQ(keys.Text(0), "[SFO, JFK, SFO, SFO, LAX, JFK]");
  EXPECT_EQ(keys.Text(2), "[null, null, null, 1970-01-01T00:00:02Z, 1970-01-01T00:00:01Z, 1970-01-01T00:00:03Z]");
  EXPECT_EQ(keys.Text(3), "[false, false, false, false, false, false]");
  EXPECT_THAT(keys.ordinals, ElementsAre(At(0, 0), At(0, 1), At(1, 0), At(2, 0), At(3, 0), At(4, 0)));
  const std::vector<std::uint64_t> wanted = {At(0, 0), At(2, 0), At(3, 0)};
  const CollectedRows values = MustCollect(rows->Fetch({"departure_delay", "distance"}, wanted));
  EXPECT_EQ(values.Text(0), "[1.5, 7.5, 0.25]");
  EXPECT_EQ(values.Text(1), "[10, 70, 5]");
  EXPECT_EQ(rows->files().size(), 5U);
  EXPECT_THAT(rows->NameRow(At(3, 0)), HasSubstr("view/last_flight/1/00000000000000000007.parquet, row 1"));
}

TEST_F(ViewRowsTest, WhereAndDeletionsOfPushes) {
  source_.deleted = TestExpression("delay < 0");
  const auto filtered = TestTable({{"airport", arrow::utf8(), R"(["A", "B", "C"])"},
                                   {"at", arrow::utf8(), R"(["2015-01-02", "2015-01-02", "2015-01-02"])"},
                                   {"delay", arrow::float64(), "[1, 1, -5]"},
                                   {"miles", arrow::int64(), "[1, 0, 1]"}});
  PushToSource(1, *filtered);
  // A deletion brings keys and time only, and is not asked whether it passes `where`.
  const auto keys_only =
      TestTable({{"airport", arrow::utf8(), R"(["A"])"}, {"at", arrow::utf8(), R"(["2015-01-03"])"}});
  PushToSource(2, *keys_only, {.deletion = true});
  PushToView(3, *keys_only, {.deletion = true});
  const auto rows = MustOpen();
  ASSERT_NE(rows, nullptr);
  const CollectedRows keys = MustCollect(rows->OpenKeys({}));
  EXPECT_EQ(keys.Text(0), "[SFO, JFK, SFO, A, C, A, A]");
  EXPECT_EQ(keys.Text(3), "[false, false, false, false, true, true, true]");
  const std::vector<std::uint64_t> wanted = {keys.ordinals.back()};
  EXPECT_EQ(MustCollect(rows->Fetch({"departure_delay"}, wanted)).Text(0), "[null]");
}

TEST_F(ViewRowsTest, AFeatureThatAnOlderPushLacksIsNull) {
  PushToView(1, *TestTable({{"airport", arrow::utf8(), R"(["A"])"},
                            {"at", arrow::utf8(), R"(["2015-01-02"])"},
                            {"departure_delay", arrow::float64(), "[1]"},
                            {"distance", arrow::int64(), "[1]"}}));
  view_.features.push_back(MakeFeature("far", TypeKind::kInt64, "miles"));
  const auto rows = MustOpen();
  const std::vector<std::uint64_t> wanted = {At(1, 0), At(2, 0)};
  EXPECT_EQ(MustCollect(rows->Fetch({"far"}, wanted)).Text(0), "[30, null]");
}

TEST_F(ViewRowsTest, AnOlderPushOfAnotherTypeIsNamed) {
  PushToView(1, *TestTable({{"airport", arrow::utf8(), R"(["A"])"},
                            {"at", arrow::utf8(), R"(["2015-01-02"])"},
                            {"departure_delay", arrow::float64(), "[1]"},
                            {"distance", arrow::int64(), "[1]"}}));
  source_.derive = {{"flag", TestExpression("miles > 15")}};
  view_.features = {MakeFeature("distance", TypeKind::kBool, "flag")};
  const auto rows = MustOpen();
  const std::vector<std::uint64_t> wanted = {At(2, 0)};
  const Status status = Collect(rows->Fetch({"distance"}, wanted)).status();
  EXPECT_EQ(status.reason(), Reason::kTypeMismatch);
  EXPECT_THAT(status.ToString(), HasSubstr("00000000000000000001.parquet"));
}

TEST_F(ViewRowsTest, NarrowingThatIsNotExactNamesTheRow) {
  view_.features = {MakeFeature("whole", TypeKind::kInt64, "delay")};
  const auto rows = MustOpen();
  ASSERT_NE(rows, nullptr);
  const std::vector<std::uint64_t> wanted = {At(0, 1), At(1, 0)};
  const Status status = Collect(rows->Fetch({"whole"}, wanted)).status();
  EXPECT_EQ(status.reason(), Reason::kInexactValue);
  EXPECT_THAT(status.ToString(), HasSubstr(project_.Path("b.csv") + ", row 1"));
  EXPECT_THAT(status.ToString(), HasSubstr("whole"));
}

TEST_F(ViewRowsTest, KeysBecomeTheEntitysType) {
  project_.WriteParquet("k.parquet",
                        *TestTable({{"id", arrow::int64(), "[1, 4000000000]"}, {"x", arrow::int64(), "[1, 2]"}}));
  source_ = TemporaryProject::MakeSource("k.parquet");
  entities_ = {MakeEntity("id", TypeKind::kInt64)};
  view_.features = {MakeFeature("x", TypeKind::kInt64, "x")};
  const auto rows = MustOpen();
  ASSERT_NE(rows, nullptr);
  // A source without a timestamp has no event time column.
  EXPECT_FALSE(rows->layout().has_event_time);
  const CollectedRows keys = MustCollect(rows->OpenKeys({}));
  EXPECT_EQ(keys.table->num_columns(), 1);
  EXPECT_EQ(keys.Text(0), "[1, 4000000000]");
  entities_ = {MakeEntity("id", TypeKind::kInt32)};
  const Status status = Collect(MustOpen()->OpenKeys({})).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.ToString(), HasSubstr("k.parquet, row 2"));
  entities_ = {MakeEntity("id", TypeKind::kString)};
  const Status misfit = Open().status();
  EXPECT_EQ(misfit.reason(), Reason::kTypeMismatch);
  EXPECT_THAT(misfit.ToString(), HasSubstr("last_flight"));
  EXPECT_THAT(misfit.ToString(), HasSubstr("int64"));
  EXPECT_THAT(misfit.ToString(), HasSubstr("string"));
}

TEST_F(ViewRowsTest, RowsOfAPushAreTheRowsThatAreReadBack) {
  source_.derive = {{"twice", TestExpression("miles * 2")}};
  view_.features.push_back(MakeFeature("double_distance", TypeKind::kInt32, "twice"));
  const auto table = TestTable({{"airport", arrow::utf8(), R"(["A", "B"])"},
                                {"at", arrow::utf8(), R"(["2015-01-02", "2015-01-03"])"},
                                {"delay", arrow::float64(), "[1, 2]"},
                                {"miles", arrow::int64(), "[0, 8]"},
                                {"ignored", arrow::int64(), "[1, 2]"}});
  const auto snapshot = Snapshot();
  const auto checked = CheckRowsForSource(*snapshot, *table, {"airport"}, {.created_us = 5});
  ASSERT_TRUE(checked.ok()) << checked.status().ToString();
  const auto push = ViewRowsOfSourcePush(View(), *snapshot, **checked);
  ASSERT_TRUE(push.ok()) << push.status().ToString();
  CollectedRows rows;
  rows.table = arrow::Table::FromRecordBatches({push->rows}).ValueOrDie();
  EXPECT_EQ(rows.table->num_columns(), 7);
  EXPECT_EQ(rows.Text(0), "[B]");
  EXPECT_EQ(rows.Text(1), "[2015-01-03T00:00:00Z]");
  EXPECT_EQ(rows.Text(2), "[1970-01-01T00:00:00.000005Z]");
  EXPECT_EQ(rows.Text(3), "[false]");
  EXPECT_EQ(rows.Text(4), "[2.0]");
  EXPECT_EQ(rows.Text(6), "[16]");
  ASSERT_TRUE(AppendPushedRows(project_.files(), SourceFolder(), 1, **checked).ok());
  const auto opened = MustOpen();
  const CollectedRows keys = MustCollect(opened->OpenKeys({}));
  const std::vector<std::uint64_t> last = {keys.ordinals.back()};
  EXPECT_EQ(last.front(), At(2, 1));
  EXPECT_EQ(MustCollect(opened->Fetch({"double_distance"}, last)).Text(0), "[16]");
}

TEST_F(ViewRowsTest, ColumnsOfFilesCannotStandForMarksOfPushes) {
  const std::string name(kPushedDeletedColumn);
  project_.WriteText("a.csv", "airport,at,delay,miles," + name + "\nSFO,2015-01-01T01:00:00Z,1.5,10,true\n");
  const Status status = project_.Take(source_).status();
  EXPECT_EQ(status.reason(), Reason::kInvalidData);
  EXPECT_THAT(std::string(status.message()), HasSubstr(name));
}

TEST_F(ViewRowsTest, PushesAreChecked) {
  const auto no_time = TestTable({{"airport", arrow::utf8(), R"(["A"])"},
                                  {"att", arrow::utf8(), R"(["2015-01-02"])"},
                                  {"departure_delay", arrow::float64(), "[1]"},
                                  {"distance", arrow::int64(), "[1]"}});
  Status status = CheckRowsForView(View(), *no_time, {}).status();
  EXPECT_EQ(status.reason(), Reason::kMissingColumn);
  EXPECT_THAT(std::string(status.message()), HasSubstr("'at'"));
  EXPECT_THAT(std::string(status.hint()), HasSubstr("'att'"));
  const auto wrong_type = TestTable({{"airport", arrow::int64(), "[1]"}});
  status = CheckRowsForView(View(), *wrong_type, {}).status();
  EXPECT_EQ(status.reason(), Reason::kTypeMismatch);
  EXPECT_THAT(std::string(status.message()), HasSubstr("int64"));
  status = CheckRowsForSource(*Snapshot(), *no_time, {"airport"}, {}).status();
  EXPECT_EQ(status.reason(), Reason::kMissingColumn);
}

TEST_F(ViewRowsTest, CreatedTimeHasTheSourcesColumn) {
  source_.created = "at";
  const auto checked = CheckRowsForView(View(),
                                        *TestTable({{"airport", arrow::utf8(), R"(["A"])"},
                                                    {"at", arrow::utf8(), R"(["2015-01-02"])"},
                                                    {"departure_delay", arrow::float64(), "[1]"},
                                                    {"distance", arrow::null(), "[null]"}}),
                                        {.created_us = 5});
  ASSERT_TRUE(checked.ok()) << checked.status().ToString();
  EXPECT_EQ((*checked)->GetColumnByName(std::string(kPushedCreatedColumn)), nullptr);
  const auto push = ViewRowsOfViewPush(View(), **checked);
  ASSERT_TRUE(push.ok()) << push.status().ToString();
  CollectedRows rows;
  rows.table = arrow::Table::FromRecordBatches({push->rows}).ValueOrDie();
  EXPECT_EQ(rows.Text(2), "[2015-01-02T00:00:00Z]");
  EXPECT_EQ(rows.Text(5), "[null]");
}

}  // namespace
}  // namespace larder
