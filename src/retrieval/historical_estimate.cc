#include "retrieval/historical_estimate.h"

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <algorithm>
#include <memory>
#include <set>

#include "columnar/arrow_status.h"
#include "columnar/convert.h"
#include "columnar/table_file.h"

namespace larder {
namespace {

// The columns of files that a view needs, as far as they are stored under these names.
std::vector<std::string> WantedColumns(const ViewFiles& of) {
  std::set<std::string> names;
  for (const auto& entity : of.view.entities) names.insert(entity->join_key);
  for (const std::size_t feature : of.features) names.insert(of.view.view->features[feature].from);
  if (!of.view.source->timestamp.empty()) names.insert(of.view.source->timestamp);
  if (!of.view.source->created.empty()) names.insert(of.view.source->created);
  return {names.begin(), names.end()};
}

// The columns to count in one file: a column that is derived may need any other, so then all of them.
std::vector<std::string> CountedColumns(const TableFile& file, const std::vector<std::string>& wanted) {
  for (const std::string& name : wanted) {
    if (file.schema()->GetFieldIndex(name) < 0) return file.schema()->field_names();
  }
  return wanted;
}

// Returns what a file records as bound of a column of times, in microseconds; nullopt when nothing, or nothing exact.
std::optional<std::int64_t> InstantOfBound(const std::shared_ptr<arrow::Scalar>& bound) {
  if (bound == nullptr || !bound->is_valid) return std::nullopt;
  const auto array = FromArrow(arrow::MakeArrayFromScalar(*bound, 1));
  if (!array.ok() || !CanConvert(*(*array)->type(), ValueType::Of(TypeKind::kTimestamp))) return std::nullopt;
  const auto instant = Convert(*array, {ValueType::Of(TypeKind::kTimestamp), "bound"});
  if (!instant.ok() || (*instant)->IsNull(0)) return std::nullopt;
  return static_cast<const arrow::TimestampArray&>(**instant).Value(0);
}

bool MayMatter(const TableFile& file, int row_group, const std::string& timestamp, const EntityEstimate& useful) {
  const ColumnBounds bounds = file.Bounds(row_group, timestamp);
  const std::optional<std::int64_t> least = InstantOfBound(bounds.least);
  const std::optional<std::int64_t> greatest = InstantOfBound(bounds.greatest);
  return !(least && *least > useful.to_us) && !(greatest && *greatest < useful.from_us);
}

bool IsDerived(const Source& source, const std::string& column) {
  for (const auto& derived : source.derive) {
    if (derived.name == column) return true;
  }
  return false;
}

}  // namespace

EntityEstimate EstimateEntities(const TableFile& file, const std::string& time_name) {
  EntityEstimate estimate{0, INT64_MAX, INT64_MIN};
  for (int i = 0; i < static_cast<int>(file.row_groups().size()); ++i) {
    const std::int64_t rows = file.row_groups()[static_cast<std::size_t>(i)].row_count;
    if (rows < 0) return EntityEstimate{};
    *estimate.row_count += rows;
    const ColumnBounds bounds = file.Bounds(i, time_name);
    estimate.from_us = std::min(estimate.from_us, InstantOfBound(bounds.least).value_or(INT64_MIN));
    estimate.to_us = std::max(estimate.to_us, InstantOfBound(bounds.greatest).value_or(INT64_MAX));
  }
  return estimate;
}

Result<ViewEstimate> EstimateView(FileSystem& files, const ViewFiles& of, const EntityEstimate& entities,
                                  bool keeps_old) {
  const FeatureView& view = *of.view.view;
  EntityEstimate useful = entities;
  const bool is_bounded = view.ttl_us != 0 && !keeps_old;
  if (!is_bounded || __builtin_sub_overflow(entities.from_us, view.ttl_us, &useful.from_us)) {
    useful.from_us = INT64_MIN;
  }
  const std::string& timestamp = of.view.source->timestamp;
  const bool prunes = !timestamp.empty() && !IsDerived(*of.view.source, timestamp);
  const std::vector<std::string> wanted = WantedColumns(of);
  ViewEstimate estimate;
  estimate.file_count = static_cast<std::int64_t>(of.files.size());
  estimate.row_count = 0;
  for (const FileInfo& info : of.files) {
    LARDER_ASSIGN_OR_RETURN(const auto file, OpenTableFile(files, info.path, {}));
    const std::vector<std::string> counted = CountedColumns(*file, wanted);
    const bool prunes_file = prunes && file->schema()->GetFieldIndex(timestamp) >= 0;
    for (int i = 0; i < static_cast<int>(file->row_groups().size()); ++i) {
      const std::int64_t bytes = file->StoredBytes(i, counted);
      if (prunes_file && !MayMatter(*file, i, timestamp, useful)) {
        ++estimate.row_groups_pruned;
        estimate.bytes_pruned += bytes;
        continue;
      }
      ++estimate.row_groups;
      estimate.bytes += bytes;
      const std::int64_t rows = file->row_groups()[static_cast<std::size_t>(i)].row_count;
      if (rows < 0) estimate.row_count.reset();
      if (estimate.row_count) *estimate.row_count += rows;
    }
  }
  return estimate;
}

}  // namespace larder
