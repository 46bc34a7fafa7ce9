// Sum, mean, variance and standard deviation: exact sums, rounded once.
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "aggregates/aggregate_families.h"
#include "exact/exact_sum.h"
#include "exact/rounded_quotient.h"
#include "exact/value_grid.h"

namespace larder {
namespace {

using enum AggregateFunction;

Status SumOverflow() {
  return Status(Reason::kValueOutOfRange, "a sum of integers does not fit into int64",
                "sum floats instead (x::float64)");
}

bool NeedsSquares(AggregateFunction function) {
  return function == kVarPop || function == kVarSamp || function == kStdPop || function == kStdSamp;
}
bool AnyNeedsSquares(std::span<const BoundAggregate* const> functions) {
  return std::any_of(functions.begin(), functions.end(),
                     [](const BoundAggregate* aggregate) { return NeedsSquares(aggregate->function()); });
}
bool IsSample(AggregateFunction function) { return function == kVarSamp || function == kStdSamp; }
bool IsDeviation(AggregateFunction function) { return function == kStdPop || function == kStdSamp; }
// Fewer values than this give null.
std::int64_t LeastCount(AggregateFunction function) { return IsSample(function) ? 2 : 1; }

// Holds sums of any range: what states are, and what windows over values without a common grid slide.
class PowerSums {
 public:
  explicit PowerSums(bool has_squares) : has_squares_(has_squares) {}

  bool has_squares() const { return has_squares_; }
  void Clear() { moments_ = ExactMoments(); }
  template <class T>
  void Add(T value) {
    has_squares_ ? moments_.Add(value) : moments_.sum().Add(value);
  }
  template <class T>
  void Remove(T value) {
    has_squares_ ? moments_.Remove(value) : moments_.sum().Remove(value);
  }
  void Encode(std::string& out) {
    moments_.sum().Encode(out);
    if (has_squares_) moments_.squares().Encode(out);
  }
  bool Merge(ByteReader& reader) {
    return moments_.sum().Merge(reader) && (!has_squares_ || moments_.squares().Merge(reader));
  }

  Status Finish(const BoundAggregate& aggregate, ResultColumn& result, std::int64_t row) {
    const AggregateFunction function = aggregate.function();
    if (moments_.count() < LeastCount(function)) {
      result.SetNull(row);
    } else if (function == kSum && aggregate.type().is_integer()) {
      const std::optional<std::int64_t> sum = moments_.sum().FiniteSum().ToInteger();
      if (!sum) return SumOverflow();
      result.SetInteger(row, *sum);
    } else {
      result.SetFloat(row, FloatOf(function));
    }
    return Status();
  }

 private:
  double FloatOf(AggregateFunction function) {
    if (function == kSum) return moments_.sum().Sum();
    if (function == kMean) return moments_.sum().Mean();
    const VarianceOf of = IsSample(function) ? VarianceOf::kSample : VarianceOf::kPopulation;
    return IsDeviation(function) ? moments_.StandardDeviation(of) : moments_.Variance(of);
  }

  ExactMoments moments_;
  bool has_squares_;
};

// Stands for sums that are not kept.
struct NoTotal {};

// Holds, for each place in the run, the sums of all values before it, in units of the grid. They may wrap: the
// difference of two is right when the window's own sum fits.
template <class Sum, class Square>
struct RunningTotals {
  std::vector<Sum> sums;
  std::vector<Square> squares;
  static constexpr bool kHasSquares = !std::is_same_v<Square, NoTotal>;

  template <class T>
  void Fill(std::span<const T> values, const ValueGrid& grid) {
    const GridValues on_grid(grid);
    sums.resize(values.size() + 1);
    if constexpr (kHasSquares) squares.resize(values.size() + 1);
    Sum sum = 0;
    [[maybe_unused]] Square square{};
    for (std::size_t i = 0; i < values.size(); ++i) {
      sums[i] = sum;
      if constexpr (kHasSquares) squares[i] = square;
      if constexpr (sizeof(Sum) == sizeof(std::int64_t)) {
        const std::int64_t value = on_grid.Narrow(values[i]);
        sum += static_cast<Sum>(value);
        if constexpr (kHasSquares)
          square += static_cast<Square>(static_cast<Square>(value) * static_cast<Square>(value));
      } else {
        sum += static_cast<Sum>(on_grid.Wide(values[i]));
      }
    }
    sums[values.size()] = sum;
    if constexpr (kHasSquares) squares[values.size()] = square;
  }

