#include "windows/window_join.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include <arrow/array.h>
#include <arrow/builder.h>

#include "columnar/arrow_status.h"
#include "columnar/join_key.h"
#include "engine/candidate_rows.h"
#include "engine/left_rows.h"
#include "engine/value_rows.h"
#include "expressions/vector_arrow.h"
#include "windows/key_windows.h"

namespace larder {
namespace {

constexpr std::size_t kEventsPerTask = std::size_t{1} << 16;
constexpr std::size_t kRowsPerTask = std::size_t{1} << 16;
constexpr std::uint32_t kMaxPasses = 4096;
constexpr std::string_view kResultPurpose = "values of windows";
constexpr std::string_view kTaskPurpose = "events of windows";

/// Names the words of some keys, all of them, on both sides.
struct KeyTask {
  std::span<const AsOfWord> rows;
  std::span<const AsOfWord> events;
};

// Cuts sorted words into tasks at the borders of keys.
std::vector<KeyTask> CutTasks(std::span<const AsOfWord> rows, std::span<const AsOfWord> events) {
  const auto of_lesser_key = [](AsOfWord word, std::uint32_t key) { return AsOfKey(word) < key; };
  std::vector<KeyTask> tasks;
  while (!rows.empty()) {
    std::uint32_t next_key = AsOfKey(rows[std::min(kRowsPerTask, rows.size()) - 1]) + 1;
    if (events.size() > kEventsPerTask) next_key = std::min(next_key, AsOfKey(events[kEventsPerTask - 1]) + 1);
    next_key = std::max(next_key, AsOfKey(rows.front()) + 1);
    const auto row_end = std::lower_bound(rows.begin(), rows.end(), next_key, of_lesser_key);
    const auto event_end = std::lower_bound(events.begin(), events.end(), next_key, of_lesser_key);
    const auto row_count = static_cast<std::size_t>(row_end - rows.begin());
    const auto event_count = static_cast<std::size_t>(event_end - events.begin());
    tasks.push_back({rows.first(row_count), events.first(event_count)});
    rows = rows.subspan(row_count);
    events = events.subspan(event_count);
  }
  return tasks;
}

bool IsWrittenByOneThread(ValueType type) { return !type.is_fixed_width(); }

/// Holds what the tasks of a part write, a value for each row of the left side.
struct PartResults {
  std::vector<ResultColumn> columns;
  std::vector<std::int64_t> event_us;
  std::vector<std::uint8_t> has_event;
  std::vector<std::uint8_t> is_found;
};

/// Holds the events of one pass.
struct PassEvents {
  CandidateRows rows;
  PartitionedWords words;  // (key, event time, index into `rows`), sorted
  std::optional<ValueRows> values;
  std::vector<std::uint32_t> slots;  // of `values`, for each of `rows`; empty: the same number
};

class PartJoin {
 public:
  PartJoin(const WindowJoin& join, FeatureRows& events, const ExecutionContext& context)
      : join_(join), events_(events), context_(context), reservation_(&context.memory) {}

  Result<JoinedView> Run(const LeftRows& left, ViewStatistics& statistics) {
    statistics.choice = {JoinStrategy::kMerge, "windows share one sorted run of each key"};
    LARDER_RETURN_IF_ERROR(MakeResults(left.row_count()));
    LARDER_ASSIGN_OR_RETURN(keys_, NumberLeftKeys(left, join_.left_key_columns, join_.left_time_column, context_));
    LARDER_RETURN_IF_ERROR(SortPartitions(keys_.words, context_));
    for (const AsOfWord word : keys_.words.words.span()) results_.is_found[AsOfRow(word)] = 1;
    if (keys_.can_match()) LARDER_RETURN_IF_ERROR(RunPasses(statistics));
    const auto found = static_cast<std::int64_t>(keys_.words.words.size());
    statistics.matched_rows += found;
    statistics.not_found_rows += left.row_count() - found;
    return Finish();
  }

 private:
  Status MakeResults(std::int64_t row_count) {
    const std::vector<ValueType> types = join_.plan.types();
    constexpr std::int64_t kMarkBytes = 16;
    const auto bytes_per_row = static_cast<std::int64_t>(types.size()) * 18 + kMarkBytes;
    LARDER_RETURN_IF_ERROR(reservation_.Grow(row_count * bytes_per_row, kResultPurpose));
    for (const ValueType type : types) results_.columns.emplace_back(type, row_count);
    const auto rows = static_cast<std::size_t>(row_count);
    results_.event_us.assign(rows, 0);
    results_.has_event.assign(rows, 0);
    results_.is_found.assign(rows, 0);
    return {};
  }

