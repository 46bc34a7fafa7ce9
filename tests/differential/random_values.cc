#include "tests/differential/random_values.h"

#include <algorithm>
#include <bit>
#include <limits>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include "base/check.h"

namespace larder::differential {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

template <class T, std::size_t n>
T OneOf(Random& random, const T (&values)[n]) {
  return values[random.Below(n)];
}

std::int64_t RandomInteger(Random& random, bool narrow) {
  if (random.OneIn(6)) return narrow ? OneOf(random, {INT32_MIN, INT32_MAX}) : OneOf(random, {kMin, kMax, kMin + 1});
  if (!narrow && random.OneIn(6))
    return OneOf(random, {std::int64_t{1} << 32, (std::int64_t{1} << 32) + 1, -(std::int64_t{1} << 32)});
  return random.Between(-2, 3);
}

std::uint32_t RandomFloatBits(Random& random) {
  switch (random.Below(5)) {
    case 0:
      return 0x80000000U;  // -0.0
    case 1:
      return 0x7fc00000U | static_cast<std::uint32_t>(random.Below(1 << 20));  // quiet NaN with a payload
    case 2:
      return 0xff800001U;  // signalling NaN
    default:
      return static_cast<std::uint32_t>(random.Next());
  }
}

std::uint64_t RandomDoubleBits(Random& random) {
  switch (random.Below(5)) {
    case 0:
      return std::uint64_t{1} << 63;
    case 1:
      return 0x7ff8000000000000ULL | random.Below(1 << 20);
    case 2:
      return 0xfff0000000000001ULL;
    default:
      return random.Next();
  }
}

// Few different ones, so that they meet; among them such as a careless encoding would confuse.
std::string RandomText(Random& random) {
  using std::string_literals::operator""s;
  static const std::string kTexts[] = {""s,
                                       "a"s,
                                       "b"s,
                                       "ab"s,
                                       "a\0"s,
                                       "\0"s,
                                       "a\0b"s,
                                       "é"s,
                                       "e\xcc\x81"s,
                                       "日本語"s,
                                       "\xf0\x9f\x8d\x92"s,
                                       "0"s,
                                       "01"s,
                                       "null"s,
                                       std::string(40, 'x'),
                                       std::string(40, 'x') + "y"};
  return kTexts[random.Below(std::size(kTexts))];
}

std::string RandomFixed(Random& random, TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
      return BitsOf(static_cast<std::uint8_t>(random.Below(2)));
    case TypeKind::kInt32:
    case TypeKind::kDate:
      return BitsOf(static_cast<std::int32_t>(RandomInteger(random, true)));
    case TypeKind::kFloat32:
      return BitsOf(RandomFloatBits(random));
    case TypeKind::kFloat64:
      return BitsOf(RandomDoubleBits(random));
    default:
      return BitsOf(RandomInteger(random, false));
  }
}

std::string RandomListBits(Random& random, TypeKind element) {
  std::string bits;
  for (std::uint64_t left = random.Below(4); left > 0; --left) {
    const Bits value = RandomBits(random, ValueType::Of(element), 4);
    bits += value.has_value() ? '\1' : '\0';
    if (value.has_value()) bits += BitsOf(static_cast<std::uint32_t>(value->size())) + *value;
  }
  return bits;
}

template <class Builder, class T>
void AppendFixed(arrow::ArrayBuilder& builder, const std::string& bits) {
  LARDER_CHECK(static_cast<Builder&>(builder).Append(FromBits<T>(bits)).ok());
}

void Append(arrow::ArrayBuilder& builder, ValueType type, const Bits& bits);

void AppendList(arrow::ListBuilder& builder, TypeKind element, const std::string& bits) {
  LARDER_CHECK(builder.Append().ok());
  for (std::size_t at = 0; at < bits.size();) {
    Bits value;
    if (bits[at++] != 0) {
      const auto size = FromBits<std::uint32_t>(bits.substr(at, 4));
      value = bits.substr(at + 4, size);
      at += 4 + size;
    }
    Append(*builder.value_builder(), ValueType::Of(element), value);
  }
}

void Append(arrow::ArrayBuilder& builder, ValueType type, const Bits& bits) {
  if (!bits.has_value()) {
    LARDER_CHECK(builder.AppendNull().ok());
    return;
  }
  switch (type.kind) {
    case TypeKind::kBool:
      return AppendFixed<arrow::BooleanBuilder, bool>(builder, *bits);
    case TypeKind::kInt32:
      return AppendFixed<arrow::Int32Builder, std::int32_t>(builder, *bits);
    case TypeKind::kInt64:
      return AppendFixed<arrow::Int64Builder, std::int64_t>(builder, *bits);
    case TypeKind::kFloat32:
      return AppendFixed<arrow::FloatBuilder, float>(builder, *bits);
    case TypeKind::kFloat64:
      return AppendFixed<arrow::DoubleBuilder, double>(builder, *bits);
    case TypeKind::kTimestamp:
      return AppendFixed<arrow::TimestampBuilder, std::int64_t>(builder, *bits);
    case TypeKind::kDate:
      return AppendFixed<arrow::Date32Builder, std::int32_t>(builder, *bits);
    case TypeKind::kString:
    case TypeKind::kBytes:
      LARDER_CHECK(static_cast<arrow::BinaryBuilder&>(builder).Append(*bits).ok());
      return;
    case TypeKind::kList:
      return AppendList(static_cast<arrow::ListBuilder&>(builder), type.element, *bits);
  }
}

