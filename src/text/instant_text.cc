#include "text/instant_text.h"

#include <cstdio>

namespace larder {
namespace {

template <int digit_count>
char* WriteDigits(std::int64_t number, char* out) {
  for (int i = digit_count - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return out + digit_count;
}

}  // namespace

char* WriteDate(const CivilMoment& moment, char* out) {
  if (moment.year >= 0 && moment.year <= 9999) {
    out = WriteDigits<4>(moment.year, out);
  } else {
    out += std::snprintf(out, kMaxInstantChars / 2, "%04lld", static_cast<long long>(moment.year));
  }
  *out++ = '-';
  out = WriteDigits<2>(moment.month, out);
  *out++ = '-';
  return WriteDigits<2>(moment.day, out);
}

char* WriteInstant(const CivilMoment& moment, bool always_micros, char* out) {
  constexpr std::int64_t kMicros = 1'000'000;
  const std::int64_t second = moment.us_of_day / kMicros;
  const std::int64_t fraction_us = moment.us_of_day % kMicros;
  out = WriteDate(moment, out);
  *out++ = 'T';
  out = WriteDigits<2>(second / 3600, out);
  *out++ = ':';
  out = WriteDigits<2>(second / 60 % 60, out);
  *out++ = ':';
  out = WriteDigits<2>(second % 60, out);
  if (always_micros || fraction_us != 0) {
    *out++ = '.';
    out = WriteDigits<6>(fraction_us, out);
  }
  *out++ = 'Z';
  return out;
}

}  // namespace larder
