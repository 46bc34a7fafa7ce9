#include "engine/value_rows.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/byte_size.h>

#include "base/thread_pool.h"
#include "columnar/arrow_status.h"
#include "engine/execution_context.h"

namespace larder {
namespace {

// Rows whose lines of cache are wanted together.
constexpr std::size_t kTile = 64;
// Columns whose pages are in memory together, at most; and about what the pages of one take while a thread reads them,
// of which all together may take a part of the memory that is left.
constexpr std::int64_t kMostColumnsTogether = 64;
constexpr std::int64_t kBytesOfColumn = std::int64_t{3} << 20;
constexpr std::int64_t kShareOfColumns = 4;
constexpr std::size_t kCacheLine = 64;

std::size_t WidthOf(ValueType type) {
  switch (type.kind) {
    case TypeKind::kBool:
      return 1;
    case TypeKind::kInt32:
    case TypeKind::kFloat32:
    case TypeKind::kDate:
      return 4;
    default:
      return 8;
  }
}

const std::uint8_t* ValuesOf(const arrow::Array& column, std::size_t width) {
  return column.data()->buffers[1]->data() + static_cast<std::size_t>(column.offset()) * width;
}

// Puts the rows of `found` that stand in `ordinals`, and their places there, into `targets`.
template <class Target>
void FindTargets(const arrow::UInt64Array& found, std::span<const std::uint64_t> ordinals,
                 std::vector<Target>& targets) {
  targets.clear();
  if (found.length() == 0) return;
  auto wanted = std::lower_bound(ordinals.begin(), ordinals.end(), found.Value(0));
  for (std::int64_t row = 0; row < found.length() && wanted != ordinals.end(); ++row) {
    const std::uint64_t ordinal = found.Value(row);
    while (wanted != ordinals.end() && *wanted < ordinal) ++wanted;
    if (wanted == ordinals.end() || *wanted != ordinal) continue;
    targets.push_back({static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(wanted - ordinals.begin())});
    ++wanted;
  }
}

Status BrokenReader(const std::string& what) { return {Reason::kInternal, "a reader of feature values gave " + what}; }

// Returns the rows of `column` that `row_of(i)` names, in that order.
template <class RowOf>
Result<std::shared_ptr<arrow::Array>> TakeRows(const arrow::Array& column, std::size_t count, RowOf row_of,
                                               arrow::MemoryPool* pool) {
  std::unique_ptr<arrow::ArrayBuilder> builder;
  LARDER_RETURN_IF_ERROR(FromArrow(arrow::MakeBuilder(pool, column.type(), &builder)));
  const arrow::ArraySpan span(*column.data());
  for (std::size_t i = 0; i < count;) {
    std::size_t end = i + 1;
    while (end < count && row_of(end) == row_of(end - 1) + 1) ++end;
    const auto length = static_cast<std::int64_t>(end - i);
    LARDER_RETURN_IF_ERROR(FromArrow(builder->AppendArraySlice(span, row_of(i), length)));
    i = end;
  }
  return FromArrow(builder->Finish());
}

// Returns how many columns are fetched together: as many as memory allows, one at least.
std::size_t ColumnsTogether(const ExecutionContext& context) {
  const std::int64_t threads = context.threads == nullptr ? 1 : context.threads->thread_count() + 1;
  const std::int64_t free_bytes = context.memory.limit_bytes() - context.memory.used_bytes();
  const std::int64_t fitting = free_bytes / kShareOfColumns / threads / kBytesOfColumn;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(fitting, 1, kMostColumnsTogether));
}

}  // namespace

ValueRows::ValueRows(const ExecutionContext& context)
    : bytes_(&context.memory, kPurpose),
      chunk_reservation_(&context.memory),
      pool_(PoolOf(context)),
      pool_counts_(context.pool != nullptr) {}

