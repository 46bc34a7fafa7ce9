#include "columnar/join_key.h"

#include <arrow/array.h>
#include <arrow/builder.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/coding.h"
#include "base/hash.h"
#include "columnar/arrow_status.h"

namespace larder {
namespace {

// A zero byte inside a string is followed by kEscaped; a zero byte followed by another ends the string.
constexpr char kEscaped = static_cast<char>(0xff);
constexpr std::size_t kTerminatorSize = 2;

std::uint32_t SwapBytes(std::uint32_t value) { return __builtin_bswap32(value); }
std::uint64_t SwapBytes(std::uint64_t value) { return __builtin_bswap64(value); }

// Flips the sign bit and puts the greatest byte first, so that bytes sort as the integers do.
template <class Unsigned>
Unsigned OrderedBits(Unsigned bits) {
  constexpr Unsigned kSignBit = Unsigned{1} << (sizeof(Unsigned) * 8 - 1);
  return SwapBytes(static_cast<Unsigned>(bits ^ kSignBit));
}
template <class Unsigned>
Unsigned BitsFromOrdered(Unsigned ordered) {
  constexpr Unsigned kSignBit = Unsigned{1} << (sizeof(Unsigned) * 8 - 1);
  return static_cast<Unsigned>(SwapBytes(ordered) ^ kSignBit);
}

// Returns the length of every key part of the type; 0 for one of variable length.
std::size_t FixedPartSize(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
      return 1;
    case TypeKind::kDate:
      return 4;
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
      return 8;
    default:
      return 0;
  }
}

char* CopyEscaped(std::string_view text, char* out) {
  for (const char c : text) {
    *out++ = c;
    if (c == 0) *out++ = kEscaped;
  }
  return out;
}

// Makes room for a part at the end of a key and returns its place.
char* GrowKey(std::size_t size, std::vector<char>& key) {
  key.resize(key.size() + size);
  return key.data() + key.size() - size;
}

// Encodes in two passes over the columns: lengths, then bytes. Between them offsets[row + 1] is the place where the
// next part of `row` goes; when all parts are written it has become the end of the row.
class Encoder {
 public:
  explicit Encoder(JoinKeyBatch& keys) : keys_(keys) {}

  void Begin(std::int64_t row_count) {
    const auto count = static_cast<std::size_t>(row_count);
    keys_.is_null.assign(count, 0);
    keys_.offsets.assign(count + 1, 0);
    keys_.hashes.assign(count, 0);
    keys_.null_count = 0;
  }

  void MarkNulls(const arrow::Array& column) {
    if (column.null_count() == 0) return;
    for (std::size_t row = 0; row < keys_.is_null.size(); ++row) {
      keys_.is_null[row] |= static_cast<std::uint8_t>(column.IsNull(static_cast<std::int64_t>(row)));
    }
  }

  void AddLengths(const arrow::Array& column, TypeKind kind) {
    const std::size_t fixed = FixedPartSize(kind);
    if (fixed > 0) {
      fixed_size_ += fixed;
      return;
    }
    const auto& texts = static_cast<const arrow::BinaryArray&>(column);
    const bool has_zeros = HasZeroByte(texts);
    for (std::size_t row = 0; row < keys_.is_null.size(); ++row) {
      const std::string_view text = texts.GetView(static_cast<std::int64_t>(row));
      std::size_t length = text.size() + kTerminatorSize;
      if (has_zeros) length += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\0'));
      keys_.offsets[row + 1] += length;
    }
  }

  void PlaceRows() {
    std::uint64_t place = 0;
    for (std::size_t row = 0; row < keys_.is_null.size(); ++row) {
      const std::uint64_t length = keys_.is_null[row] != 0 ? 0 : keys_.offsets[row + 1] + fixed_size_;
      keys_.offsets[row + 1] = place;
      place += length;
      keys_.null_count += keys_.is_null[row];
    }
    keys_.bytes.resize(place);
  }

  void Write(const arrow::Array& column, TypeKind kind) {
    switch (kind) {
      case TypeKind::kBool:
        return WriteFixed<std::uint8_t>([&](std::int64_t row) {
          return static_cast<std::uint8_t>(static_cast<const arrow::BooleanArray&>(column).Value(row));
        });
      case TypeKind::kInt32:
        return WriteIntegers<std::uint64_t>(static_cast<const arrow::Int32Array&>(column).raw_values());
      case TypeKind::kInt64:
        return WriteIntegers<std::uint64_t>(static_cast<const arrow::Int64Array&>(column).raw_values());
      case TypeKind::kTimestamp:
        return WriteIntegers<std::uint64_t>(static_cast<const arrow::TimestampArray&>(column).raw_values());
      case TypeKind::kDate:
        return WriteIntegers<std::uint32_t>(static_cast<const arrow::Date32Array&>(column).raw_values());
      default:
        return WriteTexts(static_cast<const arrow::BinaryArray&>(column));
    }
  }

