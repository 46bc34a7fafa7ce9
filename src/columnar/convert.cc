#include "columnar/convert.h"

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/exec.h>
#include <arrow/util/utf8.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "columnar/conversion_kernels.h"

namespace larder {
namespace {

using ArrayResult = Result<std::shared_ptr<arrow::Array>>;

// What decides whether one type may become another.
enum class Family : std::uint8_t {
  kNull,
  kBool,
  kInteger,
  kFloat,
  kDecimal,
  kText,
  kBytes,
  kTimestamp,
  kDate,
  kList,
  kOther
};

struct Nature {
  Family family;
  TypeKind kind;  // inside Larder, when nothing is declared; of a list: ignored
};

// Looks through dictionaries and extensions to the type of the values.
const arrow::DataType& ValuesOf(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY) {
    return ValuesOf(*static_cast<const arrow::DictionaryType&>(type).value_type());
  }
  if (type.id() == arrow::Type::EXTENSION) {
    return ValuesOf(*static_cast<const arrow::ExtensionType&>(type).storage_type());
  }
  return type;
}

Nature NatureOf(const arrow::DataType& type) {
  using arrow::Type;
  switch (ValuesOf(type).id()) {
    case Type::NA:
      return {Family::kNull, TypeKind::kString};
    case Type::BOOL:
      return {Family::kBool, TypeKind::kBool};
    case Type::INT32:
      return {Family::kInteger, TypeKind::kInt32};
    case Type::INT8:
    case Type::INT16:
    case Type::INT64:
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
    case Type::UINT64:
      return {Family::kInteger, TypeKind::kInt64};
    case Type::HALF_FLOAT:
    case Type::FLOAT:
      return {Family::kFloat, TypeKind::kFloat32};
    case Type::DOUBLE:
      return {Family::kFloat, TypeKind::kFloat64};
    case Type::DECIMAL32:
    case Type::DECIMAL64:
    case Type::DECIMAL128:
    case Type::DECIMAL256:
      return {Family::kDecimal, TypeKind::kFloat64};
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
      return {Family::kText, TypeKind::kString};
    case Type::BINARY:
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
    case Type::FIXED_SIZE_BINARY:
      return {Family::kBytes, TypeKind::kBytes};
    case Type::TIMESTAMP:
      return {Family::kTimestamp, TypeKind::kTimestamp};
    case Type::DATE32:
    case Type::DATE64:
      return {Family::kDate, TypeKind::kDate};
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::FIXED_SIZE_LIST:
      return {Family::kList, TypeKind::kList};
    default:
      return {Family::kOther, TypeKind::kString};
  }
}

const arrow::DataType& ElementOf(const arrow::DataType& list) {
  return *static_cast<const arrow::BaseListType&>(ValuesOf(list)).value_type();
}

Status CannotConvert(const arrow::DataType& type, const Conversion& conversion) {
  return Status(Reason::kTypeMismatch, "column '" + conversion.column + "' cannot become " +
                                           TypeName(conversion.target) + ": it is " + type.ToString());
}

template <class Texts>
Result<std::shared_ptr<arrow::Array>> CopyTexts(const arrow::Array& array, arrow::MemoryPool* pool) {
  const auto& texts = static_cast<const Texts&>(array);
  arrow::BinaryBuilder builder(pool);
  LARDER_RETURN_IF_ERROR(FromArrow(builder.Reserve(texts.length())));
  for (std::int64_t row = 0; row < texts.length(); ++row) {
    const arrow::Status appended = texts.IsNull(row) ? builder.AppendNull() : builder.Append(texts.GetView(row));
    LARDER_RETURN_IF_ERROR(FromArrow(appended));
  }
  return FromArrow(builder.Finish());
}

// Gives texts of any layout the layout of strings and bytes: 32-bit offsets into one buffer.
ArrayResult PlainTexts(const std::shared_ptr<arrow::Array>& array, arrow::MemoryPool* pool) {
  switch (array->type_id()) {
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return CopyTexts<arrow::LargeBinaryArray>(*array, pool);
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      return CopyTexts<arrow::BinaryViewArray>(*array, pool);
    case arrow::Type::FIXED_SIZE_BINARY:
      return CopyTexts<arrow::FixedSizeBinaryArray>(*array, pool);
    default:
      return array;
  }
}

// Valid as a whole and no text beginning inside a character means that every text is valid: one pass over the bytes.
bool AllUtf8(const arrow::BinaryArray& texts) {
  const std::int64_t length = texts.length();
  if (length == 0) return true;
  const std::int32_t begin = texts.value_offset(0);
  const std::int32_t end = texts.value_offset(length);
  if (begin == end) return true;
  if (!arrow::util::ValidateUTF8(texts.raw_data() + begin, end - begin)) return false;
  for (std::int64_t row = 0; row < length; ++row) {
    const std::int32_t offset = texts.value_offset(row);
    if (offset < end && (texts.raw_data()[offset] & 0xc0) == 0x80) return false;
  }
  return true;
}

Status CheckUtf8(const arrow::BinaryArray& texts, const Conversion& conversion) {
  static const bool initialized = (arrow::util::InitializeUTF8(), true);
  if (!initialized || AllUtf8(texts)) return {};
  for (std::int64_t row = 0; row < texts.length(); ++row) {
    if (texts.IsNull(row) || arrow::util::ValidateUTF8(texts.GetView(row))) continue;
    return Status(Reason::kInvalidData, "text is not UTF-8" + ConversionPlace(conversion, row),
                  "declare the column as bytes, or write it as UTF-8");
  }
  return {};
}

template <class Builder, class Parse>
ArrayResult ParseTexts(const arrow::BinaryArray& texts, const Conversion& conversion, Parse parse) {
  Builder builder(ToArrow(conversion.target), conversion.pool);
  LARDER_RETURN_IF_ERROR(FromArrow(builder.Reserve(texts.length())));
  for (std::int64_t row = 0; row < texts.length(); ++row) {
    if (texts.IsNull(row)) {
      builder.UnsafeAppendNull();
      continue;
    }
    const auto parsed = parse(texts.GetView(row));
    if (!parsed.ok()) {
      const Status& failure = parsed.status();
      return Status(failure.reason(), std::string(failure.message()) + ConversionPlace(conversion, row),
                    std::string(failure.hint()));
    }
    builder.UnsafeAppend(*parsed);
  }
  return FromArrow(builder.Finish());
}

ArrayResult ConvertTexts(const std::shared_ptr<arrow::Array>& array, const Conversion& conversion) {
  LARDER_ASSIGN_OR_RETURN(const auto plain, PlainTexts(array, conversion.pool));
  const auto& texts = static_cast<const arrow::BinaryArray&>(*plain);
  switch (conversion.target.kind) {
    case TypeKind::kTimestamp:
      return ParseTexts<arrow::TimestampBuilder>(texts, conversion, ParseInstant);
    case TypeKind::kDate:
      return ParseTexts<arrow::Date32Builder>(texts, conversion, ParseDate);
    case TypeKind::kString:
      LARDER_RETURN_IF_ERROR(CheckUtf8(texts, conversion));
      break;
    default:
      break;
  }
  if (plain->type()->Equals(*ToArrow(conversion.target))) return plain;
  return RetypeValues(texts, conversion.target);
}

// The lists of an array as 32-bit offsets into the values they reach.
struct ListParts {
  std::vector<std::int32_t> offsets;  // length + 1, from 0
  std::shared_ptr<arrow::Array> values;
};

template <class Lists>
Result<ListParts> TakeApart(const arrow::Array& array) {
  const auto& lists = static_cast<const Lists&>(array);
  const std::int64_t begin = lists.value_offset(0);
  const std::int64_t end = lists.value_offset(lists.length());
  if (end - begin > std::numeric_limits<std::int32_t>::max()) {
    return Status(Reason::kLimitExceeded, "too many list values in one batch: " + std::to_string(end - begin));
  }
  ListParts parts;
  parts.values = lists.values()->Slice(begin, end - begin);
  for (std::int64_t row = 0; row <= lists.length(); ++row) {
    parts.offsets.push_back(static_cast<std::int32_t>(lists.value_offset(row) - begin));
  }
  return parts;
}

Result<ListParts> TakeListsApart(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::LARGE_LIST:
      return TakeApart<arrow::LargeListArray>(array);
    case arrow::Type::FIXED_SIZE_LIST:
      return TakeApart<arrow::FixedSizeListArray>(array);
    default:
      return TakeApart<arrow::ListArray>(array);
  }
}

