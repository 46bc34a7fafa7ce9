// Feature rows and join keys from any bytes: never a read outside them, and what can be decoded is encoded and decoded
// the same.
#include <arrow/api.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/coding.h"
#include "columnar/join_key.h"
#include "columnar/row_codec.h"

namespace {

using larder::TypeKind;
using larder::ValueType;

constexpr std::uint32_t kSchemaId = 7;

void Require(bool condition) {
  if (!condition) std::abort();
}

std::vector<ValueType> TakeTypes(std::string_view& input) {
  constexpr unsigned kKinds = static_cast<unsigned>(TypeKind::kList);
  std::vector<ValueType> types;
  const std::size_t count = input.empty() ? 0 : static_cast<unsigned char>(input.front()) % 8;
  for (std::size_t i = 0; i < count && input.size() > 1; ++i) {
    input.remove_prefix(1);
    const unsigned choice = static_cast<unsigned char>(input.front()) % (2 * kKinds);
    const auto kind = static_cast<TypeKind>(choice % kKinds);
    types.push_back(choice < kKinds ? ValueType::Of(kind) : ValueType::ListOf(kind));
  }
  if (!input.empty()) input.remove_prefix(1);
  return types;
}

// Makes a header that fits, so that the bytes behind it are looked at.
std::string WithHeader(std::string_view content, std::size_t column_count) {
  std::string row(larder::kRowHeaderSize, '\0');
  row += content;
  row[4] = 1;
  larder::StoreFixed(static_cast<std::uint16_t>(column_count), row.data() + 6);
  larder::StoreFixed(kSchemaId, row.data() + 8);
  larder::StoreFixed(static_cast<std::uint32_t>(row.size()), row.data() + 12);
  return row;
}

void CheckRow(std::string_view row, const larder::RowLayout& layout) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < layout.column_count(); ++i) columns.push_back(i);
  const std::vector<std::optional<std::string_view>> rows = {row};
  const auto decoded = larder::DecodeRows(layout, columns, rows);
  if (!decoded.ok()) return;
  arrow::TimestampBuilder times(larder::ToArrow(ValueType::Of(TypeKind::kTimestamp)), arrow::default_memory_pool());
  Require(times.Append(1).ok());
  larder::EncodedRows encoded;
  Require(larder::EncodeRows(layout, {*decoded, times.Finish().ValueOrDie()}, encoded).ok());
  Require(larder::VerifyRow(encoded.row(0)).ok());
  const std::vector<std::optional<std::string_view>> again = {encoded.row(0)};
  const auto decoded_again = larder::DecodeRows(layout, columns, again);
  Require(decoded_again.ok());
  for (const std::size_t i : columns) {
    Require((*decoded)[i]->Equals(*(*decoded_again)[i], arrow::EqualOptions::Defaults().nans_equal(true)));
  }
}

void CheckKey(std::string_view key, const std::vector<ValueType>& types) {
  std::vector<ValueType> key_types;
  for (const ValueType type : types) {
    if (type.is_key()) key_types.push_back(type);
  }
  if (key_types.empty()) return;
  const std::vector<std::string_view> keys = {key};
  const auto decoded = larder::DecodeJoinKeys(keys, key_types);
  if (!decoded.ok()) return;
  larder::JoinKeyBatch encoded;
  Require(larder::EncodeJoinKeys(*decoded, encoded).ok());
  Require(encoded.key(0) == key);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::vector<ValueType> types = TakeTypes(input);
  const larder::RowLayout layout = *larder::RowLayout::Make(kSchemaId, types);
  CheckRow(input, layout);
  const std::string with_header = WithHeader(input, types.size());
  // On the heap and of exactly its size, so that no slack hides a wild read.
  const auto bytes = std::make_unique<char[]>(with_header.size());
  with_header.copy(bytes.get(), with_header.size());
  CheckRow(std::string_view(bytes.get(), with_header.size()), layout);
  CheckKey(input, types);
  return 0;
}
