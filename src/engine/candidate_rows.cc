#include "engine/candidate_rows.h"

#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/as_of_word.h"
#include "engine/key_scan_batch.h"
#include "engine/run_tasks.h"

namespace larder {
namespace {

// Rows between two reports of progress: a part of a second.
constexpr std::int64_t kReportRows = std::int64_t{1} << 21;

// Keeps the rows of one batch whose keys have the numbers `ids`.
class BatchFilter {
 public:
  BatchFilter(const CandidateRule& rule, CandidateRows& kept)
      : rule_(rule), kept_(kept), has_marks_(rule.layout.has_created_time || rule.layout.has_deletion_mark) {}

  Status Keep(const KeyScanBatch& batch, std::span<const std::uint32_t> ids) {
    const std::size_t count = ids.size();
    LARDER_RETURN_IF_ERROR(kept_.keys.MakeRoom(count));
    LARDER_RETURN_IF_ERROR(kept_.event_us.MakeRoom(count));
    LARDER_RETURN_IF_ERROR(kept_.ordinals.MakeRoom(count));
    if (rule_.layout.has_created_time) LARDER_RETURN_IF_ERROR(kept_.created_us.MakeRoom(count));
    if (has_marks_) LARDER_RETURN_IF_ERROR(kept_.marks.MakeRoom(count));
    kept_.counts.rows_read += static_cast<std::int64_t>(count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto row = static_cast<std::int64_t>(i);
      if (ids[i] == kNullKeyId) {
        ++kept_.counts.null_key_rows;
      } else if (!batch.has_event_time(row)) {
        ++kept_.counts.null_time_rows;
      } else if (ids[i] != kUnknownKeyId && CanMatch(batch, row)) {
        Add(batch, row, ids[i]);
      }
    }
    return {};
  }

 private:
  bool CanMatch(const KeyScanBatch& batch, std::int64_t row) const {
    const std::int64_t event_us = batch.event_us(row);
    if (event_us < rule_.event_time.from_us || event_us > rule_.event_time.to_us) return false;
    return !rule_.as_known || (batch.has_created(row) && batch.created_us(row) <= rule_.known_by_us);
  }

  void Add(const KeyScanBatch& batch, std::int64_t row, std::uint32_t id) {
    const std::uint64_t ordinal = batch.ordinal(row);
    if (!kept_.ordinals.empty() && ordinal < kept_.ordinals[kept_.ordinals.size() - 1]) kept_.ordinals_ascend = false;
    kept_.keys.Add(id);
    kept_.event_us.Add(batch.event_us(row));
    kept_.ordinals.Add(ordinal);
    if (rule_.layout.has_created_time) kept_.created_us.Add(batch.created_us(row));
    if (has_marks_) {
      const int marks = (batch.is_deleted(row) ? CandidateRows::kDeleted : 0) |
                        (batch.has_created(row) ? CandidateRows::kHasCreated : 0);
      kept_.marks.Add(static_cast<std::uint8_t>(marks));
    }
  }

  const CandidateRule& rule_;
  CandidateRows& kept_;
  const bool has_marks_;
};

}  // namespace

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

Result<CandidateRows> ScanCandidates(FeatureRows& rows, const CandidateRule& rule, const KeyTable& table,
                                     const ExecutionContext& context) {
  CandidateRows kept(context.memory);
  BatchFilter filter(rule, kept);
  LARDER_ASSIGN_OR_RETURN(const std::unique_ptr<OrdinalBatchStream> stream, rows.OpenKeys({rule.event_time}));
  std::vector<std::uint32_t> ids;
  std::int64_t reported_rows = 0;
  while (true) {
    LARDER_RETURN_IF_ERROR(CheckCancelled(context));
    LARDER_ASSIGN_OR_RETURN(const std::optional<OrdinalBatch> next, stream->Next());
    if (!next.has_value()) return kept;
    LARDER_ASSIGN_OR_RETURN(const KeyScanBatch batch, KeyScanBatch::Make(*next, rule.layout));
    ids.resize(static_cast<std::size_t>(batch.row_count()));
    LARDER_RETURN_IF_ERROR(table.Find(batch.keys(), ids));
    LARDER_RETURN_IF_ERROR(filter.Keep(batch, ids));
    if (context.progress != nullptr && kept.counts.rows_read - reported_rows >= kReportRows) {
      reported_rows = kept.counts.rows_read;
      context.progress->Update(reported_rows, Progress::kUnknownTotal);
    }
    if (kept.size() > kMaxAsOfRows) {
      return Status(Reason::kLimitExceeded,
                    "too many rows of one feature view could match: more than " + std::to_string(kMaxAsOfRows),
                    "join the entity table in parts");
    }
  }
}

}  // namespace larder
