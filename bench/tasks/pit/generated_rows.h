// The tables of the point-in-time tasks: every value is a function of seed, stream and row number alone, by whole
// numbers and exact floating-point steps only, so that C++ and Python (generated_rows.py) give the same bits and any
// row can be made alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace larder::bench {

enum class KeyDistribution : std::uint8_t {
  kUniform,
  kZipf,  ///< the k-th key has a share in proportion to 1/k
  kHot    ///< key 0 has 10 % of the rows, the others are uniform
};

/// Describes a table. Shares are in thousandths of the rows.
struct TableShape {
  std::uint64_t rows = 0;  ///< at most kSpanUs
  std::uint64_t keys = 1;
  std::uint64_t seed = 0;
  KeyDistribution distribution = KeyDistribution::kUniform;
  bool is_time_sorted = false;  ///< by arrival; a late row stands where it arrived
  std::uint64_t late = 0;       ///< rows whose event is up to two days before their arrival
  std::uint64_t ties = 0;       ///< rows that repeat key and event time of one of the 1,000 rows before
  std::uint64_t nulls = 0;      ///< of each feature; a tenth of it: rows whose key or event time is null
};

/// Gives the values of a table by row number. Thread-safe.
class GeneratedRows {
 public:
  static constexpr std::int64_t kBeginUs = 1'735'689'600'000'000;  ///< 2025-01-01
  static constexpr std::uint64_t kDayUs = 86'400'000'000;
  static constexpr std::uint64_t kSpanUs = 30 * kDayUs;

  explicit GeneratedRows(const TableShape& shape);

  std::optional<std::int64_t> Key(std::uint64_t row) const;
  /// Returns the event time.
  std::optional<std::int64_t> SeenUs(std::uint64_t row) const;
  /// Returns the created time: up to a minute after arrival; of a tenth of the ties that of the row repeated.
  std::int64_t KnownUs(std::uint64_t row) const;
  /// Returns a value in [-2, 2) with 24 random bits.
  std::optional<float> Float32(std::uint64_t feature, std::uint64_t row) const;
  /// Returns a value in [-2, 2) with 53 random bits.
  std::optional<double> Float64(std::uint64_t feature, std::uint64_t row) const;

 private:
  std::uint64_t Hash(std::uint64_t stream, std::uint64_t row) const;
  std::int64_t KeyOf(std::uint64_t row) const;
  std::int64_t ArrivalUs(std::uint64_t row) const;
  std::int64_t SeenUsOf(std::uint64_t row) const;
  std::int64_t KnownUsOf(std::uint64_t row) const;
  bool IsTie(std::uint64_t row) const;
  /// Returns the row that a tie repeats, else the row itself.
  std::uint64_t Repeated(std::uint64_t row) const;
  bool IsNull(std::uint64_t hash) const { return (hash & 1023) * 1000 < shape_.nulls * 1024; }

  const TableShape shape_;
  std::vector<std::uint64_t> zipf_ends_;  // running sums of the keys' weights
};

}  // namespace larder::bench