struct ValueRows::FetchState {
  std::mutex mutex;  // guards `chunks` of all places and the reservation
  std::atomic<std::size_t> filled{0};
  std::vector<std::atomic<bool>> has_nulls;  // by column
};

std::size_t ValueRows::LayOut(std::span<const ValueColumn> columns) {
  std::size_t offset = 0;
  places_.resize(columns.size());
  // Wide values first, so that they stand aligned as far as the row does; the marks of nulls last.
  for (const std::size_t width : {std::size_t{8}, std::size_t{4}, std::size_t{1}}) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (WidthOf(columns[i].type) != width) continue;
      places_[i].type = columns[i].type;
      places_[i].offset = offset;
      places_[i].width = width;
      offset += width;
    }
  }
  for (std::size_t i = 0; i < columns.size(); ++i) places_[i].null_bit = offset * 8 + i;
  return (offset + (columns.size() + 7) / 8 + 3) / 4 * 4;
}

std::int64_t ValueRows::RowBytes(std::span<const ValueColumn> columns) {
  std::size_t bytes = (columns.size() + 7) / 8 + 3;
  for (const ValueColumn& column : columns) bytes += WidthOf(column.type);
  return static_cast<std::int64_t>(bytes);
}

Status ValueRows::CheckBatch(const OrdinalBatch& batch, ColumnRange range) const {
  const std::size_t column_count = range.end - range.begin;
  if (batch.rows->num_columns() != static_cast<int>(column_count)) {
    return BrokenReader(std::to_string(batch.rows->num_columns()) + " columns instead of " +
                        std::to_string(column_count));
  }
  if (batch.ordinals->length() != batch.rows->num_rows()) return BrokenReader("rows and ordinals of unequal number");
  for (std::size_t i = 0; i < column_count; ++i) {
    const arrow::DataType& found = *batch.rows->column(static_cast<int>(i))->type();
    const ValueType wanted = places_[range.begin + i].type;
    if (!found.Equals(*ToArrow(wanted))) {
      return BrokenReader("a column " + std::to_string(i) + " of type " + found.ToString() + " instead of " +
                          TypeName(wanted));
    }
  }
  return {};
}

Status ValueRows::KeepChunk(Place& place, const std::shared_ptr<arrow::Array>& column, std::span<const Target> targets,
                            FetchState& state) {
  std::shared_ptr<arrow::Array> chunk = column;
  const bool has_all = static_cast<std::int64_t>(targets.size()) == column->length();
  if (!has_all) {
    const auto row_of = [&](std::size_t i) { return static_cast<std::int64_t>(targets[i].row); };
    LARDER_ASSIGN_OR_RETURN(chunk, TakeRows(*column, targets.size(), row_of, pool_));
  }
  LARDER_ASSIGN_OR_RETURN(const std::int64_t bytes, FromArrow(arrow::util::ReferencedBufferSize(*chunk)));
  ChunkPlace chunk_place;
  {
    const std::lock_guard lock(state.mutex);
    if (!pool_counts_) LARDER_RETURN_IF_ERROR(chunk_reservation_.Grow(bytes, kPurpose));
    chunk_place.chunk = static_cast<std::uint32_t>(place.chunks.size());
    place.chunks.push_back(std::move(chunk));
  }
  for (const Target& target : targets) {
    std::memcpy(&bytes_[target.slot * row_bytes_ + place.offset], &chunk_place, sizeof chunk_place);
    ++chunk_place.row;
  }
  return {};
}

