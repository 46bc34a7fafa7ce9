#include "retrieval/historical.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "retrieval/view_tables.h"
#include "windows/window_join_stream.h"

namespace larder {
namespace {

std::string Title(const ViewUse& use) {
  std::string title = use.view.view->name() + "@" + std::to_string(use.view.version) + " by";
  for (std::size_t i = 0; i < use.key_columns.size(); ++i) title += (i == 0 ? " " : ", ") + use.key_columns[i];
  return title;
}

Status CheckMatchNames(const RetrievalPlan& plan, std::vector<std::string> taken) {
  for (const OutputColumn& column : plan.outputs) taken.push_back(column.name);
  for (const MatchedView& match : plan.matches) {
    for (const char* suffix : {"__event_time", "__age", "__status"}) {
      const std::string name = match.label + suffix;
      if (std::find(taken.begin(), taken.end(), name) != taken.end()) {
        return Status(
            Reason::kEqualNames,
            "two columns of the answer would be named '" + name + "': one of them tells the match of " + match.label,
            "leave --matches out, or give the views different aliases in a feature service");
      }
      taken.push_back(name);
    }
  }
  return {};
}

JoinPlan MakeJoinPlan(const RetrievalPlan& plan, const EntityTable& entities, const ViewTables& tables) {
  JoinPlan join;
  join.left_time_column = entities.time_column();
  for (std::size_t i = 0; i < plan.views.size(); ++i) {
    const ViewUse& use = plan.views[i];
    if (use.view.view->is_windowed()) continue;
    ViewJoin view;
    view.name = Title(use);
    view.layout = tables.key_layout(i);
    view.ttl_us = use.view.view->ttl_us;
    for (const std::size_t place : use.key_places) view.left_key_columns.push_back(entities.needed_column(place));
    for (const std::size_t feature : use.features) {
      const Feature& definition = use.view.view->features[feature];
      view.values.push_back({definition.name, definition.type});
    }
    join.views.push_back(std::move(view));
  }
  return join;
}

// Writes the events of the view that a request names as its entity table.
Result<EventTableFile> WriteEvents(Project& project, const RegistrySnapshot& snapshot,
                                   const HistoricalRequest& request) {
  LARDER_ASSIGN_OR_RETURN(const ResolvedView view, snapshot.ResolveView(request.at_events, std::nullopt));
  ViewTables tables(project, snapshot);
  LARDER_RETURN_IF_ERROR(tables.Open(std::span(&view, 1)));
  return EventTableFile::Write(project.files(), project.config().engine.spill, tables.rows(0));
}

Status CheckExclusive(const RetrievalPlan& plan) {
  for (const ViewUse& use : plan.views) {
    if (use.view.view->is_windowed()) continue;
    return Status(Reason::kUsage, "--exclusive with the plain view '" + use.view.view->name() + "'",
                  "it belongs to windows: ask for features of window views only");
  }
  return {};
}

Result<WindowJoin> MakeWindowJoin(const ViewUse& use, const EntityTable& entities) {
  WindowJoin join;
  join.name = Title(use);
  for (const std::size_t place : use.key_places) join.left_key_columns.push_back(entities.needed_column(place));
  join.left_time_column = entities.time_column();
  LARDER_ASSIGN_OR_RETURN(join.plan, PlanWindows(*use.view.view, *use.view.source, use.features));
  return join;
}

// The three columns that tell a match. A view without time has neither event time nor age; empty windows have the epoch
// and no age.
Status AppendMatch(const JoinedView& view, bool is_windowed, const arrow::TimestampArray& left_times,
                   arrow::ArrayVector& columns) {
  const auto& times = static_cast<const arrow::TimestampArray&>(*view.event_time);
  arrow::TimestampBuilder event_time(ToArrow(ValueType::Of(TypeKind::kTimestamp)), arrow::default_memory_pool());
  arrow::DurationBuilder age(arrow::duration(arrow::TimeUnit::MICRO), arrow::default_memory_pool());
  arrow::StringBuilder status;
  for (std::int64_t row = 0; row < times.length(); ++row) {
    const auto match = static_cast<MatchStatus>(view.status->Value(row));
    LARDER_RETURN_IF_ERROR(FromArrow(status.Append(MatchStatusName(match))));
    if (times.IsNull(row) || times.Value(row) == kBeginningOfTimeUs) {
      const bool is_empty = is_windowed && match == MatchStatus::kPresent;
      LARDER_RETURN_IF_ERROR(FromArrow(is_empty ? event_time.Append(0) : event_time.AppendNull()));
      LARDER_RETURN_IF_ERROR(FromArrow(age.AppendNull()));
      continue;
    }
    LARDER_RETURN_IF_ERROR(FromArrow(event_time.Append(times.Value(row))));
    std::int64_t age_us = 0;
    if (__builtin_sub_overflow(left_times.Value(row), times.Value(row), &age_us)) age_us = INT64_MAX;
    LARDER_RETURN_IF_ERROR(FromArrow(age.Append(age_us)));
  }
  for (arrow::ArrayBuilder* builder :
       {static_cast<arrow::ArrayBuilder*>(&event_time), static_cast<arrow::ArrayBuilder*>(&age),
        static_cast<arrow::ArrayBuilder*>(&status)}) {
    LARDER_ASSIGN_OR_RETURN(auto array, FromArrow(builder->Finish()));
    columns.push_back(std::move(array));
  }
  return {};
}

class JoinedRows final : public HistoricalRows {
 public:
  JoinedRows(std::shared_ptr<const RetrievalPlan> plan, const HistoricalRequest& request)
      : plan_(std::move(plan)), request_(request), null_values_(plan_->views.size()) {}

