// Functions of numbers.
#include <cmath>
#include <limits>
#include <numbers>

#include "expressions/functions_by_group.h"
#include "expressions/kernel.h"

namespace larder {
namespace {

Outcome<std::int64_t> AbsInteger(std::int64_t x) {
  if (x == std::numeric_limits<std::int64_t>::min()) return kIntegerOverflow;
  return x < 0 ? -x : x;
}
double AbsFloat(double x) { return std::fabs(x); }
std::int64_t SignInteger(std::int64_t x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
double SignFloat(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
std::int64_t SameInteger(std::int64_t x) { return x; }
double RoundFloat(double x) { return std::round(x); }
double FloorFloat(double x) { return std::floor(x); }
double CeilFloat(double x) { return std::ceil(x); }
double TruncFloat(double x) { return std::trunc(x); }

constexpr std::int64_t kMaxDigits = 22;  // the greatest power of ten that float64 holds exactly

double PowerOfTen(std::int64_t digits) {
  double power = 1;
  for (std::int64_t i = 0; i < digits; ++i) power *= 10;
  return power;
}

// Rounds |x| to a multiple of 1 / scale, halves away from zero, judged on the exact product.
double RoundedToFraction(double magnitude, double scale) {
  const double product = magnitude * scale;
  // From here on x has no digits beyond those asked for.
  if (product >= 4503599627370496.0) return magnitude;
  const double rest = std::fma(magnitude, scale, -product);
  const double whole = std::floor(product);
  const double fraction = product - whole;
  const bool up = fraction > 0.5 || (fraction == 0.5 && rest >= 0);
  // A product that was rounded up to a whole number lies just below it, which rounds to it all the same.
  return (up ? whole + 1 : whole) / scale;
}

std::optional<double> RoundDigits(double x, std::int64_t digits) {
  if (!std::isfinite(x)) return x;
  if (digits > kMaxDigits) return x;
  if (digits < -kMaxDigits) return std::nullopt;
  if (digits >= 0) return std::copysign(RoundedToFraction(std::fabs(x), PowerOfTen(digits)), x);
  const double unit = PowerOfTen(-digits);
  const double rest = std::fmod(std::fabs(x), unit);
  return std::copysign(std::fabs(x) - rest + (rest * 2 >= unit ? unit : 0), x);
}

std::optional<double> Sqrt(double x) { return x < 0 ? std::nullopt : std::optional(std::sqrt(x)); }
double Cbrt(double x) {
  const double root = std::cbrt(x);
  // The library's root of a cube may be off by its last bit; one step of Newton's makes it whole.
  const double refined = root - (root * root * root - x) / (3 * root * root);
  return std::isfinite(refined) && x != 0 ? refined : root;
}
double Exp(double x) { return std::exp(x); }
double ExpMinusOne(double x) { return std::expm1(x); }
std::optional<double> Ln(double x) { return x <= 0 ? std::nullopt : std::optional(std::log(x)); }
std::optional<double> LnOnePlus(double x) { return x <= -1 ? std::nullopt : std::optional(std::log1p(x)); }
std::optional<double> Log2(double x) { return x <= 0 ? std::nullopt : std::optional(std::log2(x)); }
std::optional<double> Log10(double x) { return x <= 0 ? std::nullopt : std::optional(std::log10(x)); }
std::optional<double> Pow(double x, double y) {
  if (x == 0 && y < 0) return std::nullopt;
  if (x < 0 && std::isfinite(x) && std::isfinite(y) && y != std::trunc(y)) return std::nullopt;
  return std::pow(x, y);
}
std::optional<double> Sin(double x) { return std::isinf(x) ? std::nullopt : std::optional(std::sin(x)); }
std::optional<double> Cos(double x) { return std::isinf(x) ? std::nullopt : std::optional(std::cos(x)); }
std::optional<double> Tan(double x) { return std::isinf(x) ? std::nullopt : std::optional(std::tan(x)); }
std::optional<double> Asin(double x) { return std::fabs(x) > 1 ? std::nullopt : std::optional(std::asin(x)); }
std::optional<double> Acos(double x) { return std::fabs(x) > 1 ? std::nullopt : std::optional(std::acos(x)); }
double Atan(double x) { return std::atan(x); }
double Atan2(double y, double x) { return std::atan2(y, x); }
double Sinh(double x) { return std::sinh(x); }
double Cosh(double x) { return std::cosh(x); }
double Tanh(double x) { return std::tanh(x); }
double Degrees(double x) { return x * (180 / std::numbers::pi); }
double Radians(double x) { return x * (std::numbers::pi / 180); }
double Sigmoid(double x) {
  // Two forms, so that neither overflows.
  if (x >= 0) return 1 / (1 + std::exp(-x));
  const double power = std::exp(x);
  return power / (1 + power);
}
bool IsNan(double x) { return std::isnan(x); }
bool IsFinite(double x) { return std::isfinite(x); }
bool IsInfinite(double x) { return std::isinf(x); }

double CycleAngle(double x, double period) { return std::fmod(x, period) / period * (2 * std::numbers::pi); }
std::optional<double> CycleSin(double x, double period) {
  if (!(period > 0) || std::isinf(period) || std::isinf(x)) return std::nullopt;
  return std::sin(CycleAngle(x, period));
}
std::optional<double> CycleCos(double x, double period) {
  if (!(period > 0) || std::isinf(period) || std::isinf(x)) return std::nullopt;
  return std::cos(CycleAngle(x, period));
}

constexpr double kEarthRadiusKm = 6371.0088;  // the mean radius of WGS 84

std::optional<double> Haversine(double latitude1, double longitude1, double latitude2, double longitude2) {
  if (std::fabs(latitude1) > 90 || std::fabs(latitude2) > 90) return std::nullopt;
  if (std::isinf(longitude1) || std::isinf(longitude2)) return std::nullopt;
  const double half_height = std::sin(Radians(latitude2 - latitude1) / 2);
  const double half_width = std::sin(Radians(longitude2 - longitude1) / 2);
  const double across = std::cos(Radians(latitude1)) * std::cos(Radians(latitude2)) * half_width * half_width;
  const double chord = half_height * half_height + across;
  // Rounding may carry opposite points just beyond 1; NaN stays.
  return 2 * kEarthRadiusKm * std::asin(std::sqrt(chord > 1 ? 1 : chord));
}

std::vector<Overload> OfFloat(Kernel kernel) { return {{"(float64) -> float64", kernel}}; }
std::vector<Overload> OfFloats(Kernel kernel) { return {{"(float64, float64) -> float64", kernel}}; }
std::vector<Overload> WholeOrFloat(Kernel kernel) {
  return {{"(int64) -> int64", Map<SameInteger>}, {"(float64) -> float64", kernel}};
}
std::vector<Overload> FloatTest(Kernel kernel) { return {{"(float64) -> bool", kernel}}; }

std::vector<FunctionRow> Rounding() {
  using enum FunctionGroup;
  std::vector<Overload> round = WholeOrFloat(Map<RoundFloat>);
  round.push_back({"(float64, int64) -> float64", Map<RoundDigits>});
  return {
      {"abs",
       kMath,
       {{"(int64) -> int64", Map<AbsInteger>}, {"(float64) -> float64", Map<AbsFloat>}},
       "Gives the magnitude; an integer overflow is an error",
       "abs(-3)",
       "3"},
      {"sign",
       kMath,
       {{"(int64) -> int64", Map<SignInteger>}, {"(float64) -> float64", Map<SignFloat>}},
       "Gives -1, 0 or 1; zero and NaN stay as they are",
       "sign(-2.5)",
       "-1.0"},
      {"round", kMath, std::move(round),
       "Rounds to a whole number or to digits after the point (negative: before it), halves away from zero",
       "round(2.345, 1)", "2.3"},
      {"floor", kMath, WholeOrFloat(Map<FloorFloat>), "Rounds toward minus infinity", "floor(-1.5)", "-2.0"},
      {"ceil", kMath, WholeOrFloat(Map<CeilFloat>), "Rounds toward plus infinity", "ceil(1.2)", "2.0"},
      {"trunc", kMath, WholeOrFloat(Map<TruncFloat>), "Rounds toward zero", "trunc(-1.7)", "-1.0"},
      {"is_nan", kMath, FloatTest(Map<IsNan>), "Tells whether a float is NaN", "is_nan('nan'::float64)", "true"},
      {"is_finite", kMath, FloatTest(Map<IsFinite>), "Tells whether a float is neither NaN nor infinite",
       "is_finite(1e308 * 10)", "false"},
      {"is_inf", kMath, FloatTest(Map<IsInfinite>), "Tells whether a float is infinite", "is_inf(1e308 * 10)", "true"},
  };
}

std::vector<FunctionRow> Powers() {
  using enum FunctionGroup;
  return {
      {"sqrt", kMath, OfFloat(Map<Sqrt>), "Gives the square root; null below zero", "sqrt(2.25)", "1.5"},
      {"cbrt", kMath, OfFloat(Map<Cbrt>), "Gives the cube root", "cbrt(-27)", "-3.0"},
      {"exp", kMath, OfFloat(Map<Exp>), "Gives e to the power of x", "exp(0)", "1.0"},
      {"expm1", kMath, OfFloat(Map<ExpMinusOne>), "Gives exp(x) - 1, exact near zero", "expm1(0)", "0.0"},
      {"ln", kMath, OfFloat(Map<Ln>), "Gives the natural logarithm; null unless x > 0", "ln(1)", "0.0"},
      {"ln1p", kMath, OfFloat(Map<LnOnePlus>), "Gives ln(1 + x), exact near zero; null unless x > -1", "ln1p(0)",
       "0.0"},
      {"log2", kMath, OfFloat(Map<Log2>), "Gives the logarithm to base 2; null unless x > 0", "log2(8)", "3.0"},
      {"log10", kMath, OfFloat(Map<Log10>), "Gives the logarithm to base 10; null unless x > 0", "log10(1000)", "3.0"},
      {"pow", kMath, OfFloats(Map<Pow>), "Gives x to the power of y; null where that is no real number", "pow(2, 10)",
       "1024.0"},
      {"sigmoid", kMath, OfFloat(Map<Sigmoid>), "Gives 1 / (1 + exp(-x))", "sigmoid(0)", "0.5"},
  };
}

std::vector<FunctionRow> Angles() {
  using enum FunctionGroup;
  return {
      {"sin", kMath, OfFloat(Map<Sin>), "Gives the sine of an angle in radians", "sin(0)", "0.0"},
      {"cos", kMath, OfFloat(Map<Cos>), "Gives the cosine of an angle in radians", "cos(0)", "1.0"},
      {"tan", kMath, OfFloat(Map<Tan>), "Gives the tangent of an angle in radians", "tan(0)", "0.0"},
      {"asin", kMath, OfFloat(Map<Asin>), "Gives the angle of a sine; null outside -1 to 1", "asin(2)", "null"},
      {"acos", kMath, OfFloat(Map<Acos>), "Gives the angle of a cosine; null outside -1 to 1", "acos(1)", "0.0"},
      {"atan", kMath, OfFloat(Map<Atan>), "Gives the angle of a tangent", "atan(0)", "0.0"},
      {"atan2", kMath, OfFloats(Map<Atan2>), "Gives the angle of the point (x, y), given as y, x", "atan2(0, 1)",
       "0.0"},
      {"sinh", kMath, OfFloat(Map<Sinh>), "Gives the hyperbolic sine", "sinh(0)", "0.0"},
      {"cosh", kMath, OfFloat(Map<Cosh>), "Gives the hyperbolic cosine", "cosh(0)", "1.0"},
      {"tanh", kMath, OfFloat(Map<Tanh>), "Gives the hyperbolic tangent", "tanh(0)", "0.0"},
      {"degrees", kMath, OfFloat(Map<Degrees>), "Turns radians into degrees", "degrees(acos(-1))", "180.0"},
      {"radians", kMath, OfFloat(Map<Radians>), "Turns degrees into radians", "round(radians(180), 4)", "3.1416"},
      {"cycle_sin", kMath, OfFloats(Map<CycleSin>),
       "Gives the sine of x on a circle of this period, such as an hour of 24; null unless the period is positive",
       "cycle_sin(6, 24)", "1.0"},
      {"cycle_cos", kMath, OfFloats(Map<CycleCos>),
       "Gives the cosine of x on a circle of this period; null unless the period is positive", "cycle_cos(24, 24)",
       "1.0"},
      {"haversine_km",
       kMath,
       {{"(float64, float64, float64, float64) -> float64", Map<Haversine>}},
       "Gives the great-circle distance in km of two points: latitude, longitude, latitude, longitude in degrees; null "
       "beyond the poles",
       "round(haversine_km(37.6189, -122.375, 40.6397, -73.7789), 0)",
       "4152.0"},
  };
}

}  // namespace

std::vector<FunctionRow> MathFunctions() {
  std::vector<FunctionRow> rows = Rounding();
  for (auto* part : {Powers, Angles}) {
    for (FunctionRow& row : part()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace larder
