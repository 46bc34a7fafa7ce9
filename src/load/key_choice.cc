#include "load/key_choice.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace larder {
namespace {

// A prime above kMaxKeys / 2, so that it has no factor in common with a count of keys but itself.
constexpr std::uint64_t kStride = 2'654'435'761;

}  // namespace

Result<KeyChoice> KeyChoice::Of(const KeyChoiceOptions& options) {
  if (options.key_count < 1 || options.key_count > kMaxKeys) {
    return Status(Reason::kUsage, "cannot choose among " + std::to_string(options.key_count) + " keys",
                  "give from 1 to " + std::to_string(kMaxKeys));
  }
  const bool is_exponent = options.zipf_exponent >= 0 && options.zipf_exponent <= 10;
  if (!is_exponent) {
    return Status(Reason::kUsage, "no exponent of zipf: " + std::to_string(options.zipf_exponent),
                  "give a number above 0 and up to 10, such as 0.99");
  }
  const bool is_share = options.miss_share >= 0 && options.miss_share <= 1;
  if (!is_share) {
    return Status(Reason::kUsage, "no share of misses: " + std::to_string(options.miss_share),
                  "give a number from 0 to 1, such as 0.1");
  }
  return KeyChoice(options);
}

KeyChoice::KeyChoice(const KeyChoiceOptions& options) : options_(options) {
  if (options_.zipf_exponent == 0) return;
  integral_begin_ = Integral(1.5) - 1;
  integral_end_ = Integral(static_cast<double>(options_.key_count) + 0.5);
  sure_distance_ = 2 - IntegralInverse(Integral(2.5) - Weight(2));
}

std::int64_t KeyChoice::Next(Random& random) const {
  const auto key_count = static_cast<std::uint64_t>(options_.key_count);
  if (options_.miss_share > 0 && random.Fraction() < options_.miss_share) {
    return static_cast<std::int64_t>(key_count + random.Below(key_count));
  }
  if (options_.zipf_exponent == 0) return static_cast<std::int64_t>(random.Below(key_count));
  const auto rank = static_cast<std::uint64_t>(ZipfRank(random) - 1);
  if (key_count % kStride == 0) return static_cast<std::int64_t>(rank);
  return static_cast<std::int64_t>(rank * kStride % key_count);
}

std::int64_t KeyChoice::ZipfRank(Random& random) const {
  const auto greatest = static_cast<double>(options_.key_count);
  while (true) {  // ends with a probability above 2/3 each time
    const double y = integral_end_ + random.Fraction() * (integral_begin_ - integral_end_);
    const double x = IntegralInverse(y);
    const double rank = std::clamp(std::round(x), 1.0, greatest);
    if (rank - x <= sure_distance_ || y >= Integral(rank + 0.5) - Weight(rank)) return static_cast<std::int64_t>(rank);
  }
}

double KeyChoice::Integral(double x) const {
  const double power = 1 - options_.zipf_exponent;
  return power == 0 ? std::log(x) : std::expm1(power * std::log(x)) / power;
}

double KeyChoice::IntegralInverse(double y) const {
  const double power = 1 - options_.zipf_exponent;
  return power == 0 ? std::exp(y) : std::exp(std::log1p(std::max(power * y, -1.0)) / power);
}

double KeyChoice::Weight(double x) const { return std::pow(x, -options_.zipf_exponent); }

}  // namespace larder
