// What two numbers of each event have to do with each other: covariance, correlation; and a value with its time.
#include <algorithm>
#include <cmath>

#include "aggregates/aggregate_families.h"
#include "exact/exact_sum.h"

namespace larder {
namespace {

using enum AggregateFunction;

// Holds exact sums of x, y, x * x, x * y and y * y.
class PairSums {
 public:
  void Put(const FiniteParts& x, const FiniteParts& y, bool removes) {
    count_ += removes ? -1 : 1;
    PutOne(x, removes, x_);
    PutOne(y, removes, y_);
    xx_.Put({x, x}, removes);
    xy_.Put({x, y}, removes);
    yy_.Put({y, y}, removes);
  }
  void Encode(std::string& out) {
    AppendVarint(static_cast<std::uint64_t>(count_), out);
    x_.Encode(out);
    y_.Encode(out);
    xx_.Encode(out);
    xy_.Encode(out);
    yy_.Encode(out);
  }
  bool Merge(ByteReader& reader) {
    return MergeCount(reader, count_) && x_.Merge(reader) && y_.Merge(reader) && xx_.Merge(reader) &&
           xy_.Merge(reader) && yy_.Merge(reader);
  }

  std::int64_t count() const { return count_; }
  // Each n * n times the moment.
  WideNumber CrossSpread() { return WideNumber::Of(count_) * xy_.Sum() - x_.Value() * y_.Value(); }
  WideNumber SpreadOfX() { return WideNumber::Of(count_) * xx_.Sum() - x_.Value() * x_.Value(); }
  WideNumber SpreadOfY() { return WideNumber::Of(count_) * yy_.Sum() - y_.Value() * y_.Value(); }

 private:
  using Sum = FixedPoint<70, -34>;

  static void PutOne(const FiniteParts& parts, bool removes, Sum& sum) {
    sum.Add(parts.mantissa, parts.exponent, parts.is_negative != removes);
  }

  std::int64_t count_ = 0;
  Sum x_;
  Sum y_;
  ExactProducts<2> xx_;
  ExactProducts<2> xy_;
  ExactProducts<2> yy_;
};

double Correlation(PairSums& sums) {
  const WideNumber::Scaled cross = sums.CrossSpread().ToScaled();
  const WideNumber::Scaled x = sums.SpreadOfX().ToScaled();
  const WideNumber::Scaled y = sums.SpreadOfY().ToScaled();
  // Exponents are multiples of 32.
  const double quotient = std::ldexp(cross.mantissa / std::sqrt(x.mantissa * y.mantissa),
                                     static_cast<int>(cross.exponent - (x.exponent + y.exponent) / 2));
  return std::clamp(quotient, -1.0, 1.0);
}

double Slope(PairSums& sums) {
  const WideNumber::Scaled rise = (WideNumber::Of(1'000'000) * sums.CrossSpread()).ToScaled();
  const WideNumber::Scaled run = sums.SpreadOfX().ToScaled();
  return std::ldexp(rise.mantissa / run.mantissa, static_cast<int>(rise.exponent - run.exponent));
}

class PairState final : public AggregateState {
 public:
  // Over time: x is the event time, y the only input. Else x and y are the inputs.
  explicit PairState(bool is_over_time) : is_over_time_(is_over_time) {}

  void Clear() override {
    sums_ = PairSums();
    not_finite_count_ = 0;
  }
  Status Add(const StateEvent& event) override {
    Put(event, false);
    return Status();
  }
  bool Remove(const StateEvent& event) override {
    Put(event, true);
    return true;
  }
  void Encode(std::string& out) override {
    AppendVarint(static_cast<std::uint64_t>(not_finite_count_), out);
    sums_.Encode(out);
  }
  bool Merge(ByteReader& reader) override { return MergeCount(reader, not_finite_count_) && sums_.Merge(reader); }

  Status Finish(const StateResult& to) override {
    const AggregateFunction function = to.aggregate->function();
    const std::int64_t n = sums_.count();
    if (n + not_finite_count_ < 2) {
      to.result->SetNull(to.row);
    } else if (not_finite_count_ > 0) {
      to.result->SetFloat(to.row, ResultNan());
    } else if (function == kCovar) {
      to.result->SetFloat(to.row, sums_.CrossSpread().RoundedQuotient(static_cast<std::uint64_t>(n),
                                                                      static_cast<std::uint64_t>(n - 1)));
    } else if (sums_.SpreadOfX().is_zero() || (function == kCorr && sums_.SpreadOfY().is_zero())) {
      to.result->SetNull(to.row);
    } else {
      to.result->SetFloat(to.row, function == kCorr ? Correlation(sums_) : Slope(sums_));
    }
    return Status();
  }

 private:
  static bool IsFiniteAt(const StateEvent& event, std::size_t input) {
    return StorageOf(event.inputs[input]->type) != Storage::kFloat || IsFinite(event.Input<double>(input));
  }
  static FiniteParts PartsAt(const StateEvent& event, std::size_t input) {
    if (StorageOf(event.inputs[input]->type) == Storage::kFloat) return PartsOf(event.Input<double>(input));
    return PartsOf(event.Input<std::int64_t>(input));
  }

  void Put(const StateEvent& event, bool removes) {
    const std::size_t y = is_over_time_ ? 0 : 1;
    if (!IsFiniteAt(event, 0) || !IsFiniteAt(event, y)) {
      not_finite_count_ += removes ? -1 : 1;
      return;
    }
    sums_.Put(is_over_time_ ? PartsOf(event.time_us) : PartsAt(event, 0), PartsAt(event, y), removes);
  }

  bool is_over_time_;
  std::int64_t not_finite_count_ = 0;
  PairSums sums_;
};

}  // namespace

std::vector<AggregateRow> PairAggregates() {
  const std::vector<AggregateInput> pair = {{"of", InputTypes::kNumber}, {"with", InputTypes::kNumber}};
  return {
      {kCovar,
       "covar",
       AggregateFamily::kPairs,
       true,
       pair,
       {},
       ResultRule::kFloat64,
       "Gives the covariance of a sample, exact and rounded once, of events where both are there; null for one",
       "gives NaN, as infinities do",
       "null",
       "covar of [1, 2, 3] with [2, 4, 6]",
       "2.0"},
      {kCorr,
       "corr",
       AggregateFamily::kPairs,
       true,
       pair,
       {},
       ResultRule::kFloat64,
       "Gives the correlation (Pearson) of events where both are there; null for one event or equal values",
       "gives NaN, as infinities do",
       "null",
       "corr of [1, 2, 3] with [2, 4, 6]",
       "1.0"},
      {kSlope,
       "slope",
       AggregateFamily::kTrends,
       true,
       {{"of", InputTypes::kNumber}},
       {},
       ResultRule::kFloat64,
       "Gives the slope of the values over time by least squares, per second; null when all times are equal",
       "gives NaN, as infinities do",
       "null",
       "slope of [1, 3, 5]",
       "2.0"},
  };
}

std::unique_ptr<AggregateState> MakePairState(bool is_over_time) { return std::make_unique<PairState>(is_over_time); }

}  // namespace larder
