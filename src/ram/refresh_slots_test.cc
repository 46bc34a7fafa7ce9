#include "ram/refresh_slots.h"

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace larder {
namespace {

std::unique_ptr<RefreshSlots> NewSlots() {
  return std::make_unique<RefreshSlots>(std::make_shared<std::atomic<std::int64_t>>(0));
}

TEST(RefreshSlots, AKeyStandsOnceUntilItIsReleased) {
  const auto slots = NewSlots();
  slots->Ask({"a", "s"});
  slots->Ask({"a", "s"});
  const auto taken = slots->TakeAll();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].key, (CellKey{"a", "s"}));
  slots->Ask({"a", "s"});
  EXPECT_EQ(slots->TakeAll().size(), 0u) << "it is being read";
  slots->Release(taken[0].slot);
  slots->Ask({"a", "s"});
  EXPECT_EQ(slots->TakeAll().size(), 1u);
}

TEST(RefreshSlots, KeysHaveALimit) {
  const auto slots = NewSlots();
  const std::string longest(RefreshSlots::kMostKeyBytes, 'k');
  slots->Ask({longest});
  slots->Ask({longest, "s"});
  const auto taken = slots->TakeAll();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].key, (CellKey{longest}));
}

TEST(RefreshSlots, ManyReadersLeaveWholeKeys) {
  const auto slots = NewSlots();
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&, reader] {
      for (int i = 0; !stop.load(); ++i) {
        const std::string text(static_cast<std::size_t>(1 + i % 50), static_cast<char>('a' + (i + reader) % 20));
        slots->Ask({text, text});
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    for (const RefreshSlots::Taken& taken : slots->TakeAll()) {
      EXPECT_EQ(taken.key.entity_key, taken.key.sort_key);
      EXPECT_EQ(std::set<char>(taken.key.entity_key.begin(), taken.key.entity_key.end()).size(), 1u);
      slots->Release(taken.slot);
    }
  }
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace larder
