#include "windows/key_windows.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "columnar/join_key.h"
#include "windows/event_order.h"
#include "windows/event_values.h"

namespace larder {
namespace {

// Returns the rows `order` of a vector, copied into the arena.
template <class T>
Vector Permuted(const Vector& vector, std::span<const std::uint32_t> order, Arena& arena) {
  Vector result = vector;
  const auto count = static_cast<std::int64_t>(order.size());
  T* values = Allocate<T>(arena, count);
  for (std::size_t i = 0; i < order.size(); ++i) values[i] = vector.Values<T>()[order[i]];
  result.values = values;
  result.failed = nullptr;
  if (vector.valid == nullptr) return result;
  auto* valid = Allocate<std::uint8_t>(arena, count);
  for (std::size_t i = 0; i < order.size(); ++i) valid[i] = vector.valid[order[i]];
  result.valid = valid;
  return result;
}

Vector PermutedVector(const Vector& vector, std::span<const std::uint32_t> order, Arena& arena) {
  if (vector.is_constant) return vector;
  switch (StorageOf(vector.type)) {
    case Storage::kBool:
      return Permuted<std::uint8_t>(vector, order, arena);
    case Storage::kInteger:
      return Permuted<std::int64_t>(vector, order, arena);
    case Storage::kFloat:
      return Permuted<double>(vector, order, arena);
    case Storage::kText:
      return Permuted<std::string_view>(vector, order, arena);
    case Storage::kList:
      return Permuted<ListSpan>(vector, order, arena);
  }
  LARDER_CHECK(false);
}

class KeyWindowsOverBatch final : public KeyWindows {
 public:
  KeyWindowsOverBatch(const WindowPlan& plan, const EventBatch& batch, bool as_known)
      : plan_(plan), batch_(batch), as_known_(as_known), evaluator_(plan.functions), ranges_(plan.windows.size()) {}

  Status Open() {
    LARDER_ASSIGN_OR_RETURN(values_, EventValues::Make(plan_, batch_.columns, batch_.row_count, batch_.row_name));
    if (plan_.event_id) {
      LARDER_RETURN_IF_ERROR(EncodeJoinKeys(std::span(&batch_.columns[*plan_.event_id], 1), ids_));
      for (std::int64_t row = 0; row < batch_.row_count; ++row) id_views_.push_back(ids_.key(row));
    }
    if (!plan_.needs_encoded) return {};
    LARDER_ASSIGN_OR_RETURN(encoded_, EncodedValues::Make(plan_.columns, batch_.columns, batch_.row_count));
    for (std::int64_t row = 0; row < batch_.row_count; ++row) encoded_views_.push_back(encoded_->row(row));
    return {};
  }

  Status Evaluate(BatchRange events, std::span<const RowTime> rows, std::span<ResultColumn> results) override {
    newest_us_.assign(rows.size(), std::nullopt);
    newest_by_function_us_.assign(plan_.functions.size(), std::nullopt);
    if (as_known_) return EvaluateKnown(events, rows, results);
    OrderEvents(EventsOf(events), order_);
    EventRun run;
    MakeRun(events, run);
    for (std::size_t w = 0; w < plan_.windows.size(); ++w) FindRanges(w, rows);
    return EvaluateRun(run, results);
  }

  std::span<const std::optional<std::int64_t>> newest_us() const override { return newest_us_; }
  std::span<const std::optional<std::int64_t>> newest_by_function_us() const override { return newest_by_function_us_; }

 private:
  template <class T>
  static std::span<const T> Part(const std::vector<T>& all, BatchRange range) {
    if (all.empty()) return {};
    return std::span<const T>(all).subspan(range.begin, range.end - range.begin);
  }

  KeyEvents EventsOf(BatchRange range) const {
    return {Part(batch_.times_us, range), Part(batch_.created_us, range), Part(batch_.deleted, range),
            Part(id_views_, range), Part(encoded_views_, range)};
  }

  // Fills times_ and columns_ with the events of `order_`, which counts from the range's begin.
  void MakeRun(BatchRange range, EventRun& run) {
    arena_.release();
    values_->Slice(static_cast<std::int64_t>(range.begin), columns_);
    times_.clear();
    bool is_as_it_is = true;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      is_as_it_is = is_as_it_is && order_[i] == i;
      times_.push_back(batch_.times_us[range.begin + order_[i]]);
    }
    if (!is_as_it_is) {
      for (Vector& column : columns_) column = PermutedVector(column, order_, arena_);
    }
    run.event_count = static_cast<std::int64_t>(order_.size());
    run.times_us = times_;
    run.columns = columns_;
  }

