#include "expressions/function_reference.h"

#include <array>

#include "expressions/function_table.h"

namespace larder {
namespace {

constexpr std::string_view kIntroduction = R"(# Functions and operators

<!-- Written from the function table; change src/expressions/functions_*.cc instead. -->

One language everywhere: derived columns, `where`, `deleted`, `of`, on-demand features. The same code computes it
offline and online. Every example on this page is run as a test.

- Literals: `1`, `1.5`, `'text'` (a quote inside is doubled), `true`, `false`, `null`, `timestamp '2015-01-01T12:00:00Z'`,
  `date '2015-01-01'`, `[1, 2]`. Text literals also stand for dates and timestamps where one is needed.
- Columns: `distance`, `view.feature`, `"any name"`. Names are case-sensitive; keywords and functions are not.
- Precedence, loosest first: `or`; `and`; `not`; `= <> < <= > >=`, `is [not] null | true | false`, `[not] in (...)`,
  `[not] between a and b`, `[not] like`; `||`; `+ -`; `* / // %`; unary `-`; `x::type` and `x[1]`.
- `case when c then a ... else b end`, `case x when v then a ... end`, `cast(x as type)`. What a case, `if`, `coalesce`,
  `and` or `or` does not need cannot fail.
- Types: an integer with an integer gives int64, anything with a float gives float64. float64 also stands for float32 and
  integers below, timestamp also for date, list<float64> also for lists of other numbers. A `duration` lives inside
  expressions only.
- Nulls: a null argument gives null unless the function says otherwise. Division by zero and arguments outside a
  function's domain give null. NaN is a value: it is equal to nothing, itself included.
- Errors: an integer overflow, a cast or a text that does not fit is an error that names the row; `try(x)` gives null.
)";

std::string_view GroupTitle(FunctionGroup group) {
  constexpr std::array<std::string_view, 8> kTitles = {
      "Operators", "Choices",         "Numbers",           "Texts",
      "Durations", "Dates and times", "Lists and vectors", "Hashes and buckets"};
  return kTitles[static_cast<std::size_t>(group)];
}

std::string_view NullText(NullRule rule) {
  switch (rule) {
    case NullRule::kPropagate:
      return "null";
    case NullRule::kSkip:
      return "skipped";
    case NullRule::kOwn:
      return "as said";
  }
  return "";
}

std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c;
  }
  return cell;
}

std::string Signatures(const FunctionRow& row) {
  std::string text;
  for (const Overload& overload : row.overloads) {
    if (!text.empty()) text += "<br>";
    text += "`" + Cell(overload.signature) + "`";
  }
  return text;
}

std::string RowText(const FunctionRow& row) {
  return "| `" + Cell(row.name) + "` | " + Signatures(row) + " | " + std::string(NullText(row.nulls)) + " | " +
         Cell(row.documentation) + " | `" + Cell(row.example) + "` | `" + Cell(row.expected) + "` |\n";
}

}  // namespace

std::string FunctionReference() {
  std::string text(kIntroduction);
  for (int group = 0; group <= static_cast<int>(FunctionGroup::kHash); ++group) {
    text += "\n## " + std::string(GroupTitle(static_cast<FunctionGroup>(group))) + "\n\n";
    text += "| name | takes and gives | nulls | does | example | gives |\n| --- | --- | --- | --- | --- | --- |\n";
    for (const FunctionRow& row : FunctionTable()) {
      if (row.group == static_cast<FunctionGroup>(group)) text += RowText(row);
    }
  }
  return text;
}

}  // namespace larder
