#include "sources/row_stream.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>

#include "columnar/arrow_status.h"

namespace larder {
namespace {

Result<std::shared_ptr<arrow::RecordBatch>> TakeBatchRows(const arrow::RecordBatch& batch,
                                                          const std::vector<std::int64_t>& rows) {
  arrow::ArrayVector columns;
  for (const std::shared_ptr<arrow::Array>& column : batch.columns()) {
    LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> taken, TakeRows(column, rows));
    columns.push_back(std::move(taken));
  }
  return arrow::RecordBatch::Make(batch.schema(), static_cast<std::int64_t>(rows.size()), std::move(columns));
}

/// Returns the rows whose event time is null or inside the range; nullopt when that is every row.
std::optional<std::vector<std::int64_t>> RowsInside(const arrow::RecordBatch& batch, const ExactTimes& exact) {
  const auto& times = static_cast<const arrow::TimestampArray&>(*batch.column(static_cast<int>(exact.output)));
  std::vector<std::int64_t> inside;
  for (std::int64_t row = 0; row < times.length(); ++row) {
    if (times.IsNull(row) || exact.range.Contains(times.Value(row))) inside.push_back(row);
  }
  if (static_cast<std::int64_t>(inside.size()) == times.length()) return std::nullopt;
  return inside;
}

/// Replaces indexes into `rows` by what stands there.
void Compose(std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& chosen) {
  std::vector<std::int64_t> composed;
  composed.reserve(chosen.size());
  for (const std::int64_t index : chosen) composed.push_back(rows[static_cast<std::size_t>(index)]);
  rows = std::move(composed);
}

class RowStream final : public OrdinalBatchStream {
 public:
  explicit RowStream(std::vector<RowPart> parts) : parts_(std::move(parts)) {}

  Result<std::optional<OrdinalBatch>> Next() override {
    while (next_part_ < parts_.size()) {
      Result<std::optional<OrdinalBatch>> batch = NextOfPart(parts_[next_part_]);
      if (!batch.ok()) {
        next_part_ = parts_.size();
        return batch;
      }
      if (!*batch) {
        stream_ = nullptr;
        ++next_part_;
      } else if ((*batch)->rows->num_rows() > 0) {
        return batch;
      }
    }
    return std::optional<OrdinalBatch>();
  }

 private:
  Result<std::optional<OrdinalBatch>> NextOfPart(const RowPart& part) {
    if (stream_ == nullptr) {
      LARDER_ASSIGN_OR_RETURN(stream_, part.files->Open(part.file, {.columns = part.mapping->stored_columns(),
                                                                    .ranges = part.ranges,
                                                                    .rows = part.rows}));
      if (part.rows) wanted_ = *part.rows;
    }
    LARDER_ASSIGN_OR_RETURN(std::optional<StoredBatch> stored, stream_->Next());
    if (!stored) return std::optional<OrdinalBatch>();
    LARDER_ASSIGN_OR_RETURN(OrdinalBatch batch, MapRows(part, std::move(*stored)));
    return std::optional(std::move(batch));
  }

  Result<OrdinalBatch> MapRows(const RowPart& part, StoredBatch stored) {
    // `rows` are the rows that are left, by index in the file.
    std::vector<std::int64_t> rows;
    if (part.rows) {
      LARDER_ASSIGN_OR_RETURN(rows, TakeWanted(stored));
    } else {
      rows.resize(static_cast<std::size_t>(stored.row_count));
      for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = stored.first_row + static_cast<std::int64_t>(i);
    }
    const auto name_row = [&part, &rows](std::int64_t row) {
      return part.files->NameRow(part.file, static_cast<std::uint64_t>(rows[static_cast<std::size_t>(row)]));
    };
    LARDER_ASSIGN_OR_RETURN(MappedRows mapped,
                            part.mapping->Apply(std::move(stored.columns), stored.row_count, name_row));
    if (mapped.kept) Compose(rows, *mapped.kept);
    if (part.exact) {
      if (std::optional<std::vector<std::int64_t>> inside = RowsInside(*mapped.rows, *part.exact)) {
        LARDER_ASSIGN_OR_RETURN(mapped.rows, TakeBatchRows(*mapped.rows, *inside));
        Compose(rows, *inside);
      }
    }
    return WithOrdinals(part, std::move(mapped.rows), rows);
  }

