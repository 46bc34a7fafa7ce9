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
#include "exact/wide_unsigned.h"

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
        const Int128 value = on_grid.Wide(values[i]);
        sum += static_cast<Sum>(value);
        if constexpr (kHasSquares) square += WideUnsigned::Square(static_cast<UInt128>(value < 0 ? -value : value));
      }
    }
    sums[values.size()] = sum;
    if constexpr (kHasSquares) squares[values.size()] = square;
  }

  Int128 SumOf(std::size_t begin, std::size_t end) const {
    const Sum difference = sums[end] - sums[begin];
    if constexpr (sizeof(Sum) == sizeof(std::int64_t)) return static_cast<std::int64_t>(difference);
    return static_cast<Int128>(difference);
  }

  // Returns (n * sum of squares - square of sum) / divisor, rounded once.
  double VarianceOf(std::size_t begin, std::size_t end, std::uint64_t divisor, int exponent) const {
    const auto count = static_cast<std::uint64_t>(end - begin);
    const Int128 sum = SumOf(begin, end);
    if constexpr (std::is_same_v<Square, WideUnsigned>) {
      const WideUnsigned spread = WideUnsigned::Product(squares[end] - squares[begin], count) -
                                  WideUnsigned::Square(static_cast<UInt128>(sum < 0 ? -sum : sum));
      return spread.RoundedQuotient(divisor, 2 * exponent);
    } else {
      const auto square = static_cast<Int128>(static_cast<Square>(squares[end] - squares[begin]));
      return RoundedQuotient(static_cast<Int128>(count) * square - sum * sum, divisor, 2 * exponent);
    }
  }

  std::int64_t bytes() const {
    return static_cast<std::int64_t>(sizeof(Sum) * sums.capacity() + sizeof(Square) * squares.capacity());
  }
};

// Calls `give(range, begin, end)` for each range with enough values, and sets null for the others.
template <class Give>
Status ForEachRange(const KernelFunction& function, const CountedEvents& events, Give give) {
  const auto least = static_cast<std::size_t>(LeastCount(function.aggregate->function()));
  for (const EventRange& range : function.ranges) {
    const auto begin = static_cast<std::size_t>(events.Place(range.begin));
    const auto end = static_cast<std::size_t>(events.Place(range.end));
    if (end - begin < least) {
      function.result->SetNull(range.row);
    } else if (!give(range, begin, end)) {
      return SumOverflow();
    }
  }
  return Status();
}

// Holds a sum of 63 bits at most: most sums are.
template <class Totals>
Status GiveNarrowSums(const KernelFunction& function, const CountedEvents& events, const Totals& totals, int exponent) {
  ResultColumn& result = *function.result;
  const auto sum_of = [&](std::size_t begin, std::size_t end) {
    return static_cast<std::int64_t>(totals.sums[end] - totals.sums[begin]);
  };
  if (function.aggregate->type().is_integer()) {
    return ForEachRange(function, events, [&](const EventRange& range, std::size_t begin, std::size_t end) {
      result.SetInteger(range.row, sum_of(begin, end));
      return true;
    });
  }
  const double scale = std::ldexp(1.0, exponent);
  if (function.aggregate->function() == kSum) {
    return ForEachRange(function, events, [&](const EventRange& range, std::size_t begin, std::size_t end) {
      result.SetFloat(range.row, static_cast<double>(sum_of(begin, end)) * scale);
      return true;
    });
  }
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  return ForEachRange(function, events, [&](const EventRange& range, std::size_t begin, std::size_t end) {
    const std::int64_t sum = sum_of(begin, end);
    const bool is_exact = sum <= kExact && sum >= -kExact;
    result.SetFloat(range.row, is_exact ? static_cast<double>(sum) / static_cast<double>(end - begin) * scale
                                        : RoundedQuotient(sum, end - begin, exponent));
    return true;
  });
}

template <class Totals>
Status GiveTotals(const KernelFunction& function, const CountedEvents& events, const Totals& totals, int exponent) {
  const AggregateFunction kind = function.aggregate->function();
  ResultColumn& result = *function.result;
  if constexpr (sizeof(totals.sums[0]) == sizeof(std::int64_t)) {
    if (kind == kSum || kind == kMean) return GiveNarrowSums(function, events, totals, exponent);
  }
  if (kind == kSum && function.aggregate->type().is_integer()) {
    return ForEachRange(function, events, [&](const EventRange& range, std::size_t begin, std::size_t end) {
      const Int128 sum = totals.SumOf(begin, end);
      result.SetInteger(range.row, static_cast<std::int64_t>(sum));
      return sum <= INT64_MAX && sum >= INT64_MIN;
    });
  }
  if (kind == kSum || kind == kMean) {
    const bool is_mean = kind == kMean;
    return ForEachRange(function, events, [&](const EventRange& range, std::size_t begin, std::size_t end) {
      const std::uint64_t divisor = is_mean ? end - begin : 1;
      result.SetFloat(range.row, RoundedQuotient(totals.SumOf(begin, end), divisor, exponent));
      return true;
    });
  }
  if constexpr (Totals::kHasSquares) {
    const bool is_sample = IsSample(kind);
    const bool is_deviation = IsDeviation(kind);
    return ForEachRange(function, events, [&](const EventRange& range, std::size_t begin, std::size_t end) {
      const std::uint64_t count = end - begin;
      const double variance = totals.VarianceOf(begin, end, count * (is_sample ? count - 1 : count), exponent);
      result.SetFloat(range.row, is_deviation ? std::sqrt(variance) : variance);
      return true;
    });
  }
  return Status();
}

