// Operators: arithmetic, comparison, text.
#include <cmath>
#include <compare>
#include <functional>

#include "expressions/functions_by_group.h"
#include "expressions/functions_duration.h"
#include "expressions/kernel.h"

namespace larder {
namespace {

Outcome<std::int64_t> AddIntegers(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return kIntegerOverflow;
  return sum;
}
Outcome<std::int64_t> SubtractIntegers(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) return kIntegerOverflow;
  return difference;
}
Outcome<std::int64_t> MultiplyIntegers(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return kIntegerOverflow;
  return product;
}
Outcome<std::int64_t> NegateInteger(std::int64_t a) { return SubtractIntegers(0, a); }

Outcome<std::int64_t> FloorDivideIntegers(std::int64_t a, std::int64_t b) {
  if (b == 0) return std::nullopt;
  if (b == -1) return NegateInteger(a);
  const std::int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}
std::optional<std::int64_t> FloorModuloIntegers(std::int64_t a, std::int64_t b) {
  if (b == 0) return std::nullopt;
  if (b == -1) return 0;
  const std::int64_t remainder = a % b;
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

double AddFloats(double a, double b) { return a + b; }
double SubtractFloats(double a, double b) { return a - b; }
double MultiplyFloats(double a, double b) { return a * b; }
double NegateFloat(double a) { return -a; }
std::optional<double> DivideFloats(double a, double b) {
  if (b == 0) return std::nullopt;
  return a / b;
}
struct FloorDivision {
  double quotient = 0;
  double remainder = 0;
};
// Divides finite a by b, not zero, rounding toward minus infinity; the remainder has the sign of b.
FloorDivision DivideToFloor(double a, double b) {
  double remainder = std::fmod(a, b);
  double quotient = (a - remainder) / b;
  if (remainder == 0) {
    remainder = std::copysign(0.0, b);
  } else if ((remainder < 0) != (b < 0)) {
    remainder += b;
    quotient -= 1;
  }
  if (quotient == 0) return {std::copysign(0.0, a / b), remainder};
  // The quotient is whole up to the rounding of the steps before.
  const double floored = std::floor(quotient);
  return {quotient - floored > 0.5 ? floored + 1 : floored, remainder};
}
std::optional<double> FloorModuloFloats(double a, double b) {
  if (b == 0 || std::isinf(a)) return std::nullopt;
  return DivideToFloor(a, b).remainder;
}
std::optional<double> FloorDivideFloats(double a, double b) {
  if (b == 0) return std::nullopt;
  return std::isinf(a) ? a / b : DivideToFloor(a, b).quotient;
}

Outcome<std::int64_t> ScaleDuration(std::int64_t duration_us, double factor) {
  return RoundedProduct(factor, duration_us);
}
Outcome<std::int64_t> ScaledDuration(double factor, std::int64_t duration_us) {
  return RoundedProduct(factor, duration_us);
}
Outcome<std::int64_t> DivideDuration(std::int64_t duration_us, double divisor) {
  if (divisor == 0 || std::isnan(divisor)) return std::nullopt;
  return RoundedInteger(static_cast<double>(duration_us) / divisor);
}
std::optional<double> DivideDurations(std::int64_t a, std::int64_t b) {
  if (b == 0) return std::nullopt;
  return static_cast<double>(a) / static_cast<double>(b);
}

std::partial_ordering Order(std::int64_t a, double b) {
  // 2^63 is the first float beyond int64.
  constexpr double kEnd = 9223372036854775808.0;
  if (std::isnan(b)) return std::partial_ordering::unordered;
  if (b >= kEnd) return std::partial_ordering::less;
  if (b < -kEnd) return std::partial_ordering::greater;
  const double whole = std::trunc(b);
  const auto truncated = static_cast<std::int64_t>(whole);
  if (a != truncated) return a <=> truncated;
  return whole <=> b;
}
std::partial_ordering Order(double a, std::int64_t b) { return 0 <=> Order(b, a); }

// Comparisons of one type use its own operator, which loops well; an integer and a float are compared exactly.
template <class Test, class A, class B>
bool Compare(A a, B b) {
  if constexpr (std::is_same_v<A, B>) {
    return Test()(a, b);
  } else {
    const std::partial_ordering order = Order(a, b);
    if (order == std::partial_ordering::unordered) return std::is_same_v<Test, std::not_equal_to<>>;
    return Test()(order < 0 ? -1 : order > 0 ? 1 : 0, 0);
  }
}

template <class Test>
std::vector<Overload> ComparisonOverloads() {
  constexpr Kernel kIntegers = Map<Compare<Test, std::int64_t, std::int64_t>>;
  constexpr Kernel kTexts = Map<Compare<Test, std::string_view, std::string_view>>;
  return {{"(int64, int64) -> bool", kIntegers},
          {"(int64, float64) -> bool", Map<Compare<Test, std::int64_t, double>>},
          {"(float64, int64) -> bool", Map<Compare<Test, double, std::int64_t>>},
          {"(float64, float64) -> bool", Map<Compare<Test, double, double>>},
          {"(bool, bool) -> bool", Map<Compare<Test, bool, bool>>},
          {"(string, string) -> bool", kTexts},
          {"(bytes, bytes) -> bool", kTexts},
          {"(date, date) -> bool", kIntegers},
          {"(timestamp, timestamp) -> bool", kIntegers},
          {"(duration, duration) -> bool", kIntegers}};
}

bool Not(bool value) { return !value; }

Outcome<bool> Join(std::string& out, std::string_view a, std::string_view b) {
  if (a.size() + b.size() > kMaxTextBytes) return kTextTooLong;
  out.append(a).append(b);
  return true;
}

std::vector<FunctionRow> ArithmeticOperators() {
  constexpr Kernel kAdd = Map<AddIntegers>;
  constexpr Kernel kSubtract = Map<SubtractIntegers>;
  using enum FunctionGroup;
  return {
      {"+",
       kOperator,
       {{"(int64, int64) -> int64", kAdd},
        {"(float64, float64) -> float64", Map<AddFloats>},
        {"(duration, duration) -> duration", kAdd},
        {"(timestamp, duration) -> timestamp", kAdd},
        {"(duration, timestamp) -> timestamp", kAdd}},
       "Adds; an integer overflow is an error",
       "2 + 0.5",
       "2.5"},
      {"-",
       kOperator,
       {{"(int64, int64) -> int64", kSubtract},
        {"(float64, float64) -> float64", Map<SubtractFloats>},
        {"(duration, duration) -> duration", kSubtract},
        {"(timestamp, duration) -> timestamp", kSubtract},
        {"(timestamp, timestamp) -> duration", kSubtract},
        {"(int64) -> int64", Map<NegateInteger>},
        {"(float64) -> float64", Map<NegateFloat>},
        {"(duration) -> duration", Map<NegateInteger>}},
       "Subtracts, or negates one value; the difference of two instants is a duration",
       "(timestamp '2015-01-02' - timestamp '2015-01-01') / hours(1)",
       "24.0"},
      {"*",
       kOperator,
       {{"(int64, int64) -> int64", Map<MultiplyIntegers>},
        {"(float64, float64) -> float64", Map<MultiplyFloats>},
        {"(duration, int64) -> duration", Map<MultiplyIntegers>},
        {"(int64, duration) -> duration", Map<MultiplyIntegers>},
        {"(duration, float64) -> duration", Map<ScaleDuration>},
        {"(float64, duration) -> duration", Map<ScaledDuration>}},
       "Multiplies; an integer overflow is an error",
       "6 * 7",
       "42"},
      {"/",
       kOperator,
       {{"(float64, float64) -> float64", Map<DivideFloats>},
        {"(duration, duration) -> float64", Map<DivideDurations>},
        {"(duration, float64) -> duration", Map<DivideDuration>}},
       "Divides as floats, also integers; null when the divisor is zero",
       "7 / 2",
       "3.5"},
      {"//",
       kOperator,
       {{"(int64, int64) -> int64", Map<FloorDivideIntegers>},
        {"(float64, float64) -> float64", Map<FloorDivideFloats>},
        {"(duration, duration) -> int64", Map<FloorDivideIntegers>}},
       "Divides and rounds toward minus infinity; null when the divisor is zero",
       "-7 // 2",
       "-4"},
      {"%",
       kOperator,
       {{"(int64, int64) -> int64", Map<FloorModuloIntegers>},
        {"(float64, float64) -> float64", Map<FloorModuloFloats>},
        {"(duration, duration) -> duration", Map<FloorModuloIntegers>}},
       "Gives what // leaves, with the sign of the divisor; null when it is zero",
       "-7 % 3",
       "2"},
  };
}

std::vector<FunctionRow> OtherOperators() {
  using enum FunctionGroup;
  return {
      {"=", kOperator, ComparisonOverloads<std::equal_to<>>(),
       "Tells whether both are equal; an integer and a float are compared exactly; NaN equals nothing",
       "9007199254740993 = 9007199254740992.0", "false"},
      {"<>", kOperator, ComparisonOverloads<std::not_equal_to<>>(), "Tells whether both differ", "'a' <> 'b'", "true"},
      {"<", kOperator, ComparisonOverloads<std::less<>>(),
       "Tells whether the left is less; texts are compared byte by byte, false is less than true", "1 < 1.5", "true"},
      {"<=", kOperator, ComparisonOverloads<std::less_equal<>>(), "Tells whether the left is less or equal", "2 <= 2",
       "true"},
      {">", kOperator, ComparisonOverloads<std::greater<>>(), "Tells whether the left is greater",
       "date '2015-01-02' > '2015-01-01'", "true"},
      {">=", kOperator, ComparisonOverloads<std::greater_equal<>>(), "Tells whether the left is greater or equal",
       "1 >= 2", "false"},
      {"not",
       kOperator,
       {{"(bool) -> bool", Map<Not>}},
       "Turns true into false and false into true",
       "not (1 = 2)",
       "true"},
      {"||",
       kOperator,
       {{"(string, string) -> string", MapText<Join>}, {"(bytes, bytes) -> bytes", MapText<Join>}},
       "Joins two texts",
       "'SFO' || '-' || 'JFK'",
       "SFO-JFK"},
  };
}

}  // namespace

std::vector<FunctionRow> OperatorFunctions() {
  std::vector<FunctionRow> rows = ArithmeticOperators();
  for (FunctionRow& row : OtherOperators()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace larder
