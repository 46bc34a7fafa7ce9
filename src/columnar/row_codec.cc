#include "columnar/row_codec.h"

#include <arrow/array.h>
#include <arrow/builder.h>

#include <algorithm>

#include "base/coding.h"
#include "base/hash.h"
#include "columnar/arrow_status.h"

namespace larder {
namespace {

constexpr std::uint8_t kFormatVersion = 1;
constexpr std::uint8_t kDeletedFlag = 1;
constexpr std::uint8_t kCreatedFlag = 2;
constexpr std::uint8_t kKnownFlags = kDeletedFlag | kCreatedFlag;
constexpr std::size_t kChecksumSize = 4;
constexpr std::size_t kVersionOffset = 4;
constexpr std::size_t kFlagsOffset = 5;
constexpr std::size_t kColumnCountOffset = 6;
constexpr std::size_t kSchemaIdOffset = 8;
constexpr std::size_t kRowSizeOffset = 12;
constexpr std::size_t kEventTimeOffset = 16;
constexpr std::size_t kCreatedTimeOffset = 24;
constexpr std::size_t kEndSize = 4;  // of one place in the row, and of a list's count
constexpr std::int64_t kRowsInCache = 256;
constexpr std::uint64_t kMaxRowSize = std::uint64_t{1} << 30;

std::size_t BitmapSize(std::size_t count) { return (count + 7) / 8; }

bool BitAt(std::string_view bitmap, std::size_t index) {
  return (static_cast<unsigned char>(bitmap[index / 8]) >> (index % 8) & 1u) != 0;
}

void SetBit(char* bitmap, std::size_t index) {
  bitmap[index / 8] = static_cast<char>(static_cast<unsigned char>(bitmap[index / 8]) | (1u << (index % 8)));
}

// Returns how many bytes a value takes at its place: for a text or list, those of the end of its bytes.
std::size_t SlotSize(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
      return 1;
    case TypeKind::kInt64:
    case TypeKind::kFloat64:
    case TypeKind::kTimestamp:
      return 8;
    default:
      return 4;
  }
}

bool IsText(TypeKind kind) { return kind == TypeKind::kString || kind == TypeKind::kBytes; }

Status Damaged(std::string_view what) { return Status(Reason::kDamaged, "damaged feature row: " + std::string(what)); }

// Calls `use` with the array as its own class, so that kernels are compiled once for each stored type.
template <class Use>
void VisitFixed(const arrow::Array& values, TypeKind kind, Use use) {
  switch (kind) {
    case TypeKind::kBool: {
      const auto& bools = static_cast<const arrow::BooleanArray&>(values);
      return use([&bools](std::int64_t i) { return static_cast<std::uint8_t>(bools.Value(i)); });
    }
    case TypeKind::kInt32:
      return use([v = static_cast<const arrow::Int32Array&>(values).raw_values()](std::int64_t i) { return v[i]; });
    case TypeKind::kDate:
      return use([v = static_cast<const arrow::Date32Array&>(values).raw_values()](std::int64_t i) { return v[i]; });
    case TypeKind::kInt64:
      return use([v = static_cast<const arrow::Int64Array&>(values).raw_values()](std::int64_t i) { return v[i]; });
    case TypeKind::kTimestamp:
      return use([v = static_cast<const arrow::TimestampArray&>(values).raw_values()](std::int64_t i) { return v[i]; });
    case TypeKind::kFloat32:
      return use([v = static_cast<const arrow::FloatArray&>(values).raw_values()](std::int64_t i) { return v[i]; });
    default:
      return use([v = static_cast<const arrow::DoubleArray&>(values).raw_values()](std::int64_t i) { return v[i]; });
  }
}

// Encodes the rows of one batch a column at a time: sizes first, then headers, then values.
class Encoder {
 public:
  Encoder(const RowLayout& layout, const RowColumns& columns, EncodedRows& rows)
      : layout_(layout), columns_(columns), rows_(rows), count_(columns.event_times->length()) {}

