#include "sources/source_snapshot.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sources/bound_source.h"
#include "sources/file_columns.h"
#include "sources/row_stream.h"
#include "sources/stored_files.h"

namespace larder {
namespace {

class PinnedSource final : public SourceSnapshot {
 public:
  PinnedSource(std::shared_ptr<const StoredFiles> stored, std::map<std::string, ValueType> guessed)
      : stored_(std::move(stored)), columns_(stored_->bound()->columns()), guessed_(std::move(guessed)) {}

  const Source& source() const override { return stored_->bound()->source(); }
  const std::vector<SourceFile>& files() const override { return stored_->files(); }
  const std::vector<SourceColumn>& file_columns() const override { return stored_->bound()->stored(); }
  const std::vector<SourceColumn>& columns() const override { return columns_; }
  const std::map<std::string, ValueType>& guessed_csv_types() const override { return guessed_; }
  const std::shared_ptr<const StoredFiles>& stored_files() const override { return stored_; }
  ReadStatistics statistics() const override { return stored_->statistics(); }

  std::string NameRow(std::uint64_t ordinal) const override {
    return stored_->NameRow(OrdinalFile(ordinal), OrdinalRow(ordinal));
  }

  Result<std::unique_ptr<OrdinalBatchStream>> Scan(const SourceScan& scan) const override {
    LARDER_ASSIGN_OR_RETURN(std::vector<MappedColumn> outputs, ColumnsNamed(scan.columns));
    LARDER_ASSIGN_OR_RETURN(const std::optional<std::size_t> time_output, AddRoles(scan, outputs));
    LARDER_ASSIGN_OR_RETURN(const auto mapping, RowMapping::Make(stored_->bound(), std::move(outputs), true));
    std::vector<RowPart> parts;
    for (std::size_t file = 0; file < files().size(); ++file) {
      InstantRange range = scan.event_time_range;
      if (scan.from_us_of_file) range.from_us = scan.from_us_of_file(files()[file].info);
      RowPart part{
          .files = stored_, .file = file, .ordinal_file = static_cast<std::uint32_t>(file), .mapping = mapping};
      part.ranges = PruneByTime(*stored_->bound(), range);
      std::ranges::move(PruneByColumns(*stored_->bound(), scan.ranges), std::back_inserter(part.ranges));
      if (scan.exact && time_output) part.exact = ExactTimes{.output = *time_output, .range = range};
      parts.push_back(std::move(part));
    }
    return NewRowStream(std::move(parts));
  }

  Result<std::unique_ptr<OrdinalBatchStream>> Fetch(const std::vector<std::string>& columns,
                                                    std::span<const std::uint64_t> ordinals) const override {
    LARDER_ASSIGN_OR_RETURN(std::vector<MappedColumn> outputs, ColumnsNamed(columns));
    LARDER_ASSIGN_OR_RETURN(const auto mapping, RowMapping::Make(stored_->bound(), std::move(outputs), false));
    std::vector<RowPart> parts;
    for (std::size_t file = 0; file < files().size(); ++file) {
      const auto ordinal_file = static_cast<std::uint32_t>(file);
      const std::span<const std::uint64_t> rows = OrdinalsOfFile(ordinals, ordinal_file);
      if (rows.empty()) continue;
      parts.push_back({.files = stored_, .file = file, .ordinal_file = ordinal_file, .mapping = mapping, .rows = rows});
    }
    return NewRowStream(std::move(parts));
  }

  void KeepDecoded(const std::vector<std::string>& columns) const override {
    Result<std::vector<MappedColumn>> outputs = ColumnsNamed(columns);
    if (!outputs.ok()) return;  // the scan that names them will say so
    if (stored_->bound()->deleted())
      outputs->push_back(
          {.name = "", .kind = MappedColumn::Kind::kDeletionMark, .type = ValueType::Of(TypeKind::kBool)});
    for (const std::optional<std::size_t>& time : {stored_->bound()->event_time(), stored_->bound()->created_time()}) {
      if (time) outputs->push_back({.name = "", .column = *time, .type = stored_->bound()->TypeAt(*time)});
    }
    const auto mapping = RowMapping::Make(stored_->bound(), std::move(outputs).value(), true);
    if (mapping.ok()) stored_->KeepDecoded((*mapping)->stored_columns());
  }

 private:
  Result<std::vector<MappedColumn>> ColumnsNamed(const std::vector<std::string>& names) const {
    std::vector<MappedColumn> outputs;
    for (const std::string& name : names) {
      LARDER_ASSIGN_OR_RETURN(const std::size_t column, stored_->bound()->Find(name));
      outputs.push_back({.name = name, .column = column, .type = stored_->bound()->TypeAt(column)});
    }
    return outputs;
  }

  /// Adds the columns of the roles asked for; returns where the event time stands, if it is asked for.
  Result<std::optional<std::size_t>> AddRoles(const SourceScan& scan, std::vector<MappedColumn>& outputs) const {
    const BoundSource& bound = *stored_->bound();
    const auto lacks = [&bound](const std::string& what) {
      return Status(Reason::kMissingColumn, "source '" + bound.source().name() + "' has no " + what);
    };
    const ValueType time = ValueType::Of(TypeKind::kTimestamp);
    std::optional<std::size_t> time_output;
    if (scan.event_time) {
      if (!bound.event_time()) return lacks("event time");
      time_output = outputs.size();
      outputs.push_back({.name = "event_time", .column = *bound.event_time(), .type = time});
    }
    if (scan.created_time) {
      if (!bound.created_time()) return lacks("created time");
      outputs.push_back({.name = "created_time", .column = *bound.created_time(), .type = time});
    }
    if (scan.deletion_mark) {
      outputs.push_back(
          {.name = "deleted", .kind = MappedColumn::Kind::kDeletionMark, .type = ValueType::Of(TypeKind::kBool)});
    }
    return time_output;
  }

  const std::shared_ptr<const StoredFiles> stored_;
  const std::vector<SourceColumn> columns_;
  const std::map<std::string, ValueType> guessed_;
};

}  // namespace

Result<std::shared_ptr<SourceSnapshot>> SourceSnapshot::Take(const SnapshotRequest& request) {
  LARDER_ASSIGN_OR_RETURN(PinnedColumns pinned, ReadFileColumns(request));
  LARDER_ASSIGN_OR_RETURN(auto bound,
                          BoundSource::Bind(request.source, std::move(pinned.columns), BoundSource::Origin::kFiles));
  StoredFilesOptions options{.files = &request.files,
                             .table = std::move(pinned.table_options),
                             .decoded_limit_bytes = request.decoded_limit_bytes};
  auto stored = std::make_shared<const StoredFiles>(std::move(options), std::move(bound), std::move(pinned.list));
  return std::shared_ptr<SourceSnapshot>(
      std::make_shared<PinnedSource>(std::move(stored), std::move(pinned.guessed_csv_types)));
}

}  // namespace larder
