// Sums and means in which an event weighs half as much after each half-life.
#include <algorithm>
#include <cmath>
#include <deque>

#include "aggregates/aggregate_families.h"
#include "exact/exact_sum.h"

namespace larder {
namespace {

// Events this many half-lives older than the newest (of ewma), or than the moment asked about, weigh nothing.
constexpr std::int64_t kMaxHalfLives = 1024;

// A weight of 2^(time / half-life) is 2^(period + 1) times a double from 1/2 to below 1, rounded once: a pure function
// of the event's time, so that no two ways of adding can differ.
struct Weight {
  std::int64_t period = 0;
  double factor = 0;
};

Weight WeightOf(std::int64_t time_us, std::int64_t half_life_us) {
  std::int64_t rest = time_us % half_life_us;
  std::int64_t period = time_us / half_life_us;
  if (rest < 0) {
    rest += half_life_us;
    --period;
  }
  return {period, std::exp2(static_cast<double>(rest) / static_cast<double>(half_life_us)) / 2};
}

// Holds, for each period of one half-life, the exact sums of weights and of weighted values, each product rounded once.
class DecayState final : public AggregateState {
 public:
  explicit DecayState(std::int64_t half_life_us) : half_life_us_(half_life_us) {}

  void Clear() override {
    periods_.clear();
    count_ = kept_count_ = 0;
  }
  Status Add(const StateEvent& event) override {
    const Weight weight = WeightOf(event.time_us, half_life_us_);
    ++count_;
    if (!IsForgotten(weight.period)) {
      Period& period = At(weight.period);
      period.weights.Add(weight.factor);
      period.values.Add(ValueOf(event) * weight.factor);
      ++kept_count_;
    }
    ForgetOld();
    return Status();
  }
  bool Remove(const StateEvent& event) override {
    const Weight weight = WeightOf(event.time_us, half_life_us_);
    --count_;
    if (IsForgotten(weight.period)) return true;
    Period& period = At(weight.period);
    period.weights.Remove(weight.factor);
    period.values.Remove(ValueOf(event) * weight.factor);
    --kept_count_;
    if (period.weights.count() > 0) return true;
    // What the newest made forgotten would count again.
    const bool is_newest = weight.period == periods_.back().number;
    periods_.erase(Find(weight.period));
    return !is_newest || count_ == kept_count_;
  }
  void Encode(std::string& out) override {
    AppendVarint(static_cast<std::uint64_t>(count_), out);
    AppendVarint(periods_.size(), out);
    for (Period& period : periods_) {
      AppendFixed64(static_cast<std::uint64_t>(period.number), out);
      period.weights.Encode(out);
      period.values.Encode(out);
    }
  }
  bool Merge(ByteReader& reader) override {
    if (!MergeCount(reader, count_)) return false;
    const std::uint64_t count = reader.ReadVarint();
    if (!reader.ok() || count > static_cast<std::uint64_t>(kMaxHalfLives) + 1) return false;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto number = static_cast<std::int64_t>(reader.ReadFixed64());
      if (!reader.ok() || !IsPeriod(number)) return false;
      Period period{number, {}, {}};
      if (!period.weights.Merge(reader) || !period.values.Merge(reader)) return false;
      if (period.weights.count() == 0 || period.weights.not_finite().any() || period.weights.FiniteSum().is_zero() ||
          period.weights.FiniteSum().is_negative()) {
        return false;
      }
      if (IsForgotten(number)) continue;
      kept_count_ += period.weights.count();
      At(number).weights.Merge(period.weights);
      At(number).values.Merge(period.values);
      ForgetOld();
    }
    // An event that was forgotten has a newer one.
    return count_ >= kept_count_ && (count_ == 0 || !periods_.empty());
  }
  Status Finish(const StateResult& to) override {
    if (count_ == 0) {
      to.result->SetNull(to.row);
    } else if (to.aggregate->function() == AggregateFunction::kEwma) {
      to.result->SetFloat(to.row, Mean());
    } else {
      to.result->SetFloat(to.row, Sum(to.time_us));
    }
    return Status();
  }

 private:
  struct Period {
    std::int64_t number = 0;
    ExactSum weights;
    ExactSum values;
  };