std::string ListBitsAt(const arrow::ListArray& lists, std::int64_t row) {
  std::string bits;
  for (std::int64_t i = lists.value_offset(row); i < lists.value_offset(row + 1); ++i) {
    const Bits value = BitsAt(*lists.values(), i);
    bits += value.has_value() ? '\1' : '\0';
    if (value.has_value()) bits += BitsOf(static_cast<std::uint32_t>(value->size())) + *value;
  }
  return bits;
}

// Returns the array with nulls where `values`, which begin at `before`, have them, and nowhere else.
std::shared_ptr<arrow::Array> WithNulls(const arrow::Array& array, std::int64_t before,
                                        const std::vector<Bits>& values) {
  const std::shared_ptr<arrow::Buffer> validity = arrow::AllocateEmptyBitmap(array.length()).ValueOrDie();
  arrow::bit_util::SetBitsTo(validity->mutable_data(), 0, array.length(), true);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i].has_value())
      arrow::bit_util::ClearBit(validity->mutable_data(), before + static_cast<std::int64_t>(i));
  }
  return arrow::MakeArray(arrow::ArrayData::Make(array.type(), array.length(), {validity, array.data()->buffers[1]}));
}

}  // namespace

Bits RandomBits(Random& random, ValueType type, std::uint64_t null_in) {
  if (null_in != 0 && random.OneIn(null_in)) return std::nullopt;
  if (type.is_list()) return RandomListBits(random, type.element);
  if (!type.is_fixed_width()) return RandomText(random);
  return RandomFixed(random, type.kind);
}

std::vector<Bits> RandomKeyPool(Random& random, ValueType type, bool narrow) {
  std::vector<Bits> pool;
  for (std::uint64_t left = random.Between(1, 5); left > 0; --left) {
    const Bits key = type.is_integer() ? BitsOf(RandomInteger(random, narrow)) : RandomBits(random, type, 0);
    if (std::find(pool.begin(), pool.end(), key) == pool.end()) pool.push_back(key);
  }
  return pool;
}

Bits KeyAs(ValueType type, const Bits& key) {
  return type.kind == TypeKind::kInt32 && key.has_value() ? BitsOf(FromBits<std::int32_t>(*key)) : key;
}

std::shared_ptr<arrow::Array> MakeArray(Random& random, ValueType type, const std::vector<Bits>& values) {
  std::unique_ptr<arrow::ArrayBuilder> builder;
  LARDER_CHECK(arrow::MakeBuilder(arrow::default_memory_pool(), ToArrow(type), &builder).ok());
  const auto before = static_cast<std::int64_t>(random.OneIn(2) ? random.Below(10) : 0);
  for (std::int64_t i = 0; i < before; ++i) Append(*builder, type, RandomBits(random, type, 3));
  // What lies under a null may be anything; it is never looked at.
  const bool hides_values = type.is_fixed_width() && random.OneIn(2);
  for (const Bits& value : values) {
    Append(*builder, type, value.has_value() || !hides_values ? value : RandomBits(random, type, 0));
  }
  std::shared_ptr<arrow::Array> array;
  LARDER_CHECK(builder->Finish(&array).ok());
  if (hides_values) array = WithNulls(*array, before, values);
  return before == 0 ? array : array->Slice(before);
}

Bits BitsAt(const arrow::Array& array, std::int64_t row) {
  if (array.IsNull(row)) return std::nullopt;
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return BitsOf(static_cast<std::uint8_t>(static_cast<const arrow::BooleanArray&>(array).Value(row)));
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return std::string(static_cast<const arrow::BinaryArray&>(array).GetView(row));
    case arrow::Type::LIST:
      return ListBitsAt(static_cast<const arrow::ListArray&>(array), row);
    default: {
      const auto width = static_cast<std::size_t>(array.type()->byte_width());
      const auto place = static_cast<std::size_t>(array.offset() + row);
      const std::uint8_t* values = array.data()->buffers[1]->data();
      return std::string(reinterpret_cast<const char*>(values) + place * width, width);
    }
  }
}

oracle::Key OracleKey(ValueType type, const Bits& bits) {
  if (!bits.has_value()) return std::monostate{};
  switch (type.kind) {
    case TypeKind::kBool:
      return FromBits<bool>(*bits);
    case TypeKind::kInt32:
    case TypeKind::kDate:
      return std::int64_t{FromBits<std::int32_t>(*bits)};
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
      return FromBits<std::int64_t>(*bits);
    default:
      return *bits;
  }
}

std::int64_t SaturatingAdd(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? kMin : kMax;
}

}  // namespace larder::differential
