#include "aggregates/aggregate_options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/timestamp.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

Status Invalid(const AggregateRow& row, std::string message, std::string hint) {
  return Status(Reason::kInvalidDefinition, std::string(row.name) + ": " + std::move(message), std::move(hint));
}

template <class T>
std::optional<T> NumberOf(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Status ReadCount(const AggregateRow& row, const AggregateParameter& parameter, std::string_view text,
                 AggregateOptions& options) {
  const std::optional<std::int64_t> count = NumberOf<std::int64_t>(text);
  const bool is_place = parameter.kind == ParameterKind::kPlace;
  const std::int64_t least = is_place ? -parameter.greatest : 1;
  if (!count || *count < least || *count > parameter.greatest || *count == 0) {
    return Invalid(row, std::string(parameter.name) + " does not fit: " + std::string(text),
                   "a whole number from " + std::to_string(least) + " to " + std::to_string(parameter.greatest) +
                       (is_place ? ", not 0; below 0 counts from the end" : ""));
  }
  options.count = *count;
  return Status();
}

// Reads a decimal from 0 to 1 without rounding.
std::optional<Fraction> FractionOf(std::string_view text) {
  constexpr std::size_t kMaxDecimals = 9;
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view decimals = text.substr(std::min(point + 1, text.size()));
  if (text.empty() || decimals.size() > kMaxDecimals || text.front() == '-') return std::nullopt;
  const std::optional<std::int64_t> whole = NumberOf<std::int64_t>(point == 0 ? "0" : text.substr(0, point));
  if (!whole || *whole > 1 || (point == 0 && decimals.empty())) return std::nullopt;
  Fraction fraction{*whole, 1};
  for (const char digit : decimals) {
    if (digit < '0' || digit > '9') return std::nullopt;
    fraction.numerator = fraction.numerator * 10 + (digit - '0');
    fraction.denominator *= 10;
  }
  return fraction.numerator > fraction.denominator ? std::nullopt : std::optional(fraction);
}

Status ReadFraction(const AggregateRow& row, const AggregateParameter& parameter, std::string_view text,
                    AggregateOptions& options) {
  const std::optional<Fraction> fraction = FractionOf(text);
  if (!fraction) {
    return Invalid(row, std::string(parameter.name) + " does not fit: " + std::string(text),
                   "a number from 0 to 1, such as 0.95, of at most 9 digits after the point");
  }
  options.share = *fraction;
  return Status();
}

Status ReadHalfLife(const AggregateRow& row, const AggregateParameter& parameter, std::string_view text,
                    AggregateOptions& options) {
  const Result<std::int64_t> duration = ParseDuration(text);
  if (!duration.ok() || *duration <= 0) {
    return Invalid(row, std::string(parameter.name) + " does not fit: " + std::string(text),
                   "a duration of more than 0, such as 12h");
  }
  options.half_life_us = *duration;
  return Status();
}

Status ReadEdges(const AggregateRow& row, const AggregateParameter& parameter, const std::vector<std::string>& texts,
                 AggregateOptions& options) {
  for (const std::string& text : texts) {
    const std::optional<double> edge = NumberOf<double>(text);
    if (!edge || std::isnan(*edge) || (!options.edges.empty() && !(*edge > options.edges.back()))) {
      return Invalid(row, std::string(parameter.name) + " do not fit: " + text,
                     "numbers, each greater than the one before");
    }
    options.edges.push_back(*edge);
  }
  if (texts.empty() || texts.size() > static_cast<std::size_t>(parameter.greatest)) {
    return Invalid(row, std::string(parameter.name) + " do not fit: " + std::to_string(texts.size()) + " of them",
                   "1 to " + std::to_string(parameter.greatest) + " numbers");
  }
  return Status();
}

Status ReadParameter(const AggregateRow& row, const AggregateParameter& parameter,
                     const std::vector<std::string>& texts, AggregateOptions& options) {
  if (parameter.kind == ParameterKind::kEdges) return ReadEdges(row, parameter, texts, options);
  if (texts.size() != 1) {
    return Invalid(row, std::string(parameter.name) + " does not fit: " + std::to_string(texts.size()) + " values",
                   "give one");
  }
  if (parameter.kind == ParameterKind::kFraction) return ReadFraction(row, parameter, texts[0], options);
  if (parameter.kind == ParameterKind::kDuration) return ReadHalfLife(row, parameter, texts[0], options);
  return ReadCount(row, parameter, texts[0], options);
}

// Returns which parameter of the row each one given is.
Result<std::vector<std::optional<std::size_t>>> PlaceParameters(const AggregateRow& row, const AggregateCall& call) {
  std::vector<std::optional<std::size_t>> given(row.parameters.size());
  for (std::size_t i = 0; i < call.parameters.size(); ++i) {
    const std::string& name = call.parameters[i].name;
    const auto found = std::find_if(row.parameters.begin(), row.parameters.end(), [&](const AggregateParameter& known) {
      return name.empty() ? static_cast<std::size_t>(&known - row.parameters.data()) == i : known.name == name;
    });
    if (found == row.parameters.end()) {
      std::vector<std::string_view> names;
      for (const AggregateParameter& known : row.parameters) names.push_back(known.name);
      std::string hint = DidYouMean(name, names);
      if (hint.empty()) hint = names.empty() ? "it takes none" : "it takes " + std::string(names[0]);
      return Invalid(row, name.empty() ? "too many parameters" : "unknown parameter: " + name, std::move(hint));
    }
    std::optional<std::size_t>& place = given[static_cast<std::size_t>(found - row.parameters.begin())];
    if (place) return Invalid(row, std::string(found->name) + " is given twice", "give it once");
    place = i;
  }
  return given;
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

}  // namespace

Result<AggregateOptions> ReadAggregateOptions(const AggregateRow& row, const AggregateCall& call) {
  LARDER_ASSIGN_OR_RETURN(const auto given, PlaceParameters(row, call));
  AggregateOptions options;
  options.window_us = call.window_us.value_or(0);
  for (std::size_t i = 0; i < row.parameters.size(); ++i) {
    const AggregateParameter& parameter = row.parameters[i];
    if (!given[i]) {
      return Invalid(row, std::string(parameter.name) + " is missing",
                     "write " + std::string(row.name) + "(...) or the key " + std::string(parameter.name));
    }
    LARDER_RETURN_IF_ERROR(ReadParameter(row, parameter, call.parameters[*given[i]].values, options));
  }
  return options;
}

Result<AggregateCall> ParseAggregateCall(std::string_view text) {
  AggregateCall call;
  const std::string_view whole = Trimmed(text);
  const std::size_t open = whole.find('(');
  call.name = Trimmed(whole.substr(0, open));
  const bool is_closed = open == std::string_view::npos || whole.back() == ')';
  if (call.name.empty() || !is_closed) {
    return Status(Reason::kInvalidDefinition, "no aggregate: " + std::string(text),
                  "write a name, such as mean, or a name with parameters, such as quantile(0.9)");
  }
  if (open == std::string_view::npos) return call;
  std::string_view rest = whole.substr(open + 1, whole.size() - open - 2);
  ParameterText parameter;
  while (!Trimmed(rest).empty()) {
    const std::size_t comma = rest.find(',');
    parameter.values.emplace_back(Trimmed(rest.substr(0, comma)));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  // No aggregate has two parameters, so what stands between the brackets is one.
  if (!parameter.values.empty()) call.parameters.push_back(std::move(parameter));
  return call;
}

}  // namespace larder