void ValueRows::PutTile(const Place& place, const arrow::Array& column, std::span<const Target> tile) {
  std::uint8_t* rows = bytes_.data() + place.offset;
  if (place.type.kind == TypeKind::kBool) {
    const auto& bools = static_cast<const arrow::BooleanArray&>(column);
    for (const Target& target : tile) rows[target.slot * row_bytes_] = bools.Value(target.row) ? 1 : 0;
  } else if (place.type.is_fixed_width()) {
    const std::uint8_t* values = ValuesOf(column, place.width);
    for (const Target& target : tile) {
      const std::uint8_t* value = values + static_cast<std::size_t>(target.row) * place.width;
      std::uint8_t* row = rows + target.slot * row_bytes_;
      // Constant sizes become single moves.
      place.width == 4 ? std::memcpy(row, value, 4) : std::memcpy(row, value, 8);
    }
  }
  if (column.null_count() == 0) return;
  const auto bit = static_cast<std::uint8_t>(1U << (place.null_bit % 8));
  for (const Target& target : tile) {
    std::uint8_t& byte = bytes_[target.slot * row_bytes_ + place.null_bit / 8];
    if (column.IsNull(target.row)) byte = static_cast<std::uint8_t>(byte | bit);
  }
}

Status ValueRows::Put(const arrow::RecordBatch& batch, std::span<const Target> targets, ColumnRange range,
                      FetchState& state) {
  const std::vector<std::shared_ptr<arrow::Array>>& columns = batch.columns();
  for (std::size_t i = range.begin; i < range.end; ++i) {
    const std::shared_ptr<arrow::Array>& column = columns[i - range.begin];
    if (column->null_count() != 0) state.has_nulls[i].store(true, std::memory_order_relaxed);
    if (!places_[i].type.is_fixed_width()) LARDER_RETURN_IF_ERROR(KeepChunk(places_[i], column, targets, state));
  }
  for (std::size_t begin = 0; begin < targets.size(); begin += kTile) {
    const std::span<const Target> tile = targets.subspan(begin, std::min(kTile, targets.size() - begin));
    for (std::size_t i = range.begin; i < range.end; ++i) PutTile(places_[i], *columns[i - range.begin], tile);
  }
  return {};
}

Status ValueRows::FetchColumns(FeatureRows& rows, const ValueFetch& fetch, ColumnRange range,
                               const ExecutionContext& context) {
  FetchState state;
  state.has_nulls = std::vector<std::atomic<bool>>(places_.size());
  LARDER_ASSIGN_OR_RETURN(const std::unique_ptr<OrdinalBatchPieces> pieces, rows.Values(fetch));
  const auto fetch_piece = [&](std::size_t piece) -> Status {
    LARDER_ASSIGN_OR_RETURN(const std::unique_ptr<OrdinalBatchStream> stream, pieces->Open(piece));
    std::vector<Target> targets;
    while (true) {
      LARDER_RETURN_IF_ERROR(CheckCancelled(context));
      LARDER_ASSIGN_OR_RETURN(const std::optional<OrdinalBatch> batch, stream->Next());
      if (!batch.has_value()) return {};
      LARDER_RETURN_IF_ERROR(CheckBatch(*batch, range));
      FindTargets(*batch->ordinals, fetch.ordinals, targets);
      state.filled += targets.size();
      if (!targets.empty()) LARDER_RETURN_IF_ERROR(Put(*batch->rows, targets, range, state));
    }
  };
  LARDER_RETURN_IF_ERROR(RunTasks(context, pieces->count(), fetch_piece));
  if (state.filled != fetch.ordinals.size()) {
    return BrokenReader(std::to_string(state.filled) + " rows of " + std::to_string(fetch.ordinals.size()) +
                        " asked for");
  }
  for (std::size_t i = range.begin; i < range.end; ++i) places_[i].has_nulls = state.has_nulls[i];
  return {};
}

Result<ValueRows> ValueRows::Fetch(FeatureRows& rows, std::span<const ValueColumn> columns,
                                   std::span<const std::uint64_t> ordinals, const ExecutionContext& context) {
  ValueRows result(context);
  result.row_bytes_ = result.LayOut(columns);
  result.slot_count_ = ordinals.size();
  LARDER_RETURN_IF_ERROR(result.bytes_.Resize(result.slot_count_ * result.row_bytes_));
  if (ordinals.empty()) return result;
  const std::size_t together = ColumnsTogether(context);
  for (std::size_t begin = 0; begin < columns.size(); begin += together) {
    const ColumnRange range{begin, std::min(begin + together, columns.size())};
    ValueFetch fetch{{}, ordinals, context.threads != nullptr};
    for (std::size_t i = range.begin; i < range.end; ++i) fetch.columns.push_back(columns[i].name);
    LARDER_RETURN_IF_ERROR(result.FetchColumns(rows, fetch, range, context));
  }
  return result;
}

