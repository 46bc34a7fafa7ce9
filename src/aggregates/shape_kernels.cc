// Skew and kurtosis: from exact sums of powers.
#include <cmath>

#include "aggregates/aggregate_families.h"
#include "exact/exact_sum.h"

namespace larder {
namespace {

using enum AggregateFunction;

std::int64_t LeastCount(AggregateFunction function) { return function == kSkew ? 3 : 4; }

class ShapeState final : public AggregateState {
 public:
  void Clear() override {
    sum_ = ExactSum();
    squares_ = ExactProducts<2>();
    cubes_ = ExactProducts<3>();
    fourths_ = ExactProducts<4>();
  }
  Status Add(const StateEvent& event) override {
    Put(event, 1);
    return Status();
  }
  bool Remove(const StateEvent& event) override {
    Put(event, -1);
    return true;
  }
  void Encode(std::string& out) override {
    sum_.Encode(out);
    squares_.Encode(out);
    cubes_.Encode(out);
    fourths_.Encode(out);
  }
  bool Merge(ByteReader& reader) override {
    return sum_.Merge(reader) && squares_.Merge(reader) && cubes_.Merge(reader) && fourths_.Merge(reader);
  }

  // n^2 times the second central moment is the spread; the powers of n cancel in both quotients.
  Status Finish(const StateResult& to) override {
    const AggregateFunction function = to.aggregate->function();
    const std::int64_t n = sum_.count();
    const bool is_finite = !sum_.not_finite().any();
    const WideNumber count = WideNumber::Of(n);
    const WideNumber sum = sum_.FiniteSum();
    const WideNumber spread = count * squares_.Sum() - sum * sum;
    if (n < LeastCount(function) || (is_finite && spread.is_zero())) {
      to.result->SetNull(to.row);
    } else if (!is_finite) {
      to.result->SetFloat(to.row, ResultNan());
    } else {
      to.result->SetFloat(to.row, function == kSkew ? Skew(count, sum, spread) : Kurtosis(count, sum, spread));
    }
    return Status();
  }

 private:
  void Put(const StateEvent& event, int direction) {
    if (StorageOf(event.inputs[0]->type) == Storage::kInteger) {
      PutValue(event.Input<std::int64_t>(), direction);
    } else {
      PutValue(event.Input<double>(), direction);
    }
  }
  template <class T>
  void PutValue(T value, int direction) {
    sum_.Put(value, direction);
    if constexpr (std::is_same_v<T, double>) {
      if (!IsFinite(value)) return;
    }
    const FiniteParts parts = PartsOf(value);
    squares_.Put({parts, parts}, direction < 0);
    cubes_.Put({parts, parts, parts}, direction < 0);
    fourths_.Put({parts, parts, parts, parts}, direction < 0);
  }

  double Skew(const WideNumber& count, const WideNumber& sum, const WideNumber& spread) {
    const WideNumber third = count * (count * cubes_.Sum()) - WideNumber::Of(3) * (count * (sum * squares_.Sum())) +
                             WideNumber::Of(2) * (sum * (sum * sum));
    const WideNumber::Scaled top = third.ToScaled();
    const WideNumber::Scaled base = spread.ToScaled();
    const double skew = std::ldexp(top.mantissa / (base.mantissa * std::sqrt(base.mantissa)),
                                   static_cast<int>(top.exponent - base.exponent / 2 * 3));
    const auto n = static_cast<double>(sum_.count());
    return skew * std::sqrt(n * (n - 1)) / (n - 2);
  }

  double Kurtosis(const WideNumber& count, const WideNumber& sum, const WideNumber& spread) {
    const WideNumber square = sum * sum;
    const WideNumber fourth =
        count * (count * (count * fourths_.Sum())) - WideNumber::Of(4) * (count * (count * (sum * cubes_.Sum()))) +
        WideNumber::Of(6) * (count * (square * squares_.Sum())) - WideNumber::Of(3) * (square * square);
    // (n - 1) / ((n - 2) (n - 3)) * ((n + 1) * fourth / spread^2 - 3 (n - 1)), over one denominator.
    const std::int64_t n = sum_.count();
    const WideNumber square_spread = spread * spread;
    const WideNumber excess =
        WideNumber::Of(n + 1) * fourth - WideNumber::Of(3) * (WideNumber::Of(n - 1) * square_spread);
    const WideNumber::Scaled top = (WideNumber::Of(n - 1) * excess).ToScaled();
    const WideNumber::Scaled base = (WideNumber::Of(n - 2) * (WideNumber::Of(n - 3) * square_spread)).ToScaled();
    return std::ldexp(top.mantissa / base.mantissa, static_cast<int>(top.exponent - base.exponent));
  }

  ExactSum sum_;
  ExactProducts<2> squares_;
  ExactProducts<3> cubes_;
  ExactProducts<4> fourths_;
};

}  // namespace

std::vector<AggregateRow> ShapeAggregates() {
  const std::vector<AggregateInput> number = {{"of", InputTypes::kNumber}};
  return {
      {kSkew,
       "skew",
       AggregateFamily::kShapes,
       true,
       number,
       {},
       ResultRule::kFloat64,
       "Gives the skewness of a sample (adjusted, G1); null for fewer than 3 values or equal ones",
       "gives NaN",
       "null",
       "skew of [1, 2, 3]",
       "0.0"},
      {kKurtosis,
       "kurtosis",
       AggregateFamily::kShapes,
       true,
       number,
       {},
       ResultRule::kFloat64,
       "Gives the excess kurtosis of a sample (adjusted, G2); null for fewer than 4 values or equal ones",
       "gives NaN",
       "null",
       "kurtosis of [1, 2, 3, 4]",
       "-1.2"},
  };
}

std::unique_ptr<AggregateState> MakeShapeState() { return std::make_unique<ShapeState>(); }

}  // namespace larder
