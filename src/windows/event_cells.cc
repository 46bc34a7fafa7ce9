#include "windows/event_cells.h"

#include <algorithm>
#include <utility>

#include <arrow/array.h>

#include "base/hash.h"
#include "windows/event_values.h"

namespace larder {
namespace {

constexpr char kDeletionKind = 'D';
constexpr char kEventKind = 'E';
constexpr char kIdentifiedKind = 'I';
constexpr std::string_view kDeletionKey = "D";
constexpr std::string_view kMarkKey = "M";

// Bytes of numbers sort as the numbers do.
void AppendBigEndian(std::uint64_t number, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xFF);
}

void AppendTime(std::int64_t time_us, std::string& out) {
  AppendBigEndian(static_cast<std::uint64_t>(time_us) ^ (std::uint64_t{1} << 63), out);
}

std::string TimeKey(std::int64_t time_us) {
  std::string key(1, kEventKind);
  AppendTime(time_us, key);
  return key;
}

bool IsTrueAt(const std::shared_ptr<arrow::Array>& array, std::int64_t row) {
  return array != nullptr && array->IsValid(row) && static_cast<const arrow::BooleanArray&>(*array).Value(row);
}

std::int64_t TimeAt(const arrow::Array& array, std::int64_t row) {
  return static_cast<const arrow::TimestampArray&>(array).Value(row);
}

// Where the bytes of a write stand, before they stop moving.
struct WritePlace {
  std::size_t sort_key = 0;
  std::size_t value = 0;
  std::size_t end = 0;
};

std::uint64_t LoadBigEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

// What stands behind the id in the sort key of a row of an event with one: its times, and a hash of its values, so that
// a row that comes again is the same cell. Which row is the event is judged when it is read.
constexpr std::size_t kVersionBytes = 33;
constexpr int kHasCreated = 1;
constexpr int kDeletes = 2;

void AppendVersion(const CellTime& time, bool deleted, std::string_view row, std::string& out) {
  AppendTime(time.event_time_us, out);
  out += static_cast<char>((time.created_time_us ? kHasCreated : 0) | (deleted ? kDeletes : 0));
  AppendTime(time.created_time_us.value_or(0), out);
  const Hash128Value hash = Hash128(row);
  AppendBigEndian(hash.high, out);
  AppendBigEndian(hash.low, out);
}

// Returns the times in the sort key of a row of an event with an id; nullopt when it is too short for one.
std::optional<CellTime> VersionTime(std::string_view sort_key) {
  if (sort_key.size() <= kVersionBytes) return std::nullopt;
  const std::string_view version = sort_key.substr(sort_key.size() - kVersionBytes);
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  CellTime time;
  time.event_time_us = static_cast<std::int64_t>(LoadBigEndian(version.substr(0, 8)) ^ kSign);
  if ((version[8] & kHasCreated) != 0) {
    time.created_time_us = static_cast<std::int64_t>(LoadBigEndian(version.substr(9, 8)) ^ kSign);
  }
  return time;
}

// The first byte of a value: where the event came from; of a row that deletes an event in the lower case.
constexpr char kDeletionBit = 'a' - 'A';

// Names a row of a batch.
struct RowNumber {
  EventBatchNumber batch;
  std::uint64_t row = 0;
};

// Names a row of an event with an id.
struct IdentifiedRow {
  std::string_view id;
  std::string_view row;
  EventOrigin origin;
};

// Appends sort key and value of an event with an id, and says at which time the cell stands: a deletion is not the
// newest event of a table, so its time is only in the key.
WritePlace AppendIdentified(const IdentifiedRow& event, CellWrite& write, std::string& out) {
  WritePlace place{out.size(), 0, 0};
  out += kIdentifiedKind;
  out += event.id;
  AppendVersion(write.time, write.deleted, event.row, out);
  place.value = out.size();
  out += static_cast<char>(static_cast<char>(event.origin) + (write.deleted ? kDeletionBit : 0));
  out += event.row;
  place.end = out.size();
  if (write.deleted) write.time = {INT64_MIN, std::nullopt};
  write.deleted = false;
  return place;
}

WritePlace AppendPlain(const RowNumber& number, std::string_view row, const CellWrite& write, std::string& out) {
  WritePlace place{out.size(), 0, 0};
  if (write.deleted) {
    out += kDeletionKey;
  } else {
    out += kEventKind;
    AppendTime(write.time.event_time_us, out);
    out += static_cast<char>(number.batch.origin);
    AppendBigEndian(number.batch.number, out);
    AppendBigEndian(number.row, out);
  }
  place.value = out.size();
  if (!write.deleted) {
    out += static_cast<char>(number.batch.origin);
    out += row;
  }
  place.end = out.size();
  return place;
}

// The sort keys between which the events of all windows stand; the whole key when any event may matter.
struct TimeReach {
  std::string from{kEventKind};
  std::string to{static_cast<char>(kEventKind + 1)};
};

TimeReach ReachOf(const WindowPlan& plan, std::int64_t time_us) {
  std::int64_t from_us = INT64_MAX;
  std::int64_t to_us = INT64_MIN;
  for (const WindowBounds& bounds : plan.windows) {
    from_us = std::min(from_us, bounds.BeginAt(time_us));
    to_us = std::max(to_us, bounds.EndAt(time_us));
  }
  TimeReach reach;
  if (from_us != INT64_MIN) reach.from = TimeKey(from_us);
  if (to_us != INT64_MAX) reach.to = TimeKey(to_us + 1);
  return reach;
}

/// Gathers rows out of cells; keeps the cells.
class EventGatherer {
 public:
  EventGatherer(OnlineTable& table, const EventRead& read) : table_(table), read_(read) {}

