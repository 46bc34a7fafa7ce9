#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>

namespace larder {
namespace {

TEST(ThreadPoolTest, FinishesWhatIsQueued) {
  std::atomic<int> done{0};
  {
    ThreadPool pool(2, 4);
    for (int i = 0; i < 100; ++i) pool.Submit([&done] { ++done; });
  }
  EXPECT_EQ(done, 100);
}

TEST(ThreadPoolTest, AFullQueueTakesNoMore) {
  std::latch started(1);
  std::latch release(1);
  ThreadPool pool(1, 2);
  pool.Submit([&] {
    started.count_down();
    release.wait();
  });
  started.wait();
  EXPECT_TRUE(pool.TrySubmit([] {}));
  EXPECT_TRUE(pool.TrySubmit([] {}));
  EXPECT_FALSE(pool.TrySubmit([] {}));
  release.count_down();
}

TEST(ParallelForTest, CallsEachIndexOnce) {
  ThreadPool pool(3, 8);
  std::vector<std::atomic<int>> calls(1000);
  const Status status = pool.ParallelFor(1000, [&](std::int64_t i) {
    ++calls[static_cast<std::size_t>(i)];
    return Status();
  });
  EXPECT_TRUE(status.ok());
  for (const std::atomic<int>& count : calls) EXPECT_EQ(count, 1);
  EXPECT_TRUE(pool.ParallelFor(0, [](std::int64_t) { return Status(Reason::kInternal, "not called"); }).ok());
}

TEST(ParallelForTest, ReturnsTheFailureOfTheLeastIndex) {
  ThreadPool pool(4, 8);
  for (int round = 0; round < 200; ++round) {
    const Status status = pool.ParallelFor(
        50, [](std::int64_t i) { return i % 10 == 7 ? Status(Reason::kInvalidData, std::to_string(i)) : Status(); });
    EXPECT_EQ(status.message(), "7");
  }
}

TEST(ParallelForTest, StopsAfterAFailure) {
  ThreadPool pool(2, 8);
  std::atomic<int> calls{0};
  const Status status = pool.ParallelFor(1'000'000, [&](std::int64_t) {
    ++calls;
    return Status(Reason::kInterrupted, "stop");
  });
  EXPECT_EQ(status.reason(), Reason::kInterrupted);
  EXPECT_LE(calls, 3);
}

TEST(ParallelForTest, MayStandInItself) {
  ThreadPool pool(1, 1);
  std::atomic<int> calls{0};
  const Status status = pool.ParallelFor(4, [&](std::int64_t) {
    return pool.ParallelFor(5, [&](std::int64_t) {
      ++calls;
      return Status();
    });
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(calls, 20);
}

}  // namespace
}  // namespace larder