  static double ValueOf(const StateEvent& event) {
    if (StorageOf(event.inputs[0]->type) == Storage::kFloat) return event.Input<double>();
    return static_cast<double>(event.Input<std::int64_t>());
  }
  bool IsPeriod(std::int64_t number) const {
    return number >= INT64_MIN / half_life_us_ - 1 && number <= INT64_MAX / half_life_us_;
  }
  // Periods may be further apart than int64 reaches.
  static bool IsFarBelow(std::int64_t period, std::int64_t newest) {
    return period<newest&& static_cast<std::uint64_t>(newest) -
                  static_cast<std::uint64_t>(period)> static_cast<std::uint64_t>(kMaxHalfLives);
  }
  bool IsForgotten(std::int64_t period) const {
    return !periods_.empty() && IsFarBelow(period, periods_.back().number);
  }
  std::deque<Period>::iterator Find(std::int64_t number) {
    return std::lower_bound(periods_.begin(), periods_.end(), number,
                            [](const Period& period, std::int64_t wanted) { return period.number < wanted; });
  }
  Period& At(std::int64_t number) {
    const auto found = Find(number);
    if (found != periods_.end() && found->number == number) return *found;
    return *periods_.insert(found, Period{number, {}, {}});
  }
  void ForgetOld() {
    while (!periods_.empty() && IsForgotten(periods_.front().number)) {
      kept_count_ -= periods_.front().weights.count();
      periods_.pop_front();
    }
  }

  // Adds the sums of all periods that weigh something, in units of 2^base.
  template <class Of>
  WideNumber Total(std::int64_t newest, std::int64_t base, Of of, NotFinite& not_finite) {
    WideNumber total;
    for (Period& period : periods_) {
      if (IsFarBelow(period.number, newest)) continue;
      ExactSum& sum = of(period);
      total = total + sum.FiniteSum().Shifted(period.number - base);
      not_finite.nan_count += sum.not_finite().nan_count;
      not_finite.positive_count += sum.not_finite().positive_count;
      not_finite.negative_count += sum.not_finite().negative_count;
    }
    return total;
  }

  double Mean() {
    const std::int64_t newest = periods_.back().number;
    const std::int64_t base = periods_.front().number;
    NotFinite not_finite;
    const WideNumber weights = Total(
        newest, base, [](Period& p) -> ExactSum& { return p.weights; }, not_finite);
    const WideNumber values = Total(
        newest, base, [](Period& p) -> ExactSum& { return p.values; }, not_finite);
    if (not_finite.any()) return not_finite.Sum();
    const WideNumber::Scaled top = values.ToScaled();
    const WideNumber::Scaled bottom = weights.ToScaled();
    if (top.mantissa == 0) return 0.0;
    return std::ldexp(top.mantissa / bottom.mantissa, static_cast<int>(top.exponent - bottom.exponent));
  }

  double Sum(std::int64_t time_us) {
    const Weight now = WeightOf(time_us, half_life_us_);
    std::int64_t base = now.period;
    for (const Period& period : periods_) {
      if (IsFarBelow(period.number, now.period)) continue;
      base = period.number;
      break;
    }
    NotFinite not_finite;
    const WideNumber values = Total(
        now.period, base, [](Period& p) -> ExactSum& { return p.values; }, not_finite);
    if (not_finite.any()) return not_finite.Sum();
    const WideNumber::Scaled sum = values.ToScaled();
    if (sum.mantissa == 0) return 0.0;
    return std::ldexp(sum.mantissa / now.factor, static_cast<int>(sum.exponent - Difference(now.period, base)));
  }

  // Returns how far apart two periods are, or what is beyond all exponents.
  static std::int64_t Difference(std::int64_t a, std::int64_t b) {
    std::int64_t difference = 0;
    const std::int64_t far = a < b ? -kFar : kFar;
    return __builtin_sub_overflow(a, b, &difference) || std::abs(difference) > kFar ? far : difference;
  }
  static constexpr std::int64_t kFar = 1 << 20;

  std::int64_t half_life_us_;
  std::deque<Period> periods_;  // ascending; each has an event
  std::int64_t count_ = 0;
  std::int64_t kept_count_ = 0;  // of these, those in a period; the others are forgotten
};

}  // namespace

std::vector<AggregateRow> DecayAggregates() {
  using enum AggregateFunction;
  const std::vector<AggregateInput> number = {{"of", InputTypes::kNumber}};
  const std::vector<AggregateParameter> half_life = {{"half_life", ParameterKind::kDuration}};
  return {
      {kEwma, "ewma", AggregateFamily::kDecays, true, number, half_life, ResultRule::kFloat64,
       "Gives the mean in which an event weighs half as much after each half-life; 1,024 half-lives before the newest "
       "it weighs nothing",
       "gives NaN", "null", "ewma(1s) of [4, 4, 11]", "8.0"},
      {kDecayedSum, "decayed_sum", AggregateFamily::kDecays, true, number, half_life, ResultRule::kFloat64,
       "Gives the sum in which an event weighs half as much after each half-life; 1,024 half-lives before the moment "
       "asked about it weighs nothing",
       "gives NaN", "null", "decayed_sum(1s) of [4, 4, 11]", "14.0"},
  };
}

std::unique_ptr<AggregateState> MakeDecayState(std::int64_t half_life_us) {
  return std::make_unique<DecayState>(half_life_us);
}

}  // namespace larder
