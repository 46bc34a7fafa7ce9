#include "windows/window_join_stream.h"

#include <algorithm>
#include <utility>

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "columnar/arrow_status.h"
#include "engine/left_rows.h"

namespace larder {
namespace {

constexpr std::int64_t kLeastPartRows = 1024;
constexpr std::int64_t kBatchRows = std::int64_t{1} << 16;
// Of the budget: the rows of a part with their columns. The rest is for events.
constexpr std::int64_t kPartShare = 8;

Result<std::shared_ptr<arrow::Array>> Joined(const arrow::ArrayVector& pieces) {
  if (pieces.size() == 1) return pieces.front();
  return FromArrow(arrow::Concatenate(pieces));
}

// The pieces of one view's columns, as they are gathered.
struct ViewPieces {
  std::vector<arrow::ArrayVector> values;
  arrow::ArrayVector event_time;
  arrow::ArrayVector status;

  void Add(const JoinedView& part, std::int64_t begin, std::int64_t count) {
    values.resize(part.values.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i].push_back(part.values[i]->Slice(begin, count));
    event_time.push_back(part.event_time->Slice(begin, count));
    status.push_back(part.status->Slice(begin, count));
  }

  Result<JoinedView> Finish() const {
    JoinedView view;
    for (const arrow::ArrayVector& pieces : values) {
      LARDER_ASSIGN_OR_RETURN(auto array, Joined(pieces));
      view.values.push_back(std::move(array));
    }
    LARDER_ASSIGN_OR_RETURN(view.event_time, Joined(event_time));
    LARDER_ASSIGN_OR_RETURN(const auto statuses, Joined(status));
    view.status = std::static_pointer_cast<arrow::UInt8Array>(statuses);
    return view;
  }
};

}  // namespace

WindowJoinStream::WindowJoinStream(std::vector<WindowJoin> joins, std::vector<FeatureRows*> events,
                                   std::shared_ptr<arrow::RecordBatchReader> left, const ExecutionContext& context)
    : joins_(std::move(joins)),
      events_(std::move(events)),
      left_(std::move(left)),
      context_(context),
      statistics_(joins_.size()) {}

Result<std::vector<JoinedView>> WindowJoinStream::Next(std::int64_t row_count) {
  std::vector<ViewPieces> pieces(joins_.size());
  for (std::int64_t left = row_count; left > 0;) {
    if (given_rows_ == part_rows_) LARDER_RETURN_IF_ERROR(ReadPart());
    const std::int64_t count = std::min(left, part_rows_ - given_rows_);
    for (std::size_t i = 0; i < joins_.size(); ++i) pieces[i].Add(part_[i], given_rows_, count);
    given_rows_ += count;
    left -= count;
  }
  std::vector<JoinedView> views;
  for (const ViewPieces& of_view : pieces) {
    LARDER_ASSIGN_OR_RETURN(JoinedView view, of_view.Finish());
    views.push_back(std::move(view));
  }
  return views;
}

std::int64_t WindowJoinStream::PartRows() const {
  if (context_.tuning.part_rows > 0) return context_.tuning.part_rows;
  std::int64_t row_bytes = 0;
  for (const WindowJoin& join : joins_) row_bytes += static_cast<std::int64_t>(join.plan.functions.size()) * 18 + 48;
  for (const auto& field : left_->schema()->fields()) row_bytes += std::max(field->type()->bit_width() / 8, 16);
  const std::int64_t free_bytes = context_.memory.limit_bytes() - context_.memory.used_bytes();
  return std::max(free_bytes / kPartShare / row_bytes, kLeastPartRows);
}

Status WindowJoinStream::ReadPart() {
  part_.clear();
  LeftRows rows;
  LARDER_RETURN_IF_ERROR(rows.ReadUpTo({PartRows(), kBatchRows}, *left_, context_).status());
  if (rows.row_count() == 0) {
    return Status(Reason::kFileChanged, "the entity table has fewer rows than when it was first read",
                  "leave it as it is while a training set is made");
  }
  part_rows_ = rows.row_count();
  given_rows_ = 0;
  for (std::size_t i = 0; i < joins_.size(); ++i) {
    LARDER_ASSIGN_OR_RETURN(JoinedView view, JoinWindows(joins_[i], {rows, *events_[i]}, context_, statistics_[i]));
    part_.push_back(std::move(view));
  }
  return {};
}

}  // namespace larder