  void FindRanges(std::size_t window, std::span<const RowTime> rows) {
    RangeFinder finder(plan_.windows[window], times_, plan_.ends_before_row);
    ranges_[window].clear();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      ranges_[window].push_back(finder.Find(rows[i].time_us, rows[i].row));
      const EventRange& range = ranges_[window].back();
      if (range.begin < range.end) SetNewest(i, window, times_[static_cast<std::size_t>(range.end - 1)]);
    }
  }

  void SetNewest(std::size_t row, std::size_t window, std::int64_t time_us) {
    newest_us_[row] = std::max(newest_us_[row].value_or(time_us), time_us);
    if (row + 1 < newest_us_.size()) return;
    for (std::size_t i = 0; i < plan_.functions.size(); ++i) {
      if (plan_.functions[i].window == window) newest_by_function_us_[i] = time_us;
    }
  }

  Status EvaluateRun(const EventRun& run, std::span<ResultColumn> results) {
    range_views_.assign(ranges_.begin(), ranges_.end());
    return evaluator_.Evaluate(run, range_views_, results);
  }

  // What is known differs from moment to moment: each gets a run of its own.
  Status EvaluateKnown(BatchRange range, std::span<const RowTime> rows, std::span<ResultColumn> results) {
    const KeyEvents all = EventsOf(range);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      OrderKnown(all, rows[i].time_us);
      EventRun run;
      MakeRun(range, run);
      for (std::size_t w = 0; w < plan_.windows.size(); ++w) {
        ranges_[w].assign(
            1, RangeFinder(plan_.windows[w], times_, plan_.ends_before_row).Find(rows[i].time_us, rows[i].row));
        const EventRange& found = ranges_[w].front();
        if (found.begin < found.end) SetNewest(i, w, times_[static_cast<std::size_t>(found.end - 1)]);
      }
      LARDER_RETURN_IF_ERROR(EvaluateRun(run, results));
    }
    return {};
  }

  // Puts the events known at a moment into `order_`.
  void OrderKnown(const KeyEvents& all, std::int64_t time_us) {
    known_.clear();
    for (std::uint32_t row = 0; row < all.times_us.size(); ++row) {
      const std::int64_t created_us = all.created_us.empty() ? kNoCreatedTimeUs : all.created_us[row];
      if (created_us != kNoCreatedTimeUs && created_us <= time_us) known_.push_back(row);
    }
    KnownRows rows;
    const auto take = [&](const auto& from, auto& to) {
      if (from.empty()) return;
      for (const std::uint32_t row : known_) to.push_back(from[row]);
    };
    take(all.times_us, rows.times_us);
    take(all.created_us, rows.created_us);
    take(all.deleted, rows.deleted);
    take(all.ids, rows.ids);
    take(all.encoded, rows.encoded);
    OrderEvents({rows.times_us, rows.created_us, rows.deleted, rows.ids, rows.encoded}, order_);
    for (std::uint32_t& row : order_) row = known_[row];
  }

  struct KnownRows {
    std::vector<std::int64_t> times_us;
    std::vector<std::int64_t> created_us;
    std::vector<std::uint8_t> deleted;
    std::vector<std::string_view> ids;
    std::vector<std::string_view> encoded;
  };

  const WindowPlan& plan_;
  const EventBatch& batch_;
  const bool as_known_;
  WindowEvaluator evaluator_;
  std::optional<EventValues> values_;
  JoinKeyBatch ids_;
  std::vector<std::string_view> id_views_;
  std::optional<EncodedValues> encoded_;
  std::vector<std::string_view> encoded_views_;
  // Of the key at hand:
  Arena arena_;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> known_;
  std::vector<std::int64_t> times_;
  std::vector<Vector> columns_;
  std::vector<std::vector<EventRange>> ranges_;  // by window
  std::vector<std::span<const EventRange>> range_views_;
  std::vector<std::optional<std::int64_t>> newest_us_;
  std::vector<std::optional<std::int64_t>> newest_by_function_us_;
};

}  // namespace

Result<std::unique_ptr<KeyWindows>> KeyWindows::Make(const WindowPlan& plan, const EventBatch& batch, bool as_known) {
  auto windows = std::make_unique<KeyWindowsOverBatch>(plan, batch, as_known);
  LARDER_RETURN_IF_ERROR(windows->Open());
  return std::unique_ptr<KeyWindows>(std::move(windows));
}

}  // namespace larder
