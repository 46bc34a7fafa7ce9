// Arrow arrays from text, for tests of this and other modules.
#pragma once

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "columnar/value_type.h"

namespace larder {

/// Returns the array that the JSON text lists. For tests: fails the program on a bad text.
inline std::shared_ptr<arrow::Array> ArrayOf(const std::shared_ptr<arrow::DataType>& type, std::string_view json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}
inline std::shared_ptr<arrow::Array> ArrayOf(ValueType type, std::string_view json) {
  return ArrayOf(ToArrow(type), json);
}
inline std::shared_ptr<arrow::Array> ArrayOf(TypeKind kind, std::string_view json) {
  return ArrayOf(ValueType::Of(kind), json);
}

/// Returns the same values as a slice in the middle of a longer array: offset != 0.
inline std::shared_ptr<arrow::Array> Sliced(const std::shared_ptr<arrow::Array>& array) {
  auto null = arrow::MakeArrayOfNull(array->type(), 3).ValueOrDie();
  auto longer = arrow::Concatenate({null, array, array, null}).ValueOrDie();
  return longer->Slice(3, array->length());
}

/// Returns a batch of named columns of one length.
inline std::shared_ptr<arrow::RecordBatch> BatchOf(
    const std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, array] : columns) {
    fields.push_back(arrow::field(name, array->type()));
    arrays.push_back(array);
  }
  const std::int64_t row_count = arrays.empty() ? 0 : arrays.front()->length();
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), row_count, std::move(arrays));
}

/// Compares two arrays, types included, with both printed when they differ. NaNs are equal.
inline testing::AssertionResult SameArray(const arrow::Array& actual, const arrow::Array& expected) {
  if (!actual.ValidateFull().ok()) return testing::AssertionFailure() << actual.ValidateFull().ToString();
  if (actual.type()->Equals(*expected.type()) &&
      actual.Equals(expected, arrow::EqualOptions::Defaults().nans_equal(true))) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << actual.type()->ToString() << " " << actual.ToString() << "\nis not\n"
                                     << expected.type()->ToString() << " " << expected.ToString();
}

}  // namespace larder
