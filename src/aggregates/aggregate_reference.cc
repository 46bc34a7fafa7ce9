#include "aggregates/aggregate_reference.h"

#include <algorithm>

#include "aggregates/aggregate_table.h"

namespace larder {
namespace {

constexpr std::string_view kIntroduction = R"(# Aggregates

<!-- Written from the table of aggregates; change src/aggregates/*_kernels.cc instead. -->

What `function` of an aggregation may be. The same code computes it offline and online; every example on this page is run as
a test, by a window and by a tile.

- An aggregate sees the events of one key in a window, those that `where` selects. An event with a null input does not
  count, except for `count` without `of` and `count_null`.
- For the same events and the same moment every result has the same bits, whatever the order of arrival, the tiles, the
  files or the threads. Sums are exact and rounded once. `skew`, `kurtosis`, `corr`, `slope`, `ratio` and `ewma` are
  quotients (with a square root) of exact numbers that are each rounded once before.
- Where the order of events matters it is: event time, created time (null first), event id, encoded values.
- NaN is one value with one bit pattern in results. A result zero of a sum is +0.0. Infinities follow IEEE 754.
- Decays: a weight is 2^(time / half-life). An event's part of it is a double that depends on its event time alone, the
  weighted value is rounded once, and the sums of these are exact, kept for each period of one half-life. So online and
  offline agree in bits at any moment.
- Parameters stand in brackets, `quantile(0.9)`, or as keys, `p: 0.9`. A share is the decimal that is written: 0.9 of 11
  values is the tenth.
- **mergeable**: tiles hold its state, and an online read merges a few. **holistic**: an online read takes the window's
  events, in linear time; a window over the configured number of events is an error, never cut off.
- With `per: column` the result is a map from category to result, as JSON text; `top: n` keeps the greatest. It is needed
  for every category but bool. More than 10,000 categories in a window are an error.
- In the examples an event happens each second from 0 on, the moment asked about is that of the last event, and the window
  is 10 s long.

Types: `number` is int32, int64, float32 or float64; `ordered` all but lists; `vector` list<float32> or list<float64>; `T`
the type of the first input.

| name | takes | gives | kind | does | NaN | no events | example | gives |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
)";

std::string_view TypesText(InputTypes types) {
  switch (types) {
    case InputTypes::kAny:
      return "any";
    case InputTypes::kNumber:
      return "number";
    case InputTypes::kOrdered:
      return "ordered";
    case InputTypes::kBool:
      return "bool";
    case InputTypes::kVector:
      return "vector";
  }
  return "";
}

std::string_view ResultText(ResultRule rule) {
  switch (rule) {
    case ResultRule::kInt64:
      return "int64";
    case ResultRule::kFloat64:
      return "float64";
    case ResultRule::kWidest:
      return "int64 of integers, else float64";
    case ResultRule::kSame:
      return "T";
    case ResultRule::kBool:
      return "bool";
    case ResultRule::kListOfSame:
      return "list<T>";
    case ResultRule::kListOfInt64:
      return "list<int64>";
    case ResultRule::kListOfFloat64:
      return "list<float64>";
  }
  return "";
}

std::string ParameterText(const AggregateParameter& parameter) {
  const std::string name = "`" + std::string(parameter.name) + "`: ";
  const std::string greatest = std::to_string(parameter.greatest);
  switch (parameter.kind) {
    case ParameterKind::kCount:
      return name + "1 to " + greatest;
    case ParameterKind::kPlace:
      return name + "1 to " + greatest + ", or -1 to -" + greatest;
    case ParameterKind::kFraction:
      return name + "0 to 1";
    case ParameterKind::kDuration:
      return name + "a duration";
    case ParameterKind::kEdges:
      return name + "up to " + greatest + " ascending numbers";
  }
  return name;
}

std::string Takes(const AggregateRow& row) {
  std::string text;
  for (const AggregateInput& input : row.inputs) {
    if (!text.empty()) text += "<br>";
    text += "`" + std::string(input.name) + "`: " + std::string(TypesText(input.types));
    if (input.is_optional) text += ", or none";
  }
  for (const AggregateParameter& parameter : row.parameters) text += "<br>" + ParameterText(parameter);
  return text;
}

std::string RowText(const AggregateRow& row) {
  std::string text = "| `" + std::string(row.name) + "` | " + Takes(row) + " | ";
  text += std::string(ResultText(row.result)) + " | " + (row.is_mergeable ? "mergeable" : "holistic") + " | ";
  text += std::string(row.documentation) + " | " + std::string(row.nan) + " | " + std::string(row.empty) + " | ";
  return text + "`" + std::string(row.example) + "` | `" + std::string(row.expected) + "` |\n";
}

}  // namespace

std::string AggregateReference() {
  std::string text(kIntroduction);
  for (const AggregateRow& row : AggregateTable()) text += RowText(row);
  return text;
}

}  // namespace larder
