#include "engine/join_plan.h"

#include <arrow/type.h>
#include <gtest/gtest.h>

namespace larder {
namespace {

const auto kInt64 = ValueType::Of(TypeKind::kInt64);
const auto kInt32 = ValueType::Of(TypeKind::kInt32);
const auto kString = ValueType::Of(TypeKind::kString);

std::shared_ptr<arrow::Schema> Left() {
  return arrow::schema({arrow::field("id", arrow::int64()), arrow::field("airport", arrow::utf8()),
                        arrow::field("event_timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
                        arrow::field("score", arrow::float64())});
}

JoinPlan Plan() {
  JoinPlan plan;
  plan.left_time_column = 2;
  plan.views.push_back({"flights", {0, 1}, {{kInt64, kString}, true, false, false}, 5, {{"delay", kInt64}}});
  return plan;
}

TEST(JoinPlan, AcceptsKeysThatCanBeEqual) {
  JoinPlan plan = Plan();
  EXPECT_TRUE(plan.Check(*Left()).ok());
  plan.views[0].layout.keys[0] = kInt32;
  EXPECT_TRUE(plan.Check(*Left()).ok());
}

TEST(JoinPlan, RefusesKeysThatCannotBeEqual) {
  JoinPlan plan = Plan();
  plan.views[0].layout.keys[1] = kInt64;
  const Status status = plan.Check(*Left());
  EXPECT_EQ(status.reason(), Reason::kTypeMismatch);
  EXPECT_EQ(status.message(),
            "join key 'airport' of the entity table does not fit view 'flights': string instead of int64");
  plan = Plan();
  plan.views[0].left_key_columns[0] = 3;
  plan.views[0].layout.keys[0] = ValueType::Of(TypeKind::kFloat64);
  EXPECT_EQ(plan.Check(*Left()).reason(), Reason::kTypeMismatch) << "floating keys are refused";
}

TEST(JoinPlan, RefusesColumnsThatAreNotThere) {
  JoinPlan plan = Plan();
  plan.views[0].left_key_columns[0] = 4;
  EXPECT_EQ(plan.Check(*Left()).reason(), Reason::kMissingColumn);
  plan = Plan();
  plan.left_time_column = -1;
  EXPECT_EQ(plan.Check(*Left()).reason(), Reason::kMissingColumn);
  plan.left_time_column = 0;
  EXPECT_EQ(plan.Check(*Left()).reason(), Reason::kTypeMismatch);
}

TEST(JoinPlan, RefusesUnequalKeysAndNegativeTtls) {
  JoinPlan plan = Plan();
  plan.views[0].left_key_columns.pop_back();
  EXPECT_EQ(plan.Check(*Left()).reason(), Reason::kTypeMismatch);
  plan = Plan();
  plan.views[0].ttl_us = -1;
  EXPECT_EQ(plan.Check(*Left()).reason(), Reason::kInvalidDuration);
}

TEST(JoinPlan, WritesItselfInOneForm) {
  JoinPlan plan = Plan();
  plan.views[0].name = "a\"b\\\n";
  EXPECT_EQ(plan.CanonicalText(),
            "{\"join\":\"point_in_time\",\"left_time\":2,\"as_known\":false,\"match_details\":false,\"views\":[{"
            "\"name\":\"a\\\"b\\\\\\u000a\",\"left_keys\":[0,1],\"key_types\":[\"int64\",\"string\"],"
            "\"event_time\":true,\"created_time\":false,\"deletion_mark\":false,\"ttl_us\":5,"
            "\"values\":[[\"delay\",\"int64\"]]}]}");
}

}  // namespace
}  // namespace larder
