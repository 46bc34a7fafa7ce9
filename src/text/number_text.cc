#include "text/number_text.h"

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

/// Writes the digits d.ddd x 10^exponent without an exponent.
void AppendPlain(std::string_view digits, int exponent, std::string& out) {
  if (exponent < 0) {
    out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
    return;
  }
  const std::size_t whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    out.append(digits).append(whole - digits.size(), '0').append(".0");
    return;
  }
  out.append(digits.substr(0, whole)).push_back('.');
  out.append(digits.substr(whole));
}

template <class T>
void AppendFloat(T value, std::string& out) {
  if (std::isnan(value)) {
    out.append("nan");
    return;
  }
  if (std::isinf(value)) {
    out.append(value < 0 ? "-inf" : "inf");
    return;
  }
  std::array<char, 32> buffer;  // a sign, 17 digits, a point, an exponent of five
  const char* const end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t mark = text.rfind('e');
  const bool is_negative_exponent = text[mark + 1] == '-';
  int exponent = 0;
  std::from_chars(text.data() + mark + 2, end, exponent);
  if (is_negative_exponent) exponent = -exponent;
  if (exponent < kLeastPlainExponent || exponent > kGreatestPlainExponent) {
    out.append(text);
    return;
  }
  if (text.front() == '-') out.push_back('-');
  std::array<char, 20> digits;
  std::size_t digit_count = 0;
  for (const char character : text.substr(0, mark)) {
    if (character >= '0' && character <= '9') digits[digit_count++] = character;
  }
  AppendPlain(std::string_view(digits.data(), digit_count), exponent, out);
}

template <class T>
void AppendWhole(T value, std::string& out) {
  std::array<char, 20> buffer;
  const char* const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

}  // namespace

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
