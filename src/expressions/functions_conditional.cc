// Choices between values.
#include <cmath>

#include "expressions/functions_by_group.h"
#include "expressions/kernel.h"

namespace larder {
namespace {

struct Greater {
  static bool Replaces(double value, double best) {
    // NaN gives way to every number; +0.0 stands above -0.0.
    if (std::isnan(value)) return false;
    if (std::isnan(best)) return true;
    if (value == best) return std::signbit(best) && !std::signbit(value);
    return value > best;
  }
  template <class T>
  static bool Replaces(const T& value, const T& best) {
    return value > best;
  }
};
struct Less {
  static bool Replaces(double value, double best) {
    if (std::isnan(value)) return false;
    if (std::isnan(best)) return true;
    if (value == best) return std::signbit(value) && !std::signbit(best);
    return value < best;
  }
  template <class T>
  static bool Replaces(const T& value, const T& best) {
    return value < best;
  }
};

template <class Choice, class T>
void PickTyped(KernelCall& call) {
  T* out = call.MakeValues<T>();
  for (std::int64_t row = 0; row < call.row_count(); ++row) {
    out[row] = T{};
    bool found = false;
    for (std::size_t i = 0; i < call.argument_count(); ++i) {
      const Vector& argument = call.argument(i);
      if (!argument.IsValid(row)) continue;
      const T value = argument.At<T>(row);
      if (!found || Choice::Replaces(value, out[row])) out[row] = value;
      found = true;
    }
    if (!found) call.SetNull(row);
  }
}

template <class Choice>
void Pick(KernelCall& call) {
  switch (StorageOf(call.result_type())) {
    case Storage::kBool:
      return PickTyped<Choice, std::uint8_t>(call);
    case Storage::kInteger:
      return PickTyped<Choice, std::int64_t>(call);
    case Storage::kFloat:
      return PickTyped<Choice, double>(call);
    case Storage::kText:
      return PickTyped<Choice, std::string_view>(call);
    case Storage::kList:
      LARDER_CHECK(false);
  }
}

// The types that have an order: all but lists.
std::vector<Overload> OrderedOverloads(Kernel kernel) {
  return {{"(int64...) -> int64", kernel},         {"(float64...) -> float64", kernel},  {"(bool...) -> bool", kernel},
          {"(string...) -> string", kernel},       {"(bytes...) -> bytes", kernel},      {"(date...) -> date", kernel},
          {"(timestamp...) -> timestamp", kernel}, {"(duration...) -> duration", kernel}};
}

std::optional<double> ClampFloat(double value, double low, double high) {
  if (!(low <= high)) return std::nullopt;
  return value < low ? low : value > high ? high : value;
}
std::optional<std::int64_t> ClampInteger(std::int64_t value, std::int64_t low, std::int64_t high) {
  if (low > high) return std::nullopt;
  return value < low ? low : value > high ? high : value;
}

}  // namespace

std::vector<FunctionRow> ConditionalFunctions() {
  using enum FunctionGroup;
  return {
      {"if",
       kConditional,
       {{"(bool, T, T) -> T"}},
       "Gives the second value where the condition is true, else the third; a null condition is not true",
       "if(3 > 2, 'late', 'early')",
       "late",
       NullRule::kOwn},
      {"coalesce",
       kConditional,
       {{"(T...) -> T"}},
       "Gives the first value that is not null",
       "coalesce(null, 5)",
       "5",
       NullRule::kOwn},
      {"ifnull",
       kConditional,
       {{"(T, T) -> T"}},
       "Gives the second value where the first is null",
       "ifnull(null, 0.5)",
       "0.5",
       NullRule::kOwn},
      {"nullif",
       kConditional,
       {{"(T, T) -> T"}},
       "Gives null where both are equal, else the first value",
       "10 / nullif(0, 0)",
       "null",
       NullRule::kOwn},
      {"try",
       kConditional,
       {{"(T) -> T"}},
       "Gives null where the expression fails, as on a cast or an overflow",
       "try('abc'::int64)",
       "null",
       NullRule::kOwn},
      {"greatest", kConditional, OrderedOverloads(Pick<Greater>),
       "Gives the greatest value; nulls are skipped, and NaN unless all are NaN", "greatest(3, null, 7)", "7",
       NullRule::kSkip},
      {"least", kConditional, OrderedOverloads(Pick<Less>),
       "Gives the least value; nulls are skipped, and NaN unless all are NaN", "least(3, null, 7)", "3",
       NullRule::kSkip},
      {"clamp",
       kConditional,
       {{"(int64, int64, int64) -> int64", Map<ClampInteger>},
        {"(float64, float64, float64) -> float64", Map<ClampFloat>}},
       "Limits a value to the range from the second to the third; null when the range is empty",
       "clamp(120, 0, 100)",
       "100"},
  };
}

}  // namespace larder