  std::int64_t bytes() const {
    return static_cast<std::int64_t>(sizeof(Sum) * sums.capacity() + sizeof(Square) * squares.capacity());
  }
};

template <class Unsigned>
Int128 SignedOf(Unsigned difference) {
  if constexpr (sizeof(Unsigned) == sizeof(std::int64_t)) return static_cast<std::int64_t>(difference);
  return static_cast<Int128>(difference);
}

// Holds one window's exact sums in units of a grid.
struct GridMoments {
  std::int64_t count = 0;
  Int128 sum = 0;
  Int128 squares = 0;
  int exponent = 0;

  Status Finish(const BoundAggregate& aggregate, ResultColumn& result, std::int64_t row) const {
    const AggregateFunction function = aggregate.function();
    if (count < LeastCount(function)) {
      result.SetNull(row);
    } else if (function == kSum && aggregate.type().is_integer()) {
      if (sum > INT64_MAX || sum < INT64_MIN) return SumOverflow();
      result.SetInteger(row, static_cast<std::int64_t>(sum));
    } else if (function == kSum) {
      result.SetFloat(row, RoundedQuotient(sum, 1, exponent));
    } else if (function == kMean) {
      result.SetFloat(row, RoundedQuotient(sum, static_cast<std::uint64_t>(count), exponent));
    } else {
      const Int128 spread = count * squares - sum * sum;
      const auto divisor = static_cast<std::uint64_t>(count * (IsSample(function) ? count - 1 : count));
      const double variance = RoundedQuotient(spread, divisor, 2 * exponent);
      result.SetFloat(row, IsDeviation(function) ? std::sqrt(variance) : variance);
    }
    return Status();
  }
};

class MomentKernel final : public WindowKernel {
 public:
  explicit MomentKernel(bool needs_squares) : needs_squares_(needs_squares), sliding_(needs_squares) {}

  Status Evaluate(const KernelInput& input) override {
    const Vector& values = input.events->inputs[0];
    const auto count = static_cast<std::size_t>(input.events->count);
    if (StorageOf(values.type) == Storage::kInteger) {
      return EvaluateValues(input, std::span(values.Values<std::int64_t>(), count));
    }
    return EvaluateValues(input, std::span(values.Values<double>(), count));
  }

  std::int64_t scratch_bytes() const override {
    return narrow_.bytes() + wide_.bytes() + narrow_squares_.bytes() + wide_squares_.bytes();
  }

 private:
  template <class T>
  Status EvaluateValues(const KernelInput& input, std::span<const T> values) {
    const ValueGrid grid = FindGrid(values);
    const int count_bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(LongestRange(input))));
    const int sum_bits = grid.bits + count_bits;
    const int square_bits = sum_bits + grid.bits;
    if (!grid.is_fine || count_bits >= kMaxCountBits) return Slide(input, values);
    if (!needs_squares_) {
      if (sum_bits < 63) return EvaluateTotals(input, values, grid, narrow_);
      return sum_bits < 127 ? EvaluateTotals(input, values, grid, wide_) : Slide(input, values);
    }
    // Count * squares and the square of the sum, and their difference.
    if (2 * sum_bits >= 126) return Slide(input, values);
    if (square_bits < 63) return EvaluateTotals(input, values, grid, narrow_squares_);
    return EvaluateTotals(input, values, grid, wide_squares_);
  }

  static std::int64_t LongestRange(const KernelInput& input) {
    std::int64_t longest = 1;
    for (const KernelFunction& function : input.functions) {
      for (const EventRange& range : function.ranges) {
        longest = std::max(longest, input.events->Place(range.end) - input.events->Place(range.begin));
      }
    }
    return longest;
  }

  template <class T, class Totals>
  Status EvaluateTotals(const KernelInput& input, std::span<const T> values, const ValueGrid& grid, Totals& totals) {
    totals.Fill(values, grid);
    return ForEachWindow(input, [&](std::span<const KernelFunction> functions) {
      for (std::size_t i = 0; i < functions[0].ranges.size(); ++i) {
        const EventRange& range = functions[0].ranges[i];
        const auto begin = static_cast<std::size_t>(input.events->Place(range.begin));
        const auto end = static_cast<std::size_t>(input.events->Place(range.end));
        GridMoments moments{static_cast<std::int64_t>(end - begin), SignedOf(totals.sums[end] - totals.sums[begin]), 0,
                            grid.exponent};
        if constexpr (Totals::kHasSquares) moments.squares = SignedOf(totals.squares[end] - totals.squares[begin]);
        for (const KernelFunction& function : functions) {
          LARDER_RETURN_IF_ERROR(moments.Finish(*function.aggregate, *function.result, range.row));
        }
      }
      return Status();
    });
  }

