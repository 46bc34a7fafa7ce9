#include "retrieval/explain.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>
#include <array>
#include <memory>
#include <tuple>
#include <utility>

#include "base/cancellation.h"
#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "columnar/join_key.h"
#include "definitions/feature_reference.h"
#include "retrieval/stored_rows.h"
#include "retrieval/view_tables.h"
#include "retrieval/window_online.h"
#include "windows/window_join_stream.h"

namespace larder {
namespace {

// The newest row of one key up to a moment, found by looking at every row: the contract's words, no cleverness.
struct OfflineWinner {
  bool is_there = false;
  std::int64_t event_us = 0;
  std::optional<std::int64_t> created_us;
  std::uint64_t ordinal = 0;
  bool deleted = false;

  bool IsOlderThan(const OfflineWinner& other) const {
    return !is_there ||
           std::tie(event_us, created_us, ordinal) < std::tie(other.event_us, other.created_us, other.ordinal);
  }
};

// Says whose row is looked for, and up to when.
struct KeyMoment {
  std::string_view key;
  std::int64_t until_us = 0;
};

// Offers the rows of one batch that have the key.
Status OfferBatch(const OrdinalBatch& batch, const ViewLayout& layout, const KeyMoment& wanted, OfflineWinner& winner) {
  const auto key_count = static_cast<int>(layout.key_names.size());
  std::vector<std::shared_ptr<arrow::Array>> key_columns;
  for (int i = 0; i < key_count; ++i) key_columns.push_back(batch.rows->column(i));
  JoinKeyBatch keys;
  LARDER_RETURN_IF_ERROR(EncodeJoinKeys(key_columns, keys));
  int next = key_count;
  std::shared_ptr<arrow::Array> times = layout.has_event_time ? batch.rows->column(next++) : nullptr;
  std::shared_ptr<arrow::Array> created = layout.has_created_time ? batch.rows->column(next++) : nullptr;
  std::shared_ptr<arrow::Array> deleted = layout.has_deletion_mark ? batch.rows->column(next++) : nullptr;
  for (std::int64_t row = 0; row < keys.row_count(); ++row) {
    if (keys.is_null[static_cast<std::size_t>(row)] != 0 || keys.key(row) != wanted.key) continue;
    if (times != nullptr && times->IsNull(row)) continue;
    OfflineWinner candidate{true, kBeginningOfTimeUs, std::nullopt, batch.ordinals->Value(row), false};
    if (times != nullptr) candidate.event_us = static_cast<const arrow::TimestampArray&>(*times).Value(row);
    if (created != nullptr && created->IsValid(row)) {
      candidate.created_us = static_cast<const arrow::TimestampArray&>(*created).Value(row);
    }
    candidate.deleted =
        deleted != nullptr && deleted->IsValid(row) && static_cast<const arrow::BooleanArray&>(*deleted).Value(row);
    if (candidate.event_us <= wanted.until_us && winner.IsOlderThan(candidate)) winner = candidate;
  }
  return {};
}

Result<OfflineWinner> FindOffline(const ViewRows& rows, std::string_view key, std::int64_t until_us,
                                  const ExecutionContext& context) {
  ViewScan scan;
  scan.event_time.to_us = until_us;
  LARDER_ASSIGN_OR_RETURN(const auto stream, rows.OpenKeys(scan));
  OfflineWinner winner;
  while (true) {
    if (context.cancellation != nullptr) LARDER_RETURN_IF_ERROR(context.cancellation->Check());
    LARDER_ASSIGN_OR_RETURN(const auto batch, stream->Next());
    if (!batch) return winner;
    LARDER_RETURN_IF_ERROR(OfferBatch(*batch, rows.layout(), {key, until_us}, winner));
  }
}

ValueStatus StatusAt(const OfflineWinner& winner, std::int64_t ttl_us, std::int64_t now_us) {
  if (!winner.is_there || winner.deleted) return ValueStatus::kNotFound;
  std::int64_t oldest_us = 0;
  if (__builtin_sub_overflow(now_us, ttl_us, &oldest_us)) oldest_us = INT64_MIN;
  return ttl_us > 0 && winner.event_us < oldest_us ? ValueStatus::kOutsideMaxAge : ValueStatus::kPresent;
}

class Explainer {
 public:
  Explainer(Project& project, OnlineTables& tables, const ExplainRequest& request, const ExecutionContext& context)
      : project_(project),
        tables_(tables),
        request_(request),
        plan_(*request.read.plan),
        context_(context),
        now_us_(request.read.now_us.value_or(project.clock().NowUs())) {}

