#include "retrieval/push.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>
#include <set>
#include <shared_mutex>
#include <utility>

#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "retrieval/stored_rows.h"
#include "retrieval/view_tables.h"
#include "retrieval/window_online.h"
#include "sources/pushed_rows.h"
#include "sources/view_rows.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

// Rows checked and ready for one view's table.
struct ReadyView {
  ResolvedView view;
  ViewPush push;
  bool is_online = true;  // has a table; else the rows are only checked
};

// Rows checked and ready to be kept offline in one folder.
struct OfflineRows {
  std::string folder;
  std::shared_ptr<arrow::Table> rows;
};

// Everything a push will write, checked before anything is written.
struct ReadyPush {
  std::vector<OfflineRows> offline;
  std::vector<ReadyView> views;
};

// Gives a column another name when the table has it and not one of the other name.
Result<std::shared_ptr<arrow::Table>> Renamed(const std::shared_ptr<arrow::Table>& rows, const std::string& from,
                                              const std::string& to) {
  const int index = rows->schema()->GetFieldIndex(from);
  if (to.empty() || index < 0 || rows->schema()->GetFieldIndex(to) >= 0) return rows;
  std::vector<std::string> names = rows->ColumnNames();
  names[static_cast<std::size_t>(index)] = to;
  return FromArrow(rows->RenameColumns(names));
}

// Rows pushed to a view may name their times as clients of the field do: event_timestamp and created. A deletion
// without a time is of now.
Result<std::shared_ptr<arrow::Table>> WithUsualNames(std::shared_ptr<arrow::Table> rows, const Source& source,
                                                     const PushOptions& options) {
  LARDER_ASSIGN_OR_RETURN(rows, Renamed(rows, "event_timestamp", source.timestamp));
  LARDER_ASSIGN_OR_RETURN(rows, Renamed(rows, "created", source.created));
  if (!options.deletion || source.timestamp.empty() || rows->schema()->GetFieldIndex(source.timestamp) >= 0) {
    return rows;
  }
  const auto type = ToArrow(ValueType::Of(TypeKind::kTimestamp));
  const arrow::TimestampScalar now(options.created_us, type);
  LARDER_ASSIGN_OR_RETURN(auto times, FromArrow(arrow::MakeArrayFromScalar(now, rows->num_rows())));
  return FromArrow(rows->AddColumn(rows->num_columns(), arrow::field(source.timestamp, type),
                                   std::make_shared<arrow::ChunkedArray>(std::move(times))));
}

class PushChecker {
 public:
  PushChecker(Project& project, OnlineTables* tables, const PushRequest& request,
              std::shared_ptr<const RegistrySnapshot> snapshot)
      : project_(project), tables_(tables), request_(request), snapshot_(std::move(snapshot)) {
    options_.created_us = project.clock().NowUs();
    options_.deletion = request.deletion;
  }

  Result<ReadyPush> Check() {
    ReadyPush ready;
    const DefinitionSet& current = snapshot_->current();
    if (current.feature_views().contains(request_.target)) {
      LARDER_RETURN_IF_ERROR(CheckView(ready));
    } else if (current.sources().contains(request_.target)) {
      LARDER_RETURN_IF_ERROR(CheckSource(ready));
    } else {
      return UnknownTarget();
    }
    for (const ReadyView& view : ready.views) {
      LARDER_RETURN_IF_ERROR(CheckTimes(view.push));
    }
    return ready;
  }

 private:
  Status UnknownTarget() const {
    std::vector<std::string> names = snapshot_->current().Names(ObjectKind::kFeatureView);
    for (auto& name : snapshot_->current().Names(ObjectKind::kSource)) names.push_back(name);
    std::string hint = DidYouMean(request_.target, names);
    if (hint.empty()) hint = "see larder list";
    return Status(Reason::kUnknownObject, "no feature view or source '" + request_.target + "' to push to", hint);
  }

  // The versions of a view that have tables, one of each generation; of the current generation what a push must bring:
  // the current version, without what only older ones have.
  std::vector<ResolvedView> OnlineVersionsOf(const ResolvedView& current) const {
    std::vector<ResolvedView> versions;
    for (const ResolvedView& view : snapshot_->MaterializedViews()) {
      if (view.view->name() != current.view->name()) continue;
      versions.push_back(view.generation == current.generation ? current : view);
    }
    return versions;
  }

