#include "columnar/arrow_memory_pool.h"

#include <arrow/buffer.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include "columnar/arrow_status.h"

namespace larder {
namespace {

TEST(ArrowMemoryPoolTest, BytesAreCountedAndBounded) {
  MemoryBudget budget(1 << 20);
  const auto pool = NewBudgetedPool(budget, *arrow::default_memory_pool());
  auto buffer = arrow::AllocateResizableBuffer(1000, pool.get()).ValueOrDie();
  EXPECT_GE(budget.used_bytes(), 1000);
  ASSERT_TRUE(buffer->Resize(100'000).ok());
  EXPECT_GE(budget.used_bytes(), 100'000);
  EXPECT_EQ(FromArrow(buffer->Resize(2 << 20)).reason(), Reason::kMemoryLimit);
  EXPECT_EQ(FromArrow(arrow::AllocateBuffer(2 << 20, pool.get()).status()).reason(), Reason::kMemoryLimit);
  EXPECT_EQ(buffer->size(), 100'000);
  ASSERT_TRUE(buffer->Resize(10, true).ok());
  EXPECT_LT(budget.used_bytes(), 1000);
  buffer.reset();
  EXPECT_EQ(budget.used_bytes(), 0);
  EXPECT_EQ(pool->bytes_allocated(), 0);
}

TEST(ArrowMemoryPoolTest, BuffersMayOutliveThePool) {
  std::unique_ptr<arrow::ResizableBuffer> buffer;
  {
    MemoryBudget budget(1 << 20);
    auto pool = NewBudgetedPool(budget, *arrow::default_memory_pool());
    buffer = arrow::AllocateResizableBuffer(1000, pool.get()).ValueOrDie();
    pool.reset();
    EXPECT_EQ(budget.used_bytes(), 0);
  }
  ASSERT_TRUE(buffer->Resize(2 << 20).ok());
  buffer->mutable_data()[(2 << 20) - 1] = 7;
}

TEST(ArrowMemoryPoolTest, ABlockOfLikeSizeIsUsedAgain) {
  MemoryBudget budget(16 << 20);
  const auto pool = NewBudgetedPool(budget, *arrow::default_memory_pool());
  std::uint8_t* first = nullptr;
  ASSERT_TRUE(pool->Allocate(100'000, &first).ok());
  std::memset(first, 7, 100'000);
  pool->Free(first, 100'000);
  EXPECT_GE(budget.used_bytes(), 100'000) << "a kept block is counted";
  std::uint8_t* second = nullptr;
  ASSERT_TRUE(pool->Allocate(99'990, &second).ok());
  EXPECT_EQ(second, first);
  EXPECT_EQ(pool->bytes_allocated(), 99'990);
  // A block that grows keeps what is in it, wherever it goes.
  second[0] = 1;
  second[99'989] = 2;
  ASSERT_TRUE(pool->Reallocate(99'990, 300'000, &second).ok());
  EXPECT_EQ(second[0], 1);
  EXPECT_EQ(second[99'989], 2);
  ASSERT_TRUE(pool->Reallocate(300'000, 10, &second).ok());
  EXPECT_EQ(second[0], 1);
  pool->Free(second, 10);
  EXPECT_EQ(pool->bytes_allocated(), 0);
}

TEST(ArrowMemoryPoolTest, NoMoreThanASixteenthIsKept) {
  MemoryBudget budget(150'000 * 16);
  auto pool = NewBudgetedPool(budget, *arrow::default_memory_pool());
  const std::int64_t before = arrow::default_memory_pool()->bytes_allocated();
  std::array<std::uint8_t*, 4> blocks{};
  for (std::uint8_t*& block : blocks) ASSERT_TRUE(pool->Allocate(65'536, &block).ok());
  for (std::uint8_t* block : blocks) pool->Free(block, 65'536);
  EXPECT_EQ(arrow::default_memory_pool()->bytes_allocated() - before, 2 * 65'536);
  EXPECT_EQ(budget.used_bytes(), 2 * 65'536);
  pool.reset();
  EXPECT_EQ(arrow::default_memory_pool()->bytes_allocated(), before);
  EXPECT_EQ(budget.used_bytes(), 0);
}

TEST(ArrowMemoryPoolTest, KeptBlocksGoBeforeAnAllocationFails) {
  MemoryBudget budget(1 << 20);
  const auto pool = NewBudgetedPool(budget, *arrow::default_memory_pool());
  std::uint8_t* small = nullptr;
  ASSERT_TRUE(pool->Allocate(40'000, &small).ok());
  pool->Free(small, 40'000);
  EXPECT_GT(budget.used_bytes(), 0);
  std::uint8_t* large = nullptr;
  ASSERT_TRUE(pool->Allocate(1 << 20, &large).ok());
  EXPECT_EQ(budget.used_bytes(), 1 << 20);
  pool->Free(large, 1 << 20);
}

TEST(ArrowMemoryPoolTest, WhatMustNotFailIsCountedBeyondTheLimit) {
  MemoryBudget budget(1000);
  const auto pool = NewBudgetedPool(budget, *arrow::default_memory_pool(), FullBudget::kIsCounted);
  const auto buffer = arrow::AllocateBuffer(100'000, pool.get()).ValueOrDie();
  EXPECT_GE(budget.used_bytes(), 100'000);
  EXPECT_GE(budget.peak_bytes(), 100'000);
  EXPECT_FALSE(budget.TryReserve(1));
}

TEST(ArrowMemoryPoolTest, UsedBuffersOutliveTheHandle) {
  std::shared_ptr<arrow::Buffer> buffer;
  {
    MemoryBudget budget(64 << 20);
    auto pool = NewBudgetedPool(budget, *arrow::default_memory_pool());
    buffer = arrow::AllocateBuffer(100'000, pool.get()).ValueOrDie();
  }
  std::memset(buffer->mutable_data(), 1, 100'000);
}

}  // namespace
}  // namespace larder