  void Hash() {
    for (std::size_t row = 0; row < keys_.is_null.size(); ++row) {
      if (keys_.is_null[row] == 0) keys_.hashes[row] = Hash64(keys_.key(static_cast<std::int64_t>(row)));
    }
  }

 private:
  static bool HasZeroByte(const arrow::BinaryArray& texts) {
    const std::int64_t length = texts.length();
    if (length == 0) return false;
    const std::int32_t begin = texts.value_offset(0);
    const auto size = static_cast<std::size_t>(texts.value_offset(length) - begin);
    return size > 0 && std::memchr(texts.raw_data() + begin, 0, size) != nullptr;
  }

  template <class Stored, class ValueAt>
  void WriteFixed(ValueAt value_at) {
    char* const bytes = keys_.bytes.data();
    for (std::size_t row = 0; row < keys_.is_null.size(); ++row) {
      if (keys_.is_null[row] != 0) continue;
      const Stored stored = value_at(static_cast<std::int64_t>(row));
      StoreFixed(stored, bytes + keys_.offsets[row + 1]);
      keys_.offsets[row + 1] += sizeof stored;
    }
  }

  // Widens before the encoding: int32 and int64 keys of one value are equal.
  template <class Unsigned, class Value>
  void WriteIntegers(const Value* values) {
    WriteFixed<Unsigned>([values](std::int64_t row) {
      return OrderedBits(static_cast<Unsigned>(static_cast<std::make_signed_t<Unsigned>>(values[row])));
    });
  }

  void WriteTexts(const arrow::BinaryArray& texts) {
    const bool has_zeros = HasZeroByte(texts);
    for (std::size_t row = 0; row < keys_.is_null.size(); ++row) {
      if (keys_.is_null[row] != 0) continue;
      const std::string_view text = texts.GetView(static_cast<std::int64_t>(row));
      char* out = keys_.bytes.data() + keys_.offsets[row + 1];
      out = has_zeros ? CopyEscaped(text, out) : std::copy(text.begin(), text.end(), out);
      *out++ = 0;
      *out++ = 0;
      keys_.offsets[row + 1] = static_cast<std::uint64_t>(out - keys_.bytes.data());
    }
  }

  JoinKeyBatch& keys_;
  std::size_t fixed_size_ = 0;
};

Result<std::vector<TypeKind>> KeyKinds(std::span<const std::shared_ptr<arrow::Array>> columns) {
  std::vector<TypeKind> kinds;
  for (const auto& column : columns) {
    LARDER_ASSIGN_OR_RETURN(const ValueType type, FromArrow(*column->type()));
    if (!type.is_key()) {
      return Status(Reason::kTypeMismatch, "not a type of join keys: " + TypeName(type),
                    "join keys are bool, integers, string, bytes, date or timestamp");
    }
    LARDER_CHECK(column->length() == columns.front()->length());
    kinds.push_back(type.kind);
  }
  return kinds;
}

Status DamagedKey() { return Status(Reason::kDamaged, "join key does not have the form of its types"); }

// Reads the parts of one key from its front.
class PartReader {
 public:
  explicit PartReader(std::string_view key) : rest_(key) {}

  bool at_end() const { return rest_.empty(); }

  template <class Unsigned>
  bool TakeInteger(Unsigned& value) {
    if (rest_.size() < sizeof value) return false;
    value = BitsFromOrdered(LoadFixed<Unsigned>(rest_.data()));
    rest_.remove_prefix(sizeof value);
    return true;
  }

  bool TakeBool(bool& value) {
    if (rest_.empty() || static_cast<unsigned char>(rest_.front()) > 1) return false;
    value = rest_.front() != 0;
    rest_.remove_prefix(1);
    return true;
  }

  bool TakeText(std::string& value) {
    value.clear();
    while (true) {
      const std::size_t zero = rest_.find('\0');
      if (zero == std::string_view::npos || zero + 1 >= rest_.size()) return false;
      const char next = rest_[zero + 1];
      value.append(rest_.substr(0, zero));
      rest_.remove_prefix(zero + 2);
      if (next == 0) return true;
      if (next != kEscaped) return false;
      value.push_back('\0');
    }
  }

