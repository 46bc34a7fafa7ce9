// Patterns: like, and regular expressions by Arrow's RE2.
#include <memory>
#include <string>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/api.h>

#include "columnar/arrow_status.h"
#include "expressions/functions_by_group.h"
#include "expressions/functions_text.h"
#include "expressions/kernel.h"
#include "expressions/vector_arrow.h"

namespace larder {
namespace {

// Takes one character off the front of both when they fit; a backslash takes the next character as it is.
bool TakeOne(std::string_view& text, std::string_view& pattern) {
  if (text.empty() || pattern.empty()) return false;
  if (pattern.front() == '_') {
    text.remove_prefix(FirstCharacterBytes(text));
    pattern.remove_prefix(1);
    return true;
  }
  const std::size_t escape = pattern.front() == '\\' && pattern.size() > 1 ? 1 : 0;
  if (pattern[escape] != text.front()) return false;
  text.remove_prefix(1);
  pattern.remove_prefix(1 + escape);
  return true;
}

bool Like(std::string_view text, std::string_view pattern) {
  // After a % the rest is tried at one place after another; an earlier % never has to be tried again.
  std::string_view retry_text;
  std::string_view retry_pattern;
  bool can_retry = false;
  for (;;) {
    if (!pattern.empty() && pattern.front() == '%') {
      pattern.remove_prefix(1);
      if (pattern.empty()) return true;
      retry_text = text;
      retry_pattern = pattern;
      can_retry = true;
    } else if (text.empty() && pattern.empty()) {
      return true;
    } else if (!TakeOne(text, pattern)) {
      if (!can_retry || retry_text.empty()) return false;
      retry_text.remove_prefix(FirstCharacterBytes(retry_text));
      text = retry_text;
      pattern = retry_pattern;
    }
  }
}

constexpr Failure kBadPattern = {Reason::kInvalidData, "a regular expression is not valid",
                                 "the syntax is that of RE2; try(...) gives null"};

// Arrow's kernels take the pattern as an option: one call for all rows of a constant pattern, else one for each row.
struct TextRows {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

arrow::Result<std::shared_ptr<arrow::Array>> TextArray(const KernelCall& call, TextRows rows) {
  arrow::StringBuilder builder;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const bool wanted = call.IsWanted(row);
    ARROW_RETURN_NOT_OK(wanted ? builder.Append(call.argument(0).At<std::string_view>(row)) : builder.AppendNull());
  }
  return builder.Finish();
}

template <class Run>
void ForEachPattern(KernelCall& call, Run run) {
  bool same = true;
  for (std::size_t i = 1; i < call.argument_count(); ++i) same &= call.argument(i).is_constant;
  if (same && call.row_count() > 0) run(TextRows{0, call.row_count()});
  for (std::int64_t row = 0; !same && row < call.row_count(); ++row) {
    if (call.IsWanted(row)) run(TextRows{row, row + 1});
  }
}

void FailRows(KernelCall& call, TextRows rows) {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    if (call.IsWanted(row)) call.Fail(row, kBadPattern);
  }
}

arrow::Result<arrow::Datum> Match(std::string_view pattern, const std::shared_ptr<arrow::Array>& texts) {
  EnsureArrowCompute();
  const arrow::compute::MatchSubstringOptions options{std::string(pattern)};
  return arrow::compute::CallFunction("match_substring_regex", {texts}, &options);
}

// Refuses a constant pattern that RE2 does not take, at bind.
void CheckConstantPattern(KernelCall& call) {
  const Vector& pattern = call.argument(1);
  if (call.row_count() != 0 || !pattern.is_constant || !pattern.IsValid(0)) return;
  arrow::StringBuilder builder;
  const bool appended = builder.Append("").ok();
  const auto texts = builder.Finish();
  if (!appended || !texts.ok()) return;
  const auto matched = Match(pattern.At<std::string_view>(0), *texts);
  if (!matched.ok()) {
    call.RefuseConstant(
        1, Status(Reason::kInvalidExpression, "a regular expression is not valid: " + matched.status().message(),
                  "the syntax is that of RE2"));
  }
}

void RegexMatches(KernelCall& call) {
  CheckConstantPattern(call);
  auto* out = call.MakeValues<std::uint8_t>();
  std::fill_n(out, call.row_count(), std::uint8_t{0});
  ForEachPattern(call, [&](TextRows rows) {
    if (!call.IsWanted(rows.begin) && rows.end - rows.begin == 1) return;
    const auto texts = TextArray(call, rows);
    if (!texts.ok()) return FailRows(call, rows);
    const auto matched = Match(call.argument(1).At<std::string_view>(rows.begin), *texts);
    if (!matched.ok()) return FailRows(call, rows);
    const auto array = matched->make_array();
    for (std::int64_t row = rows.begin; row < rows.end; ++row) {
      if (call.IsWanted(row))
        out[row] = static_cast<const arrow::BooleanArray&>(*array).Value(row - rows.begin) ? 1 : 0;
    }
  });
}

void RegexReplace(KernelCall& call) {
  EnsureArrowCompute();
  CheckConstantPattern(call);
  auto* out = call.MakeValues<std::string_view>();
  std::fill_n(out, call.row_count(), std::string_view());
  ForEachPattern(call, [&](TextRows rows) {
    const auto texts = TextArray(call, rows);
    if (!texts.ok()) return FailRows(call, rows);
    const arrow::compute::ReplaceSubstringOptions options(
        std::string(call.argument(1).At<std::string_view>(rows.begin)),
        std::string(call.argument(2).At<std::string_view>(rows.begin)));
    const auto replaced = arrow::compute::CallFunction("replace_substring_regex", {*texts}, &options);
    if (!replaced.ok()) return FailRows(call, rows);
    const auto array = replaced->make_array();
    const auto& result = static_cast<const arrow::StringArray&>(*array);
    for (std::int64_t row = rows.begin; row < rows.end; ++row) {
      if (!call.IsWanted(row)) continue;
      const std::string_view text = result.GetView(row - rows.begin);
      if (text.size() > kMaxTextBytes) {
        call.Fail(row, kTextTooLong);
      } else {
        out[row] = KeepText(call.arena(), text);
      }
    }
  });
}

}  // namespace

std::vector<FunctionRow> PatternFunctions() {
  using enum FunctionGroup;
  return {
      {"like",
       kOperator,
       {{"(string, string) -> bool", Map<Like>}},
       "Tells whether the whole text fits a pattern: % is any text, _ one character, \\ takes the next as it is",
       "'SFO-JFK' like 'SFO%'",
       "true"},
      {"regexp_matches",
       kString,
       {{"(string, string) -> bool", RegexMatches}},
       "Tells whether a regular expression (RE2) occurs in a text",
       "regexp_matches('gate B42', 'B[0-9]+$')",
       "true"},
      {"regexp_replace",
       kString,
       {{"(string, string, string) -> string", RegexReplace}},
       "Replaces each occurrence of a regular expression (RE2); \\1 names its first group",
       "regexp_replace('gate B42', '[0-9]', '#')",
       "gate B##"},
  };
}

}  // namespace larder
