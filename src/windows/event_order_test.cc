#include "windows/event_order.h"

#include <gtest/gtest.h>

#include "aggregates/window_run.h"

namespace larder {
namespace {

using Indexes = std::vector<std::uint32_t>;

Indexes Ordered(const KeyEvents& events) {
  Indexes order;
  OrderEvents(events, order);
  return order;
}

TEST(EventOrderTest, TimesThenIdsThenValues) {
  const std::vector<std::int64_t> times = {5, 3, 3, 3, 3};
  const std::vector<std::int64_t> created = {0, 7, kNoCreatedTimeUs, 7, 7};
  const std::vector<std::string_view> ids = {"", "b", "", "a", ""};
  const std::vector<std::string_view> encoded = {"", "x", "z", "y", "y"};
  EXPECT_EQ(Ordered({times, created, {}, ids, encoded}), (Indexes{2, 4, 3, 1, 0}));
}

TEST(EventOrderTest, TheNewestRowOfAnEventStays) {
  const std::vector<std::int64_t> times = {1, 4, 2, 3};
  const std::vector<std::string_view> ids = {"a", "a", "b", "a"};
  EXPECT_EQ(Ordered({times, {}, {}, ids, {}}), (Indexes{2, 1}));
  const std::vector<std::uint8_t> deleted = {0, 1, 0, 0};
  EXPECT_EQ(Ordered({times, {}, deleted, ids, {}}), (Indexes{2}));
}

TEST(EventOrderTest, ADeletionWinsOverARowOfEqualTimes) {
  const std::vector<std::int64_t> times = {1, 1};
  const std::vector<std::string_view> ids = {"a", "a"};
  const std::vector<std::uint8_t> deleted = {1, 0};
  const std::vector<std::string_view> encoded = {"", "x"};
  EXPECT_EQ(Ordered({times, {}, deleted, ids, encoded}), Indexes{});
}

TEST(EventOrderTest, ADeletedKeyLosesWhatIsNotAfterIt) {
  const std::vector<std::int64_t> times = {1, 2, 2, 3};
  const std::vector<std::int64_t> created = {9, kNoCreatedTimeUs, 4, 1};
  const std::vector<std::uint8_t> deleted = {0, 0, 1, 0};
  EXPECT_EQ(Ordered({times, created, deleted, {}, {}}), (Indexes{3}));
}

}  // namespace
}  // namespace larder
