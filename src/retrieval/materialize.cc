#include "retrieval/materialize.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include "base/cancellation.h"
#include "base/memory_budget.h"
#include "base/thread_pool.h"
#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "engine/newest_per_key.h"
#include "retrieval/stored_rows.h"
#include "retrieval/view_tables.h"
#include "retrieval/window_online.h"

namespace larder {
namespace {

// Rows that are written to the store at once: enough to share one sync, few enough to hold.
constexpr std::size_t kRowsPerWrite = 4096;

// Which rows of a view one run reads.
struct ViewRun {
  ResolvedView view;
  std::int64_t from_us = kBeginningOfTimeUs;
  std::int64_t to_us = 0;
  bool moves_watermark = true;
  std::optional<MaterializationMark> mark;  // of the run before
  bool reads_changed_files_only = false;    // below from_us
};

Result<std::int64_t> EndOf(const Project& project, const MaterializeRequest& request) {
  const std::int64_t now_us = project.clock().NowUs();
  const std::int64_t to_us = request.to_us.value_or(now_us);
  if (to_us > now_us + project.config().server.clock_skew_us) {
    return Status(Reason::kFutureTime, "the end of the materialization is ahead of the clock: " + FormatInstant(to_us),
                  "leave --to out for everything up to now");
  }
  if (request.incremental && request.from_us) {
    return Status(Reason::kUsage, "an incremental materialization has no --from", "leave one of them out");
  }
  if (request.from_us && *request.from_us > to_us) {
    return Status(Reason::kUsage,
                  "the materialization ends before it begins: from " + FormatInstant(*request.from_us) + " to " +
                      FormatInstant(to_us),
                  "give --from an instant not after --to");
  }
  return std::min(to_us, now_us);
}

Result<std::vector<ResolvedView>> ViewsOf(const RegistrySnapshot& snapshot, const MaterializeRequest& request) {
  const std::vector<ResolvedView> all = snapshot.MaterializedViews();
  if (request.views.empty()) return all;
  std::vector<ResolvedView> chosen;
  for (const std::string& name : request.views) {
    LARDER_ASSIGN_OR_RETURN(const auto view, snapshot.current().FindFeatureView(name));
    if (!view->online) {
      return Status(Reason::kInvalidReference, "feature view '" + name + "' is not online",
                    "set online: true in its definition, and apply");
    }
    for (const ResolvedView& candidate : all) {
      if (candidate.view->name() == name) chosen.push_back(candidate);
    }
  }
  return chosen;
}

// The names of a view's features, sorted.
std::vector<std::string> FeatureNames(const FeatureView& view) {
  std::vector<std::string> names;
  for (const Feature& feature : view.features) names.push_back(feature.name);
  std::sort(names.begin(), names.end());
  return names;
}

// Tells whether the rows that earlier runs left have values of all that this run is to give: a version in use may have
// features that no run took so far.
bool HasAllValues(const MaterializationMark& mark, const ResolvedView& view) {
  const std::vector<std::string> wanted = FeatureNames(*view.view);
  return mark.version == view.version &&
         std::includes(mark.features.begin(), mark.features.end(), wanted.begin(), wanted.end());
}

Result<ViewRun> PlanRun(Project& project, const ResolvedView& view, const MaterializeRequest& request,
                        std::int64_t to_us) {
  ViewRun run{view, request.from_us.value_or(kBeginningOfTimeUs), to_us, true, std::nullopt, false};
  LARDER_ASSIGN_OR_RETURN(run.mark, project.WithRegistry([&](Registry& registry) {
    return registry.Mark(view.view->name(), view.generation);
  }));
  const bool has_watermark = run.mark && run.mark->watermark_us;
  // Events are replaced, so that those which a file lost go: that needs all of them.
  const bool may_skip = !view.view->is_windowed();
  if (request.incremental && may_skip && has_watermark && HasAllValues(*run.mark, view)) {
    if (__builtin_sub_overflow(*run.mark->watermark_us, view.view->allowed_lateness_us, &run.from_us)) {
      run.from_us = kBeginningOfTimeUs;
    }
    run.reads_changed_files_only = true;
  }
  // A run that leaves a gap behind the watermark must not make an incremental one believe that it was read.
  run.moves_watermark = !has_watermark || !request.from_us || *request.from_us <= *run.mark->watermark_us;
  return run;
}

std::vector<FileStamp> Stamps(const std::vector<FileInfo>& files) {
  std::vector<FileStamp> stamps;
  for (const FileInfo& file : files) stamps.push_back({file.path, file.size_bytes, file.modified_ns});
  std::sort(stamps.begin(), stamps.end());
  return stamps;
}

// What a bulk load may buffer: the more, the less often rows are merged; the rest is for finding the winners.
std::int64_t LoadBytes(const MemoryBudget& memory) {
  constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;
  return std::min(memory.limit_bytes() / 4, kMostBytes);
}

// Takes winners and brings them to the table: as a bulk load swapped in whole, or as writes.
class TableSink {
 public:
  TableSink(OnlineTables& tables, const ViewRun& run, const ExecutionContext& context)
      : tables_(tables), run_(run), context_(context) {}

