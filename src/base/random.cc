#include "base/random.h"

#include <bit>
#include <random>

#include "base/check.h"

namespace larder {
namespace {

/// Spreads a seed over the state (SplitMix64), so that near seeds make far generators and no state is all zero.
std::uint64_t NextSplitMix(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) word = NextSplitMix(seed);
}

std::uint64_t Random::Next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::Below(std::uint64_t bound) {
  LARDER_CHECK(bound > 0);
  // The numbers below `first_fair` would make some remainders likelier than others.
  const std::uint64_t first_fair = (~bound + 1) % bound;
  std::uint64_t bits = Next();
  while (bits < first_fair) bits = Next();
  return bits % bound;
}

std::int64_t Random::Between(std::int64_t least, std::int64_t greatest) {
  LARDER_CHECK(least <= greatest);
  const std::uint64_t span = static_cast<std::uint64_t>(greatest) - static_cast<std::uint64_t>(least);
  const std::uint64_t offset = span == max() ? Next() : Below(span + 1);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(least) + offset);
}

double Random::Fraction() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

std::uint64_t SeedFromSystem() {
  std::random_device device;
  const std::uint64_t high = device();
  return high << 32 | device();
}

}  // namespace larder