  // Keeps the file that the rows are read from.
  void Keep(EventTableFile events) { events_.emplace(std::move(events)); }
  // Settles the columns; before anything else.
  void Describe(const arrow::Schema& own) { schema_ = MakeSchema(own); }

  Status Join(const EntityTable& entities, std::unique_ptr<ViewTables> tables, const ExecutionContext& context) {
    tables_ = std::move(tables);
    join_plan_ = MakeJoinPlan(*plan_, entities, *tables_);
    join_plan_.as_known = request_.as_known;
    join_plan_.match_details = request_.matches;
    own_column_count_ = entities.own_column_count();
    request_column_ = entities.needed_column(plan_->key_columns.size());
    std::vector<FeatureRows*> views;
    for (std::size_t i = 0; i < plan_->views.size(); ++i) {
      if (!IsWindowed(i)) views.push_back(&tables_->feature_rows(i));
    }
    LARDER_RETURN_IF_ERROR(OpenWindows(entities, context));
    LARDER_ASSIGN_OR_RETURN(left_, entities.Read());
    LARDER_ASSIGN_OR_RETURN(joined_, JoinPointInTime(join_plan_, *left_, views, context));
    return {};
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  std::int64_t row_count() const override { return joined_->row_count(); }
  std::vector<ViewSummary> summaries() const override {
    std::vector<ViewSummary> summaries;
    std::size_t plain = 0;
    std::size_t windowed = 0;
    for (std::size_t i = 0; i < plan_->views.size(); ++i) {
      const ViewStatistics& join = IsWindowed(i) ? windows_->statistics()[windowed++] : joined_->statistics()[plain++];
      ViewSummary summary{Title(plan_->views[i]), join, tables_->read_statistics(i)};
      summary.null_values = null_values_[i];
      for (const OutputColumn& output : plan_->outputs) {
        if (IsOfView(plan_->slots[output.slot], i)) summary.values += rows_given_;
      }
      summaries.push_back(std::move(summary));
    }
    return summaries;
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    LARDER_ASSIGN_OR_RETURN(const std::optional<JoinedBatch> batch, joined_->Next());
    if (!batch) return std::shared_ptr<arrow::RecordBatch>();
    const std::int64_t row_count = batch->left->num_rows();
    std::vector<JoinedView> windows;
    if (windows_) {
      LARDER_ASSIGN_OR_RETURN(windows, windows_->Next(row_count));
    }
    const std::vector<const JoinedView*> views = InOrderOfPlan(batch->views, windows);
    std::vector<std::shared_ptr<arrow::Array>> values(plan_->slots.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const ValueSlot& slot = plan_->slots[i];
      if (slot.origin == SlotOrigin::kView) values[i] = views[slot.view_use]->values[slot.feature];
      if (slot.origin == SlotOrigin::kRequest) {
        values[i] = batch->left->column(request_column_ + static_cast<int>(slot.feature));
      }
    }
    const auto row_name = [this](std::int64_t row) {
      return request_.entities + ", row " + std::to_string(rows_given_ + row + 1);
    };
    LARDER_RETURN_IF_ERROR(Compute(*plan_, row_count, row_name, values));
    arrow::ArrayVector columns;
    for (int i = 0; i < own_column_count_; ++i) columns.push_back(batch->left->column(i));
    for (const OutputColumn& output : plan_->outputs) {
      const ValueSlot& slot = plan_->slots[output.slot];
      if (slot.origin == SlotOrigin::kView) null_values_[slot.view_use] += values[output.slot]->null_count();
      columns.push_back(values[output.slot]);
    }
    const auto& times = static_cast<const arrow::TimestampArray&>(*batch->left->column(join_plan_.left_time_column));
    for (const MatchedView& match : matches()) {
      const std::size_t use = match.view_use;
      LARDER_RETURN_IF_ERROR(AppendMatch(*views[use], IsWindowed(use), times, columns));
    }
    rows_given_ += row_count;
    return arrow::RecordBatch::Make(schema_, row_count, std::move(columns));
  }

 private:
  bool IsWindowed(std::size_t use) const { return plan_->views[use].view.view->is_windowed(); }

  // Windows read the entity table a second time: their parts are not those of the join.
  Status OpenWindows(const EntityTable& entities, const ExecutionContext& context) {
    std::vector<WindowJoin> joins;
    std::vector<FeatureRows*> events;
    for (std::size_t i = 0; i < plan_->views.size(); ++i) {
      if (!IsWindowed(i)) continue;
      LARDER_ASSIGN_OR_RETURN(WindowJoin join, MakeWindowJoin(plan_->views[i], entities));
      join.layout = tables_->key_layout(i);
      join.as_known = request_.as_known;
      join.plan.ends_before_row = request_.exclusive;
      const ViewRows& rows = tables_->rows(i);
      join.row_name = [&rows](std::uint64_t ordinal) { return rows.NameRow(ordinal); };
      joins.push_back(std::move(join));
      events.push_back(&tables_->feature_rows(i));
    }
    if (joins.empty()) return {};
    LARDER_ASSIGN_OR_RETURN(auto left, entities.Read());
    windows_.emplace(std::move(joins), std::move(events), std::move(left), context);
    return {};
  }

  std::vector<const JoinedView*> InOrderOfPlan(const std::vector<JoinedView>& plain,
                                               const std::vector<JoinedView>& windows) const {
    std::vector<const JoinedView*> views;
    auto next_plain = plain.begin();
    auto next_window = windows.begin();
    for (std::size_t i = 0; i < plan_->views.size(); ++i) {
      views.push_back(IsWindowed(i) ? &*next_window++ : &*next_plain++);
    }
    return views;
  }

  static bool IsOfView(const ValueSlot& slot, std::size_t view) {
    return slot.origin == SlotOrigin::kView && slot.view_use == view;
  }

  std::span<const MatchedView> matches() const {
    return request_.matches ? std::span<const MatchedView>(plan_->matches) : std::span<const MatchedView>();
  }

  std::shared_ptr<arrow::Schema> MakeSchema(const arrow::Schema& own) const {
    arrow::FieldVector fields = own.fields();
    for (const OutputColumn& output : plan_->outputs) {
      fields.push_back(arrow::field(output.name, ToArrow(plan_->slots[output.slot].type)));
    }
    for (const MatchedView& match : matches()) {
      fields.push_back(arrow::field(match.label + "__event_time", ToArrow(ValueType::Of(TypeKind::kTimestamp))));
      fields.push_back(arrow::field(match.label + "__age", arrow::duration(arrow::TimeUnit::MICRO)));
      fields.push_back(arrow::field(match.label + "__status", arrow::utf8()));
    }
    return arrow::schema(std::move(fields));
  }

  std::shared_ptr<const RetrievalPlan> plan_;
  std::optional<EventTableFile> events_;
  std::unique_ptr<ViewTables> tables_;
  const HistoricalRequest request_;
  JoinPlan join_plan_;
  std::shared_ptr<arrow::RecordBatchReader> left_;
  std::unique_ptr<JoinedBatchStream> joined_;  // reads left_ and tables_
  std::optional<WindowJoinStream> windows_;    // of window views, if there are any; reads tables_
  std::shared_ptr<arrow::Schema> schema_;
  int own_column_count_ = 0;
  int request_column_ = 0;
  std::int64_t rows_given_ = 0;
  std::vector<std::int64_t> null_values_;  // by view
};

// A look-up as its rows are read: of a window view the columns of its events.
ViewUse UseOfRows(const ViewUse& use) {
  if (!use.view.view->is_windowed()) return use;
  ViewUse rows = use;
  rows.view.view = ToViewOfSource(use.view).view;
  rows.features.resize(rows.view.view->features.size());
  std::iota(rows.features.begin(), rows.features.end(), std::size_t{0});
  return rows;
}

// What a request was found to mean, its files open.
struct CheckedRequest {
  std::shared_ptr<const RetrievalPlan> plan;
  std::optional<EventTableFile> events;  // the entity table, when a view's events are
  EntityTable entities;
  std::unique_ptr<ViewTables> tables;
};

class CheckedJob final : public HistoricalJob {
 public:
  CheckedJob(FileSystem& files, const HistoricalRequest& request, CheckedRequest checked)
      : files_(files),
        plan_(std::move(checked.plan)),
        entities_(std::move(checked.entities)),
        tables_(std::move(checked.tables)),
        request_(request),
        rows_(std::make_unique<JoinedRows>(plan_, request)) {
    if (checked.events) rows_->Keep(*std::move(checked.events));
    rows_->Describe(*entities_.own_schema());
    schema_ = rows_->schema();
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  std::optional<std::int64_t> RowCount() const override { return Entities().row_count; }

  Result<HistoricalEstimate> Estimate() override {
    const EntityEstimate entities = Entities();
    HistoricalEstimate estimate;
    estimate.row_count = entities.row_count;
    estimate.least_row_bytes = LeastRowBytes(*schema_);
    for (std::size_t i = 0; i < plan_->views.size(); ++i) {
      const ViewUse use = UseOfRows(plan_->views[i]);
      const ViewFiles of{use.view, tables_->rows(i).files(), use.features};
      LARDER_ASSIGN_OR_RETURN(ViewEstimate view, EstimateView(files_, of, entities, request_.matches));
      view.view = Title(use);
      estimate.views.push_back(std::move(view));
    }
    return estimate;
  }

  Result<std::unique_ptr<HistoricalRows>> Start(const ExecutionContext& context) override {
    LARDER_CHECK(rows_ != nullptr);
    LARDER_RETURN_IF_ERROR(rows_->Join(entities_, std::move(tables_), context));
    return std::unique_ptr<HistoricalRows>(std::move(rows_));
  }

 private:
  EntityEstimate Entities() const { return EstimateEntities(entities_.file(), entities_.time_name()); }

  FileSystem& files_;
  const std::shared_ptr<const RetrievalPlan> plan_;
  const EntityTable entities_;
  std::unique_ptr<ViewTables> tables_;
  const HistoricalRequest request_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<JoinedRows> rows_;
};

}  // namespace

std::int64_t LeastRowBytes(const arrow::Schema& schema) {
  std::int64_t bits = 0;
  for (const auto& field : schema.fields()) {
    const int width = field->type()->bit_width();
    bits += width > 0 ? width : 0;
  }
  return bits / 8;
}

Result<std::unique_ptr<HistoricalJob>> OpenHistorical(Project& project, const HistoricalRequest& asked,
                                                      arrow::MemoryPool* pool) {
  HistoricalRequest request = asked;
  LARDER_ASSIGN_OR_RETURN(auto snapshot, project.Snapshot());
  LARDER_ASSIGN_OR_RETURN(auto plan, PlanRetrieval(std::move(snapshot), request.features));
  if (request.exclusive) LARDER_RETURN_IF_ERROR(CheckExclusive(*plan));
  std::optional<EventTableFile> events;
  if (!request.at_events.empty()) {
    LARDER_ASSIGN_OR_RETURN(EventTableFile file, WriteEvents(project, *plan->snapshot, request));
    request.entities = file.path();
    request.timestamp = EventTableFile::kTimeColumn;
    events.emplace(std::move(file));
  }
  EntityTableRequest needed{request.entities, true, request.timestamp, plan->key_columns, request.entity_file};
  needed.columns.insert(needed.columns.end(), plan->request_columns.begin(), plan->request_columns.end());
  LARDER_ASSIGN_OR_RETURN(EntityTable entities,
                          EntityTable::Open(project.files(), std::move(needed), arrow::default_memory_pool()));
  LARDER_RETURN_IF_ERROR(CheckOutputNames(*plan, entities.own_schema()->field_names()));
  if (request.matches) LARDER_RETURN_IF_ERROR(CheckMatchNames(*plan, entities.own_schema()->field_names()));

  auto tables = std::make_unique<ViewTables>(project, *plan->snapshot, pool);
  std::vector<ResolvedView> views;
  for (const ViewUse& use : plan->views) views.push_back(use.view);
  LARDER_RETURN_IF_ERROR(tables->Open(views));
  CheckedRequest checked{std::move(plan), std::move(events), std::move(entities), std::move(tables)};
  return std::unique_ptr<HistoricalJob>(std::make_unique<CheckedJob>(project.files(), request, std::move(checked)));
}

Result<std::unique_ptr<HistoricalRows>> GetHistorical(Project& project, const HistoricalRequest& request,
                                                      const ExecutionContext& context) {
  LARDER_ASSIGN_OR_RETURN(const auto job, OpenHistorical(project, request, context.pool));
  return job->Start(context);
}

}  // namespace larder
