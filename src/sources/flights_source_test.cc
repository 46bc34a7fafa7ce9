// The source of the first example on the real flights.
#include <cstdlib>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sources/file_columns.h"
#include "sources/temporary_project.h"

namespace larder {
namespace {

using ::testing::ElementsAre;

Source FlightsSource() {
  Source source = TemporaryProject::MakeSource("data/flights/*.csv.gz");
  source.columns = {{"ARRIVAL_DELAY", ValueType::Of(TypeKind::kFloat64)}};
  source.timestamp = "departed_at";
  source.derive = {
      {"departed_at",
       TestExpression("to_timestamp(ds) + minutes(SCHEDULED_DEPARTURE // 100 * 60 + SCHEDULED_DEPARTURE % 100 + "
                      "coalesce(DEPARTURE_DELAY, 0))")},
      {"airport", TestExpression("ORIGIN_AIRPORT")},
  };
  source.where = TestExpression("CANCELLED = 0");
  return source;
}

TEST(FlightsSource, ReadsTheRealFile) {
  const char* shared = std::getenv("LARDER_SHARED");
  const std::string root = shared != nullptr ? shared : "../shared";
  const auto files = NewPosixFileSystem();
  if (!Exists(*files, JoinPath(root, "data/flights/flights-2015-01.csv.gz"))) {
    GTEST_SKIP() << "SKIPPED: no flights in " << root << "/data/flights; set LARDER_SHARED";
  }
  const auto snapshot = SourceSnapshot::Take(
      {.files = *files, .project_root = root, .source = std::make_shared<const Source>(FlightsSource())});
  ASSERT_TRUE(snapshot.ok()) << snapshot.status().ToString();
  (*snapshot)->KeepDecoded({"airport", "DISTANCE", "DEPARTURE_DELAY"});
  const auto rows = Collect((*snapshot)->Scan({.columns = {"airport", "DISTANCE"}, .event_time = true}));
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  // 55,105 rows stand in the file; those that were cancelled were counted with another program.
  EXPECT_EQ(rows->row_count(), 53873);
  const std::vector<std::uint64_t> first = {0, 1, 2};
  const auto values = Collect((*snapshot)->Fetch({"airport", "departed_at", "DISTANCE", "DEPARTURE_DELAY"}, first));
  ASSERT_TRUE(values.ok()) << values.status().ToString();
  EXPECT_EQ(values->Text(0), "[ANC, LAX, SFO]");
  // 00:05 less 11 minutes, 00:10 less 8, 00:20 less 2.
  EXPECT_EQ(values->Text(1), "[2014-12-31T23:54:00Z, 2015-01-01T00:02:00Z, 2015-01-01T00:18:00Z]");
  EXPECT_EQ(values->Text(2), "[1448, 2330, 2296]");
  EXPECT_EQ(values->Text(3), "[-11.0, -8.0, -2.0]");
  EXPECT_EQ((*snapshot)->statistics().decoded_hits, 1);
}

}  // namespace
}  // namespace larder