  Status Encode() {
    LARDER_RETURN_IF_ERROR(CheckColumns());
    ReadDeleted();
    LARDER_RETURN_IF_ERROR(PlaceRows());
    for (begin_ = 0; begin_ < count_; begin_ = end_) {
      end_ = std::min(begin_ + kRowsInCache, count_);
      WriteHeaders();
      for (std::size_t column = 0; column < layout_.column_count(); ++column) WriteColumn(column);
      for (std::int64_t row = begin_; row < end_; ++row) {
        StoreFixed(Crc32c(rows_.row(row).substr(kChecksumSize)), RowAt(row));
      }
    }
    return {};
  }

 private:
  Status CheckColumns() const {
    LARDER_CHECK(columns_.values.size() == layout_.column_count());
    for (std::size_t i = 0; i < layout_.column_count(); ++i) {
      LARDER_CHECK(columns_.values[i]->length() == count_);
      const Result<ValueType> type = FromArrow(*columns_.values[i]->type());
      if (!type.ok() || *type != layout_.types()[i]) {
        return Status(Reason::kTypeMismatch,
                      "column does not have its type in the row: " + columns_.values[i]->type()->ToString() +
                          " against " + TypeName(layout_.types()[i]));
      }
    }
    if (columns_.event_times->null_count() > 0) return Status(Reason::kInvalidData, "row without an event time");
    return {};
  }

  void ReadDeleted() {
    deleted_.assign(static_cast<std::size_t>(count_), 0);
    if (columns_.deleted == nullptr) return;
    const auto& marks = static_cast<const arrow::BooleanArray&>(*columns_.deleted);
    for (std::int64_t row = 0; row < count_; ++row) {
      deleted_[static_cast<std::size_t>(row)] = marks.IsValid(row) && marks.Value(row) ? 1 : 0;
    }
  }

  bool IsDeleted(std::int64_t row) const { return deleted_[static_cast<std::size_t>(row)] != 0; }
  char* RowAt(std::int64_t row) { return rows_.bytes.data() + rows_.offsets[static_cast<std::size_t>(row)]; }

  Status PlaceRows() {
    rows_.offsets.assign(static_cast<std::size_t>(count_) + 1, 0);
    for (const std::size_t column : layout_.variable_columns()) AddLengths(column);
    std::uint64_t place = 0;
    for (std::int64_t row = 0; row < count_; ++row) {
      std::uint64_t& offset = rows_.offsets[static_cast<std::size_t>(row) + 1];
      const std::uint64_t size = layout_.fixed_size() + offset;
      if (size > kMaxRowSize) {
        return Status(Reason::kLimitExceeded, "feature row is too long: " + std::to_string(size) + " bytes",
                      "a row holds at most 1 GiB; store fewer or shorter values");
      }
      place += size;
      offset = place;
    }
    rows_.bytes.assign(place, 0);
    variable_ends_.assign(static_cast<std::size_t>(count_), static_cast<std::uint32_t>(layout_.fixed_size()));
    return {};
  }

  void AddLengths(std::size_t column) {
    const arrow::Array& values = *columns_.values[column];
    for (std::int64_t row = 0; row < count_; ++row) {
      if (IsDeleted(row) || values.IsNull(row)) continue;
      rows_.offsets[static_cast<std::size_t>(row) + 1] += VariableSize(column, row);
    }
  }

  std::size_t VariableSize(std::size_t column, std::int64_t row) const {
    const arrow::Array& values = *columns_.values[column];
    const ValueType type = layout_.types()[column];
    if (!type.is_list()) return static_cast<const arrow::BinaryArray&>(values).GetView(row).size();
    const auto& lists = static_cast<const arrow::ListArray&>(values);
    const auto count = static_cast<std::size_t>(lists.value_length(row));
    std::size_t size = kEndSize + BitmapSize(count) + count * SlotSize(type.element);
    if (!IsText(type.element)) return size;
    const auto& texts = static_cast<const arrow::BinaryArray&>(*lists.values());
    const std::int64_t begin = lists.value_offset(row);
    for (std::int64_t i = begin; i < begin + lists.value_length(row); ++i) {
      if (texts.IsValid(i)) size += texts.GetView(i).size();
    }
    return size;
  }