/// Makes columns of some rows of a ValueRows.
class RowGatherer {
 public:
  RowGatherer(const ValueRows& from, std::span<const std::uint32_t> slots)
      : from_(from), slots_(slots), no_row_(from.row_bytes_, 0), columns_(from.places_.size()) {}

  Result<std::vector<std::shared_ptr<arrow::Array>>> Gather() {
    LARDER_RETURN_IF_ERROR(MakeMatched());
    LARDER_RETURN_IF_ERROR(MakeColumns());
    Prefetch(0);
    for (std::size_t begin = 0; begin < slots_.size(); begin += kTile) {
      Prefetch(begin + kTile);
      GatherTile(begin, std::min(kTile, slots_.size() - begin));
    }
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    arrays.reserve(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array, Finish(from_.places_[i], columns_[i]));
      arrays.push_back(std::move(array));
    }
    return arrays;
  }

 private:
  struct Column {
    std::shared_ptr<arrow::Buffer> values;
    std::shared_ptr<arrow::Buffer> validity;  // nullptr: no nulls
    std::int64_t null_count = 0;
  };

  const std::uint8_t* RowOf(std::uint32_t slot) const {
    return slot < from_.slot_count_ ? from_.bytes_.data() + slot * from_.row_bytes_ : no_row_.data();
  }

  // The bits of rows that are there: the validity of every column whose rows have no nulls.
  Status MakeMatched() {
    const auto count = static_cast<std::int64_t>(slots_.size());
    LARDER_ASSIGN_OR_RETURN(matched_.validity, FromArrow(arrow::AllocateEmptyBitmap(count, from_.pool_)));
    std::uint8_t* bits = matched_.validity->mutable_data();
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i] < from_.slot_count_) {
        arrow::bit_util::SetBit(bits, static_cast<std::int64_t>(i));
      } else {
        ++matched_.null_count;
      }
    }
    return {};
  }

  Status MakeColumns() {
    const auto count = static_cast<std::int64_t>(slots_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const ValueRows::Place& place = from_.places_[i];
      Column& column = columns_[i];
      column = matched_;
      if (place.has_nulls) {
        LARDER_ASSIGN_OR_RETURN(column.validity,
                                FromArrow(matched_.validity->CopySlice(0, matched_.validity->size(), from_.pool_)));
      }
      if (place.type.kind == TypeKind::kBool) {
        LARDER_ASSIGN_OR_RETURN(column.values, FromArrow(arrow::AllocateEmptyBitmap(count, from_.pool_)));
      } else {
        const std::int64_t bytes = count * static_cast<std::int64_t>(place.width);
        LARDER_ASSIGN_OR_RETURN(column.values, FromArrow(arrow::AllocateBuffer(bytes, from_.pool_)));
      }
    }
    return {};
  }

  // Rows in random order are waited for once per tile, all together.
  void Prefetch(std::size_t begin) const {
    for (std::size_t i = begin; i < std::min(begin + kTile, slots_.size()); ++i) {
      const std::uint8_t* row = RowOf(slots_[i]);
      for (std::size_t at = 0; at < from_.row_bytes_; at += kCacheLine) __builtin_prefetch(row + at);
    }
  }

  void GatherTile(std::size_t begin, std::size_t count) {
    std::array<const std::uint8_t*, kTile> rows{};
    for (std::size_t i = 0; i < count; ++i) rows[i] = RowOf(slots_[begin + i]);
    const std::span<const std::uint8_t* const> tile = std::span(rows).first(count);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const ValueRows::Place& place = from_.places_[i];
      std::uint8_t* values = columns_[i].values->mutable_data();
      if (place.width == 8) {
        CopyWords<std::uint64_t>(tile, place.offset, values + begin * 8);
      } else if (place.width == 4) {
        CopyWords<std::uint32_t>(tile, place.offset, values + begin * 4);
      } else {
        CopyBits(tile, place.offset, begin, values);
      }
      if (place.has_nulls) ClearNulls(tile, place.null_bit, begin, columns_[i]);
    }
  }

  // Values are moved as words, never as floats: a NaN keeps its bits.
  template <class Word>
  static void CopyWords(std::span<const std::uint8_t* const> rows, std::size_t offset, std::uint8_t* to) {
    for (std::size_t i = 0; i < rows.size(); ++i) std::memcpy(to + i * sizeof(Word), rows[i] + offset, sizeof(Word));
  }

  static void CopyBits(std::span<const std::uint8_t* const> rows, std::size_t offset, std::size_t begin,
                       std::uint8_t* bits) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i][offset] != 0) arrow::bit_util::SetBit(bits, static_cast<std::int64_t>(begin + i));
    }
  }

  static void ClearNulls(std::span<const std::uint8_t* const> rows, std::size_t null_bit, std::size_t begin,
                         Column& column) {
    std::uint8_t* bits = column.validity->mutable_data();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (((rows[i][null_bit / 8] >> (null_bit % 8)) & 1) == 0) continue;
      arrow::bit_util::ClearBit(bits, static_cast<std::int64_t>(begin + i));
      ++column.null_count;
    }
  }

  Result<std::shared_ptr<arrow::Array>> Finish(const ValueRows::Place& place, Column& column) const {
    if (!place.type.is_fixed_width()) return FinishChunked(place, column);
    std::shared_ptr<arrow::Buffer> validity = column.null_count == 0 ? nullptr : std::move(column.validity);
    return arrow::MakeArray(arrow::ArrayData::Make(ToArrow(place.type), static_cast<std::int64_t>(slots_.size()),
                                                   {std::move(validity), std::move(column.values)}, column.null_count));
  }

  // The gathered words are places in chunks; the values come from there.
  Result<std::shared_ptr<arrow::Array>> FinishChunked(const ValueRows::Place& place, const Column& column) const {
    std::unique_ptr<arrow::ArrayBuilder> builder;
    LARDER_RETURN_IF_ERROR(FromArrow(arrow::MakeBuilder(from_.pool_, ToArrow(place.type), &builder)));
    LARDER_RETURN_IF_ERROR(FromArrow(builder->Reserve(static_cast<std::int64_t>(slots_.size()))));
    std::vector<arrow::ArraySpan> chunks;
    chunks.reserve(place.chunks.size());
    for (const std::shared_ptr<arrow::Array>& chunk : place.chunks) chunks.emplace_back(*chunk->data());
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (!arrow::bit_util::GetBit(column.validity->data(), static_cast<std::int64_t>(i))) {
        LARDER_RETURN_IF_ERROR(FromArrow(builder->AppendNull()));
        continue;
      }
      ValueRows::ChunkPlace at;
      std::memcpy(&at, column.values->data() + i * sizeof at, sizeof at);
      LARDER_RETURN_IF_ERROR(FromArrow(builder->AppendArraySlice(chunks[at.chunk], at.row, 1)));
    }
    return FromArrow(builder->Finish());
  }

  const ValueRows& from_;
  std::span<const std::uint32_t> slots_;
  std::vector<std::uint8_t> no_row_;  // what a missing row reads: zeros
  Column matched_;
  std::vector<Column> columns_;
};

Result<std::vector<std::shared_ptr<arrow::Array>>> ValueRows::Gather(std::span<const std::uint32_t> slots) const {
  return RowGatherer(*this, slots).Gather();
}

}  // namespace larder