ArrayResult ConvertLists(const arrow::Array& array, const Conversion& conversion) {
  if (array.length() == 0) return FromArrow(arrow::MakeEmptyArray(ToArrow(conversion.target), conversion.pool));
  LARDER_ASSIGN_OR_RETURN(const ListParts parts, TakeListsApart(array));
  Conversion of_values = conversion;
  of_values.target = ValueType::Of(conversion.target.element);
  of_values.name_row = [&](std::int64_t value) {
    const auto after = std::upper_bound(parts.offsets.begin(), parts.offsets.end(), value);
    const std::int64_t row = after - parts.offsets.begin() - 1;
    return conversion.name_row ? conversion.name_row(row) : "row " + std::to_string(row + 1);
  };
  LARDER_ASSIGN_OR_RETURN(const auto values, Convert(parts.values, of_values));
  LARDER_ASSIGN_OR_RETURN(auto validity, CopyValidity(array, conversion.pool));
  auto offsets = arrow::Buffer::FromVector(parts.offsets);
  auto data = arrow::ArrayData::Make(ToArrow(conversion.target), array.length(), {validity, offsets}, {values->data()});
  return arrow::MakeArray(std::move(data));
}

ArrayResult DecodeDictionary(const arrow::Array& array, arrow::MemoryPool* pool) {
  LARDER_RETURN_IF_ERROR(InitializeCompute());
  const auto& encoded = static_cast<const arrow::DictionaryArray&>(array);
  arrow::compute::ExecContext context(pool);
  return FromArrow(arrow::compute::Take(*encoded.dictionary(), *encoded.indices(),
                                        arrow::compute::TakeOptions::Defaults(), &context));
}

