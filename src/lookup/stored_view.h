// The rows of one look-up, as bytes of the store, and what is so for the whole of each row: status and event time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "columnar/row_codec.h"
#include "expressions/vector.h"
#include "lookup/entity_values.h"
#include "lookup/lookup_plan.h"
#include "lookup/row_texts.h"
#include "lookup/text_buffer.h"
#include "lookup/value_writer.h"
#include "online/online_store.h"
#include "retrieval/online_read.h"

namespace larder {

/// Says whether a look-up may wait for a disk.
enum class MayWait : std::uint8_t { kNo, kYes };

/// Tells how a look-up ended.
enum class LookupOutcome : std::uint8_t {
  kDone,
  kNotInMemory,  ///< the store would have to be asked, and that was not allowed
  kUnusual,      ///< only the plain way can answer, or tell what is wrong
};

/// Reads the rows of one view for keys and writes them. Reuse one object for many requests: its memory stays, so that a
/// warm look-up allocates nothing. Not thread-safe.
class StoredView {
 public:
  StoredView() = default;
  StoredView(const StoredView&) = delete;  // its writer knows its buffer
  StoredView& operator=(const StoredView&) = delete;

  /// Reads the rows of all keys over what was held. `keys` are all lists of the request; `pin`, which the store of the
  /// table gave, is held until the answer is written.
  LookupOutcome Read(const LookupView& view, std::span<const EntityValues> keys, const MemoryPin& pin,
                     MayWait may_wait);
  /// Judges the rows as of a moment and counts them.
  void Judge(const ReadMoment& moment);

  /// Takes the texts of rows from the cache, or writes those that are worth it into it.
  void TakeTexts(RowTexts& texts, bool iso_timestamps);
  /// Writes a feature's column from its first value to the end of the element of `results`. False: the plain way only.
  bool WriteColumn(std::size_t feature, ValueWriter& text, TextBuffer& out);
  /// Returns a feature's values (no lists) for expressions; nulls where rows are not to be seen.
  Vector Values(std::size_t feature, Arena& arena) const;

 private:
  /// Holds what one key found.
  struct Row {
    std::optional<RowView> view;  ///< none: nothing to be seen
    const std::int32_t* columns = nullptr;
    std::optional<std::int64_t> event_us;
    ValueStatus status = ValueStatus::kNotFound;
    std::string_view bytes;
    RowText text;
  };

  LookupOutcome FindCells(const MemoryPin& pin, MayWait may_wait);
  bool WriteRow(const Row& row);
  void EncodeKeys(std::span<const EntityValues> keys);
  bool OpenRow(std::string_view bytes, Row& row) const;
  void MakeTail();
  void WriteTailWithNulls(TextBuffer& out) const;
  template <class T, class ValueAt>
  void FillValues(std::size_t feature, Arena& arena, Vector& vector, ValueAt value_at) const;
  bool IsNull(const Row& row, std::size_t feature) const {
    return !row.view || row.columns[feature] < 0 || row.view->is_null(static_cast<std::size_t>(row.columns[feature]));
  }

  const LookupView* view_ = nullptr;
  std::vector<char> key_bytes_;
  std::vector<std::size_t> key_ends_;
  std::vector<CellKey> cell_keys_;
  std::vector<std::size_t> rows_of_cells_;
  std::vector<CellInMemory> cells_;
  CellBatch stored_cells_;  ///< what had to be asked of the store
  std::vector<Row> rows_;
  std::vector<std::uint8_t> is_null_;  ///< of the column that is being written
  TextBuffer times_;                   ///< the event times of all rows, with the ends of the lists around them
  TextBuffer row_text_;                ///< of one row, on its way into the cache
  ValueWriter row_writer_{row_text_};
  std::vector<std::uint32_t> row_ends_;
  TextBuffer tail_;  ///< what follows the values of a column without nulls
};

/// Appends what follows the values of a column whose rows have these statuses, up to the event times.
inline constexpr std::string_view kStatusesBegin = R"(],"statuses":[)";
inline constexpr std::string_view kTimesBegin = R"(],"event_timestamps":[)";
inline constexpr std::string_view kColumnEnd = "]}";

}  // namespace larder