  void WriteHeaders() {
    const auto& event_times = static_cast<const arrow::TimestampArray&>(*columns_.event_times);
    const auto* created_times = static_cast<const arrow::TimestampArray*>(columns_.created_times.get());
    for (std::int64_t row = begin_; row < end_; ++row) {
      char* const out = RowAt(row);
      const bool has_created = created_times != nullptr && created_times->IsValid(row);
      const std::uint8_t flags =
          static_cast<std::uint8_t>((IsDeleted(row) ? kDeletedFlag : 0) | (has_created ? kCreatedFlag : 0));
      StoreFixed(kFormatVersion, out + kVersionOffset);
      StoreFixed(flags, out + kFlagsOffset);
      StoreFixed(static_cast<std::uint16_t>(layout_.column_count()), out + kColumnCountOffset);
      StoreFixed(layout_.schema_id(), out + kSchemaIdOffset);
      StoreFixed(static_cast<std::uint32_t>(rows_.row(row).size()), out + kRowSizeOffset);
      StoreFixed(event_times.Value(row), out + kEventTimeOffset);
      StoreFixed(has_created ? created_times->Value(row) : std::int64_t{0}, out + kCreatedTimeOffset);
    }
  }

  void WriteColumn(std::size_t column) {
    const arrow::Array& values = *columns_.values[column];
    for (std::int64_t row = begin_; row < end_; ++row) {
      if (IsDeleted(row) || values.IsNull(row)) SetBit(RowAt(row) + kRowHeaderSize, column);
    }
    const ValueType type = layout_.types()[column];
    if (type.is_fixed_width()) return WriteFixed(column, type.kind);
    for (std::int64_t row = begin_; row < end_; ++row) {
      std::uint32_t& end = variable_ends_[static_cast<std::size_t>(row)];
      if (!IsDeleted(row) && values.IsValid(row)) {
        char* const out = RowAt(row) + end;
        end += static_cast<std::uint32_t>(type.is_list()
                                              ? WriteList(column, row, out)
                                              : WriteText(static_cast<const arrow::BinaryArray&>(values), row, out));
      }
      StoreFixed(end, RowAt(row) + layout_.offset(column));
    }
  }

  void WriteFixed(std::size_t column, TypeKind kind) {
    const arrow::Array& values = *columns_.values[column];
    const std::size_t offset = layout_.offset(column);
    VisitFixed(values, kind, [&](auto value_at) {
      for (std::int64_t row = begin_; row < end_; ++row) {
        if (!IsDeleted(row) && values.IsValid(row)) StoreFixed(value_at(row), RowAt(row) + offset);
      }
    });
  }

  static std::size_t WriteText(const arrow::BinaryArray& texts, std::int64_t index, char* out) {
    const std::string_view text = texts.GetView(index);
    std::copy(text.begin(), text.end(), out);
    return text.size();
  }

  // Writes count, null bitmap, then values or ends and texts; returns how many bytes.
  std::size_t WriteList(std::size_t column, std::int64_t row, char* out) const {
    const auto& lists = static_cast<const arrow::ListArray&>(*columns_.values[column]);
    const TypeKind element = layout_.types()[column].element;
    const arrow::Array& values = *lists.values();
    const std::int64_t begin = lists.value_offset(row);
    const auto count = static_cast<std::size_t>(lists.value_length(row));
    StoreFixed(static_cast<std::uint32_t>(count), out);
    for (std::size_t i = 0; i < count; ++i) {
      if (values.IsNull(begin + static_cast<std::int64_t>(i))) SetBit(out + kEndSize, i);
    }
    const std::size_t slots = kEndSize + BitmapSize(count);
    std::size_t end = slots + count * SlotSize(element);
    if (IsText(element)) {
      const auto& texts = static_cast<const arrow::BinaryArray&>(values);
      for (std::size_t i = 0; i < count; ++i) {
        const std::int64_t index = begin + static_cast<std::int64_t>(i);
        if (texts.IsValid(index)) end += WriteText(texts, index, out + end);
        StoreFixed(static_cast<std::uint32_t>(end), out + slots + i * kEndSize);
      }
      return end;
    }
    VisitFixed(values, element, [&](auto value_at) {
      for (std::size_t i = 0; i < count; ++i) {
        const std::int64_t index = begin + static_cast<std::int64_t>(i);
        if (values.IsValid(index)) StoreFixed(value_at(index), out + slots + i * SlotSize(element));
      }
    });
    return end;
  }