  template <class T>
  Status Slide(const KernelInput& input, std::span<const T> values) {
    return ForEachWindow(input, [&](std::span<const KernelFunction> functions) {
      sliding_.Clear();
      std::size_t first = 0;
      std::size_t last = 0;
      for (const EventRange& range : functions[0].ranges) {
        const auto begin = static_cast<std::size_t>(input.events->Place(range.begin));
        const auto end = static_cast<std::size_t>(input.events->Place(range.end));
        if (begin >= last) {
          sliding_.Clear();
          first = last = begin;
        }
        for (; last < end; ++last) sliding_.Add(values[last]);
        for (; first < begin; ++first) sliding_.Remove(values[first]);
        for (const KernelFunction& function : functions) {
          LARDER_RETURN_IF_ERROR(sliding_.Finish(*function.aggregate, *function.result, range.row));
        }
      }
      return Status();
    });
  }

  static constexpr int kMaxCountBits = 32;  // the square of a count fits into 64 bits

  bool needs_squares_;
  PowerSums sliding_;
  RunningTotals<std::uint64_t, NoTotal> narrow_;
  RunningTotals<UInt128, NoTotal> wide_;
  RunningTotals<std::uint64_t, std::uint64_t> narrow_squares_;
  RunningTotals<std::uint64_t, UInt128> wide_squares_;
};

class MomentState final : public AggregateState {
 public:
  explicit MomentState(bool has_squares) : sums_(has_squares) {}

  void Clear() override { sums_.Clear(); }
  Status Add(const StateEvent& event) override {
    IsInteger(event) ? sums_.Add(event.Input<std::int64_t>()) : sums_.Add(event.Input<double>());
    return Status();
  }
  bool Remove(const StateEvent& event) override {
    IsInteger(event) ? sums_.Remove(event.Input<std::int64_t>()) : sums_.Remove(event.Input<double>());
    return true;
  }
  void Encode(std::string& out) override { sums_.Encode(out); }
  bool Merge(ByteReader& reader) override { return sums_.Merge(reader); }
  Status Finish(const StateResult& to) override { return sums_.Finish(*to.aggregate, *to.result, to.row); }

 private:
  static bool IsInteger(const StateEvent& event) { return StorageOf(event.inputs[0]->type) == Storage::kInteger; }

  PowerSums sums_;
};

}  // namespace

std::vector<AggregateRow> MomentAggregates() {
  const auto row = [](AggregateFunction function, std::string_view name, std::string_view documentation) {
    AggregateRow made{function, name, AggregateFamily::kMoments};
    made.inputs = {{"of", InputTypes::kNumber}};
    made.documentation = documentation;
    made.nan = "gives NaN";
    made.empty = "null";
    return made;
  };
  std::vector<AggregateRow> rows = {
      row(kSum, "sum", "Gives the exact sum, rounded once; an integer sum beyond int64 is an error"),
      row(kMean, "mean", "Gives the exact sum by the count, rounded once"),
      row(kVarPop, "var_pop", "Gives the variance of a population, exact and rounded once"),
      row(kVarSamp, "var_samp", "Gives the variance of a sample, exact and rounded once; null for one value"),
      row(kStdPop, "std_pop", "Gives the square root of `var_pop`, which is rounded before"),
      row(kStdSamp, "std_samp", "Gives the square root of `var_samp`, which is rounded before; null for one value"),
  };
  rows[0].result = ResultRule::kWidest;
  constexpr std::pair<std::string_view, std::string_view> kExamples[] = {
      {"sum of [1e16, 1.0, -1e16]", "1.0"}, {"mean of [1, 2, 4, 5]", "3.0"}, {"var_pop of [1, 2, 3, 4]", "1.25"},
      {"var_samp of [1, 2, 3]", "1.0"},     {"std_pop of [1, 3]", "1.0"},    {"std_samp of [1, 2, 3]", "1.0"},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) std::tie(rows[i].example, rows[i].expected) = kExamples[i];
  return rows;
}

std::unique_ptr<WindowKernel> MakeMomentKernel(std::span<const BoundAggregate* const> functions) {
  return std::make_unique<MomentKernel>(AnyNeedsSquares(functions));
}
std::unique_ptr<AggregateState> MakeMomentState(std::span<const BoundAggregate* const> functions) {
  return std::make_unique<MomentState>(AnyNeedsSquares(functions));
}

}  // namespace larder
