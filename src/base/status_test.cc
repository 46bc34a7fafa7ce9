#include "base/status.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return Status(Reason::kInvalidData, "odd number: " + std::to_string(value), "give an even one");
  return value / 2;
}

Result<int> Quarter(int value) {
  LARDER_ASSIGN_OR_RETURN(const int half, Half(value));
  return Half(half);
}

TEST(StatusTest, OkCarriesNothing) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.reason(), Reason::kOk);
  EXPECT_EQ(status.message(), "");
  EXPECT_EQ(status.ToString(), "ok");
}

TEST(StatusTest, ResultPassesTheFirstFailureUp) {
  EXPECT_EQ(*Quarter(12), 3);
  const Status status = Quarter(6).status();
  EXPECT_EQ(status.reason(), Reason::kInvalidData);
  EXPECT_EQ(status.WithContext("quarter").ToString(), "quarter: odd number: 3\nhint: give an even one");
}

TEST(StatusTest, FaultsAreListedWithTheirPlaces) {
  const Status status = Status::FromFaults(
      Reason::kInvalidDefinition, "2 faults",
      {{"a.yaml", 3, 5, "entities[0].name", "no name", "give it one"}, {"", 0, 0, "", "no entity", ""}});
  EXPECT_EQ(status.ToString(), "2 faults\n  a.yaml:3:5: entities[0].name: no name\n    hint: give it one\n  no entity");
}

TEST(ReasonTest, EveryReasonHasItsOwnName) {
  for (const ReasonRow& row : AllReasons()) {
    ASSERT_TRUE(ReasonFromName(row.name).has_value());
    EXPECT_EQ(*ReasonFromName(row.name), row.reason);
  }
  EXPECT_FALSE(ReasonFromName("no_such_reason").has_value());
}

}  // namespace
}  // namespace larder