  const RowLayout& layout_;
  const RowColumns& columns_;
  EncodedRows& rows_;
  const std::int64_t count_;
  std::int64_t begin_ = 0;  // the rows that are being written: few enough to stay in the cache
  std::int64_t end_ = 0;
  std::vector<std::uint8_t> deleted_;
  std::vector<std::uint32_t> variable_ends_;  // where the next variable value of each row goes, from the row's begin
};

// Checks that the ends that stand `step` apart from `offset` on never fall, and lie within [begin, limit].
bool EndsAscend(std::string_view bytes, std::size_t offset, std::size_t count, std::size_t begin) {
  std::size_t previous = begin;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = LoadFixed<std::uint32_t>(bytes.data() + offset + i * kEndSize);
    if (end < previous || end > bytes.size()) return false;
    previous = end;
  }
  return previous == bytes.size();
}

}  // namespace

Result<RowHeader> ReadRowHeader(std::string_view row) {
  if (row.size() < kRowHeaderSize) return Damaged("shorter than a header");
  const auto version = LoadFixed<std::uint8_t>(row.data() + kVersionOffset);
  if (version > kFormatVersion) {
    return Status(Reason::kNewerFormat, "feature row of a newer format: " + std::to_string(version),
                  "use the version of larder that wrote it, or a later one");
  }
  const auto flags = LoadFixed<std::uint8_t>(row.data() + kFlagsOffset);
  if (version != kFormatVersion || (flags & ~kKnownFlags) != 0) return Damaged("no such version or flags");
  if (LoadFixed<std::uint32_t>(row.data() + kRowSizeOffset) != row.size()) return Damaged("not of the length it tells");
  RowHeader header;
  header.schema_id = LoadFixed<std::uint32_t>(row.data() + kSchemaIdOffset);
  header.column_count = LoadFixed<std::uint16_t>(row.data() + kColumnCountOffset);
  header.deleted = (flags & kDeletedFlag) != 0;
  header.event_time_us = LoadFixed<std::int64_t>(row.data() + kEventTimeOffset);
  if ((flags & kCreatedFlag) != 0) header.created_time_us = LoadFixed<std::int64_t>(row.data() + kCreatedTimeOffset);
  return header;
}

Status VerifyRow(std::string_view row) {
  if (row.size() < kRowHeaderSize) return Damaged("shorter than a header");
  if (LoadFixed<std::uint32_t>(row.data()) != Crc32c(row.substr(kChecksumSize))) return Damaged("the checksum differs");
  return {};
}

Result<RowLayout> RowLayout::Make(std::uint32_t schema_id, std::vector<ValueType> types) {
  if (types.size() > UINT16_MAX) {
    return Status(Reason::kLimitExceeded, "too many columns in a row: " + std::to_string(types.size()),
                  "a feature view holds at most 65,535 features; split it");
  }
  RowLayout layout;
  layout.schema_id_ = schema_id;
  layout.types_ = std::move(types);
  std::size_t offset = kRowHeaderSize + BitmapSize(layout.types_.size());
  std::size_t previous_end = 0;
  for (std::size_t column = 0; column < layout.types_.size(); ++column) {
    layout.offsets_.push_back(offset);
    layout.previous_end_offsets_.push_back(previous_end);
    if (!layout.types_[column].is_fixed_width()) {
      layout.variable_columns_.push_back(column);
      previous_end = offset;
    }
    offset += SlotSize(layout.types_[column].kind);
  }
  layout.fixed_size_ = offset;
  return layout;
}

Status EncodeRows(const RowLayout& layout, const RowColumns& columns, EncodedRows& rows) {
  return Encoder(layout, columns, rows).Encode();
}

Result<RowView> RowView::Open(const RowLayout& layout, std::string_view row) {
  LARDER_ASSIGN_OR_RETURN(const RowHeader header, ReadRowHeader(row));
  if (header.schema_id != layout.schema_id() || header.column_count != layout.column_count()) {
    return Damaged("not of the schema asked for");
  }
  if (row.size() < layout.fixed_size()) return Damaged("shorter than its columns");
  std::size_t previous = layout.fixed_size();
  for (const std::size_t column : layout.variable_columns()) {
    const std::size_t end = LoadFixed<std::uint32_t>(row.data() + layout.offset(column));
    if (end < previous || end > row.size()) return Damaged("a value lies outside the row");
    previous = end;
  }
  if (previous != row.size()) return Damaged("bytes after the last value");
  return RowView(layout, row);
}