  Status AddKey(std::string_view key, const CellBatch& deletions, std::size_t index) {
    const TimeReach reach = ReachOf(read_.plan, read_.time_us);
    LARDER_RETURN_IF_ERROR(AddRange(key, reach.from, reach.to));
    if (read_.plan.event_id) {
      const std::string from(1, kIdentifiedKind);
      const std::string to(1, static_cast<char>(kIdentifiedKind + 1));
      LARDER_RETURN_IF_ERROR(AddRange(key, from, to));
    }
    if (deletions.state(index) == CellState::kDeleted) AddRow(deletions.time(index), std::nullopt, true);
    return {};
  }

  std::size_t row_count() const { return rows_.size(); }

  Result<EventBatch> Finish() {
    LARDER_ASSIGN_OR_RETURN(batch_.columns, DecodeRows(read_.layout, read_.columns, rows_));
    batch_.row_count = static_cast<std::int64_t>(rows_.size());
    batch_.row_name = [](std::int64_t row) { return "stored event " + std::to_string(row + 1); };
    return std::move(batch_);
  }

 private:
  Status AddRange(std::string_view key, std::string_view from, std::string_view to) {
    auto cells = std::make_unique<CellBatch>();
    CellRange range{key, from, to};
    range.limit = kMaxStoredKeyEvents + 1;
    LARDER_RETURN_IF_ERROR(ReadCellRange(table_, range, *cells));
    if (static_cast<std::int64_t>(cells->size()) > kMaxStoredKeyEvents) {
      return Status(Reason::kLimitExceeded,
                    "a key of " + table_.name().ToString() + " has more than " + std::to_string(kMaxStoredKeyEvents) +
                        " events in its windows",
                    "take shorter windows, or a finer key");
    }
    for (std::size_t i = 0; i < cells->size(); ++i) {
      LARDER_RETURN_IF_ERROR(AddCell(*cells, i));
    }
    kept_.push_back(std::move(cells));
    return {};
  }

  Status AddCell(const CellBatch& cells, std::size_t index) {
    const std::string_view value = cells.value(index);
    const std::string_view sort_key = cells.sort_key(index);
    if (value.empty() || sort_key.empty()) return Status(Reason::kDamaged, "a stored event without bytes");
    const bool is_identified = sort_key[0] == kIdentifiedKind;
    const std::optional<CellTime> time = is_identified ? VersionTime(sort_key) : cells.time(index);
    if (!time) return Status(Reason::kDamaged, "a stored event whose sort key is too short");
    AddRow(*time, value.substr(1), (value[0] & kDeletionBit) != 0);
    return {};
  }

  void AddRow(const CellTime& time, std::optional<std::string_view> row, bool is_deletion) {
    batch_.times_us.push_back(time.event_time_us);
    batch_.created_us.push_back(time.created_time_us.value_or(kNoCreatedTimeUs));
    batch_.deleted.push_back(is_deletion ? 1 : 0);
    rows_.push_back(row);
  }

