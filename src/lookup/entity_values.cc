#include "lookup/entity_values.h"

#include <charconv>

#include "base/check.h"
#include "base/timestamp.h"
#include "columnar/join_key.h"

namespace larder {

using simdjson::dom::element;
using simdjson::dom::element_type;

bool EntityValues::Read(const simdjson::dom::array& list, ValueType type) {
  type_ = type;
  row_count_ = 0;
  has_nulls_ = false;
  valid_.clear();
  bools_.clear();
  integers_.clear();
  floats_.clear();
  texts_.clear();
  for (const element value : list) {
    const bool is_null = value.is_null();
    has_nulls_ |= is_null;
    valid_.push_back(is_null ? 0 : 1);
    ++row_count_;
    if (!is_null && !ReadValue(value)) return false;
    if (!is_null) continue;
    switch (StorageOf(ExpressionType::Of(type))) {
      case Storage::kBool:
        bools_.push_back(0);
        break;
      case Storage::kInteger:
        integers_.push_back(0);
        break;
      case Storage::kFloat:
        floats_.push_back(0);
        break;
      default:
        texts_.emplace_back();
    }
  }
  return true;
}

bool EntityValues::ReadValue(const element& value) {
  switch (type_.kind) {
    case TypeKind::kBool: {
      bool truth = false;
      if (value.get(truth) != simdjson::SUCCESS) return false;
      bools_.push_back(truth ? 1 : 0);
      return true;
    }
    case TypeKind::kInt32:
    case TypeKind::kInt64:
      return ReadInteger(value);
    case TypeKind::kFloat32:
    case TypeKind::kFloat64: {
      double number = 0;
      if (value.get(number) != simdjson::SUCCESS) return false;
      floats_.push_back(type_.kind == TypeKind::kFloat32 ? static_cast<double>(static_cast<float>(number)) : number);
      return true;
    }
    case TypeKind::kString:
    case TypeKind::kTimestamp:
    case TypeKind::kDate: {
      std::string_view text;
      return value.get(text) == simdjson::SUCCESS && ReadText(text);
    }
    default:
      return false;
  }
}

bool EntityValues::ReadInteger(const element& value) {
  std::int64_t number = 0;
  if (value.type() == element_type::INT64) {
    number = value.get_int64().value_unsafe();
  } else if (value.type() == element_type::STRING) {
    const std::string_view text = value.get_string().value_unsafe();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return false;
  } else {
    return false;
  }
  if (type_.kind == TypeKind::kInt32 && (number < INT32_MIN || number > INT32_MAX)) return false;
  integers_.push_back(number);
  return true;
}

bool EntityValues::ReadText(std::string_view text) {
  if (type_.kind == TypeKind::kString) {
    texts_.push_back(text);
    return true;
  }
  if (type_.kind == TypeKind::kTimestamp) {
    const Result<std::int64_t> instant_us = ParseInstant(text);
    if (instant_us.ok()) integers_.push_back(*instant_us);
    return instant_us.ok();
  }
  const Result<std::int32_t> days = ParseDate(text);
  if (days.ok()) integers_.push_back(*days);
  return days.ok();
}

Vector EntityValues::vector() const {
  Vector vector;
  vector.type = ExpressionType::Of(type_);
  if (has_nulls_) vector.valid = valid_.data();
  switch (StorageOf(vector.type)) {
    case Storage::kBool:
      vector.values = bools_.data();
      break;
    case Storage::kInteger:
      vector.values = integers_.data();
      break;
    case Storage::kFloat:
      vector.values = floats_.data();
      break;
    default:
      vector.values = texts_.data();
  }
  return vector;
}

void EntityValues::AppendKeyPart(std::int64_t row, std::vector<char>& key) const {
  const auto index = static_cast<std::size_t>(row);
  switch (type_.kind) {
    case TypeKind::kBool:
      return AppendKeyBool(bools_[index] != 0, key);
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
      return AppendKeyInteger(integers_[index], key);
    case TypeKind::kDate:
      return AppendKeyDate(static_cast<std::int32_t>(integers_[index]), key);
    case TypeKind::kString:
      return AppendKeyText(texts_[index], key);
    default:
      LARDER_CHECK(false);
  }
}

}  // namespace larder