std::optional<std::int64_t> RowView::created_time_us() const {
  if ((static_cast<unsigned char>(row_[kFlagsOffset]) & kCreatedFlag) == 0) return std::nullopt;
  return Load<std::int64_t>(kCreatedTimeOffset);
}

std::string_view RowView::Bytes(std::size_t column) const {
  const std::size_t previous = layout_->previous_end_offset(column);
  const std::size_t begin = previous == 0 ? layout_->fixed_size() : Load<std::uint32_t>(previous);
  return row_.substr(begin, Load<std::uint32_t>(layout_->offset(column)) - begin);
}

Result<RowListView> RowListView::Open(TypeKind element, std::string_view bytes) {
  if (bytes.size() < kEndSize) return Damaged("a list without its length");
  RowListView list;
  list.bytes_ = bytes;
  list.count_ = LoadFixed<std::uint32_t>(bytes.data() + 0);
  list.values_offset_ = kEndSize + BitmapSize(list.count_);
  const std::size_t values_end = list.values_offset_ + list.count_ * SlotSize(element);
  if (values_end > bytes.size()) return Damaged("a list longer than its bytes");
  const bool fits =
      IsText(element) ? EndsAscend(bytes, list.values_offset_, list.count_, values_end) : values_end == bytes.size();
  if (!fits) return Damaged("a list whose values do not fit its bytes");
  return list;
}

bool RowListView::is_null(std::int64_t index) const {
  return BitAt(bytes_.substr(kEndSize), static_cast<std::size_t>(index));
}

template <class T>
T RowListView::Load(std::int64_t index) const {
  return LoadFixed<T>(bytes_.data() + values_offset_ + static_cast<std::size_t>(index) * sizeof(T));
}

bool RowListView::Bool(std::int64_t index) const { return Load<std::uint8_t>(index) != 0; }
std::int32_t RowListView::Int32(std::int64_t index) const { return Load<std::int32_t>(index); }
std::int64_t RowListView::Int64(std::int64_t index) const { return Load<std::int64_t>(index); }
float RowListView::Float32(std::int64_t index) const { return Load<float>(index); }
double RowListView::Float64(std::int64_t index) const { return Load<double>(index); }

std::string_view RowListView::Bytes(std::int64_t index) const {
  const std::size_t begin =
      index > 0 ? Load<std::uint32_t>(index - 1) : values_offset_ + static_cast<std::size_t>(count_) * kEndSize;
  return bytes_.substr(begin, Load<std::uint32_t>(index) - begin);
}

namespace {

// Appends one value of a row or of a list to the builder of its kind.
template <class Values, class Index>
arrow::Status AppendScalar(const Values& values, Index index, TypeKind kind, arrow::ArrayBuilder& builder) {
  switch (kind) {
    case TypeKind::kBool:
      return static_cast<arrow::BooleanBuilder&>(builder).Append(values.Bool(index));
    case TypeKind::kInt32:
      return static_cast<arrow::Int32Builder&>(builder).Append(values.Int32(index));
    case TypeKind::kDate:
      return static_cast<arrow::Date32Builder&>(builder).Append(values.Int32(index));
    case TypeKind::kInt64:
      return static_cast<arrow::Int64Builder&>(builder).Append(values.Int64(index));
    case TypeKind::kTimestamp:
      return static_cast<arrow::TimestampBuilder&>(builder).Append(values.Int64(index));
    case TypeKind::kFloat32:
      return static_cast<arrow::FloatBuilder&>(builder).Append(values.Float32(index));
    case TypeKind::kFloat64:
      return static_cast<arrow::DoubleBuilder&>(builder).Append(values.Float64(index));
    default:
      return static_cast<arrow::BinaryBuilder&>(builder).Append(values.Bytes(index));
  }
}

Status AppendList(std::string_view bytes, TypeKind element, arrow::ListBuilder& builder) {
  LARDER_ASSIGN_OR_RETURN(const RowListView list, RowListView::Open(element, bytes));
  LARDER_RETURN_IF_ERROR(FromArrow(builder.Append()));
  arrow::ArrayBuilder& values = *builder.value_builder();
  for (std::int64_t i = 0; i < list.size(); ++i) {
    const arrow::Status appended = list.is_null(i) ? values.AppendNull() : AppendScalar(list, i, element, values);
    LARDER_RETURN_IF_ERROR(FromArrow(appended));
  }
  return {};
}

// Knows which column of which rows goes to which builder; the builder has room for all of them.
struct Decoding {
  ValueType type;
  std::size_t column;
  std::span<const std::optional<RowView>> rows;
  arrow::ArrayBuilder& builder;