  Status Open(const RegistrySnapshot& snapshot) {
    const FeatureView& view = *run_.view.view;
    const VersionId version{{ObjectKind::kFeatureView, view.name()}, run_.view.version};
    LARDER_ASSIGN_OR_RETURN(schema_, tables_.SchemaFor(snapshot, version, view));
    LARDER_ASSIGN_OR_RETURN(table_, tables_.Table(run_.view.view->name(), run_.view.generation));
    if (run_.reads_changed_files_only) return {};
    LARDER_RETURN_IF_ERROR(load_memory_.Grow(LoadBytes(context_.memory), "rows on their way online"));
    LoadOptions options;
    options.memory_bytes = load_memory_.bytes();
    options.thread_count = context_.threads == nullptr ? 1 : context_.threads->thread_count() + 1;
    options.cancellation = context_.cancellation;
    LARDER_ASSIGN_OR_RETURN(load_, table_->BeginLoad(options));
    return {};
  }

  Status Take(const NewestRows& rows) {
    const std::size_t key_count = run_.view.entities.size();
    RowsToStore store;
    for (std::size_t i = 0; i < key_count; ++i) store.keys.push_back(rows.columns->column(static_cast<int>(i)));
    LARDER_ASSIGN_OR_RETURN(store.values, ValuesToStore(*schema_, *rows.columns, static_cast<int>(key_count)));
    const auto timestamp = ToArrow(ValueType::Of(TypeKind::kTimestamp));
    LARDER_ASSIGN_OR_RETURN(store.event_times, FromArrow(rows.event_time_us->View(timestamp)));
    LARDER_ASSIGN_OR_RETURN(store.created_times, FromArrow(rows.created_time_us->View(timestamp)));
    store.deleted = rows.deleted;
    LARDER_RETURN_IF_ERROR(writer_.Encode(*schema_->layout, store));
    if (load_ != nullptr) return load_->Add(writer_.writes());
    std::span<const CellWrite> writes = writer_.writes();
    while (!writes.empty()) {
      const auto part = writes.first(std::min(kRowsPerWrite, writes.size()));
      LARDER_ASSIGN_OR_RETURN(const WriteResult result, table_->Write(part));
      rows_written_ += result.applied_count();
      rows_older_ += result.older_count();
      writes = writes.subspan(part.size());
    }
    return {};
  }

  Status Finish() {
    if (load_ == nullptr) return {};
    LARDER_ASSIGN_OR_RETURN(const LoadResult result, load_->Commit());
    rows_written_ = result.applied_count;
    rows_older_ = result.older_count;
    return {};
  }

  std::int64_t rows_written() const { return rows_written_; }
  std::int64_t rows_older() const { return rows_older_; }