  // Each generation keeps the rows by its own columns, so that training sees what serving does.
  Status CheckView(ReadyPush& ready) {
    LARDER_ASSIGN_OR_RETURN(const ResolvedView current, snapshot_->ResolveView(request_.target, std::nullopt));
    std::vector<ResolvedView> versions = OnlineVersionsOf(current);
    const std::size_t online_count = versions.size();
    const auto is_current = [&](const ResolvedView& view) { return view.generation == current.generation; };
    if (std::none_of(versions.begin(), versions.end(), is_current)) versions.push_back(current);
    for (std::size_t i = 0; i < versions.size(); ++i) {
      const ResolvedView& version = versions[i];
      const ViewOfSource view = ToViewOfSource(version);
      LARDER_ASSIGN_OR_RETURN(const auto named, WithUsualNames(request_.rows, *version.source, options_));
      LARDER_ASSIGN_OR_RETURN(const auto rows, CheckRowsForView(view, *named, options_));
      LARDER_ASSIGN_OR_RETURN(ViewPush push, ViewRowsOfViewPush(view, *rows));
      ready.offline.push_back({PushedToViewFolder(OfflinePath(), version.view->name(), version.generation), rows});
      ready.views.push_back({version, std::move(push), i < online_count});
    }
    return {};
  }

  Status CheckSource(ReadyPush& ready) {
    const auto source = snapshot_->current().sources().at(request_.target);
    std::vector<ResolvedView> views;
    for (const auto& [name, view] : snapshot_->current().feature_views()) {
      if (view->source != request_.target) continue;
      LARDER_ASSIGN_OR_RETURN(ResolvedView resolved, snapshot_->ResolveView(name, std::nullopt));
      views.push_back(std::move(resolved));
    }
    std::set<std::string> keys;
    for (const ResolvedView& view : views) {
      for (const auto& entity : view.entities) keys.insert(entity->join_key);
    }
    LARDER_ASSIGN_OR_RETURN(const auto schema, PushSchema(source));
    LARDER_ASSIGN_OR_RETURN(const auto rows,
                            CheckRowsForSource(*schema, *request_.rows, {keys.begin(), keys.end()}, options_));
    ready.offline.push_back({PushedToSourceFolder(OfflinePath(), request_.target), rows});
    for (const ResolvedView& view : views) {
      LARDER_ASSIGN_OR_RETURN(ViewPush push, ViewRowsOfSourcePush(ToViewOfSource(view), *schema, *rows));
      if (!request_.online || view.view->online) ready.views.push_back({view, std::move(push)});
    }
    return request_.online ? CheckKeptGenerations(ready) : Status();
  }

  // Older generations that something pins get the rows by their own derive and where.
  Status CheckKeptGenerations(ReadyPush& ready) {
    for (const ResolvedView& view : snapshot_->MaterializedViews()) {
      if (view.source->name() != request_.target) continue;
      LARDER_ASSIGN_OR_RETURN(const ResolvedView current, snapshot_->ResolveView(view.view->name(), std::nullopt));
      if (current.version == view.version) continue;
      std::vector<std::string> keys;
      for (const auto& entity : view.entities) keys.push_back(entity->join_key);
      LARDER_ASSIGN_OR_RETURN(const auto schema, PushSchema(view.source));
      LARDER_ASSIGN_OR_RETURN(const auto rows, CheckRowsForSource(*schema, *request_.rows, keys, options_));
      LARDER_ASSIGN_OR_RETURN(ViewPush push, ViewRowsOfSourcePush(ToViewOfSource(view), *schema, *rows));
      ready.views.push_back({view, std::move(push)});
    }
    return {};
  }

  const std::string& OfflinePath() const { return project_.config().offline_store.path; }

  Result<std::shared_ptr<SourceSnapshot>> PushSchema(const std::shared_ptr<const Source>& source) {
    if (tables_ != nullptr) return tables_->PushSchema(project_, *snapshot_, source);
    return TakeSourceSnapshot(project_, *snapshot_, source);
  }

  Status CheckTimes(const ViewPush& push) const {
    if (!push.layout.has_event_time) return {};
    const auto& times =
        static_cast<const arrow::TimestampArray&>(*push.rows->column(static_cast<int>(push.layout.key_names.size())));
    const std::int64_t limit_us = project_.clock().NowUs() + project_.config().server.clock_skew_us;
    for (std::int64_t row = 0; row < times.length(); ++row) {
      if (times.IsNull(row) || times.Value(row) <= limit_us) continue;
      return Status(
          Reason::kFutureTime,
          "event time is ahead of the clock: " + FormatInstant(times.Value(row)) + " in row " + std::to_string(row + 1),
          "push events when they happened; server.clock_skew allows for clocks that differ");
    }
    return {};
  }

  Project& project_;
  OnlineTables* tables_;
  const PushRequest& request_;
  const std::shared_ptr<const RegistrySnapshot> snapshot_;
  PushOptions options_;
};

