// The binary answer: rows x columns, statuses and times of rows beside them.
#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/differential/serving_project.h"

namespace larder::differential {
namespace {

constexpr char kDefinitions[] = R"yaml(
entities: [{name: id, type: int64}]
sources: [{name: events, path: events.csv, timestamp: t, columns: {id: int64, a: float64, s: string, t: timestamp}}]
feature_views: [{name: v, entities: [id], source: events, ttl: 1h, features: {a: float64, s: string}}]
on_demand_views: [{name: made, inputs: [v], features: {half: {type: float64, expression: a / 2}}}]
feature_services:
  - name: all
    features: [v, made, {view: v, features: [a], alias: other, join_keys: {id: other_id}}]
)yaml";

class OnlineBinaryTest : public testing::Test {
 protected:
  OnlineBinaryTest() {
    project_.Write("events.csv", "id,a,s,t\n");
    project_.Apply(kDefinitions);
    EXPECT_TRUE(project_.api().Reload().ok());
    project_.MustPost("/push",
                      R"({"push_source_name":"v","df":{"id":[1,2,3],"a":[4.5,null,6.5],"s":["x","y","z"],)"
                      R"("event_timestamp":["2026-01-02T11:30:00Z","2026-01-02T11:45:00Z","2026-01-02T10:59:59Z"]}})");
  }

  ApiAnswer Ask(const std::string& body) {
    ApiRequest request{"POST", "/get-online-features", "", body};
    request.accept = "application/vnd.apache.arrow.stream";
    return project_.api().Answer(request, {});
  }

  ServingProject project_{"memory"};
};

/// Returns a table as lines of text, times in microseconds.
std::string TextOf(const std::string& stream) {
  arrow::io::BufferReader bytes(arrow::Buffer::FromString(stream));
  const auto reader = arrow::ipc::RecordBatchStreamReader::Open(&bytes);
  if (!reader.ok()) return reader.status().ToString();
  const auto table = (*reader)->ToTable();
  if (!table.ok()) return table.status().ToString();
  std::string text;
  for (int i = 0; i < (*table)->num_columns(); ++i) {
    text += (*table)->field(i)->name() + " " + (*table)->field(i)->type()->ToString() + ":";
    for (std::int64_t row = 0; row < (*table)->num_rows(); ++row) {
      text += " " + (*table)->column(i)->GetScalar(row).ValueOrDie()->ToString();
    }
    text += "\n";
  }
  return text;
}

TEST_F(OnlineBinaryTest, HoldsValuesThenTimesAndStatusesOfEachView) {
  const ApiAnswer answer = Ask(R"({"entities":{"id":[1,2,3,4],"other_id":[2,1,1,1]},"feature_service":"all"})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.content_type, "application/vnd.apache.arrow.stream");
  EXPECT_EQ(TextOf(answer.body),
            "id int64: 1 2 3 4\n"
            "other_id int64: 2 1 1 1\n"
            "a double: 4.5 null null null\n"
            "s string: x y null null\n"
            "half double: 2.25 null null null\n"
            "other__a double: null 4.5 4.5 4.5\n"
            "v__event_time timestamp[us, tz=UTC]: 2026-01-02 11:30:00.000000Z 2026-01-02 11:45:00.000000Z "
            "2026-01-02 10:59:59.000000Z null\n"
            "v__status string: PRESENT PRESENT OUTSIDE_MAX_AGE NOT_FOUND\n"
            "other__event_time timestamp[us, tz=UTC]: 2026-01-02 11:45:00.000000Z 2026-01-02 11:30:00.000000Z "
            "2026-01-02 11:30:00.000000Z 2026-01-02 11:30:00.000000Z\n"
            "other__status string: PRESENT PRESENT PRESENT PRESENT\n");
}

TEST_F(OnlineBinaryTest, AFailureIsJson) {
  const ApiAnswer answer = Ask(R"({"entities":{"id":[1]},"features":["v:nothing"]})");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_NE(answer.body.find("unknown_feature"), std::string::npos);
}

TEST_F(OnlineBinaryTest, NoRowsAreAStreamToo) {
  const ApiAnswer answer = Ask(R"({"entities":{"id":[]},"features":["v:a"]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(TextOf(answer.body), "id int64:\na double:\nv__event_time timestamp[us, tz=UTC]:\nv__status string:\n");
}

}  // namespace
}  // namespace larder::differential