  Result<Explanation> Make() {
    Explanation explanation;
    explanation.reference = request_.reference;
    explanation.now_us = now_us_;
    if (!plan_.computations.empty()) explanation.expression = ExpressionOf(plan_.computations.back());
    ViewTables rows(project_, *plan_.snapshot);
    std::vector<ResolvedView> views;
    for (const ViewUse& use : plan_.views) views.push_back(use.view);
    LARDER_RETURN_IF_ERROR(rows.Open(views));
    std::vector<std::shared_ptr<arrow::Array>> values(plan_.slots.size());
    for (std::size_t i = 0; i < plan_.views.size(); ++i) {
      ExplainedView view;
      if (plan_.views[i].view.view->is_windowed()) {
        LARDER_ASSIGN_OR_RETURN(view, ExplainWindows(rows, i, values));
      } else {
        LARDER_ASSIGN_OR_RETURN(view, ExplainOffline(plan_.views[i], rows.rows(i), i, values));
        LARDER_RETURN_IF_ERROR(ExplainOnline(plan_.views[i], view));
      }
      explanation.views.push_back(std::move(view));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (plan_.slots[i].origin == SlotOrigin::kRequest)
        values[i] = request_.read.request_values[plan_.slots[i].feature];
    }
    LARDER_RETURN_IF_ERROR(Compute(
        plan_, 1, [](std::int64_t) { return std::string("the row asked for"); }, values));
    explanation.offline_value = values[plan_.outputs.front().slot];
    LARDER_ASSIGN_OR_RETURN(const OnlineAnswer answer, ReadOnline(project_, tables_, ReadAtNow()));
    explanation.online_value = answer.columns.back().values;
    return explanation;
  }

 private:
  OnlineRequest ReadAtNow() const {
    OnlineRequest read = request_.read;
    read.now_us = now_us_;
    return read;
  }

  std::string ExpressionOf(const Computation& computation) const {
    const std::size_t colon = computation.title.find(':');
    const auto asked = ParseFeatureReference(request_.reference);
    const auto version = asked.ok() ? asked->version : std::nullopt;
    const auto resolved = plan_.snapshot->ResolveOnDemandView(computation.title.substr(0, colon), version);
    if (!resolved.ok()) return {};
    const auto* feature = resolved->view->FindFeature(computation.title.substr(colon + 1));
    return feature == nullptr ? std::string() : feature->expression.text;
  }

  std::vector<std::shared_ptr<arrow::Array>> KeysOf(const ViewUse& use) const {
    std::vector<std::shared_ptr<arrow::Array>> keys;
    for (const std::size_t place : use.key_places) keys.push_back(request_.read.keys[place]);
    return keys;
  }

  // Tells the row that wins offline and puts its values where computing finds them.
  Result<ExplainedView> ExplainOffline(const ViewUse& use, const ViewRows& rows, std::size_t use_index,
                                       std::vector<std::shared_ptr<arrow::Array>>& values) {
    ExplainedView view;
    view.view = use.view.view->name();
    view.version = use.view.version;
    view.generation = use.view.generation;
    view.ttl_us = use.view.view->ttl_us;
    JoinKeyBatch key;
    LARDER_RETURN_IF_ERROR(EncodeJoinKeys(KeysOf(use), key));
    OfflineWinner winner;
    if (key.is_null[0] == 0) {
      LARDER_ASSIGN_OR_RETURN(winner, FindOffline(rows, key.key(0), now_us_, context_));
    }
    view.offline_status = StatusAt(winner, view.ttl_us, now_us_);
    if (winner.is_there) {
      view.offline_row = rows.NameRow(winner.ordinal) + (winner.deleted ? " (a deletion)" : "");
      if (winner.event_us != kBeginningOfTimeUs) view.offline_event_us = winner.event_us;
    }
    std::vector<std::string> names;
    for (const std::size_t feature : use.features) names.push_back(use.view.view->features[feature].name);
    std::shared_ptr<arrow::RecordBatch> fetched;
    if (view.offline_status == ValueStatus::kPresent) {
      LARDER_ASSIGN_OR_RETURN(fetched, FetchRow(rows, names, winner.ordinal));
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      std::shared_ptr<arrow::Array> value;
      if (fetched != nullptr) {
        value = fetched->column(static_cast<int>(i));
      } else {
        LARDER_ASSIGN_OR_RETURN(
            value, FromArrow(arrow::MakeArrayOfNull(ToArrow(use.view.view->features[use.features[i]].type), 1)));
      }
      view.offline_values.push_back({names[i], value});
      for (std::size_t slot = 0; slot < values.size(); ++slot) {
        const ValueSlot& place = plan_.slots[slot];
        if (place.origin == SlotOrigin::kView && place.view_use == use_index && place.feature == i) {
          values[slot] = value;
        }
      }
    }
    return view;
  }

