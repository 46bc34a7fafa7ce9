// Whether an answer of /get-online-features holds the values that its keys should have.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace larder {

/// Names how the values of a column are compared.
enum class ExpectedKind : std::uint8_t { kInteger, kFloat, kText, kBool };

/// Holds what a feature's value is for each key, by the key's number. Of the lists the one of its kind is filled
/// (`integers` for bool); a key whose `is_null` is set answers null, and so does a float that is not finite.
struct ExpectedColumn {
  std::string name;
  ExpectedKind kind = ExpectedKind::kFloat;
  std::vector<bool> is_null = {};
  std::vector<std::int64_t> integers = {};
  std::vector<double> floats = {};
  std::vector<std::string> texts = {};
};

/// Holds what to compare with. Keys from `key_count` on do not exist: their values are null.
struct ExpectedValues {
  std::int64_t key_count = 0;
  std::vector<ExpectedColumn> columns = {};
};

/// Compares answers. Columns of an answer that are not expected are not looked at. Not thread-safe.
class AnswerCheck {
 public:
  /// `expected` outlives the check.
  explicit AnswerCheck(const ExpectedValues& expected);
  ~AnswerCheck();

  /// Compares one answer to the request for these keys. Fails with kInvalidData, naming feature, row and values, at the
  /// first difference: an expected column that is missing, rows too few or too many, another value, a body that is no
  /// such answer.
  Status Compare(std::string_view body, std::span<const std::int64_t> keys);

 private:
  struct Parser;
  const ExpectedValues& expected_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace larder
