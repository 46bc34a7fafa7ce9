// Chance that can be replayed: a generator is made from a seed and passed in.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

namespace larder {

/// Generates pseudo-random numbers (xoshiro256**, Blackman and Vigna 2018): the same seed, the same numbers, on every
/// machine. Fits the standard library's algorithms as a generator. Not for secrets. Not thread-safe.
class Random {
 public:
  using result_type = std::uint64_t;  // NOLINT(readability-identifier-naming): the standard's name

  explicit Random(std::uint64_t seed);

  static constexpr std::uint64_t min() { return 0; }  // NOLINT(readability-identifier-naming): the standard's name
  static constexpr std::uint64_t max() {              // NOLINT(readability-identifier-naming): the standard's name
    return std::numeric_limits<std::uint64_t>::max();
  }
  std::uint64_t operator()() { return Next(); }

  /// Returns 64 random bits.
  std::uint64_t Next();
  /// Returns a number from 0 to `bound` - 1, each as likely. `bound` must not be 0.
  std::uint64_t Below(std::uint64_t bound);
  /// Returns a number from `least` to `greatest`, both included, each as likely.
  std::int64_t Between(std::int64_t least, std::int64_t greatest);
  /// Returns a number from 0 to below 1.
  double Fraction();
  /// Returns true once in `n` times. `n` must not be 0.
  bool OneIn(std::uint64_t n) { return Below(n) == 0; }

 private:
  std::array<std::uint64_t, 4> state_;
};

/// Returns a seed from the operating system, for runs that need not be replayed.
std::uint64_t SeedFromSystem();

}  // namespace larder