  // Halves the keys of a pass until its events fit in memory.
  Status RunPasses(ViewStatistics& statistics) {
    const std::uint32_t key_count = keys_.table->key_count();
    for (std::uint32_t passes = 1;; passes *= 2) {
      Status status;
      ScanCounts counts;
      for (std::uint32_t pass = 0; pass < passes && status.ok(); ++pass) {
        const auto border = [&](std::uint64_t i) { return static_cast<std::uint32_t>(i * key_count / passes); };
        if (border(pass) < border(pass + 1)) status = RunPass(border(pass), border(pass + 1), counts);
      }
      const bool is_split = passes < std::min(kMaxPasses, key_count);
      if (!status.ok() && status.reason() == Reason::kMemoryLimit && is_split) continue;
      statistics.passes += passes;
      statistics.rows_read += counts.rows_read;
      statistics.null_key_rows += counts.null_key_rows;
      statistics.null_time_rows += counts.null_time_rows;
      statistics.candidate_rows += counts.kept_rows;
      statistics.fetched_rows += counts.kept_rows;
      return status;
    }
  }

  CandidateRule Rule() const {
    CandidateRule rule{join_.layout, {INT64_MIN, INT64_MAX}, keys_.times.to_us, join_.as_known};
    // A later row of an event, or a deletion, changes what an earlier one says, whenever it happened.
    if (join_.plan.event_id || join_.layout.has_deletion_mark) return rule;
    rule.event_time.to_us = keys_.times.to_us;
    const std::optional<std::int64_t> reach_us = join_.plan.reach_us();
    std::int64_t from_us = INT64_MIN;
    if (reach_us && !__builtin_sub_overflow(keys_.times.from_us, *reach_us, &from_us)) {
      rule.event_time.from_us = from_us;
    }
    return rule;
  }

  Status RunPass(std::uint32_t from_key, std::uint32_t to_key, ScanCounts& counts) {
    LARDER_RETURN_IF_ERROR(CheckCancelled(context_));
    CandidateRule rule = Rule();
    rule.from_key = from_key;
    rule.to_key = to_key;
    ScanCounts pass_counts;
    LARDER_ASSIGN_OR_RETURN(const PassEvents pass, ReadEvents(rule, pass_counts));
    counts += pass_counts;
    const auto of_lesser_key = [](AsOfWord word, std::uint32_t key) { return AsOfKey(word) < key; };
    const std::span<const AsOfWord> all = keys_.words.words.span();
    const auto begin = std::lower_bound(all.begin(), all.end(), from_key, of_lesser_key);
    const auto end = std::lower_bound(begin, all.end(), to_key, of_lesser_key);
    const std::vector<KeyTask> tasks = CutTasks({begin, end}, pass.words.words.span());
    ExecutionContext context = context_;
    const std::vector<ValueType> types = join_.plan.types();
    if (std::any_of(types.begin(), types.end(), IsWrittenByOneThread)) context.threads = nullptr;
    return RunTasks(context, tasks.size(), [&](std::size_t i) { return RunTask(tasks[i], pass); });
  }

  Result<PassEvents> ReadEvents(const CandidateRule& rule, ScanCounts& counts) {
    LARDER_ASSIGN_OR_RETURN(const auto pieces, events_.Keys({rule.event_time}));
    LARDER_ASSIGN_OR_RETURN(CandidateRows rows, ScanCandidates({*pieces, rule, *keys_.table}, context_, counts));
    PassEvents pass{std::move(rows), {}, std::nullopt, {}};
    const KeyPartitions partitions(keys_.table->key_count(), pass.rows.size());
    LARDER_ASSIGN_OR_RETURN(
        pass.words, PartitionAsOfRows({pass.rows.keys.span(), pass.rows.event_us.span()}, partitions, context_));
    LARDER_RETURN_IF_ERROR(SortPartitions(pass.words, context_));
    LARDER_RETURN_IF_ERROR(FetchValues(pass));
    return pass;
  }

  Status FetchValues(PassEvents& pass) const {
    if (join_.plan.columns.empty()) return {};
    const std::span<const std::uint64_t> ordinals = pass.rows.ordinals.span();
    if (pass.rows.ordinals_ascend) {
      LARDER_ASSIGN_OR_RETURN(pass.values, ValueRows::Fetch(events_, join_.plan.columns, ordinals, context_));
      return {};
    }
    std::vector<std::uint32_t> order(ordinals.size());
    std::iota(order.begin(), order.end(), std::uint32_t{0});
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return ordinals[a] < ordinals[b]; });
    std::vector<std::uint64_t> sorted;
    pass.slots.resize(order.size());
    for (const std::uint32_t row : order) {
      pass.slots[row] = static_cast<std::uint32_t>(sorted.size());
      sorted.push_back(ordinals[row]);
    }
    LARDER_ASSIGN_OR_RETURN(pass.values, ValueRows::Fetch(events_, join_.plan.columns, sorted, context_));
    return {};
  }

