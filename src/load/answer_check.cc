#include "load/answer_check.h"

#include <simdjson.h>

#include <bit>
#include <cmath>
#include <optional>

#include "text/number_text.h"

namespace larder {
namespace {

constexpr std::size_t kShownBytes = 200;

Status Different(std::string what) { return Status(Reason::kInvalidData, "a wrong answer: " + what); }

std::string Shown(const ExpectedColumn& column, std::size_t key) {
  switch (column.kind) {
    case ExpectedKind::kInteger:
      return std::to_string(column.integers[key]);
    case ExpectedKind::kFloat:
      return FormatFloat64(column.floats[key]);
    case ExpectedKind::kText:
      return '"' + column.texts[key] + '"';
    case ExpectedKind::kBool:
      break;
  }
  return column.integers[key] != 0 ? "true" : "false";
}

bool IsNull(const ExpectedColumn& column, std::size_t key) {
  if (!column.is_null.empty() && column.is_null[key]) return true;
  return column.kind == ExpectedKind::kFloat && !std::isfinite(column.floats[key]);
}

bool IsEqual(const ExpectedColumn& column, std::size_t key, const simdjson::dom::element& value) {
  switch (column.kind) {
    case ExpectedKind::kInteger: {
      std::int64_t number = 0;
      return value.get(number) == simdjson::SUCCESS && number == column.integers[key];
    }
    case ExpectedKind::kFloat: {
      double number = 0;  // bit by bit: -0.0 is not 0.0
      return value.get(number) == simdjson::SUCCESS &&
             std::bit_cast<std::uint64_t>(number) == std::bit_cast<std::uint64_t>(column.floats[key]);
    }
    case ExpectedKind::kText: {
      std::string_view text;
      return value.get(text) == simdjson::SUCCESS && text == column.texts[key];
    }
    case ExpectedKind::kBool:
      break;
  }
  bool truth = false;
  return value.get(truth) == simdjson::SUCCESS && truth == (column.integers[key] != 0);
}

}  // namespace

struct AnswerCheck::Parser {
  simdjson::dom::parser parser;
};

AnswerCheck::AnswerCheck(const ExpectedValues& expected) : expected_(expected), parser_(std::make_unique<Parser>()) {}

AnswerCheck::~AnswerCheck() = default;

namespace {

Status CompareColumn(const ExpectedValues& expected, const ExpectedColumn& column, const simdjson::dom::array& values,
                     std::span<const std::int64_t> keys) {
  std::size_t row = 0;
  for (const simdjson::dom::element value : values) {
    if (row == keys.size()) return Different("'" + column.name + "' has more values than rows were asked for");
    const bool exists = keys[row] < expected.key_count;
    const auto key = static_cast<std::size_t>(keys[row]);
    const bool is_null = !exists || IsNull(column, key);
    const bool is_right = is_null ? value.is_null() : IsEqual(column, key, value);
    if (!is_right) {
      return Different("'" + column.name + "' of row " + std::to_string(row) + " (key number " +
                       std::to_string(keys[row]) + ") is " + simdjson::minify(value) + ", not " +
                       (is_null ? "null" : Shown(column, key)));
    }
    ++row;
  }
  if (row == keys.size()) return {};
  return Different("'" + column.name + "' has " + std::to_string(row) + " values for " + std::to_string(keys.size()) +
                   " rows");
}

}  // namespace

Status AnswerCheck::Compare(std::string_view body, std::span<const std::int64_t> keys) {
  simdjson::dom::element root;
  simdjson::dom::array names;
  simdjson::dom::array results;
  const bool is_answer = parser_->parser.parse(body.data(), body.size()).get(root) == simdjson::SUCCESS &&
                         root["metadata"]["feature_names"].get(names) == simdjson::SUCCESS &&
                         root["results"].get(results) == simdjson::SUCCESS;
  if (!is_answer) return Different("no values of features: " + std::string(body.substr(0, kShownBytes)));
  std::size_t found = 0;
  auto result = results.begin();
  std::size_t next = 0;  // answers name features mostly in the order in which they are expected
  for (const simdjson::dom::element element : names) {
    if (!(result != results.end())) return Different("more names of features than results");
    std::string_view name;
    if (element.get(name) != simdjson::SUCCESS) return Different("a feature's name is no text");
    std::size_t at = next;
    for (std::size_t i = 0; i < expected_.columns.size() && expected_.columns[at].name != name; ++i) {
      at = (at + 1) % expected_.columns.size();
    }
    if (!expected_.columns.empty() && expected_.columns[at].name == name) {
      simdjson::dom::array values;
      if ((*result)["values"].get(values) != simdjson::SUCCESS)
        return Different("'" + std::string(name) + "' has no values");
      LARDER_RETURN_IF_ERROR(CompareColumn(expected_, expected_.columns[at], values, keys));
      ++found;
      next = (at + 1) % expected_.columns.size();
    }
    ++result;
  }
  if (found == expected_.columns.size()) return {};
  return Different(std::to_string(found) + " of " + std::to_string(expected_.columns.size()) + " expected features");
}

}  // namespace larder
