#include "engine/candidate_rows.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/as_of_word.h"

namespace larder {
namespace {

// Appends the rows of a piece that can match to those of its piece.
class PieceFilter {
 public:
  explicit PieceFilter(const CandidateRule& rule)
      : rule_(rule), has_marks_(rule.layout.has_created_time || rule.layout.has_deletion_mark) {}

  Status Keep(const KeyScanPiece& piece, CandidateRows& kept) const {
    const std::size_t count = piece.ids.size();
    LARDER_RETURN_IF_ERROR(kept.keys.MakeRoom(count));
    LARDER_RETURN_IF_ERROR(kept.event_us.MakeRoom(count));
    LARDER_RETURN_IF_ERROR(kept.ordinals.MakeRoom(count));
    if (rule_.layout.has_created_time) LARDER_RETURN_IF_ERROR(kept.created_us.MakeRoom(count));
    if (has_marks_) LARDER_RETURN_IF_ERROR(kept.marks.MakeRoom(count));
    for (std::size_t i = 0; i < count; ++i) {
      const auto row = static_cast<std::int64_t>(i);
      if (rule_.Keeps(piece.batch, row, piece.ids[i], piece.counts)) Add(piece.batch, row, piece.ids[i], kept);
    }
    return {};
  }

 private:
  void Add(const KeyScanBatch& batch, std::int64_t row, std::uint32_t id, CandidateRows& kept) const {
    const std::uint64_t ordinal = batch.ordinal(row);
    if (!kept.ordinals.empty() && ordinal < kept.ordinals[kept.ordinals.size() - 1]) kept.ordinals_ascend = false;
    kept.keys.Add(id);
    kept.event_us.Add(batch.event_us(row));
    kept.ordinals.Add(ordinal);
    if (rule_.layout.has_created_time) kept.created_us.Add(batch.created_us(row));
    if (has_marks_) {
      const int marks = (batch.is_deleted(row) ? CandidateRows::kDeleted : 0) |
                        (batch.has_created(row) ? CandidateRows::kHasCreated : 0);
      kept.marks.Add(static_cast<std::uint8_t>(marks));
    }
  }

