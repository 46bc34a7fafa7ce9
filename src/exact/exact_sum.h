// Sums of doubles without rounding: the same bits whatever the order, and values can be taken out again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/coding.h"
#include "exact/wide_number.h"

namespace larder {

/// Holds a fixed-point number wide enough for every finite double (or every product of two), and counts what is not
/// finite. Adding is two or three integer additions; carries wait (after R. M. Neal, "Fast exact summation using small
/// and large superaccumulators", 2015, section 2). A group: what was added can be subtracted, in any order, and equal
/// multisets give equal finishes. Plain value, not thread-safe.
template <std::size_t kChunkCount, int kScale>
class FixedPoint {
 public:
  /// Adds sign * mantissa * 2^exponent; `exponent` is at least 32 * kScale.
  void Add(std::uint64_t mantissa, int exponent, bool is_negative);
  /// Adds every chunk of another.
  void Merge(const FixedPoint& other);
  /// Takes every chunk of another out.
  void Remove(const FixedPoint& other);

  /// Returns the exact value. Passes waiting carries on first: the value stays.
  WideNumber Value();

  /// Appends what Merge(reader) reads, short for numbers of few bits; equal values give equal bytes.
  void Encode(std::string& out);
  /// Adds an encoded value; false when the bytes cannot be one, and then this value is undefined.
  bool Merge(ByteReader& reader);

 private:
  void Normalize();
  void CountWaiting(std::uint32_t count);

  // Chunk i counts 2^(32 * (kScale + i)). Additions put less than 2^33 into a chunk, so 2^29 of them can wait.
  static constexpr std::uint32_t kMaxWaiting = 1U << 29;

  std::array<std::int64_t, kChunkCount> chunks_{};
  std::uint32_t waiting_ = 0;
};

/// The most events that a stored state may tell of: hostile counts do not overflow.
inline constexpr std::int64_t kMaxStateEvents = std::int64_t{1} << 40;

/// Adds an encoded count (a varint) to `count`; false when either is beyond kMaxStateEvents.
bool MergeCount(ByteReader& reader, std::int64_t& count);

/// Counts values that no fixed-point number holds.
struct NotFinite {
  std::int64_t nan_count = 0;
  std::int64_t positive_count = 0;  ///< +infinity
  std::int64_t negative_count = 0;  ///< -infinity

  bool any() const { return nan_count != 0 || positive_count != 0 || negative_count != 0; }
  /// Returns what IEEE 754 makes of a sum with them: NaN (of one bit pattern) or an infinity. `any()` must hold.
  double Sum() const;
};

/// Returns the one NaN that results have.
double ResultNan();

/// Holds a finite number as sign * mantissa * 2^exponent.
struct FiniteParts {
  std::uint64_t mantissa = 0;
  int exponent = 0;
  bool is_negative = false;
};

/// Tells whether a double is neither NaN nor infinite.
bool IsFinite(double value);
/// Returns the parts of a finite double, or of an integer.
FiniteParts PartsOf(double value);
FiniteParts PartsOf(std::int64_t value);

/// Holds the exact sum of doubles and integers.
class ExactSum {
 public:
  void Add(double value) { Put(value, 1); }
  void Add(std::int64_t value) { Put(value, 1); }
  /// Adds or takes out (direction -1) either.
  void Put(double value, int direction);
  void Put(std::int64_t value, int direction);
  /// Takes out a value that was added.
  void Remove(double value) { Put(value, -1); }
  void Remove(std::int64_t value) { Put(value, -1); }
  void Merge(const ExactSum& other);
  void Remove(const ExactSum& other);

  std::int64_t count() const { return count_; }
  const NotFinite& not_finite() const { return not_finite_; }
  /// Returns the sum of the finite values.
  WideNumber FiniteSum() { return sum_.Value(); }

  /// Returns the exact sum rounded once to the nearest double, ties to even; +0.0 when it is zero. NaN when one value
  /// was NaN or both infinities occur; beyond the largest double an infinity.
  double Sum();
  /// Returns the exact sum divided by the count, rounded once; NaN without values.
  double Mean();

  /// Appends what Merge(reader) reads; equal sums give equal bytes.
  void Encode(std::string& out);
  /// Adds an encoded sum; false when the bytes cannot be one, and then this sum is undefined.
  bool Merge(ByteReader& reader);

 private:
  FixedPoint<70, -34> sum_;
  NotFinite not_finite_;
  std::int64_t count_ = 0;
};

/// Holds the exact sum of products of `kFactors` finite numbers each: of x * x for variances, of x * y for covariances,
/// of third and fourth powers for skew and kurtosis.
template <std::size_t kFactors>
class ExactProducts {
 public:
  using Factors = std::array<FiniteParts, kFactors>;

  /// Adds a product, or takes out one that was added.
  void Put(const Factors& factors, bool removes);
  void Merge(const ExactProducts& other) { sum_.Merge(other.sum_); }
  void Remove(const ExactProducts& other) { sum_.Remove(other.sum_); }

  /// Returns the exact sum.
  WideNumber Sum() { return sum_.Value(); }

  /// Appends what Merge(reader) reads; equal sums give equal bytes.
  void Encode(std::string& out) { sum_.Encode(out); }
  /// Adds an encoded sum; false when the bytes cannot be one, and then this sum is undefined.
  bool Merge(ByteReader& reader) { return sum_.Merge(reader); }

 private:
  // What one factor needs: 70 chunks from 2^(-34 * 32) on.
  FixedPoint<70 * kFactors, -34 * static_cast<int>(kFactors)> sum_;
};

/// Says what a variance is divided by.
enum class VarianceOf : std::uint8_t {
  kPopulation,  ///< n * n
  kSample,      ///< n * (n - 1)
};

/// Holds what mean, variance and standard deviation are made of.
class ExactMoments {
 public:
  /// Adds a double or an integer.
  template <class T>
  void Add(T value) {
    Put(value, 1);
  }
  /// Takes out a value that was added.
  template <class T>
  void Remove(T value) {
    Put(value, -1);
  }
  void Merge(const ExactMoments& other);
  void Remove(const ExactMoments& other);

  std::int64_t count() const { return sum_.count(); }
  ExactSum& sum() { return sum_; }
  ExactProducts<2>& squares() { return squares_; }

  /// Returns (n * sum of squares - square of sum) / (n * n or n * (n - 1)), exact and rounded once; NaN when a value is
  /// not finite. Needs at least one value, of a sample two.
  double Variance(VarianceOf of);
  /// Returns the square root of that, rounded.
  double StandardDeviation(VarianceOf of);

 private:
  void Put(double value, int direction);
  void Put(std::int64_t value, int direction);

  ExactSum sum_;
  ExactProducts<2> squares_;
};

}  // namespace larder
