#include "sources/file_columns.h"

#include <string>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sources/temporary_project.h"

namespace larder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class FileColumnsTest : public ::testing::Test {
 protected:
  std::unique_ptr<FileColumns> Make(std::map<std::string, ValueType> recorded) {
    return NewFileColumns({.files = project_.files(),
                           .project_root = project_.root(),
                           .recorded_csv_types = {{"events", std::move(recorded)}}});
  }

  static std::string Text(const std::vector<SourceColumn>& columns) {
    std::string text;
    for (const SourceColumn& column : columns) {
      text += column.name + ":" + (column.type ? TypeName(*column.type) : "?" + column.file_type) + " ";
    }
    return text;
  }

  TemporaryProject project_;
};

TEST_F(FileColumnsTest, ColumnsBeforeDeriveWithPartitions) {
  project_.WriteParquet("data/day=2015-01-01/a.parquet",
                        *TestTable({{"x", arrow::int32(), "[1]"}, {"money", arrow::decimal128(9, 2), R"(["1.25"])"}}));
  Source source = TemporaryProject::MakeSource("data");
  // The provider tells what is there; whether expressions fit is judged by definitions.
  source.derive = {{"broken", TestExpression("no_such_column + 1")}};
  const auto provider = Make({});
  const auto columns = provider->Columns(source);
  ASSERT_TRUE(columns.ok()) << columns.status().ToString();
  EXPECT_EQ(Text(*columns), "x:int32 money:?decimal128(9, 2) day:date ");
  EXPECT_TRUE(provider->guessed_csv_types().empty());
}

TEST_F(FileColumnsTest, GuessedTypesAreToldAndRecordedOnesKept) {
  project_.WriteText("a.csv", "old,fresh,declared\n1,2015-01-01,3\n");
  Source source = TemporaryProject::MakeSource("a.csv");
  source.columns = {{"declared", ValueType::Of(TypeKind::kFloat64)}};
  const auto provider = Make({{"old", ValueType::Of(TypeKind::kString)}});
  const auto columns = provider->Columns(source);
  ASSERT_TRUE(columns.ok()) << columns.status().ToString();
  EXPECT_EQ(Text(*columns), "old:string fresh:date declared:float64 ");
  EXPECT_THAT(provider->guessed_csv_types(),
              ElementsAre(Pair("events", ElementsAre(Pair("fresh", ValueType::Of(TypeKind::kDate))))));
}

TEST_F(FileColumnsTest, NothingIsReadWhenAllIsKnown) {
  // The second line would make guessing fail: it is not looked at.
  project_.WriteText("a.csv", "x,y\n1\n");
  const auto provider = Make({{"x", ValueType::Of(TypeKind::kInt64)}, {"y", ValueType::Of(TypeKind::kInt64)}});
  EXPECT_TRUE(provider->Columns(TemporaryProject::MakeSource("a.csv")).ok());
  EXPECT_FALSE(Make({})->Columns(TemporaryProject::MakeSource("a.csv")).ok());
}

TEST_F(FileColumnsTest, ASourceThatIsNotThereSaysSo) {
  const Status status = Make({})->Columns(TemporaryProject::MakeSource("nowhere/*.csv")).status();
  EXPECT_EQ(status.reason(), Reason::kFileNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("nowhere"));
}

TEST_F(FileColumnsTest, APathTakesVariablesWhenFilesAreLookedFor) {
  project_.WriteText("here/events.csv", "a\n1\n");
  project_.WriteText("there/events.csv", "b\n1\n");
  const Source source = TemporaryProject::MakeSource("${LARDER_PLACE:here}/*.csv");
  const auto columns = [&](Environment environment) {
    const auto provider = NewFileColumns(
        {.files = project_.files(), .project_root = project_.root(), .environment = std::move(environment)});
    const Result<std::vector<SourceColumn>> found = provider->Columns(source);
    return found.ok() ? Text(*found) : std::string(found.status().message());
  };
  EXPECT_EQ(columns({}), "a:int64 ");
  EXPECT_EQ(columns([](const std::string& name) {
              return name == "LARDER_PLACE" ? std::optional<std::string>("there") : std::nullopt;
            }),
            "b:int64 ");
}

TEST_F(FileColumnsTest, AVariableThatIsNotSetIsAFaultOfItsSource) {
  const Status status = Make({})->Columns(TemporaryProject::MakeSource("${LARDER_PLACE}/*.csv")).status();
  EXPECT_EQ(status.reason(), Reason::kInvalidConfig);
  EXPECT_EQ(status.message(),
            "the path of source 'events' has an environment variable that is not set: LARDER_PLACE, in "
            "${LARDER_PLACE}/*.csv");
  EXPECT_EQ(status.hint(), "set it, or write a default: ${LARDER_PLACE:default}");
}

}  // namespace
}  // namespace larder
