#include "retrieval/view_tables.h"

#include <algorithm>
#include <set>

#include "definitions/canonical_text.h"
#include "definitions/window_check.h"

namespace larder {
namespace {

// All columns (after derive) of a source that a job with these views may read.
std::vector<std::string> ColumnsRead(std::span<const ResolvedView> views, const std::string& source_text) {
  std::set<std::string> columns;
  for (const ResolvedView& view : views) {
    if (CanonicalText(DefinedObject(view.source)) != source_text) continue;
    for (const auto& entity : view.entities) columns.insert(entity->join_key);
    const std::shared_ptr<const FeatureView> rows = ToViewOfSource(view).view;
    for (const Feature& feature : rows->features) columns.insert(feature.from);
    if (!view.source->timestamp.empty()) columns.insert(view.source->timestamp);
    if (!view.source->created.empty()) columns.insert(view.source->created);
  }
  return {columns.begin(), columns.end()};
}

}  // namespace

Result<std::unique_ptr<OrdinalBatchPieces>> ViewFeatureRows::Keys(const KeyScan& scan) {
  ViewScan view_scan;
  view_scan.event_time = {std::max(scan.event_time.from_us, from_us_), scan.event_time.to_us};
  view_scan.is_unchanged = is_unchanged_;
  return rows_.KeyPieces(view_scan, scan.use_threads);
}

Result<std::unique_ptr<OrdinalBatchPieces>> ViewFeatureRows::Values(const ValueFetch& fetch) {
  return rows_.ValuePieces(fetch.columns, fetch.ordinals, fetch.use_threads);
}

Status ViewTables::Open(std::span<const ResolvedView> views) {
  for (const ResolvedView& view : views) {
    Table table;
    const std::string text = CanonicalText(DefinedObject(view.source));
    auto& source = sources_[text];
    if (source == nullptr) {
      LARDER_ASSIGN_OR_RETURN(source, TakeSourceSnapshot(project_, snapshot_, view.source, pool_));
      source->KeepDecoded(ColumnsRead(views, text));
    }
    table.snapshot = source;
    const std::string& offline = project_.config().offline_store.path;
    ViewRowsRequest request{ToViewOfSource(view), source, {}, {}};
    LARDER_ASSIGN_OR_RETURN(request.pushed_to_source,
                            ListPushedFiles(project_.files(), PushedToSourceFolder(offline, view.source->name())));
    LARDER_ASSIGN_OR_RETURN(
        request.pushed_to_view,
        ListPushedFiles(project_.files(), PushedToViewFolder(offline, view.view->name(), view.generation)));
    LARDER_ASSIGN_OR_RETURN(table.rows, ViewRows::Open(project_.files(), request));
    table.feature_rows = std::make_unique<ViewFeatureRows>(*table.rows);
    tables_.push_back(std::move(table));
  }
  return {};
}

KeyLayout ViewTables::key_layout(std::size_t index) const {
  const ViewLayout& layout = tables_[index].rows->layout();
  return {layout.key_types, layout.has_event_time, layout.has_created_time, layout.has_deletion_mark};
}

Result<std::shared_ptr<SourceSnapshot>> TakeSourceSnapshot(Project& project, const RegistrySnapshot& snapshot,
                                                           const std::shared_ptr<const Source>& source,
                                                           arrow::MemoryPool* pool) {
  SnapshotRequest request{project.files(), project.config().root, source};
  request.pool = pool;
  request.environment = project.environment();
  if (const auto* recorded = snapshot.RecordedTypes(*source); recorded != nullptr) {
    for (const ColumnType& column : *recorded) request.csv_types[column.name] = column.type;
  }
  return SourceSnapshot::Take(request);
}

ViewOfSource ToViewOfSource(const ResolvedView& view) {
  return {view.view->is_windowed() ? EventView(*view.view) : view.view, view.entities, view.source};
}

}  // namespace larder