  bool IsAbsent(const std::optional<RowView>& row) const { return !row || row->is_deleted() || row->is_null(column); }
};

template <class Builder, class Read>
void AppendFixed(const Decoding& decoding, Read read) {
  auto& builder = static_cast<Builder&>(decoding.builder);
  for (const std::optional<RowView>& row : decoding.rows) {
    if (decoding.IsAbsent(row)) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(((*row).*read)(decoding.column));
    }
  }
}

Status AppendVariable(const Decoding& decoding) {
  for (const std::optional<RowView>& row : decoding.rows) {
    if (decoding.IsAbsent(row)) {
      LARDER_RETURN_IF_ERROR(FromArrow(decoding.builder.AppendNull()));
    } else if (decoding.type.is_list()) {
      auto& builder = static_cast<arrow::ListBuilder&>(decoding.builder);
      LARDER_RETURN_IF_ERROR(AppendList(row->Bytes(decoding.column), decoding.type.element, builder));
    } else {
      auto& builder = static_cast<arrow::BinaryBuilder&>(decoding.builder);
      LARDER_RETURN_IF_ERROR(FromArrow(builder.Append(row->Bytes(decoding.column))));
    }
  }
  return {};
}

Status AppendColumn(const Decoding& decoding) {
  switch (decoding.type.kind) {
    case TypeKind::kBool:
      AppendFixed<arrow::BooleanBuilder>(decoding, &RowView::Bool);
      return {};
    case TypeKind::kInt32:
      AppendFixed<arrow::Int32Builder>(decoding, &RowView::Int32);
      return {};
    case TypeKind::kDate:
      AppendFixed<arrow::Date32Builder>(decoding, &RowView::Int32);
      return {};
    case TypeKind::kInt64:
      AppendFixed<arrow::Int64Builder>(decoding, &RowView::Int64);
      return {};
    case TypeKind::kTimestamp:
      AppendFixed<arrow::TimestampBuilder>(decoding, &RowView::Int64);
      return {};
    case TypeKind::kFloat32:
      AppendFixed<arrow::FloatBuilder>(decoding, &RowView::Float32);
      return {};
    case TypeKind::kFloat64:
      AppendFixed<arrow::DoubleBuilder>(decoding, &RowView::Float64);
      return {};
    default:
      return AppendVariable(decoding);
  }
}

}  // namespace

Result<std::vector<std::shared_ptr<arrow::Array>>> DecodeRows(const RowLayout& layout,
                                                              std::span<const std::size_t> columns,
                                                              std::span<const std::optional<std::string_view>> rows) {
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;
  for (const std::size_t column : columns) {
    LARDER_CHECK(column < layout.column_count());
    LARDER_ASSIGN_OR_RETURN(builders.emplace_back(), FromArrow(arrow::MakeBuilder(ToArrow(layout.types()[column]))));
    LARDER_RETURN_IF_ERROR(FromArrow(builders.back()->Reserve(static_cast<std::int64_t>(rows.size()))));
  }
  std::vector<std::optional<RowView>> views;
  for (std::size_t begin = 0; begin < rows.size(); begin += kRowsInCache) {
    const auto tile = rows.subspan(begin, std::min<std::size_t>(kRowsInCache, rows.size() - begin));
    views.assign(tile.size(), std::nullopt);
    for (std::size_t i = 0; i < tile.size(); ++i) {
      if (!tile[i]) continue;
      LARDER_ASSIGN_OR_RETURN(views[i], RowView::Open(layout, *tile[i]));
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      LARDER_RETURN_IF_ERROR(AppendColumn({layout.types()[columns[i]], columns[i], views, *builders[i]}));
    }
  }
  std::vector<std::shared_ptr<arrow::Array>> decoded;
  for (auto& builder : builders) {
    LARDER_ASSIGN_OR_RETURN(decoded.emplace_back(), FromArrow(builder->Finish()));
  }
  return decoded;
}

}  // namespace larder