 private:
  OnlineTables& tables_;
  const ViewRun& run_;
  const ExecutionContext& context_;
  std::shared_ptr<const StoredSchema> schema_;
  std::shared_ptr<OnlineTable> table_;
  std::unique_ptr<TableLoad> load_;
  MemoryReservation load_memory_{&context_.memory};
  CellWriter writer_;
  std::int64_t rows_written_ = 0;
  std::int64_t rows_older_ = 0;
};

// The features that all stored rows have values of after a run: rows that it did not read have those of the runs
// before.
std::vector<std::string> FeaturesAfter(const ViewRun& run) {
  std::vector<std::string> written = FeatureNames(*run.view.view);
  if (!run.mark || (run.from_us == kBeginningOfTimeUs && !run.reads_changed_files_only)) return written;
  std::vector<std::string> everywhere;
  std::set_intersection(written.begin(), written.end(), run.mark->features.begin(), run.mark->features.end(),
                        std::back_inserter(everywhere));
  return everywhere;
}

Status RecordMark(Project& project, const ViewRun& run, const MaterializedView& done,
                  const std::vector<FileStamp>& files) {
  MaterializationMark mark;
  mark.view = done.view;
  mark.generation = done.generation;
  mark.version = done.version;
  mark.features = FeaturesAfter(run);
  mark.watermark_us = run.mark ? run.mark->watermark_us : std::nullopt;
  if (run.moves_watermark) mark.watermark_us = std::max(mark.watermark_us.value_or(INT64_MIN), done.to_us);
  mark.from_us = done.from_us;
  mark.to_us = done.to_us;
  mark.finished_us = project.clock().NowUs();
  mark.row_count = done.rows_written;
  // Files count as read only when nothing between them and the watermark was left out.
  mark.files = run.moves_watermark || !run.mark ? files : run.mark->files;
  return project.WithRegistry([&](Registry& registry) { return registry.SetMark(mark); });
}

Result<MaterializedView> MaterializeEvents(Project& project, OnlineTables& tables, const ViewRun& run,
                                           const ExecutionContext& context) {
  const std::int64_t began_ns = project.clock().MonotonicNs();
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project.Snapshot());
  ViewTables rows(project, *snapshot);
  LARDER_ASSIGN_OR_RETURN(const EventWriteCounts counts,
                          LoadEvents(tables, {project, *snapshot, run.view, run.from_us, run.to_us}, rows, context));
  MaterializedView done{run.view.view->name(), run.view.version, run.view.generation, run.from_us, run.to_us};
  done.rows_read = counts.read;
  done.rows_written = counts.written;
  done.rows_older = counts.older;
  done.rows_ignored = counts.ignored;
  LARDER_RETURN_IF_ERROR(RecordMark(project, run, done, Stamps(rows.rows(0).files())));
  done.seconds = static_cast<double>(project.clock().MonotonicNs() - began_ns) / 1e9;
  return done;
}

Result<MaterializedView> MaterializeView(Project& project, OnlineTables& tables, const ViewRun& run,
                                         const ExecutionContext& context) {
  const std::int64_t began_ns = project.clock().MonotonicNs();
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project.Snapshot());
  ViewTables rows(project, *snapshot);
  LARDER_RETURN_IF_ERROR(rows.Open(std::span(&run.view, 1)));
  const std::vector<FileStamp> files = Stamps(rows.rows(0).files());
  if (run.reads_changed_files_only) {
    rows.view_feature_rows(0).SetIncremental(run.from_us, [&run](const FileInfo& file) {
      const FileStamp stamp{file.path, file.size_bytes, file.modified_ns};
      return std::binary_search(run.mark->files.begin(), run.mark->files.end(), stamp);
    });
  }
  NewestPerKeyPlan plan;
  plan.layout = rows.key_layout(0);
  // Rows of changed files below `from` count too; of the others, the reader leaves out what it can.
  plan.event_time = {run.reads_changed_files_only ? INT64_MIN : run.from_us, run.to_us};
  for (const auto& entity : run.view.entities) plan.columns.push_back({entity->join_key, entity->type});
  for (const Feature& feature : run.view.view->features) plan.columns.push_back({feature.name, feature.type});

