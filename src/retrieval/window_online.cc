#include "retrieval/window_online.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <shared_mutex>
#include <utility>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/record_batch.h>

#include "base/cancellation.h"
#include "base/random.h"
#include "base/thread_pool.h"
#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "engine/key_scan_batch.h"
#include "engine/value_rows.h"
#include "expressions/vector_arrow.h"
#include "windows/event_cells.h"

namespace larder {
namespace {

constexpr std::int64_t kMostLoadBytes = std::int64_t{1} << 30;

Result<RowLayout> EventLayout(const FeatureView& view) {
  std::vector<ValueType> types;
  for (const ColumnType& column : view.columns) types.push_back(column.type);
  return RowLayout::Make(0, std::move(types));
}

std::optional<std::size_t> EventIdPlace(const ResolvedView& view) {
  const std::vector<ColumnType>& columns = view.view->columns;
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const ColumnType& column) { return column.name == view.source->event_id; });
  if (view.source->event_id.empty() || found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

// Events at and before this instant need not be there; INT64_MIN when all are kept.
std::int64_t HorizonOf(const FeatureView& view, std::optional<std::int64_t> newest_us) {
  const std::optional<std::int64_t> retention_us = view.EffectiveRetentionUs();
  std::int64_t horizon_us = INT64_MIN;
  if (!retention_us || !newest_us || __builtin_sub_overflow(*newest_us, *retention_us, &horizon_us)) return INT64_MIN;
  return horizon_us;
}

Status CheckHorizon(const ViewUse& use, const WindowPlan& plan, std::int64_t horizon_us, std::int64_t now_us) {
  for (std::size_t i = 0; i < plan.functions.size(); ++i) {
    const WindowBounds& bounds = plan.windows[plan.functions[i].window];
    if (horizon_us == INT64_MIN || bounds.BeginAt(now_us) >= horizon_us) continue;
    return Status(Reason::kOutOfRange,
                  "window of " + use.view.view->name() + ":" + use.view.view->features[use.features[i]].name + " at " +
                      FormatInstant(now_us) + " reaches below what is kept online: events after " +
                      FormatInstant(horizon_us),
                  "ask for a later moment, or set a longer retention in the view and materialize it");
  }
  return {};
}

Result<WindowValues> NothingFound(const WindowPlan& plan, std::int64_t row_count) {
  WindowValues answer;
  const auto rows = static_cast<std::size_t>(row_count);
  for (const ValueType type : plan.types()) {
    LARDER_ASSIGN_OR_RETURN(auto nulls, FromArrow(arrow::MakeArrayOfNull(ToArrow(type), row_count)));
    answer.values.push_back(std::move(nulls));
    answer.event_times_us.emplace_back(rows, 0);
  }
  answer.statuses.assign(rows, ValueStatus::kNotFound);
  return answer;
}

// Says where the columns of a plan stand among those of the view.
std::vector<std::size_t> PlacesOf(const WindowPlan& plan, const FeatureView& view) {
  std::vector<std::size_t> places;
  for (const ValueColumn& column : plan.columns) {
    const auto found = std::find_if(view.columns.begin(), view.columns.end(),
                                    [&](const ColumnType& other) { return other.name == column.name; });
    places.push_back(static_cast<std::size_t>(found - view.columns.begin()));
  }
  return places;
}

Result<WindowValues> EvaluateAt(const WindowPlan& plan, const StoredEvents& events, const JoinKeyBatch& keys,
                                std::int64_t now_us) {
  const std::int64_t row_count = keys.row_count();
  std::vector<ResultColumn> results;
  for (const ValueType type : plan.types()) results.emplace_back(type, row_count);
  WindowValues answer;
  answer.event_times_us.assign(results.size(), std::vector<std::int64_t>(static_cast<std::size_t>(row_count), 0));
  LARDER_ASSIGN_OR_RETURN(const auto windows, KeyWindows::Make(plan, events.batch, false));
  for (std::int64_t row = 0; row < row_count; ++row) {
    const auto place = static_cast<std::size_t>(row);
    const bool is_null = keys.is_null[place] != 0;
    answer.statuses.push_back(is_null ? ValueStatus::kNotFound : ValueStatus::kPresent);
    if (is_null) continue;
    const RowTime moment{now_us, row};
    const Status status = windows->Evaluate(events.keys[place], std::span(&moment, 1), results);
    if (!status.ok()) return status.WithContext("row " + std::to_string(row + 1) + " of the request");
    for (std::size_t i = 0; i < results.size(); ++i) {
      answer.event_times_us[i][place] = windows->newest_by_function_us()[i].value_or(0);
    }
  }
  for (ResultColumn& column : results) {
    LARDER_ASSIGN_OR_RETURN(const auto appender, MakeArrayAppender(column.type(), row_count));
    LARDER_RETURN_IF_ERROR(appender->Append(column.Values(), row_count));
    LARDER_ASSIGN_OR_RETURN(auto array, appender->Finish());
    answer.values.push_back(std::move(array));
  }
  return answer;
}

/// Loads the events of one view.
class EventLoader {
 public:
  EventLoader(OnlineTables& tables, const EventLoad& load, ViewTables& rows, const ExecutionContext& context)
      : tables_(tables), load_(load), rows_(rows), context_(context) {}

  Result<EventWriteCounts> Run() {
    LARDER_RETURN_IF_ERROR(Begin());
    LARDER_ASSIGN_OR_RETURN(layout_, EventLayout(*load_.view.view));
    std::optional<std::int64_t> newest_us = table_->Statistics().newest_event_time_us;
    LARDER_RETURN_IF_ERROR(ForEachBatch([&](const KeyScanBatch& batch) { return FindNewest(batch, newest_us); }));
    horizon_us_ = HorizonOf(*load_.view.view, newest_us);
    LARDER_RETURN_IF_ERROR(TakeOutReplaced());
    LARDER_RETURN_IF_ERROR(ForEachBatch([&](const KeyScanBatch& batch) { return LoadBatch(batch); }));
    const CellWrite mark = TableMark();
    LARDER_RETURN_IF_ERROR(target_->Add(std::span(&mark, 1)));
    LARDER_RETURN_IF_ERROR(target_->Commit().status());
    return counts_;
  }

 private:
  // A push that is in the files is not among the cells to keep, and the other way round.
  Status Begin() {
    const std::unique_lock gate(tables_.event_gate());
    LARDER_ASSIGN_OR_RETURN(table_, tables_.Table(load_.view.view->name(), load_.view.generation));
    LARDER_RETURN_IF_ERROR(
        load_memory_.Grow(std::min(context_.memory.limit_bytes() / 4, kMostLoadBytes), "events on their way online"));
    LoadOptions options;
    options.memory_bytes = load_memory_.bytes();
    options.thread_count = context_.threads == nullptr ? 1 : context_.threads->thread_count() + 1;
    options.cancellation = context_.cancellation;
    LARDER_ASSIGN_OR_RETURN(target_, table_->BeginLoad(options));
    LARDER_ASSIGN_OR_RETURN(stored_, table_->Scan(ScanCells::kRows));
    return rows_.Open(std::span(&load_.view, 1));
  }

  Status ForEachBatch(const std::function<Status(const KeyScanBatch&)>& visit) {
    layout_of_keys_ = rows_.key_layout(0);
    LARDER_ASSIGN_OR_RETURN(auto pieces, rows_.feature_rows(0).Keys({{load_.from_us, load_.to_us}}));
    const auto stream = NewPieceStream(std::move(pieces));
    while (true) {
      if (context_.cancellation != nullptr) LARDER_RETURN_IF_ERROR(context_.cancellation->Check());
      LARDER_ASSIGN_OR_RETURN(const std::optional<OrdinalBatch> next, stream->Next());
      if (!next) return {};
      LARDER_ASSIGN_OR_RETURN(const KeyScanBatch batch, KeyScanBatch::Make(*next, layout_of_keys_));
      LARDER_RETURN_IF_ERROR(visit(batch));
    }
  }

  bool IsInRange(const KeyScanBatch& batch, std::int64_t row) const {
    return batch.has_event_time(row) && batch.event_us(row) >= load_.from_us && batch.event_us(row) <= load_.to_us;
  }

  Status FindNewest(const KeyScanBatch& batch, std::optional<std::int64_t>& newest_us) const {
    for (std::int64_t row = 0; row < batch.row_count(); ++row) {
      const bool has_key = std::all_of(batch.keys().begin(), batch.keys().end(),
                                       [&](const auto& key) { return key->IsValid(row); });
      if (!has_key || !IsInRange(batch, row) || batch.is_deleted(row)) continue;
      newest_us = std::max(newest_us.value_or(INT64_MIN), batch.event_us(row));
    }
    return {};
  }

  Status TakeOutReplaced() {
    const ReplacedEvents replaced{load_.from_us, load_.to_us, horizon_us_};
    ScannedCell cell;
    while (true) {
      LARDER_ASSIGN_OR_RETURN(const bool is_there, stored_->Next(cell));
      if (!is_there) break;
      if (!replaced.Contains(cell)) continue;
      const CellWrite removal{cell.key, cell.time, {}, true};
      LARDER_RETURN_IF_ERROR(target_->Add(std::span(&removal, 1)));
    }
    stored_.reset();
    return {};
  }

  Status LoadBatch(const KeyScanBatch& batch) {
    arrow::Int64Builder picked;
    std::vector<std::uint64_t> ordinals;
    for (std::int64_t row = 0; row < batch.row_count(); ++row) {
      ++counts_.read;
      if (!batch.has_event_time(row)) ++counts_.ignored;
      if (!IsInRange(batch, row) || batch.event_us(row) <= horizon_us_) continue;
      LARDER_RETURN_IF_ERROR(FromArrow(picked.Append(row)));
      ordinals.push_back(batch.ordinal(row));
    }
    if (ordinals.empty()) return {};
    LARDER_ASSIGN_OR_RETURN(const auto rows, FromArrow(picked.Finish()));
    EventRows events;
    LARDER_RETURN_IF_ERROR(PickKeysAndTimes(batch, *rows, events));
    LARDER_RETURN_IF_ERROR(FetchValues(ordinals, events));
    events.event_id = EventIdPlace(load_.view);
    events.numbers = ordinals;
    LARDER_RETURN_IF_ERROR(writer_.Encode(*layout_, events, {EventOrigin::kSource, 0}));
    counts_.ignored += writer_.ignored_count();
    counts_.written += static_cast<std::int64_t>(writer_.writes().size());
    return target_->Add(writer_.writes());
  }

  static Status PickKeysAndTimes(const KeyScanBatch& batch, const arrow::Array& rows, EventRows& events) {
    for (const auto& key : batch.keys()) {
      LARDER_ASSIGN_OR_RETURN(auto picked, FromArrow(arrow::compute::Take(*key, rows)));
      events.keys.push_back(std::move(picked));
    }
    const auto& places = static_cast<const arrow::Int64Array&>(rows);
    arrow::TimestampBuilder times(ToArrow(ValueType::Of(TypeKind::kTimestamp)), arrow::default_memory_pool());
    arrow::TimestampBuilder created(ToArrow(ValueType::Of(TypeKind::kTimestamp)), arrow::default_memory_pool());
    arrow::BooleanBuilder deleted;
    for (std::int64_t i = 0; i < places.length(); ++i) {
      const std::int64_t row = places.Value(i);
      LARDER_RETURN_IF_ERROR(FromArrow(times.Append(batch.event_us(row))));
      LARDER_RETURN_IF_ERROR(
          FromArrow(batch.has_created(row) ? created.Append(batch.created_us(row)) : created.AppendNull()));
      LARDER_RETURN_IF_ERROR(FromArrow(deleted.Append(batch.is_deleted(row))));
    }
    LARDER_RETURN_IF_ERROR(FromArrow(times.Finish(&events.event_times)));
    LARDER_RETURN_IF_ERROR(FromArrow(created.Finish(&events.created_times)));
    return FromArrow(deleted.Finish(&events.deleted));
  }

  Status FetchValues(std::span<const std::uint64_t> ordinals, EventRows& events) {
    std::vector<ValueColumn> columns;
    for (const ColumnType& column : load_.view.view->columns) columns.push_back({column.name, column.type});
    if (columns.empty()) return {};
    LARDER_ASSIGN_OR_RETURN(const ValueRows values,
                            ValueRows::Fetch(rows_.feature_rows(0), columns, ordinals, context_));
    std::vector<std::uint32_t> slots(ordinals.size());
    std::iota(slots.begin(), slots.end(), std::uint32_t{0});
    LARDER_ASSIGN_OR_RETURN(events.values, values.Gather(slots));
    return {};
  }

  OnlineTables& tables_;
  const EventLoad& load_;
  ViewTables& rows_;
  const ExecutionContext& context_;
  MemoryReservation load_memory_{&context_.memory};
  std::shared_ptr<OnlineTable> table_;
  std::unique_ptr<TableLoad> target_;
  std::unique_ptr<CellScan> stored_;
  std::optional<RowLayout> layout_;
  KeyLayout layout_of_keys_;
  std::int64_t horizon_us_ = INT64_MIN;
  EventCellWriter writer_;
  EventWriteCounts counts_;
};

}  // namespace

Result<WindowValues> ReadWindows(OnlineTables& tables, const ViewUse& use,
                                 std::span<const std::shared_ptr<arrow::Array>> keys, std::int64_t now_us) {
  const FeatureView& view = *use.view.view;
  LARDER_ASSIGN_OR_RETURN(const auto table, tables.Table(view.name(), use.view.generation));
  LARDER_ASSIGN_OR_RETURN(const WindowPlan plan, PlanWindows(view, *use.view.source, use.features));
  JoinKeyBatch encoded;
  LARDER_RETURN_IF_ERROR(EncodeJoinKeys(keys, encoded));
  const TableStatistics statistics = table->Statistics();
  if (statistics.row_count + statistics.deleted_count == 0) return NothingFound(plan, encoded.row_count());
  LARDER_RETURN_IF_ERROR(CheckHorizon(use, plan, HorizonOf(view, statistics.newest_event_time_us), now_us));
  LARDER_ASSIGN_OR_RETURN(const RowLayout layout, EventLayout(view));
  const std::vector<std::size_t> places = PlacesOf(plan, view);
  LARDER_ASSIGN_OR_RETURN(const StoredEvents events, ReadEvents(*table, encoded, {plan, layout, places, now_us}));
  return EvaluateAt(plan, events, encoded, now_us);
}

Result<EventWriteCounts> WriteEvents(OnlineTables& tables, const ResolvedView& view, const ViewPush& push) {
  EventRows rows;
  int column = 0;
  for (std::size_t i = 0; i < push.layout.key_names.size(); ++i) rows.keys.push_back(push.rows->column(column++));
  rows.event_times = push.rows->column(column++);
  if (push.layout.has_created_time) rows.created_times = push.rows->column(column++);
  if (push.layout.has_deletion_mark) rows.deleted = push.rows->column(column++);
  for (; column < push.rows->num_columns(); ++column) rows.values.push_back(push.rows->column(column));
  rows.event_id = EventIdPlace(view);
  std::vector<std::uint64_t> numbers(static_cast<std::size_t>(push.rows->num_rows()));
  std::iota(numbers.begin(), numbers.end(), std::uint64_t{0});
  rows.numbers = numbers;
  LARDER_ASSIGN_OR_RETURN(const RowLayout layout, EventLayout(*view.view));
  EventCellWriter writer;
  LARDER_RETURN_IF_ERROR(writer.Encode(layout, rows, {EventOrigin::kPush, SeedFromSystem()}));
  EventWriteCounts counts;
  counts.read = push.rows->num_rows();
  counts.ignored = writer.ignored_count();
  LARDER_ASSIGN_OR_RETURN(const auto table, tables.Table(view.view->name(), view.generation));
  std::vector<CellWrite> writes(writer.writes().begin(), writer.writes().end());
  writes.push_back(TableMark());
  LARDER_ASSIGN_OR_RETURN(const WriteResult result, table->Write(writes));
  counts.older = result.older_count();
  counts.written = result.applied_count() - (result.outcomes.back() == WriteOutcome::kApplied ? 1 : 0);
  return counts;
}

Result<EventWriteCounts> LoadEvents(OnlineTables& tables, const EventLoad& load, ViewTables& rows,
                                    const ExecutionContext& context) {
  return EventLoader(tables, load, rows, context).Run();
}

}  // namespace larder