  const CandidateRule& rule_;
  const bool has_marks_;
};

// Moves the column `column` of all pieces into one, on all threads; frees each piece as soon as it is copied.
template <class T>
Status Concatenate(std::deque<CandidateRows>& pieces, BudgetedVector<T> CandidateRows::*column, CandidateRows& whole,
                   const ExecutionContext& context) {
  std::vector<std::size_t> begins;
  std::size_t size = 0;
  for (const CandidateRows& piece : pieces) {
    begins.push_back(size);
    size += (piece.*column).size();
  }
  LARDER_RETURN_IF_ERROR((whole.*column).ResizeForOverwrite(size));
  return RunTasks(context, pieces.size(), [&](std::size_t i) {
    BudgetedVector<T>& piece = pieces[i].*column;
    std::copy(piece.span().begin(), piece.span().end(), (whole.*column).data() + begins[i]);
    piece.Reset();
    return Status();
  });
}

bool OrdinalsAscend(const std::deque<CandidateRows>& pieces) {
  std::uint64_t last = 0;
  for (const CandidateRows& piece : pieces) {
    if (piece.ordinals.empty()) continue;
    if (!piece.ordinals_ascend || piece.ordinals[0] < last) return false;
    last = piece.ordinals[piece.ordinals.size() - 1];
  }
  return true;
}

}  // namespace

ScanCounts& ScanCounts::operator+=(const ScanCounts& other) {
  rows_read += other.rows_read;
  null_key_rows += other.null_key_rows;
  null_time_rows += other.null_time_rows;
  kept_rows += other.kept_rows;
  return *this;
}

bool CandidateRule::Keeps(const KeyScanBatch& batch, std::int64_t row, std::uint32_t id, ScanCounts& counts) const {
  if (id == kNullKeyId) {
    ++counts.null_key_rows;
    return false;
  }
  if (!batch.has_event_time(row)) {
    ++counts.null_time_rows;
    return false;
  }
  if (id < from_key || id >= to_key) return false;
  const std::int64_t event_us = batch.event_us(row);
  if (event_us < event_time.from_us || event_us > event_time.to_us) return false;
  if (as_known && (!batch.has_created(row) || batch.created_us(row) > known_by_us)) return false;
  ++counts.kept_rows;
  return true;
}

bool CandidateRows::WinsOver(std::uint32_t a, std::uint32_t b) const {
  if (event_us[a] != event_us[b]) return event_us[a] > event_us[b];
  if (!created_us.empty()) {
    const bool a_has_created = (marks[a] & kHasCreated) != 0;
    const bool b_has_created = (marks[b] & kHasCreated) != 0;
    if (a_has_created != b_has_created) return a_has_created;
    if (created_us[a] != created_us[b]) return created_us[a] > created_us[b];
  }
  return ordinals[a] > ordinals[b];
}

Result<ScanCounts> ScanKeys(const JudgedScan& scan, const ExecutionContext& context,
                            const std::function<Status(const KeyScanPiece&)>& visit) {
  RowReporter reporter(context);
  std::mutex mutex;
  ScanCounts total;
  const auto read_piece = [&](std::size_t index) -> Status {
    LARDER_ASSIGN_OR_RETURN(const std::unique_ptr<OrdinalBatchStream> stream, scan.pieces.Open(index));
    ScanCounts counts;
    std::vector<std::uint32_t> ids;
    while (true) {
      LARDER_RETURN_IF_ERROR(CheckCancelled(context));
      LARDER_ASSIGN_OR_RETURN(const std::optional<OrdinalBatch> next, stream->Next());
      if (!next.has_value()) break;
      LARDER_ASSIGN_OR_RETURN(const KeyScanBatch batch, KeyScanBatch::Make(*next, scan.rule.layout));
      ids.resize(static_cast<std::size_t>(batch.row_count()));
      LARDER_RETURN_IF_ERROR(scan.table.Find(batch.keys(), ids));
      counts.rows_read += batch.row_count();
      LARDER_RETURN_IF_ERROR(visit({index, batch, ids, counts}));
      reporter.Add(batch.row_count());
    }
    const std::lock_guard lock(mutex);
    total += counts;
    return {};
  };
  LARDER_RETURN_IF_ERROR(RunTasks(context, scan.pieces.count(), read_piece));
  return total;
}

Result<CandidateRows> ScanCandidates(const JudgedScan& scan, const ExecutionContext& context, ScanCounts& counts) {
  const PieceFilter filter(scan.rule);
  std::mutex mutex;
  // By piece; a deque's elements stay where they are while it grows.
  std::deque<CandidateRows> kept;
  LARDER_ASSIGN_OR_RETURN(counts, ScanKeys(scan, context, [&](const KeyScanPiece& piece) {
                            CandidateRows* of_piece = nullptr;
                            {
                              const std::lock_guard lock(mutex);
                              while (kept.size() <= piece.index) kept.emplace_back(context.memory);
                              of_piece = &kept[piece.index];
                            }
                            return filter.Keep(piece, *of_piece);
                          }));
  if (static_cast<std::uint64_t>(counts.kept_rows) > kMaxAsOfRows) {
    return Status(Reason::kLimitExceeded,
                  "too many rows of one feature view could match: more than " + std::to_string(kMaxAsOfRows),
                  "join the entity table in parts");
  }
  if (kept.empty()) return CandidateRows(context.memory);
  if (kept.size() == 1) return std::move(kept.front());
  CandidateRows whole(context.memory);
  whole.ordinals_ascend = OrdinalsAscend(kept);
  LARDER_RETURN_IF_ERROR(Concatenate(kept, &CandidateRows::keys, whole, context));
  LARDER_RETURN_IF_ERROR(Concatenate(kept, &CandidateRows::event_us, whole, context));
  LARDER_RETURN_IF_ERROR(Concatenate(kept, &CandidateRows::ordinals, whole, context));
  LARDER_RETURN_IF_ERROR(Concatenate(kept, &CandidateRows::created_us, whole, context));
  LARDER_RETURN_IF_ERROR(Concatenate(kept, &CandidateRows::marks, whole, context));
  return whole;
}

}  // namespace larder
