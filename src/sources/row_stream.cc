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

// One wanted row of so many is picked out; of fewer, all are given.
constexpr std::int64_t kFewRows = 8;

/// Names the rows of a batch by their indexes in the file.
struct FileRows {
  std::int64_t first_row = 0;
  std::optional<std::vector<std::int64_t>> indexes = std::nullopt;  ///< absent: all, from `first_row` on

  std::int64_t At(std::int64_t row) const {
    return indexes ? (*indexes)[static_cast<std::size_t>(row)] : first_row + row;
  }
  /// Keeps only these rows.
  void Choose(const std::vector<std::int64_t>& chosen) {
    std::vector<std::int64_t> composed;
    composed.reserve(chosen.size());
    for (const std::int64_t row : chosen) composed.push_back(At(row));
    indexes = std::move(composed);
  }
};

FileRead ReadOf(const RowPart& part) {
  return {.columns = part.mapping->stored_columns(),
          .required = part.mapping->required_columns(),
          .ranges = part.ranges,
          .rows = part.rows,
          .table = part.table,
          .row_groups = part.row_groups,
          .parallel = part.parallel};
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
      LARDER_ASSIGN_OR_RETURN(stream_, part.files->Open(part.file, ReadOf(part)));
      if (part.rows) wanted_ = *part.rows;
    }
    LARDER_ASSIGN_OR_RETURN(std::optional<StoredBatch> stored, stream_->Next());
    if (!stored) return std::optional<OrdinalBatch>();
    LARDER_ASSIGN_OR_RETURN(OrdinalBatch batch, MapRows(part, std::move(*stored)));
    return std::optional(std::move(batch));
  }

  Result<OrdinalBatch> MapRows(const RowPart& part, StoredBatch stored) {
    FileRows rows{stored.first_row};
    if (part.rows) {
      LARDER_ASSIGN_OR_RETURN(rows.indexes, TakeWanted(part, stored));
    }
    const auto name_row = [&part, &rows](std::int64_t row) {
      return part.files->NameRow(part.file, static_cast<std::uint64_t>(rows.At(row)));
    };
    LARDER_ASSIGN_OR_RETURN(MappedRows mapped,
                            part.mapping->Apply(std::move(stored.columns), stored.row_count, name_row));
    if (mapped.kept) rows.Choose(*mapped.kept);
    if (part.exact) {
      if (std::optional<std::vector<std::int64_t>> inside = RowsInside(*mapped.rows, *part.exact)) {
        LARDER_ASSIGN_OR_RETURN(mapped.rows, TakeBatchRows(*mapped.rows, *inside));
        rows.Choose(*inside);
      }
    }
    return WithOrdinals(part, std::move(mapped.rows), rows);
  }

  /// Cuts the batch down to the rows that are wanted and returns their indexes in the file; nullopt when all stay.
  Result<std::optional<std::vector<std::int64_t>>> TakeWanted(const RowPart& part, StoredBatch& stored) {
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
    const auto count = static_cast<std::int64_t>(rows.size());
    // To pick out most rows costs more than to give the others along.
    const bool gives_all = part.gives_more && part.mapping->is_plain() && count * kFewRows >= stored.row_count;
    if (count == stored.row_count || gives_all) return std::optional<std::vector<std::int64_t>>();
    for (std::shared_ptr<arrow::Array>& column : stored.columns) {
      LARDER_ASSIGN_OR_RETURN(column, TakeRows(column, indexes));
    }
    stored.row_count = count;
    return std::optional(std::move(rows));
  }

  static Result<OrdinalBatch> WithOrdinals(const RowPart& part, std::shared_ptr<arrow::RecordBatch> batch,
                                           const FileRows& rows) {
    const std::int64_t count = batch->num_rows();
    LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> values, FromArrow(arrow::AllocateBuffer(count * 8)));
    auto* ordinals = values->mutable_data_as<std::uint64_t>();
    const std::uint64_t file = MakeOrdinal(part.ordinal_file, 0);
    for (std::int64_t row = 0; row < count; ++row) ordinals[row] = file | static_cast<std::uint64_t>(rows.At(row));
    return OrdinalBatch{.rows = std::move(batch),
                        .ordinals = std::make_shared<arrow::UInt64Array>(count, std::move(values))};
  }

  const std::vector<RowPart> parts_;
  std::size_t next_part_ = 0;
  std::unique_ptr<StoredBatchStream> stream_;
  std::span<const std::uint64_t> wanted_;  // of the part that is open: rows not given yet
};

// Small files that are read together.
constexpr std::int64_t kPieceBytes = std::int64_t{16} << 20;
// Of a row of a file that is not opened: a guess.
constexpr std::int64_t kGuessedRowBytes = 32;

/// Holds parts by piece.
class RowPieces final : public OrdinalBatchPieces {
 public:
  Status Add(RowPart part) {
    LARDER_ASSIGN_OR_RETURN(const std::vector<FileRead> reads, part.files->Split(part.file, ReadOf(part)));
    for (const FileRead& read : reads) {
      part.rows = read.rows;
      part.gives_more = true;
      part.table = read.table;
      part.row_groups = read.row_groups;
      const bool is_whole = read.table == nullptr;
      const std::int64_t bytes = is_whole ? part.files->files()[part.file].info.size_bytes : kPieceBytes;
      row_estimate_ += is_whole ? bytes / kGuessedRowBytes : read.RowsOfGroups();
      if (pieces_.empty() || piece_bytes_ + bytes > kPieceBytes) {
        pieces_.emplace_back();
        piece_bytes_ = 0;
      }
      pieces_.back().push_back(part);
      piece_bytes_ += bytes;
    }
    return {};
  }

  // With fewer pieces than threads could read, the columns of a piece are decoded together.
  void Finish(bool use_threads) {
    for (std::vector<RowPart>& piece : pieces_) {
      for (RowPart& part : piece) part.parallel = use_threads && pieces_.size() == 1;
    }
  }

  std::size_t count() const override { return pieces_.size(); }
  std::int64_t row_estimate() const override { return row_estimate_; }
  Result<std::unique_ptr<OrdinalBatchStream>> Open(std::size_t piece) override {
    return NewRowStream(std::move(pieces_[piece]));
  }

 private:
  std::vector<std::vector<RowPart>> pieces_;
  std::int64_t piece_bytes_ = 0;  // of the last one
  std::int64_t row_estimate_ = 0;
};

}  // namespace

Result<std::unique_ptr<OrdinalBatchPieces>> NewRowPieces(std::vector<RowPart> parts, bool use_threads) {
  auto pieces = std::make_unique<RowPieces>();
  for (RowPart& part : parts) LARDER_RETURN_IF_ERROR(pieces->Add(std::move(part)));
  pieces->Finish(use_threads);
  return std::unique_ptr<OrdinalBatchPieces>(std::move(pieces));
}

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
