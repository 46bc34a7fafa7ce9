// Which keys a load asks for: evenly, or few of them often; and now and then one that does not exist.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "base/status.h"

namespace larder {

/// Says how keys are drawn.
struct KeyChoiceOptions {
  std::int64_t key_count = 1;  ///< 1 to KeyChoice::kMaxKeys
  double zipf_exponent = 0;    ///< 0: all alike; else key of rank r with a weight of r^-exponent
  double miss_share = 0;       ///< 0 to 1: how many of the keys shall not exist
};

/// Draws keys by number: 0 to key_count - 1 exist, key_count to 2 key_count - 1 do not. Neighbours in rank are no
/// neighbours in number. Costs a few tens of ns a key. Safe to share between threads: the chance is passed in.
class KeyChoice {
 public:
  static constexpr std::int64_t kMaxKeys = 4'000'000'000;

  /// Checks the options. Fails with kUsage.
  static Result<KeyChoice> Of(const KeyChoiceOptions& options);

  std::int64_t Next(Random& random) const;
  std::int64_t key_count() const { return options_.key_count; }

 private:
  explicit KeyChoice(const KeyChoiceOptions& options);
  std::int64_t ZipfRank(Random& random) const;
  double Integral(double x) const;
  double IntegralInverse(double y) const;
  double Weight(double x) const;

  KeyChoiceOptions options_;
  // Of rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone discrete
  // distributions", 1996).
  double integral_begin_ = 0;
  double integral_end_ = 0;
  double sure_distance_ = 0;
};

}  // namespace larder
