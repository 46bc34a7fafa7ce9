// A quantile, nearly: counts of values by buckets of a fixed relative width (as DDSketch, C. Masson and others, 2019,
// with buckets of the bits of a double in place of logarithms).
#include <cmath>
#include <map>

#include "aggregates/aggregate_families.h"
#include "aggregates/order_key.h"
#include "exact/exact_sum.h"
#include "exact/rounded_quotient.h"

namespace larder {
namespace {

// The first 7 bits of the fraction stay: a bucket's middle is at most 1/256 of a value away.
constexpr int kDroppedBits = 45;

std::int64_t BucketOf(double value) { return OrderKeyOf(value == 0 ? 0.0 : value) >> kDroppedBits; }

double MiddleOf(std::int64_t bucket) {
  const auto least = static_cast<std::int64_t>(static_cast<std::uint64_t>(bucket) << kDroppedBits);
  const double middle = DoubleOfKey(least | (std::int64_t{1} << (kDroppedBits - 1)));
  // The bucket next to zero is of subnormals; that of an infinity holds nothing else.
  if (bucket == 0 || bucket == -1) return 0.0;
  return std::isnan(middle) ? (bucket > 0 ? HUGE_VAL : -HUGE_VAL) : middle;
}

bool IsBucket(std::int64_t bucket) { return bucket >= BucketOf(-HUGE_VAL) && bucket <= BucketOf(HUGE_VAL); }

class QuantileSketchState final : public AggregateState {
 public:
  void Clear() override {
    counts_.clear();
    count_ = nan_count_ = 0;
  }
  Status Add(const StateEvent& event) override {
    const double value = ValueOf(event);
    std::isnan(value) ? static_cast<void>(++nan_count_) : Put(BucketOf(value), 1);
    return Status();
  }
  bool Remove(const StateEvent& event) override {
    const double value = ValueOf(event);
    std::isnan(value) ? static_cast<void>(--nan_count_) : Put(BucketOf(value), -1);
    return true;
  }
  void Encode(std::string& out) override {
    AppendVarint(static_cast<std::uint64_t>(nan_count_), out);
    AppendVarint(counts_.size(), out);
    std::int64_t before = 0;
    for (const auto& [bucket, count] : counts_) {
      AppendSignedVarint(bucket - before, out);
      AppendVarint(static_cast<std::uint64_t>(count), out);
      before = bucket;
    }
  }
  bool Merge(ByteReader& reader) override {
    if (!MergeCount(reader, nan_count_)) return false;
    std::int64_t bucket = 0;
    for (std::uint64_t left = reader.ReadVarint(); left > 0 && reader.ok(); --left) {
      std::int64_t count = 0;
      if (__builtin_add_overflow(bucket, reader.ReadSignedVarint(), &bucket)) return false;
      if (!MergeCount(reader, count) || count == 0 || !IsBucket(bucket) || count_ > kMaxStateEvents) return false;
      Put(bucket, count);
    }
    return reader.ok();
  }
  Status Finish(const StateResult& to) override {
    if (count_ + nan_count_ == 0) {
      to.result->SetNull(to.row);
    } else if (nan_count_ > 0) {
      to.result->SetFloat(to.row, ResultNan());
    } else {
      const Fraction share = to.aggregate->options().share;
      auto left = static_cast<std::int64_t>(Int128{count_ - 1} * share.numerator / share.denominator);
      auto bucket = counts_.begin();
      while (left >= bucket->second && std::next(bucket) != counts_.end()) left -= (bucket++)->second;
      to.result->SetFloat(to.row, MiddleOf(bucket->first));
    }
    return Status();
  }

 private:
  static double ValueOf(const StateEvent& event) {
    if (StorageOf(event.inputs[0]->type) == Storage::kFloat) return event.Input<double>();
    return static_cast<double>(event.Input<std::int64_t>());
  }
  void Put(std::int64_t bucket, std::int64_t count) {
    count_ += count;
    const auto found = counts_.try_emplace(bucket, 0).first;
    if ((found->second += count) == 0) counts_.erase(found);
  }

  std::map<std::int64_t, std::int64_t> counts_;
  std::int64_t count_ = 0;
  std::int64_t nan_count_ = 0;
};

}  // namespace

std::vector<AggregateRow> QuantileSketchAggregates() {
  return {
      {AggregateFunction::kApproxQuantile,
       "approx_quantile",
       AggregateFamily::kQuantileSketches,
       true,
       {{"of", InputTypes::kNumber}},
       {{"p", ParameterKind::kFraction}},
       ResultRule::kFloat64,
       "Estimates the value of which the share `p` is below, without interpolation, with a relative error of at most "
       "0.4 % (subnormal values count as 0); the same values give the same estimate whatever their order",
       "gives NaN",
       "null",
       "approx_quantile(0.5) of [0, 0, 100]",
       "0.0"},
  };
}

std::unique_ptr<AggregateState> MakeQuantileSketchState() { return std::make_unique<QuantileSketchState>(); }

}  // namespace larder
