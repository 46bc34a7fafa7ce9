#include "engine/joined_views.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include "base/progress.h"
#include "base/thread_pool.h"
#include "columnar/arrow_status.h"
#include "engine/as_of_match.h"
#include "engine/run_tasks.h"

namespace larder {
namespace {

// A batch stays near this size, so that those in preparation are a small part of any budget.
constexpr std::int64_t kBatchBytes = std::int64_t{4} << 20;
constexpr std::int64_t kLeastBatchRows = 1024;
constexpr std::int64_t kMostBatchRows = 64 * 1024;

Result<std::shared_ptr<arrow::Array>> EventTimes(const MatchedView& view, std::span<const std::uint32_t> slots) {
  const auto count = static_cast<std::int64_t>(slots.size());
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> validity, FromArrow(arrow::AllocateEmptyBitmap(count)));
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> values, FromArrow(arrow::AllocateBuffer(count * 8)));
  auto* times_us = values->mutable_data_as<std::int64_t>();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    times_us[i] = IsWinner(slots[i]) ? view.event_us[slots[i]] : 0;
    if (IsWinner(slots[i])) arrow::bit_util::SetBit(validity->mutable_data(), static_cast<std::int64_t>(i));
  }
  return arrow::MakeArray(arrow::ArrayData::Make(ToArrow(ValueType::Of(TypeKind::kTimestamp)), count,
                                                 {std::move(validity), std::move(values)}));
}

Result<std::shared_ptr<arrow::UInt8Array>> Statuses(std::span<const std::uint32_t> slots) {
  const auto count = static_cast<std::int64_t>(slots.size());
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> values, FromArrow(arrow::AllocateBuffer(count)));
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const MatchStatus missing = slots[i] == kTooOld ? MatchStatus::kOutsideMaxAge : MatchStatus::kNotFound;
    const MatchStatus status = IsWinner(slots[i]) ? MatchStatus::kPresent : missing;
    values->mutable_data()[i] = static_cast<std::uint8_t>(status);
  }
  return std::make_shared<arrow::UInt8Array>(count, std::move(values));
}

class Stream final : public JoinedBatchStream {
 public:
  Stream(LeftRows left, std::vector<MatchedView> views, bool match_details, const ExecutionContext& context)
      : left_(std::move(left)), views_(std::move(views)), match_details_(match_details), context_(context) {
    std::int64_t row_bytes = 1;
    for (const MatchedView& view : views_) {
      row_bytes += view.values.row_bytes();
      statistics_.push_back(view.statistics);
    }
    batch_rows_ = std::clamp(kBatchBytes / row_bytes, kLeastBatchRows, kMostBatchRows);
    if (context_.progress != nullptr) context_.progress->Begin("join", "rows");
  }

  ~Stream() override { EndProgress(); }

  Result<std::optional<JoinedBatch>> Next() override {
    if (ready_.empty()) {
      if (Status status = Prepare(); !status.ok()) {
        next_batch_ = left_.batches().size();
        EndProgress();
        return status;
      }
    }
    if (ready_.empty()) {
      EndProgress();
      return std::optional<JoinedBatch>();
    }
    std::optional<JoinedBatch> batch = std::move(ready_.front());
    ready_.pop_front();
    return batch;
  }

  std::int64_t row_count() const override { return left_.row_count(); }
  std::span<const ViewStatistics> statistics() const override { return statistics_; }

 private:
  // Rows of the left side: `rows` begin at `first_row` of all.
  struct Slice {
    std::shared_ptr<arrow::RecordBatch> rows;
    std::size_t first_row = 0;
  };

  std::optional<Slice> NextSlice() {
    if (next_batch_ == left_.batches().size()) return std::nullopt;
    const arrow::RecordBatch& batch = *left_.batches()[next_batch_];
    Slice slice{batch.Slice(next_row_, batch_rows_), first_row_};
    next_row_ += slice.rows->num_rows();
    first_row_ += static_cast<std::size_t>(slice.rows->num_rows());
    if (next_row_ == batch.num_rows()) {
      ++next_batch_;
      next_row_ = 0;
    }
    return slice;
  }

  // Makes as many batches as there are threads, together.
  Status Prepare() {
    const std::size_t wanted =
        context_.threads == nullptr ? 1 : static_cast<std::size_t>(context_.threads->thread_count());
    std::vector<Slice> slices;
    for (std::optional<Slice> slice; slices.size() < wanted && (slice = NextSlice()).has_value();) {
      slices.push_back(std::move(*slice));
    }
    if (slices.empty()) return {};
    std::vector<JoinedBatch> batches(slices.size());
    LARDER_RETURN_IF_ERROR(CheckCancelled(context_));
    LARDER_RETURN_IF_ERROR(RunTasks(context_, slices.size(), [&](std::size_t i) {
      LARDER_ASSIGN_OR_RETURN(batches[i], Join(slices[i]));
      return Status();
    }));
    for (JoinedBatch& batch : batches) ready_.push_back(std::move(batch));
    if (context_.progress != nullptr) {
      context_.progress->Update(static_cast<std::int64_t>(first_row_), left_.row_count());
    }
    return {};
  }

  Result<JoinedBatch> Join(const Slice& slice) const {
    JoinedBatch batch;
    batch.left = slice.rows;
    batch.views.reserve(views_.size());
    for (const MatchedView& view : views_) {
      const std::span<const std::uint32_t> slots =
          view.slots.span().subspan(slice.first_row, static_cast<std::size_t>(slice.rows->num_rows()));
      JoinedView joined;
      LARDER_ASSIGN_OR_RETURN(joined.values, view.values.Gather(slots));
      if (match_details_) {
        LARDER_ASSIGN_OR_RETURN(joined.event_time, EventTimes(view, slots));
        LARDER_ASSIGN_OR_RETURN(joined.status, Statuses(slots));
      }
      batch.views.push_back(std::move(joined));
    }
    return batch;
  }

  void EndProgress() {
    if (context_.progress != nullptr && !ended_) context_.progress->End();
    ended_ = true;
  }

  LeftRows left_;
  std::vector<MatchedView> views_;
  const bool match_details_;
  const ExecutionContext context_;
  std::vector<ViewStatistics> statistics_;
  std::int64_t batch_rows_ = 0;
  std::size_t next_batch_ = 0;
  std::int64_t next_row_ = 0;  // of that batch
  std::size_t first_row_ = 0;  // the same row, counted over all batches
  std::deque<JoinedBatch> ready_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<JoinedBatchStream> NewJoinedBatchStream(LeftRows left, std::vector<MatchedView> views,
                                                        bool match_details, const ExecutionContext& context) {
  return std::make_unique<Stream>(std::move(left), std::move(views), match_details, context);
}

}  // namespace larder