 private:
  std::string_view rest_;
};

Result<bool> AppendPart(PartReader& reader, TypeKind kind, arrow::ArrayBuilder& builder) {
  std::uint64_t wide = 0;
  std::uint32_t narrow = 0;
  bool truth = false;
  std::string text;
  arrow::Status appended;
  switch (kind) {
    case TypeKind::kBool:
      if (!reader.TakeBool(truth)) return false;
      appended = static_cast<arrow::BooleanBuilder&>(builder).Append(truth);
      break;
    case TypeKind::kInt32: {
      if (!reader.TakeInteger(wide)) return false;
      const auto value = static_cast<std::int64_t>(wide);
      if (value < INT32_MIN || value > INT32_MAX) return false;
      appended = static_cast<arrow::Int32Builder&>(builder).Append(static_cast<std::int32_t>(value));
      break;
    }
    case TypeKind::kInt64:
      if (!reader.TakeInteger(wide)) return false;
      appended = static_cast<arrow::Int64Builder&>(builder).Append(static_cast<std::int64_t>(wide));
      break;
    case TypeKind::kTimestamp:
      if (!reader.TakeInteger(wide)) return false;
      appended = static_cast<arrow::TimestampBuilder&>(builder).Append(static_cast<std::int64_t>(wide));
      break;
    case TypeKind::kDate:
      if (!reader.TakeInteger(narrow)) return false;
      appended = static_cast<arrow::Date32Builder&>(builder).Append(static_cast<std::int32_t>(narrow));
      break;
    default:
      if (!reader.TakeText(text)) return false;
      appended = static_cast<arrow::BinaryBuilder&>(builder).Append(text);
  }
  LARDER_RETURN_IF_ERROR(FromArrow(appended));
  return true;
}

}  // namespace

Status EncodeJoinKeys(std::span<const std::shared_ptr<arrow::Array>> columns, JoinKeyBatch& keys) {
  LARDER_CHECK(!columns.empty());
  LARDER_ASSIGN_OR_RETURN(const std::vector<TypeKind> kinds, KeyKinds(columns));
  Encoder encoder(keys);
  encoder.Begin(columns.front()->length());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    encoder.MarkNulls(*columns[i]);
    encoder.AddLengths(*columns[i], kinds[i]);
  }
  encoder.PlaceRows();
  for (std::size_t i = 0; i < columns.size(); ++i) encoder.Write(*columns[i], kinds[i]);
  encoder.Hash();
  return {};
}

void AppendKeyBool(bool value, std::vector<char>& key) { key.push_back(static_cast<char>(value ? 1 : 0)); }

void AppendKeyInteger(std::int64_t value, std::vector<char>& key) {
  StoreFixed(OrderedBits(static_cast<std::uint64_t>(value)), GrowKey(sizeof value, key));
}

void AppendKeyDate(std::int32_t days, std::vector<char>& key) {
  StoreFixed(OrderedBits(static_cast<std::uint32_t>(days)), GrowKey(sizeof days, key));
}

void AppendKeyText(std::string_view text, std::vector<char>& key) {
  const auto zero_count = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\0'));
  char* const end = CopyEscaped(text, GrowKey(text.size() + zero_count + kTerminatorSize, key));
  std::fill_n(end, kTerminatorSize, '\0');
}

Result<std::vector<std::shared_ptr<arrow::Array>>> DecodeJoinKeys(std::span<const std::string_view> keys,
                                                                  std::span<const ValueType> types) {
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;
  for (const ValueType type : types) {
    LARDER_CHECK(type.is_key());
    LARDER_ASSIGN_OR_RETURN(builders.emplace_back(), FromArrow(arrow::MakeBuilder(ToArrow(type))));
    LARDER_RETURN_IF_ERROR(FromArrow(builders.back()->Reserve(static_cast<std::int64_t>(keys.size()))));
  }
  for (const std::string_view key : keys) {
    PartReader reader(key);
    for (std::size_t i = 0; i < types.size(); ++i) {
      LARDER_ASSIGN_OR_RETURN(const bool fits, AppendPart(reader, types[i].kind, *builders[i]));
      if (!fits) return DamagedKey();
    }
    if (!reader.at_end()) return DamagedKey();
  }
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (auto& builder : builders) {
    LARDER_ASSIGN_OR_RETURN(columns.emplace_back(), FromArrow(builder->Finish()));
  }
  return columns;
}

}  // namespace larder
