#include "engine/joined_views.h"

#include <utility>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include "base/thread_pool.h"
#include "columnar/arrow_status.h"
#include "engine/execution_context.h"

namespace larder {
namespace {

Result<std::shared_ptr<arrow::Array>> EventTimes(const Winners& winners, std::span<const std::uint32_t> slots,
                                                 arrow::MemoryPool* pool) {
  const auto count = static_cast<std::int64_t>(slots.size());
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> validity, FromArrow(arrow::AllocateEmptyBitmap(count, pool)));
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> values, FromArrow(arrow::AllocateBuffer(count * 8, pool)));
  auto* times_us = values->mutable_data_as<std::int64_t>();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    times_us[i] = IsWinner(slots[i]) ? winners.event_us[slots[i]] : 0;
    if (IsWinner(slots[i])) arrow::bit_util::SetBit(validity->mutable_data(), static_cast<std::int64_t>(i));
  }
  return arrow::MakeArray(arrow::ArrayData::Make(ToArrow(ValueType::Of(TypeKind::kTimestamp)), count,
                                                 {std::move(validity), std::move(values)}));
}

Result<std::shared_ptr<arrow::UInt8Array>> Statuses(std::span<const std::uint32_t> slots, arrow::MemoryPool* pool) {
  const auto count = static_cast<std::int64_t>(slots.size());
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> values, FromArrow(arrow::AllocateBuffer(count, pool)));
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const MatchStatus missing = slots[i] == kTooOld ? MatchStatus::kOutsideMaxAge : MatchStatus::kNotFound;
    const MatchStatus status = IsWinner(slots[i]) ? MatchStatus::kPresent : missing;
    values->mutable_data()[i] = static_cast<std::uint8_t>(status);
  }
  return std::make_shared<arrow::UInt8Array>(count, std::move(values));
}

}  // namespace

Result<std::vector<JoinedBatch>> JoinedPart::Next(const ExecutionContext& context) {
  const std::size_t threads =
      context.threads == nullptr ? 1 : static_cast<std::size_t>(context.threads->thread_count()) + 1;
  std::vector<std::size_t> first_rows;
  for (std::size_t i = next_batch_; i < left_.batches().size() && first_rows.size() < threads; ++i) {
    first_rows.push_back(next_row_);
    next_row_ += static_cast<std::size_t>(left_.batches()[i]->num_rows());
  }
  std::vector<JoinedBatch> batches(first_rows.size());
  LARDER_RETURN_IF_ERROR(RunTasks(context, batches.size(), [&](std::size_t i) {
    LARDER_ASSIGN_OR_RETURN(batches[i], Join(next_batch_ + i, first_rows[i], PoolOf(context)));
    return Status();
  }));
  next_batch_ += batches.size();
  return batches;
}

Result<JoinedBatch> JoinedPart::Join(std::size_t batch, std::size_t first_row, arrow::MemoryPool* pool) const {
  JoinedBatch result;
  result.left = left_.batches()[batch];
  result.views.reserve(views_.size());
  for (const ViewMatches& view : views_) {
    const std::span<const std::uint32_t> slots =
        view.winners.slots.span().subspan(first_row, static_cast<std::size_t>(result.left->num_rows()));
    JoinedView joined;
    LARDER_ASSIGN_OR_RETURN(joined.values, view.values.Gather(slots));
    if (match_details_) {
      LARDER_ASSIGN_OR_RETURN(joined.event_time, EventTimes(view.winners, slots, pool));
      LARDER_ASSIGN_OR_RETURN(joined.status, Statuses(slots, pool));
    }
    result.views.push_back(std::move(joined));
  }
  return result;
}

}  // namespace larder
