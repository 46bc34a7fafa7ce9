#include "lookup/stored_view.h"

#include <algorithm>
#include <array>

#include "text/instant_text.h"

namespace larder {
namespace {

/// Holds the statuses as they stand in an answer, by ValueStatus, each with the comma before the next.
constexpr std::array<std::string_view, 4> kStatusTexts = {R"("PRESENT",)", R"("NULL_VALUE",)", R"("NOT_FOUND",)",
                                                          R"("OUTSIDE_MAX_AGE",)"};

std::string_view TextOf(ValueStatus status) { return kStatusTexts[static_cast<std::size_t>(status)]; }

}  // namespace

LookupOutcome StoredView::Read(const LookupView& view, std::span<const EntityValues> keys, const MemoryPin& pin,
                               MayWait may_wait) {
  view_ = &view;
  EncodeKeys(keys);
  if (const LookupOutcome outcome = FindCells(pin, may_wait); outcome != LookupOutcome::kDone) return outcome;
  for (std::size_t cell = 0; cell < cell_keys_.size(); ++cell) {
    if (cells_[cell].state != MemoryState::kFound) continue;
    Row& row = rows_[rows_of_cells_[cell]];
    row.event_us = cells_[cell].time.event_time_us;
    if (!OpenRow(cells_[cell].value, row)) return LookupOutcome::kUnusual;
  }
  return LookupOutcome::kDone;
}

LookupOutcome StoredView::FindCells(const MemoryPin& pin, MayWait may_wait) {
  cells_.resize(cell_keys_.size());
  view_->table->FindInMemory(cell_keys_, pin, cells_);
  const bool knows_all = std::none_of(cells_.begin(), cells_.end(),
                                      [](const CellInMemory& cell) { return cell.state == MemoryState::kUnknown; });
  if (knows_all) return LookupOutcome::kDone;
  if (may_wait == MayWait::kNo) return LookupOutcome::kNotInMemory;
  if (!ReadCells(*view_->table, cell_keys_, stored_cells_).ok()) return LookupOutcome::kUnusual;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const bool is_found = stored_cells_.found(i);
    cells_[i] = {is_found ? MemoryState::kFound : MemoryState::kMissing, stored_cells_.time(i), stored_cells_.value(i)};
  }
  return LookupOutcome::kDone;
}

void StoredView::EncodeKeys(std::span<const EntityValues> keys) {
  const std::int64_t row_count = keys[view_->key_places.front()].row_count();
  key_bytes_.clear();
  key_ends_.clear();
  cell_keys_.clear();
  rows_of_cells_.clear();
  rows_.assign(static_cast<std::size_t>(row_count), Row());
  for (std::int64_t row = 0; row < row_count; ++row) {
    bool is_null = false;
    for (const std::size_t place : view_->key_places) is_null |= keys[place].is_null(row);
    if (is_null) continue;
    for (const std::size_t place : view_->key_places) keys[place].AppendKeyPart(row, key_bytes_);
    key_ends_.push_back(key_bytes_.size());
    rows_of_cells_.push_back(static_cast<std::size_t>(row));
  }
  // Only now do the bytes stay where they are.
  std::size_t begin = 0;
  for (const std::size_t end : key_ends_) {
    cell_keys_.push_back({std::string_view(key_bytes_.data() + begin, end - begin)});
    begin = end;
  }
}

/// Finds out who wrote a row. Returns false for bytes that no known version wrote.
bool StoredView::OpenRow(std::string_view bytes, Row& row) const {
  const Result<RowHeader> header = ReadRowHeader(bytes);
  if (!header.ok()) return false;
  for (const StoredVersion& version : view_->versions) {
    const RowLayout& layout = *version.layout;
    if (layout.schema_id() != header->schema_id || layout.column_count() != header->column_count) continue;
    const Result<RowView> opened = RowView::Open(layout, bytes);
    if (!opened.ok()) return false;
    row.view = *opened;
    row.columns = version.columns.data();
    row.bytes = bytes;
    return true;
  }
  return false;
}

void StoredView::Judge(const ReadMoment& moment) {
  std::array<std::uint64_t, 4> counts{};
  times_.Clear();
  times_.Append(kTimesBegin);
  for (Row& row : rows_) {
    row.status = StatusOf(row.event_us, view_->ttl_us, moment);
    ++counts[static_cast<std::size_t>(row.status)];
    times_.Append('"');
    times_.Advance(
        WriteInstant(CivilMomentOf(ShownEventTime(row.event_us, row.status)), false, times_.Reserve(kMaxInstantChars)));
    times_.Append(R"(",)");
    if (row.status != ValueStatus::kPresent) row.view.reset();
  }
  if (!rows_.empty()) times_.Drop(1);
  times_.Append(kColumnEnd);
  for (std::size_t status = 0; status < counts.size(); ++status) {
    if (counts[status] > 0 && view_->row_counters[status] != nullptr) view_->row_counters[status]->Add(counts[status]);
  }
  MakeTail();
}