  TableSink sink(tables, run, context);
  LARDER_RETURN_IF_ERROR(sink.Open(*snapshot));
  LARDER_ASSIGN_OR_RETURN(const NewestPerKeyStatistics read,
                          GiveNewestPerKey(plan, rows.feature_rows(0), context,
                                           [&sink](const NewestRows& winners) { return sink.Take(winners); }));
  LARDER_RETURN_IF_ERROR(sink.Finish());
  MaterializedView done{run.view.view->name(), run.view.version, run.view.generation, run.from_us, run.to_us};
  done.rows_read = read.rows_read;
  done.rows_written = sink.rows_written();
  done.rows_older = sink.rows_older();
  done.rows_ignored = read.null_key_rows + read.null_time_rows;
  LARDER_RETURN_IF_ERROR(RecordMark(project, run, done, files));
  done.seconds = static_cast<double>(project.clock().MonotonicNs() - began_ns) / 1e9;
  return done;
}

class AcceptedMaterialization final : public Materialization {
 public:
  AcceptedMaterialization(Project& project, OnlineTables& tables, MaterializeRequest request)
      : project_(project), tables_(tables), request_(std::move(request)) {}

  // All views are claimed before the first is read: a conflict leaves nothing half done.
  Status Accept() {
    LARDER_ASSIGN_OR_RETURN(const auto snapshot, project_.Snapshot());
    LARDER_ASSIGN_OR_RETURN(to_us_, EndOf(project_, request_));
    LARDER_ASSIGN_OR_RETURN(views_, ViewsOf(*snapshot, request_));
    std::set<std::string> names;
    for (const ResolvedView& view : views_) names.insert(view.view->name());
    for (const std::string& name : names) {
      LARDER_ASSIGN_OR_RETURN(auto claim, tables_.Claim(name));
      claims_.push_back(std::move(claim));
    }
    return {};
  }

  Result<std::vector<MaterializedView>> Run(const ExecutionContext& context) override {
    auto done = RunClaimed(context);
    claims_.clear();  // before anybody hears that it is done, and asks for the next one
    return done;
  }

 private:
  Result<std::vector<MaterializedView>> RunClaimed(const ExecutionContext& context) {
    std::vector<MaterializedView> done;
    for (const ResolvedView& view : views_) {
      if (context.cancellation != nullptr) LARDER_RETURN_IF_ERROR(context.cancellation->Check());
      LARDER_ASSIGN_OR_RETURN(const ViewRun run, PlanRun(project_, view, request_, to_us_));
      auto materialized = view.view->is_windowed() ? MaterializeEvents(project_, tables_, run, context)
                                                   : MaterializeView(project_, tables_, run, context);
      if (!materialized.ok()) return materialized.status().WithContext("materialize " + view.view->name());
      done.push_back(std::move(materialized).value());
    }
    return done;
  }

  Project& project_;
  OnlineTables& tables_;
  const MaterializeRequest request_;
  std::int64_t to_us_ = 0;
  std::vector<ResolvedView> views_;
  std::vector<OnlineTables::MaterializationClaim> claims_;
};

}  // namespace

Result<std::unique_ptr<Materialization>> AcceptMaterialization(Project& project, OnlineTables& tables,
                                                               const MaterializeRequest& request) {
  auto accepted = std::make_unique<AcceptedMaterialization>(project, tables, request);
  LARDER_RETURN_IF_ERROR(accepted->Accept());
  return std::unique_ptr<Materialization>(std::move(accepted));
}

Result<std::vector<MaterializedView>> Materialize(Project& project, OnlineTables& tables,
                                                  const MaterializeRequest& request, const ExecutionContext& context) {
  LARDER_ASSIGN_OR_RETURN(const auto accepted, AcceptMaterialization(project, tables, request));
  return accepted->Run(context);
}

}  // namespace larder