  Status RunTask(const KeyTask& task, const PassEvents& pass) {
    MemoryReservation reservation(&context_.memory);
    const auto event_bytes =
        ValueRows::RowBytes(join_.plan.columns) * 2 + static_cast<std::int64_t>(join_.plan.expressions.size()) * 9 + 64;
    LARDER_RETURN_IF_ERROR(reservation.Grow(static_cast<std::int64_t>(task.events.size()) * event_bytes, kTaskPurpose));
    LARDER_ASSIGN_OR_RETURN(const EventBatch batch, GatherBatch(task, pass));
    LARDER_ASSIGN_OR_RETURN(const auto windows, KeyWindows::Make(join_.plan, batch, join_.as_known));
    std::size_t event = 0;
    std::vector<RowTime> rows;
    for (std::size_t row = 0; row < task.rows.size();) {
      const std::uint32_t key = AsOfKey(task.rows[row]);
      rows.clear();
      for (; row < task.rows.size() && AsOfKey(task.rows[row]) == key; ++row) {
        rows.push_back({AsOfTime(task.rows[row]), AsOfRow(task.rows[row])});
      }
      while (event < task.events.size() && AsOfKey(task.events[event]) < key) ++event;
      const std::size_t begin = event;
      while (event < task.events.size() && AsOfKey(task.events[event]) == key) ++event;
      const Status status = windows->Evaluate({begin, event}, rows, results_.columns);
      if (!status.ok()) {
        return status.WithContext(join_.name + ", key of row " + std::to_string(rows.front().row + 1) +
                                  " of the entity table");
      }
      TakeEventTimes(rows, windows->newest_us());
    }
    return {};
  }

  Result<EventBatch> GatherBatch(const KeyTask& task, const PassEvents& pass) const {
    EventBatch batch;
    batch.row_count = static_cast<std::int64_t>(task.events.size());
    std::vector<std::uint32_t> slots;
    slots.reserve(task.events.size());
    for (const AsOfWord word : task.events) {
      const std::uint32_t row = AsOfRow(word);
      slots.push_back(pass.slots.empty() ? row : pass.slots[row]);
      batch.times_us.push_back(AsOfTime(word));
      if (join_.layout.has_created_time) {
        const bool has_created = (pass.rows.marks[row] & CandidateRows::kHasCreated) != 0;
        batch.created_us.push_back(has_created ? pass.rows.created_us[row] : kNoCreatedTimeUs);
      }
      if (join_.layout.has_deletion_mark) batch.deleted.push_back(pass.rows.IsDeleted(row) ? 1 : 0);
    }
    if (pass.values) {
      LARDER_ASSIGN_OR_RETURN(batch.columns, pass.values->Gather(slots));
    }
    batch.row_name = [this, task, &pass](std::int64_t row) {
      return join_.row_name(pass.rows.ordinals[AsOfRow(task.events[static_cast<std::size_t>(row)])]);
    };
    return batch;
  }

  void TakeEventTimes(std::span<const RowTime> rows, std::span<const std::optional<std::int64_t>> newest_us) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto row = static_cast<std::size_t>(rows[i].row);
      results_.has_event[row] = newest_us[i].has_value() ? 1 : 0;
      results_.event_us[row] = newest_us[i].value_or(0);
    }
  }

  Result<JoinedView> Finish() {
    JoinedView view;
    const auto row_count = static_cast<std::int64_t>(results_.is_found.size());
    for (ResultColumn& column : results_.columns) {
      LARDER_ASSIGN_OR_RETURN(const auto appender, MakeArrayAppender(column.type(), row_count));
      LARDER_RETURN_IF_ERROR(appender->Append(column.Values(), row_count));
      LARDER_ASSIGN_OR_RETURN(auto array, appender->Finish());
      view.values.push_back(std::move(array));
    }
    arrow::TimestampBuilder times(ToArrow(ValueType::Of(TypeKind::kTimestamp)), arrow::default_memory_pool());
    LARDER_RETURN_IF_ERROR(
        FromArrow(times.AppendValues(results_.event_us.data(), row_count, results_.has_event.data())));
    LARDER_RETURN_IF_ERROR(FromArrow(times.Finish(&view.event_time)));
    arrow::UInt8Builder status;
    LARDER_RETURN_IF_ERROR(FromArrow(status.Reserve(row_count)));
    for (const std::uint8_t is_found : results_.is_found) {
      status.UnsafeAppend(static_cast<std::uint8_t>(is_found != 0 ? MatchStatus::kPresent : MatchStatus::kNotFound));
    }
    LARDER_RETURN_IF_ERROR(FromArrow(status.Finish(&view.status)));
    return view;
  }

  const WindowJoin& join_;
  FeatureRows& events_;
  const ExecutionContext& context_;
  MemoryReservation reservation_;
  LeftKeys keys_;
  PartResults results_;
};

}  // namespace

Result<JoinedView> JoinWindows(const WindowJoin& join, const WindowSides& sides, const ExecutionContext& context,
                               ViewStatistics& statistics) {
  return PartJoin(join, sides.events, context).Run(sides.left, statistics);
}

}  // namespace larder