Result<RowsToStore> ToStore(const ViewPush& push, const StoredSchema& schema) {
  RowsToStore rows;
  int column = 0;
  for (std::size_t i = 0; i < push.layout.key_names.size(); ++i) rows.keys.push_back(push.rows->column(column++));
  if (push.layout.has_event_time) rows.event_times = push.rows->column(column++);
  if (push.layout.has_created_time) rows.created_times = push.rows->column(column++);
  if (push.layout.has_deletion_mark) rows.deleted = push.rows->column(column++);
  LARDER_ASSIGN_OR_RETURN(rows.values, ValuesToStore(schema, *push.rows, column));
  return rows;
}

Result<PushOutcome::View> WriteOnline(OnlineTables& tables, const RegistrySnapshot& snapshot, const ReadyView& ready) {
  const FeatureView& view = *ready.view.view;
  if (view.is_windowed()) {
    LARDER_ASSIGN_OR_RETURN(const EventWriteCounts counts, WriteEvents(tables, ready.view, ready.push));
    return PushOutcome::View{view.name(), counts.written, counts.older, counts.ignored};
  }
  const VersionId version{{ObjectKind::kFeatureView, view.name()}, ready.view.version};
  LARDER_ASSIGN_OR_RETURN(const auto schema, tables.SchemaFor(snapshot, version, view));
  LARDER_ASSIGN_OR_RETURN(const RowsToStore rows, ToStore(ready.push, *schema));
  LARDER_ASSIGN_OR_RETURN(const auto table, tables.Table(ready.view.view->name(), ready.view.generation));
  CellWriter writer;
  LARDER_RETURN_IF_ERROR(writer.Encode(*schema->layout, rows));
  PushOutcome::View outcome{ready.view.view->name(), 0, 0, writer.ignored_count()};
  if (writer.writes().empty()) return outcome;
  LARDER_ASSIGN_OR_RETURN(const WriteResult result, table->Write(writer.writes()));
  outcome.rows_written = result.applied_count();
  outcome.rows_older = result.older_count();
  return outcome;
}

// Takes back rows that were kept offline when the push failed later: a push that fails wrote nothing.
void ForgetOffline(Project& project, const ReadyPush& ready, std::int64_t sequence) {
  for (const OfflineRows& part : ready.offline) {
    auto pushed = ListPushedFiles(project.files(), part.folder);
    if (!pushed.ok()) {
      project.logger().Error("cannot take back a push: " + pushed.status().ToString());
      continue;
    }
    for (const PushedFile& file : *pushed) {
      if (file.sequence != static_cast<std::uint64_t>(sequence)) continue;
      const Status removed = project.files().RemoveFile(file.info.path);
      if (!removed.ok()) project.logger().Error("cannot take back a push: " + removed.ToString());
    }
  }
}

Result<std::int64_t> KeepOffline(Project& project, const ReadyPush& ready) {
  LARDER_ASSIGN_OR_RETURN(const std::int64_t sequence,
                          project.WithRegistry([](Registry& registry) { return registry.NextPushSequence(); }));
  for (const OfflineRows& part : ready.offline) {
    const Status kept =
        AppendPushedRows(project.files(), part.folder, static_cast<std::uint64_t>(sequence), *part.rows);
    if (kept.ok()) continue;
    if (kept.reason() != Reason::kAlreadyExists) ForgetOffline(project, ready, sequence);
    return kept;
  }
  return sequence;
}

}  // namespace

Result<PushOutcome> Push(Project& project, OnlineTables* tables, const PushRequest& request) {
  LARDER_CHECK(tables != nullptr || !request.online);
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project.Snapshot());
  PushChecker checker(project, tables, request, snapshot);
  LARDER_ASSIGN_OR_RETURN(const ReadyPush ready, checker.Check());
  PushOutcome outcome;
  outcome.row_count = request.rows->num_rows();
  if (outcome.row_count == 0) return outcome;
  if (request.online) LARDER_RETURN_IF_ERROR(tables->store().CheckWritable());
  // Files and store get the rows together, for whoever materializes window views beside.
  std::shared_lock<std::shared_mutex> gate;
  if (tables != nullptr) gate = std::shared_lock(tables->event_gate());
  if (request.offline) {
    LARDER_ASSIGN_OR_RETURN(outcome.offline_sequence, KeepOffline(project, ready));
  }
  if (!request.online) return outcome;
  for (const ReadyView& view : ready.views) {
    if (!view.is_online) continue;
    auto written = WriteOnline(*tables, *snapshot, view);
    if (!written.ok()) {
      if (request.offline) ForgetOffline(project, ready, outcome.offline_sequence);
      return written.status();
    }
    outcome.views.push_back(std::move(written).value());
  }
  return outcome;
}

}  // namespace larder
