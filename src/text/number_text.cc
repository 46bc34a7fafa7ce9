#include "text/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace larder {
namespace {

/// Exponents of ten from which numbers are written plainly, and up to which.
constexpr int kLeastPlainExponent = -4;
constexpr int kGreatestPlainExponent = 15;

char* Copy(std::string_view text, char* out) { return std::copy(text.begin(), text.end(), out); }

/// Writes the digits d.ddd x 10^exponent without an exponent.
char* WritePlain(std::string_view digits, int exponent, char* out) {
  if (exponent < 0) {
    out = Copy("0.", out);
    out = std::fill_n(out, -exponent - 1, '0');
    return Copy(digits, out);
  }
  const std::size_t whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    out = Copy(digits, out);
    out = std::fill_n(out, whole - digits.size(), '0');
    return Copy(".0", out);
  }
  out = Copy(digits.substr(0, whole), out);
  *out++ = '.';
  return Copy(digits.substr(whole), out);
}

/// Says which numbers are tried as a whole number over a power of ten: those with at most so many digits in all that
/// no two of them are the same float. Then the one that is the value has the fewest digits, too. Below kWholeBound each
/// whole number is a float of its own.
template <class T>
struct ShortDecimal;
template <>
struct ShortDecimal<double> {
  static constexpr double kBound = 1e11;  // with four decimals: 15 digits
  static constexpr double kWholeBound = 0x1p53;
};
template <>
struct ShortDecimal<float> {
  static constexpr double kBound = 1e2;  // with four decimals: 6 digits
  static constexpr double kWholeBound = 0x1p24;
};

/// Writes a value with at most four decimals; nullptr when it has more, or is too large.
template <class T>
char* WriteShort(T value, char* out) {
  constexpr int kDecimals = 4;
  constexpr double kScale = 1e4;
  const double size = std::abs(static_cast<double>(value));
  if (!(size < ShortDecimal<T>::kBound)) return nullptr;
  const auto scaled = static_cast<std::uint64_t>(size * kScale + 0.5);
  if (static_cast<T>(static_cast<double>(scaled) / kScale) != static_cast<T>(size)) return nullptr;
  if (std::signbit(value)) *out++ = '-';
  constexpr std::uint64_t kUnit = 10'000;
  out = std::to_chars(out, out + kMaxNumberChars, scaled / kUnit).ptr;
  *out++ = '.';
  auto fraction = static_cast<std::uint32_t>(scaled % kUnit);
  for (int i = kDecimals - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + fraction % 10);
    fraction /= 10;
  }
  int kept = kDecimals;
  while (kept > 1 && out[kept - 1] == '0') --kept;
  return out + kept;
}

/// Writes any finite value.
template <class T>
char* WriteShortest(T value, char* out) {
  const double size = std::abs(static_cast<double>(value));
  if (size >= 1e-4 && size < ShortDecimal<T>::kWholeBound) {
    char* const end = std::to_chars(out, out + kMaxNumberChars, value, std::chars_format::fixed).ptr;
    return size == std::trunc(size) ? Copy(".0", end) : end;
  }
  std::array<char, kMaxNumberChars> buffer;  // a sign, 17 digits, a point, an exponent of five
  const char* const end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  const char* begin = buffer.data();
  const char* mark = end - 4;  // an exponent of two digits or three
  if (*mark != 'e') --mark;
  int exponent = 0;
  std::from_chars(mark + 2, end, exponent);
  if (mark[1] == '-') exponent = -exponent;
  if (exponent < kLeastPlainExponent || exponent > kGreatestPlainExponent) return std::copy(begin, end, out);
  if (*begin == '-') *out++ = *begin++;
  std::array<char, 20> digits;
  digits[0] = *begin;
  const std::size_t more = mark - begin > 2 ? static_cast<std::size_t>(mark - begin - 2) : 0;  // after the point
  std::copy_n(begin + 2, more, digits.data() + 1);
  return WritePlain(std::string_view(digits.data(), more + 1), exponent, out);
}

template <class T>
char* WriteFloat(T value, char* out) {
  if (char* const end = WriteShort(value, out)) return end;
  if (std::isnan(value)) return Copy("nan", out);
  if (std::isinf(value)) return Copy(value < 0 ? "-inf" : "inf", out);
  return WriteShortest(value, out);
}

template <class T>
void AppendFloat(T value, std::string& out) {
  std::array<char, kMaxNumberChars> buffer;
  const char* const end = WriteFloat(value, buffer.data());
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

template <class T>
void AppendWhole(T value, std::string& out) {
  std::array<char, 20> buffer;
  const char* const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

}  // namespace

char* WriteFloat64(double value, char* out) { return WriteFloat(value, out); }
char* WriteFloat32(float value, char* out) { return WriteFloat(value, out); }
char* WriteInteger(std::int64_t value, char* out) { return std::to_chars(out, out + kMaxNumberChars, value).ptr; }

void AppendFloat64(double value, std::string& out) { AppendFloat(value, out); }
void AppendFloat32(float value, std::string& out) { AppendFloat(value, out); }
void AppendInteger(std::int64_t value, std::string& out) { AppendWhole(value, out); }
void AppendUnsigned(std::uint64_t value, std::string& out) { AppendWhole(value, out); }

std::string FormatFloat64(double value) {
  std::string text;
  AppendFloat64(value, text);
  return text;
}

std::string FormatFloat32(float value) {
  std::string text;
  AppendFloat32(value, text);
  return text;
}

}  // namespace larder
