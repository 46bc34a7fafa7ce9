#include "columnar/arrow_memory_pool.h"

#include <arrow/buffer.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace larder