  // Tells the events in each window and its edges, and puts the values where computing finds them.
  Result<ExplainedView> ExplainWindows(ViewTables& rows, std::size_t use_index,
                                       std::vector<std::shared_ptr<arrow::Array>>& values) {
    const ViewUse& use = plan_.views[use_index];
    ExplainedView view;
    view.view = use.view.view->name();
    view.version = use.view.version;
    view.generation = use.view.generation;
    WindowJoin join;
    join.name = view.view;
    join.layout = rows.key_layout(use_index);
    join.row_name = [&rows, use_index](std::uint64_t ordinal) { return rows.rows(use_index).NameRow(ordinal); };
    LARDER_ASSIGN_OR_RETURN(join.plan, PlanWindows(*use.view.view, *use.view.source, use.features));
    const std::size_t feature_count = join.plan.functions.size();
    LARDER_RETURN_IF_ERROR(AddCounts(join.plan));
    LARDER_ASSIGN_OR_RETURN(const JoinedView joined, JoinOneRow(join, KeysOf(use), rows.feature_rows(use_index)));
    const bool is_found = joined.status->Value(0) == static_cast<std::uint8_t>(MatchStatus::kPresent);
    view.offline_status = is_found ? ValueStatus::kPresent : ValueStatus::kNotFound;
    if (joined.event_time->IsValid(0)) {
      view.offline_event_us = static_cast<const arrow::TimestampArray&>(*joined.event_time).Value(0);
    }
    for (std::size_t i = 0; i < feature_count; ++i) {
      const std::string& name = use.view.view->features[use.features[i]].name;
      view.offline_values.push_back({name, joined.values[i]});
      if (is_found) {
        view.offline_row +=
            (view.offline_row.empty() ? "" : "; ") + name + ": " +
            WindowText(join.plan.windows[join.plan.functions[i].window],
                       static_cast<const arrow::Int64Array&>(*joined.values[feature_count + i]).Value(0));
      }
      for (std::size_t slot = 0; slot < values.size(); ++slot) {
        const ValueSlot& place = plan_.slots[slot];
        const bool is_this = place.origin == SlotOrigin::kView && place.view_use == use_index && place.feature == i;
        if (is_this) values[slot] = joined.values[i];
      }
    }
    LARDER_RETURN_IF_ERROR(ExplainWindowsOnline(use, view));
    return view;
  }

  // Adds a count of all events in the window of each function.
  static Status AddCounts(WindowPlan& plan) {
    const std::size_t count = plan.functions.size();
    for (std::size_t i = 0; i < count; ++i) {
      LARDER_ASSIGN_OR_RETURN(BoundAggregate counting, BindAggregate({"count", {}, {}, {}}));
      plan.functions.push_back({std::move(counting), {}, std::nullopt, plan.functions[i].window});
    }
    return {};
  }

  // Returns "5 events after ... up to ...".
  std::string WindowText(const WindowBounds& bounds, std::int64_t count) const {
    const std::int64_t begin_us = bounds.BeginAt(now_us_);
    std::string text = std::to_string(count) + (count == 1 ? " event" : " events");
    if (begin_us != INT64_MIN) text += (bounds.begin_inclusive() ? " from " : " after ") + FormatInstant(begin_us);
    return text + (bounds.end_exclusive ? " before " : " up to ") + FormatInstant(bounds.EndAt(now_us_));
  }

