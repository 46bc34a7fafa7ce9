// The oracle against answers found by hand, rule by rule: the judge is judged here.
#include "tests/oracle/join_oracle.h"

#include <gtest/gtest.h>

namespace larder::oracle {
namespace {

FeatureRow Row(std::int64_t event_us, std::optional<std::int64_t> created_us, std::uint64_t ordinal,
               const std::string& value) {
  return {{Key(std::int64_t{1})}, event_us, created_us, false, ordinal, {Cell(value)}};
}

Answer Ask(const View& view, std::optional<std::int64_t> time_us, Key key = std::int64_t{1}) {
  return Join({EntityRow{{key}, time_us}}, view).at(0);
}

TEST(JoinOracle, TakesTheNewestRowNotAfterTheEntity) {
  View view{{Row(10, {}, 0, "a"), Row(20, {}, 1, "b"), Row(30, {}, 2, "c")}, 1};
  EXPECT_EQ(Ask(view, 20).values[0], "b");
  EXPECT_EQ(Ask(view, 29).values[0], "b");
  EXPECT_EQ(Ask(view, 29).event_time_us, 20);
  EXPECT_EQ(Ask(view, 9).status, Status::kNotFound);
  EXPECT_EQ(Ask(view, 9).values[0], std::nullopt);
  EXPECT_EQ(Ask(view, 20, std::int64_t{2}).status, Status::kNotFound);
}

TEST(JoinOracle, TtlIncludesBothEnds) {
  View view{{Row(10, {}, 0, "a")}, 1, 5};
  EXPECT_EQ(Ask(view, 15).status, Status::kPresent);
  EXPECT_EQ(Ask(view, 16).status, Status::kOutsideMaxAge);
  EXPECT_EQ(Ask(view, 16).values[0], std::nullopt);
  EXPECT_EQ(Ask(view, 16).event_time_us, std::nullopt);
  EXPECT_EQ(Ask(view, 10).status, Status::kPresent);
}

TEST(JoinOracle, TtlHoldsAtTheEndsOfTime) {
  View view{{Row(INT64_MIN, {}, 0, "a")}, 1, INT64_MAX};
  EXPECT_EQ(Ask(view, INT64_MIN).status, Status::kPresent);
  EXPECT_EQ(Ask(view, -1).status, Status::kPresent);
  EXPECT_EQ(Ask(view, 0).status, Status::kOutsideMaxAge);
  EXPECT_EQ(Ask(view, INT64_MAX).status, Status::kOutsideMaxAge);
}

TEST(JoinOracle, TiesGoToCreatedTimeWithNullLowestThenToTheLastRow) {
  View view{{Row(10, 7, 0, "a"), Row(10, {}, 9, "b"), Row(10, 6, 8, "c")}, 1};
  EXPECT_EQ(Ask(view, 10).values[0], "a");
  view.rows.push_back(Row(10, 7, 3, "d"));
  EXPECT_EQ(Ask(view, 10).values[0], "d");
  View without_created{{Row(10, {}, 4, "a"), Row(10, {}, 2, "b")}, 1};
  EXPECT_EQ(Ask(without_created, 10).values[0], "a");
}

TEST(JoinOracle, NullsNeverMatch) {
  View view{{Row(10, {}, 0, "a")}, 1};
  EXPECT_EQ(Ask(view, std::nullopt).status, Status::kNotFound);
  EXPECT_EQ(Ask(view, 10, std::monostate{}).status, Status::kNotFound);
  view.rows[0].keys[0] = std::monostate{};
  EXPECT_EQ(Ask(view, 10, std::monostate{}).status, Status::kNotFound);
  view.rows[0].keys[0] = std::int64_t{1};
  view.rows[0].event_time_us.reset();
  EXPECT_EQ(Ask(view, 10).status, Status::kNotFound);
}

TEST(JoinOracle, ANullValueInTheWinnerStaysNull) {
  View view{{Row(10, {}, 0, "a"), Row(20, {}, 1, "b")}, 1};
  view.rows[1].values[0].reset();
  EXPECT_EQ(Ask(view, 20).values[0], std::nullopt);
  EXPECT_EQ(Ask(view, 20).status, Status::kPresent);
}

TEST(JoinOracle, ADeletionThatWinsIsNotFoundWhateverItsAge) {
  View view{{Row(10, {}, 0, "a"), Row(20, {}, 1, "b")}, 1, 5};
  view.rows[1].deleted = true;
  EXPECT_EQ(Ask(view, 19).status, Status::kOutsideMaxAge);
  EXPECT_EQ(Ask(view, 20).status, Status::kNotFound);
  EXPECT_EQ(Ask(view, 100).status, Status::kNotFound);
}

TEST(JoinOracle, AsKnownLeavesOutWhatWasNotKnownYet) {
  View view{{Row(10, 12, 0, "a"), Row(20, 40, 1, "b"), Row(25, {}, 2, "c")}, 1, 0, true};
  EXPECT_EQ(Ask(view, 11).status, Status::kNotFound);
  EXPECT_EQ(Ask(view, 12).values[0], "a");
  EXPECT_EQ(Ask(view, 39).values[0], "a");
  EXPECT_EQ(Ask(view, 40).values[0], "b");
}

}  // namespace
}  // namespace larder::oracle