ArrayResult ConvertPlain(const std::shared_ptr<arrow::Array>& array, const Conversion& conversion) {
  switch (NatureOf(*array->type()).family) {
    case Family::kNull:
      return FromArrow(arrow::MakeArrayOfNull(ToArrow(conversion.target), array->length(), conversion.pool));
    case Family::kInteger:
    case Family::kFloat:
      return ConvertNumbers(*array, conversion);
    case Family::kDecimal:
      return ConvertDecimals(*array, conversion);
    case Family::kText:
    case Family::kBytes:
      return ConvertTexts(array, conversion);
    case Family::kTimestamp:
      return ConvertTimestamps(*array, conversion);
    case Family::kDate:
      return ConvertDates(*array, conversion);
    case Family::kList:
      return ConvertLists(*array, conversion);
    default:
      return array;
  }
}

}  // namespace

bool CanConvert(const arrow::DataType& type, ValueType target) {
  switch (NatureOf(type).family) {
    case Family::kNull:
      return true;
    case Family::kBool:
      return target.kind == TypeKind::kBool;
    case Family::kInteger:
    case Family::kFloat:
      return target.is_number();
    case Family::kDecimal:
      return target.is_float();
    case Family::kText:
      return target.kind == TypeKind::kString || target.kind == TypeKind::kBytes ||
             target.kind == TypeKind::kTimestamp || target.kind == TypeKind::kDate;
    case Family::kBytes:
      return target.kind == TypeKind::kString || target.kind == TypeKind::kBytes;
    case Family::kTimestamp:
      return target.kind == TypeKind::kTimestamp;
    case Family::kDate:
      return target.kind == TypeKind::kDate || target.kind == TypeKind::kTimestamp;
    case Family::kList:
      return target.is_list() && CanConvert(ElementOf(type), ValueType::Of(target.element));
    default:
      return false;
  }
}