  OnlineTable& table_;
  const EventRead& read_;
  std::vector<std::unique_ptr<CellBatch>> kept_;
  std::vector<std::optional<std::string_view>> rows_;
  EventBatch batch_;
};

}  // namespace

Status EventCellWriter::Encode(const RowLayout& layout, const EventRows& rows, EventBatchNumber batch) {
  writes_.clear();
  bytes_.clear();
  ignored_count_ = 0;
  LARDER_RETURN_IF_ERROR(EncodeJoinKeys(rows.keys, keys_));
  if (rows.event_id) LARDER_RETURN_IF_ERROR(EncodeJoinKeys(std::span(&rows.values[*rows.event_id], 1), ids_));
  // The times stand in the cells.
  LARDER_ASSIGN_OR_RETURN(const auto times, ZeroTimes(keys_.row_count()));
  LARDER_RETURN_IF_ERROR(EncodeRows(layout, {rows.values, times, nullptr, nullptr}, rows_));
  std::vector<WritePlace> places;
  for (std::int64_t row = 0; row < keys_.row_count(); ++row) {
    if (keys_.is_null[static_cast<std::size_t>(row)] != 0 || rows.event_times->IsNull(row)) {
      ++ignored_count_;
      continue;
    }
    CellWrite write;
    write.key.entity_key = keys_.key(row);
    write.time.event_time_us = TimeAt(*rows.event_times, row);
    if (rows.created_times != nullptr && rows.created_times->IsValid(row)) {
      write.time.created_time_us = TimeAt(*rows.created_times, row);
    }
    write.deleted = IsTrueAt(rows.deleted, row);
    const bool has_id = rows.event_id && ids_.is_null[static_cast<std::size_t>(row)] == 0;
    places.push_back(
        has_id ? AppendIdentified({ids_.key(row), rows_.row(row), batch.origin}, write, bytes_)
               : AppendPlain({batch, rows.numbers[static_cast<std::size_t>(row)]}, rows_.row(row), write, bytes_));
    writes_.push_back(write);
  }
  const std::string_view bytes = bytes_;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const WritePlace& place = places[i];
    writes_[i].key.sort_key = bytes.substr(place.sort_key, place.value - place.sort_key);
    writes_[i].value = bytes.substr(place.value, place.end - place.value);
  }
  return {};
}

CellWrite TableMark() {
  CellWrite mark;
  mark.key.sort_key = kMarkKey;
  mark.deleted = true;
  return mark;
}

bool ReplacedEvents::Contains(const ScannedCell& cell) const {
  if (cell.deleted || cell.key.sort_key.empty() || cell.value.empty()) return false;
  const bool is_identified = cell.key.sort_key[0] == kIdentifiedKind;
  if (!is_identified && cell.key.sort_key[0] != kEventKind) return false;
  const std::optional<CellTime> version = is_identified ? VersionTime(cell.key.sort_key) : cell.time;
  if (!version) return false;
  if (horizon_us != INT64_MIN && version->event_time_us <= horizon_us) return true;
  if (version->event_time_us < from_us || version->event_time_us > to_us) return false;
  const char origin = cell.value[0];
  constexpr char kSource = static_cast<char>(EventOrigin::kSource);
  return !is_identified || origin == kSource || origin == kSource + kDeletionBit;
}

Result<StoredEvents> ReadEvents(OnlineTable& table, const JoinKeyBatch& keys, const EventRead& read) {
  std::vector<CellKey> deletion_keys;
  for (std::int64_t row = 0; row < keys.row_count(); ++row) deletion_keys.push_back({keys.key(row), kDeletionKey});
  CellBatch deletions;
  LARDER_RETURN_IF_ERROR(ReadCells(table, deletion_keys, deletions));
  StoredEvents events;
  EventGatherer gatherer(table, read);
  for (std::int64_t row = 0; row < keys.row_count(); ++row) {
    const std::size_t begin = gatherer.row_count();
    if (keys.is_null[static_cast<std::size_t>(row)] == 0) {
      LARDER_RETURN_IF_ERROR(gatherer.AddKey(keys.key(row), deletions, static_cast<std::size_t>(row)));
    }
    events.keys.push_back({begin, gatherer.row_count()});
  }
  LARDER_ASSIGN_OR_RETURN(events.batch, gatherer.Finish());
  return events;
}

}  // namespace larder
