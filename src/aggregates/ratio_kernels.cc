// A sum by another, and a sum or a count by the length of the window.
#include <cmath>

#include "aggregates/aggregate_families.h"
#include "exact/exact_sum.h"

namespace larder {
namespace {

void PutInput(const StateEvent& event, std::size_t input, int direction, ExactSum& sum) {
  if (StorageOf(event.inputs[input]->type) == Storage::kInteger) {
    sum.Put(event.Input<std::int64_t>(input), direction);
  } else {
    sum.Put(event.Input<double>(input), direction);
  }
}

double Quotient(ExactSum& above, ExactSum& below) {
  if (above.not_finite().any() || below.not_finite().any()) {
    const double quotient = above.Sum() / below.Sum();
    return std::isnan(quotient) ? ResultNan() : quotient;
  }
  const WideNumber::Scaled top = above.FiniteSum().ToScaled();
  const WideNumber::Scaled base = below.FiniteSum().ToScaled();
  const auto exponent = static_cast<int>(top.exponent - base.exponent);
  // Zero has one sign.
  return top.mantissa == 0 ? 0.0 : std::ldexp(top.mantissa / base.mantissa, exponent);
}

class RatioState final : public AggregateState {
 public:
  void Clear() override { above_ = below_ = ExactSum(); }
  Status Add(const StateEvent& event) override {
    PutInput(event, 0, 1, above_);
    PutInput(event, 1, 1, below_);
    return Status();
  }
  bool Remove(const StateEvent& event) override {
    PutInput(event, 0, -1, above_);
    PutInput(event, 1, -1, below_);
    return true;
  }
  void Encode(std::string& out) override {
    above_.Encode(out);
    below_.Encode(out);
  }
  bool Merge(ByteReader& reader) override { return above_.Merge(reader) && below_.Merge(reader); }
  Status Finish(const StateResult& to) override {
    const bool is_zero = !below_.not_finite().any() && below_.FiniteSum().is_zero();
    if (above_.count() == 0 || is_zero) {
      to.result->SetNull(to.row);
    } else {
      to.result->SetFloat(to.row, Quotient(above_, below_));
    }
    return Status();
  }

 private:
  ExactSum above_;
  ExactSum below_;
};

class RateState final : public AggregateState {
 public:
  explicit RateState(bool has_input) : has_input_(has_input) {}

  void Clear() override { sum_ = ExactSum(); }
  Status Add(const StateEvent& event) override {
    Put(event, 1);
    return Status();
  }
  bool Remove(const StateEvent& event) override {
    Put(event, -1);
    return true;
  }
  void Encode(std::string& out) override { sum_.Encode(out); }
  bool Merge(ByteReader& reader) override { return sum_.Merge(reader); }
  Status Finish(const StateResult& to) override {
    if (has_input_ && sum_.count() == 0) {
      to.result->SetNull(to.row);
    } else if (sum_.not_finite().any()) {
      to.result->SetFloat(to.row, sum_.Sum());
    } else {
      const auto window_us = static_cast<std::uint64_t>(to.aggregate->options().window_us);
      to.result->SetFloat(to.row, (WideNumber::Of(1'000'000) * sum_.FiniteSum()).RoundedQuotient(window_us, 1));
    }
    return Status();
  }

 private:
  void Put(const StateEvent& event, int direction) {
    has_input_ ? PutInput(event, 0, direction, sum_) : sum_.Put(std::int64_t{1}, direction);
  }

  bool has_input_;
  ExactSum sum_;
};

}  // namespace

std::vector<AggregateRow> RatioAggregates() {
  using enum AggregateFunction;
  return {
      {kRatio,
       "ratio",
       AggregateFamily::kRatios,
       true,
       {{"of", InputTypes::kNumber}, {"over", InputTypes::kNumber}},
       {},
       ResultRule::kFloat64,
       "Gives the exact sum of `of` by the exact sum of `over`, of events where both are there; each sum is rounded "
       "once before; null when the sum below is 0",
       "gives NaN",
       "null",
       "ratio of [1, 0, 1] over [1, 1, 2]",
       "0.5"},
      {kRate,
       "rate",
       AggregateFamily::kRates,
       true,
       {{"of", InputTypes::kNumber, true}},
       {},
       ResultRule::kFloat64,
       "Gives the exact sum, without `of` the count of rows, per second of the window's length, rounded once; not for "
       "windows without a length; without rows the count's rate is 0.0",
       "gives NaN",
       "null",
       "rate of [1, 2, 2]",
       "0.5"},
  };
}

std::unique_ptr<AggregateState> MakeRatioState() { return std::make_unique<RatioState>(); }
std::unique_ptr<AggregateState> MakeRateState(bool has_input) { return std::make_unique<RateState>(has_input); }

}  // namespace larder