Result<ValueType> InternalTypeOf(const arrow::DataType& type, std::optional<ValueType> declared) {
  if (declared) {
    if (CanConvert(type, *declared)) return *declared;
    return Status(Reason::kTypeMismatch, "cannot become " + TypeName(*declared) + ": " + type.ToString());
  }
  const Nature nature = NatureOf(type);
  if (nature.family == Family::kDecimal) {
    return Status(Reason::kTypeMismatch, "decimals have no feature type of their own: " + type.ToString(),
                  "declare the column as float64");
  }
  if (nature.family == Family::kOther) {
    return Status(Reason::kTypeMismatch, "no feature type for " + type.ToString(),
                  "write the column as one of bool, int32, int64, float32, float64, string, bytes, timestamp, date or "
                  "a list of these");
  }
  if (nature.family != Family::kList) return ValueType::Of(nature.kind);
  LARDER_ASSIGN_OR_RETURN(const ValueType element, InternalTypeOf(ElementOf(type)));
  if (element.is_list()) return Status(Reason::kTypeMismatch, "no feature type for lists of lists: " + type.ToString());
  return ValueType::ListOf(element.kind);
}

Result<std::shared_ptr<arrow::Array>> Convert(const std::shared_ptr<arrow::Array>& array,
                                              const Conversion& conversion) {
  if (!CanConvert(*array->type(), conversion.target)) return CannotConvert(*array->type(), conversion);
  Conversion with_pool = conversion;
  if (with_pool.pool == nullptr) with_pool.pool = arrow::default_memory_pool();
  if (array->type_id() == arrow::Type::EXTENSION) {
    return Convert(static_cast<const arrow::ExtensionArray&>(*array).storage(), with_pool);
  }
  if (array->type_id() == arrow::Type::DICTIONARY) {
    LARDER_ASSIGN_OR_RETURN(const auto decoded, DecodeDictionary(*array, with_pool.pool));
    return Convert(decoded, with_pool);
  }
  const bool is_internal = array->type()->Equals(*ToArrow(conversion.target));
  const bool holds_text = conversion.target.kind == TypeKind::kString ||
                          (conversion.target.is_list() && conversion.target.element == TypeKind::kString);
  if (is_internal && !holds_text) return array;
  if (is_internal && conversion.target.kind == TypeKind::kString) {
    LARDER_RETURN_IF_ERROR(CheckUtf8(static_cast<const arrow::BinaryArray&>(*array), conversion));
    return array;
  }
  return ConvertPlain(array, with_pool);
}

Result<std::shared_ptr<arrow::ChunkedArray>> ConvertChunks(const arrow::ChunkedArray& chunks,
                                                           const Conversion& conversion) {
  arrow::ArrayVector converted;
  std::int64_t first_row = 0;
  for (const auto& chunk : chunks.chunks()) {
    Conversion of_chunk = conversion;
    of_chunk.name_row = [&conversion, first_row](std::int64_t row) {
      const std::int64_t whole = first_row + row;
      return conversion.name_row ? conversion.name_row(whole) : "row " + std::to_string(whole + 1);
    };
    LARDER_ASSIGN_OR_RETURN(converted.emplace_back(), Convert(chunk, of_chunk));
    first_row += chunk->length();
  }
  return std::make_shared<arrow::ChunkedArray>(std::move(converted), ToArrow(conversion.target));
}

}  // namespace larder