// Sums of doubles that are exact, because all of them have few bits.
Status GiveDoubles(const KernelFunction& function, const CountedEvents& events, const std::vector<double>& totals) {
  ResultColumn& result = *function.result;
  if (function.aggregate->function() == kSum) {
    return ForEachRange(function, events, [&](const EventRange& range, std::size_t begin, std::size_t end) {
      result.SetFloat(range.row, totals[end] - totals[begin]);
      return true;
    });
  }
  return ForEachRange(function, events, [&](const EventRange& range, std::size_t begin, std::size_t end) {
    result.SetFloat(range.row, (totals[end] - totals[begin]) / static_cast<double>(end - begin));
    return true;
  });
}

class MomentKernel final : public WindowKernel {
 public:
  explicit MomentKernel(bool needs_squares) : needs_squares_(needs_squares), sliding_(needs_squares) {}

  Status Evaluate(const KernelInput& input) override {
    const Vector& values = input.events->inputs[0];
    const auto count = static_cast<std::size_t>(input.events->count);
    if (StorageOf(values.type) == Storage::kInteger) {
      const std::span integers(values.Values<std::int64_t>(), count);
      return EvaluateOnGrid(input, integers, FindGrid(integers));
    }
    const std::span floats(values.Values<double>(), count);
    if (!needs_squares_ && FillDoubles(floats)) return GiveAllDoubles(input);
    const ValueGrid grid = FindGrid(floats);
    if (grid.is_fine && grid.bits > 0) usual_exponent_ = std::min(usual_exponent_, grid.exponent);
    return EvaluateOnGrid(input, floats, grid);
  }

  std::int64_t scratch_bytes() const override {
    return static_cast<std::int64_t>(sizeof(double) * doubles_.capacity()) + narrow_.bytes() + wide_.bytes() +
           narrow_squares_.bytes() + wide_squares_.bytes() + widest_squares_.bytes();
  }

 private:
  // Sums the values up as doubles; tells whether every sum is exact: the values lie on the grid that runs before this
  // had, and are small. The check runs beside the additions, which wait for one another.
  bool FillDoubles(std::span<const double> values) {
    // Adding and taking away 1.5 * 2^52 rounds to whole numbers: what stays as it is was one.
    constexpr double kRounder = 0x1.8p52;
    const double scale = std::ldexp(1.0, -usual_exponent_);
    doubles_.resize(values.size() + 1);
    double total = 0;
    double greatest = 0;
    bool is_off = false;
    for (std::size_t i = 0; i < values.size(); ++i) {
      doubles_[i] = total;
      total += values[i];
      const double scaled = values[i] * scale;
      const double magnitude = std::fabs(scaled);
      greatest = magnitude > greatest ? magnitude : greatest;
      is_off |= (scaled + kRounder) - kRounder != scaled;
    }
    doubles_[values.size()] = total;
    if (is_off) return false;
    if (greatest * static_cast<double>(values.size()) <= kMaxExactDouble) return true;
    // The grid of another run was finer than is good.
    usual_exponent_ = kCoarsestExponent;
    return false;
  }

  template <class T>
  Status EvaluateOnGrid(const KernelInput& input, std::span<const T> values, const ValueGrid& grid) {
    const int count_bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(LongestRange(input))));
    const int sum_bits = grid.bits + count_bits;
    const int square_bits = sum_bits + grid.bits;
    if (!grid.is_fine || count_bits >= kMaxCountBits || sum_bits >= 126) return Slide(input, values);
    if (!needs_squares_ && sum_bits < 63) return EvaluateTotals(input, values, grid, narrow_);
    if (!needs_squares_) return EvaluateTotals(input, values, grid, wide_);
    // Count * squares and the square of the sum, and their difference.
    if (2 * sum_bits >= 126) return EvaluateTotals(input, values, grid, widest_squares_);
    if (square_bits < 63) return EvaluateTotals(input, values, grid, narrow_squares_);
    return EvaluateTotals(input, values, grid, wide_squares_);
  }

  static std::int64_t LongestRange(const KernelInput& input) {
    std::int64_t longest = 1;
    for (std::size_t i = 0; i < input.functions.size(); ++i) {
      if (i > 0 && input.functions[i].window == input.functions[i - 1].window) continue;
      for (const EventRange& range : input.functions[i].ranges) {
        longest = std::max(longest, input.events->Place(range.end) - input.events->Place(range.begin));
      }
    }
    return longest;
  }

  template <class T, class Totals>
  static Status EvaluateTotals(const KernelInput& input, std::span<const T> values, const ValueGrid& grid,
                               Totals& totals) {
    totals.Fill(values, grid);
    for (const KernelFunction& function : input.functions) {
      LARDER_RETURN_IF_ERROR(GiveTotals(function, *input.events, totals, grid.exponent));
    }
    return Status();
  }

  Status GiveAllDoubles(const KernelInput& input) const {
    for (const KernelFunction& function : input.functions) {
      LARDER_RETURN_IF_ERROR(GiveDoubles(function, *input.events, doubles_));
    }
    return Status();
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
  static constexpr int kCoarsestExponent = 0;
  static constexpr double kMaxExactDouble = 0x1p53;

  bool needs_squares_;
  int usual_exponent_ = kCoarsestExponent;
  std::vector<double> doubles_;
  PowerSums sliding_;
  RunningTotals<std::uint64_t, NoTotal> narrow_;
  RunningTotals<UInt128, NoTotal> wide_;
  RunningTotals<std::uint64_t, std::uint64_t> narrow_squares_;
  RunningTotals<std::uint64_t, UInt128> wide_squares_;
  RunningTotals<UInt128, WideUnsigned> widest_squares_;
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