  Result<JoinedView> JoinOneRow(WindowJoin& join, const std::vector<std::shared_ptr<arrow::Array>>& keys,
                                FeatureRows& events) const {
    arrow::FieldVector fields;
    arrow::ArrayVector columns;
    for (const auto& key : keys) {
      join.left_key_columns.push_back(static_cast<int>(columns.size()));
      fields.push_back(arrow::field("key", key->type()));
      columns.push_back(key);
    }
    join.left_time_column = static_cast<int>(columns.size());
    const auto type = ToArrow(ValueType::Of(TypeKind::kTimestamp));
    fields.push_back(arrow::field("time", type));
    LARDER_ASSIGN_OR_RETURN(auto time, FromArrow(arrow::MakeArrayFromScalar(arrow::TimestampScalar(now_us_, type), 1)));
    columns.push_back(std::move(time));
    const auto batch = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), 1, std::move(columns));
    LARDER_ASSIGN_OR_RETURN(auto left, FromArrow(arrow::RecordBatchReader::Make({batch})));
    WindowJoinStream stream({join}, {&events}, std::move(left), context_);
    LARDER_ASSIGN_OR_RETURN(std::vector<JoinedView> views, stream.Next(1));
    return std::move(views.front());
  }

  Status ExplainWindowsOnline(const ViewUse& use, ExplainedView& view) {
    const auto keys = KeysOf(use);
    LARDER_ASSIGN_OR_RETURN(const WindowValues stored, ReadWindows(tables_, use, keys, now_us_));
    view.online_status = stored.statuses.front();
    for (std::size_t i = 0; i < use.features.size(); ++i) {
      view.online_values.push_back({use.view.view->features[use.features[i]].name, stored.values[i]});
      const std::int64_t newest_us = stored.event_times_us[i].front();
      if (newest_us != 0) view.online_event_us = std::max(view.online_event_us.value_or(newest_us), newest_us);
    }
    return {};
  }

  static Result<std::shared_ptr<arrow::RecordBatch>> FetchRow(const ViewRows& rows,
                                                              const std::vector<std::string>& names,
                                                              std::uint64_t ordinal) {
    const std::array<std::uint64_t, 1> ordinals = {ordinal};
    LARDER_ASSIGN_OR_RETURN(const auto stream, rows.Fetch(names, ordinals));
    while (true) {
      LARDER_ASSIGN_OR_RETURN(const auto batch, stream->Next());
      if (!batch)
        return Status(Reason::kInternal, "a row that was scanned cannot be fetched: " + rows.NameRow(ordinal));
      for (std::int64_t row = 0; row < batch->rows->num_rows(); ++row) {
        if (batch->ordinals->Value(row) == ordinal) return batch->rows->Slice(row, 1);
      }
    }
  }

  Status ExplainOnline(const ViewUse& use, ExplainedView& view) {
    const auto keys = KeysOf(use);
    LARDER_ASSIGN_OR_RETURN(
        const StoredColumns stored,
        ReadStoredColumns(tables_, {*plan_.snapshot, use.view, use.features, keys, use.key_columns}));
    const auto& event_us = stored.event_times_us.front();
    OfflineWinner row{event_us.has_value(), event_us.value_or(0), std::nullopt, 0, false};
    if (event_us && *event_us > now_us_) row.is_there = false;
    view.online_status = StatusAt(row, view.ttl_us, now_us_);
    if (event_us && *event_us != kBeginningOfTimeUs) view.online_event_us = event_us;
    for (std::size_t i = 0; i < use.features.size(); ++i) {
      view.online_values.push_back({use.view.view->features[use.features[i]].name, stored.values[i]});
    }
    return {};
  }

  Project& project_;
  OnlineTables& tables_;
  const ExplainRequest& request_;
  const RetrievalPlan& plan_;
  const ExecutionContext& context_;
  const std::int64_t now_us_;
};

}  // namespace

Result<Explanation> Explain(Project& project, OnlineTables& tables, const ExplainRequest& request,
                            const ExecutionContext& context) {
  if (request.read.row_count != 1 || request.read.plan->outputs.size() != 1) {
    return Status(Reason::kUsage, "explain takes one feature and one key", "write it as view:feature --key k=v");
  }
  return Explainer(project, tables, request, context).Make();
}

}  // namespace larder