  /// Cuts the batch down to the rows that are wanted and returns their indexes in the file.
  Result<std::vector<std::int64_t>> TakeWanted(StoredBatch& stored) {
    const auto first = static_cast<std::uint64_t>(stored.first_row);
    const std::uint64_t end = first + static_cast<std::uint64_t>(stored.row_count);
    std::vector<std::int64_t> rows;
    std::vector<std::int64_t> indexes;
    std::size_t used = 0;
    for (; used < wanted_.size() && OrdinalRow(wanted_[used]) < end; ++used) {
      const std::uint64_t row = OrdinalRow(wanted_[used]);
      if (row < first) continue;
      rows.push_back(static_cast<std::int64_t>(row));
      indexes.push_back(static_cast<std::int64_t>(row - first));
    }
    wanted_ = wanted_.subspan(used);
    if (static_cast<std::int64_t>(rows.size()) == stored.row_count) return rows;
    for (std::shared_ptr<arrow::Array>& column : stored.columns) {
      LARDER_ASSIGN_OR_RETURN(column, TakeRows(column, indexes));
    }
    stored.row_count = static_cast<std::int64_t>(rows.size());
    return rows;
  }

  static Result<OrdinalBatch> WithOrdinals(const RowPart& part, std::shared_ptr<arrow::RecordBatch> batch,
                                           const std::vector<std::int64_t>& rows) {
    arrow::UInt64Builder builder;
    LARDER_RETURN_IF_ERROR(FromArrow(builder.Reserve(static_cast<std::int64_t>(rows.size()))));
    for (const std::int64_t row : rows) {
      builder.UnsafeAppend(MakeOrdinal(part.ordinal_file, static_cast<std::uint64_t>(row)));
    }
    OrdinalBatch result{.rows = std::move(batch), .ordinals = nullptr};
    LARDER_RETURN_IF_ERROR(FromArrow(builder.Finish(&result.ordinals)));
    return result;
  }

  const std::vector<RowPart> parts_;
  std::size_t next_part_ = 0;
  std::unique_ptr<StoredBatchStream> stream_;
  std::span<const std::uint64_t> wanted_;  // of the part that is open: rows not given yet
};

}  // namespace

std::unique_ptr<OrdinalBatchStream> NewRowStream(std::vector<RowPart> parts) {
  return std::make_unique<RowStream>(std::move(parts));
}

std::span<const std::uint64_t> OrdinalsOfFile(std::span<const std::uint64_t> ordinals, std::uint32_t file) {
  const auto is_before = [](std::uint64_t ordinal, std::uint64_t of_file) { return OrdinalFile(ordinal) < of_file; };
  const auto first = std::lower_bound(ordinals.begin(), ordinals.end(), std::uint64_t{file}, is_before);
  const auto end = std::lower_bound(first, ordinals.end(), std::uint64_t{file} + 1, is_before);
  return ordinals.subspan(static_cast<std::size_t>(first - ordinals.begin()), static_cast<std::size_t>(end - first));
}

std::vector<UsefulRange> PruneByTime(const BoundSource& bound, const InstantRange& range) {
  const std::optional<std::size_t> stored =
      bound.event_time() ? bound.StoredColumnOf(*bound.event_time()) : std::nullopt;
  if (!stored || range == InstantRange()) return {};
  const ValueType type = bound.TypeAt(*stored);
  // The order of texts is not that of the times they name (zones, fractions).
  if (type.kind == TypeKind::kString) return {};
  const ValueType time = ValueType::Of(TypeKind::kTimestamp);
  UsefulRange useful{.column = bound.stored()[*stored].name, .stored_type = type, .type = time};
  if (range.from_us != INT64_MIN) {
    useful.least = std::make_shared<arrow::TimestampScalar>(range.from_us, ToArrow(time));
  }
  if (range.to_us != INT64_MAX) {
    useful.greatest = std::make_shared<arrow::TimestampScalar>(range.to_us, ToArrow(time));
  }
  return {useful};
}

std::vector<UsefulRange> PruneByColumns(const BoundSource& bound, std::span<const ColumnRange> ranges) {
  std::vector<UsefulRange> useful;
  for (const ColumnRange& range : ranges) {
    const Result<std::size_t> column = bound.Find(range.column);
    const std::optional<std::size_t> stored = column.ok() ? bound.StoredColumnOf(*column) : std::nullopt;
    if (!stored) continue;
    const std::shared_ptr<arrow::Scalar>& bound_given = range.least != nullptr ? range.least : range.greatest;
    const Result<ValueType> type =
        bound_given == nullptr ? Result<ValueType>(bound.TypeAt(*stored)) : FromArrow(*bound_given->type);
    if (!type.ok()) continue;
    useful.push_back({.column = bound.stored()[*stored].name,
                      .stored_type = bound.TypeAt(*stored),
                      .type = *type,
                      .least = range.least,
                      .greatest = range.greatest});
  }
  return useful;
}

}  // namespace larder