void StoredView::MakeTail() {
  tail_.Clear();
  tail_.Append(kStatusesBegin);
  for (const Row& row : rows_) tail_.Append(TextOf(row.status));
  if (!rows_.empty()) tail_.Drop(1);
  tail_.Append(times_.text());
}

void StoredView::TakeTexts(RowTexts& texts, bool iso_timestamps) {
  row_writer_.SetIsoTimestamps(iso_timestamps);
  for (Row& row : rows_) {
    if (!row.view) continue;
    const RowTexts::Key key{row.bytes, view_->number * 2 + (iso_timestamps ? 1 : 0)};
    row.text = texts.Find(key);
    if (row.text.is_there() || !texts.IsMetAgain(key) || !WriteRow(row)) continue;
    row.text = texts.Put(key, row_ends_, row_text_.text());
  }
}

/// Writes all features of a row, one after another. False: the plain way only.
bool StoredView::WriteRow(const Row& row) {
  row_text_.Clear();
  row_ends_.clear();
  for (std::size_t feature = 0; feature < view_->types.size(); ++feature) {
    if (IsNull(row, feature)) {
      row_writer_.Null();
    } else if (!row_writer_.Stored(*row.view, static_cast<std::size_t>(row.columns[feature]), view_->types[feature])) {
      return false;
    }
    row_ends_.push_back(static_cast<std::uint32_t>(row_text_.size()));
  }
  return true;
}

bool StoredView::WriteColumn(std::size_t feature, ValueWriter& text, TextBuffer& out) {
  const ValueType type = view_->types[feature];
  bool has_nulls = false;
  is_null_.clear();
  for (const Row& row : rows_) {
    const bool is_null = IsNull(row, feature);
    // A row that is not to be seen says so itself.
    const bool tells_null = is_null && row.status == ValueStatus::kPresent;
    has_nulls |= tells_null;
    is_null_.push_back(tells_null ? 1 : 0);
    if (row.text.is_there()) {
      out.Append(row.text.piece(feature));
    } else if (is_null) {
      text.Null();
    } else if (!text.Stored(*row.view, static_cast<std::size_t>(row.columns[feature]), type)) {
      return false;
    }
    out.Append(',');
  }
  if (!rows_.empty()) out.Drop(1);
  if (has_nulls) {
    WriteTailWithNulls(out);
  } else {
    out.Append(tail_.text());
  }
  return true;
}

void StoredView::WriteTailWithNulls(TextBuffer& out) const {
  out.Append(kStatusesBegin);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    out.Append(TextOf(is_null_[i] != 0 ? ValueStatus::kNullValue : rows_[i].status));
  }
  if (!rows_.empty()) out.Drop(1);
  out.Append(times_.text());
}

template <class T, class ValueAt>
void StoredView::FillValues(std::size_t feature, Arena& arena, Vector& vector, ValueAt value_at) const {
  const auto row_count = static_cast<std::int64_t>(rows_.size());
  T* const values = Allocate<T>(arena, row_count);
  auto* const valid = Allocate<std::uint8_t>(arena, row_count);
  bool has_nulls = false;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const bool is_null = IsNull(rows_[i], feature);
    has_nulls |= is_null;
    valid[i] = is_null ? 0 : 1;
    values[i] =
        is_null ? T{} : static_cast<T>(value_at(*rows_[i].view, static_cast<std::size_t>(rows_[i].columns[feature])));
  }
  vector.values = values;
  if (has_nulls) vector.valid = valid;
}

Vector StoredView::Values(std::size_t feature, Arena& arena) const {
  Vector vector;
  const TypeKind kind = view_->types[feature].kind;
  vector.type = ExpressionType::Of(kind);
  switch (kind) {
    case TypeKind::kBool:
      FillValues<std::uint8_t>(feature, arena, vector, [](const RowView& row, std::size_t at) { return row.Bool(at); });
      break;
    case TypeKind::kInt32:
    case TypeKind::kDate:
      FillValues<std::int64_t>(feature, arena, vector,
                               [](const RowView& row, std::size_t at) { return row.Int32(at); });
      break;
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
      FillValues<std::int64_t>(feature, arena, vector,
                               [](const RowView& row, std::size_t at) { return row.Int64(at); });
      break;
    case TypeKind::kFloat32:
      FillValues<double>(feature, arena, vector, [](const RowView& row, std::size_t at) { return row.Float32(at); });
      break;
    case TypeKind::kFloat64:
      FillValues<double>(feature, arena, vector, [](const RowView& row, std::size_t at) { return row.Float64(at); });
      break;
    default:
      FillValues<std::string_view>(feature, arena, vector,
                                   [](const RowView& row, std::size_t at) { return row.Bytes(at); });
  }
  return vector;
}

}  // namespace larder
