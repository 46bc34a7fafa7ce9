// The least and the greatest value.
#include <algorithm>
#include <optional>
#include <vector>

#include "aggregates/aggregate_families.h"
#include "aggregates/order_key.h"
#include "aggregates/sliding_least.h"
#include "exact/exact_sum.h"

namespace larder {
namespace {

bool IsMax(const KernelFunction& function) { return function.aggregate->function() == AggregateFunction::kMax; }

void SetKey(std::int64_t key, Storage storage, ResultColumn& result, std::int64_t row) {
  if (storage == Storage::kFloat) return result.SetFloat(row, DoubleOfKey(key));
  storage == Storage::kBool ? result.SetBool(row, key != 0) : result.SetInteger(row, key);
}

class ExtremeKernel final : public WindowKernel {
 public:
  Status Evaluate(const KernelInput& input) override {
    const Vector& values = input.events->inputs[0];
    const Storage storage = StorageOf(values.type);
    for (const bool is_max : {false, true}) {
      bool has_keys = storage == Storage::kText;
      for (const KernelFunction& function : input.functions) {
        if (IsMax(function) != is_max) continue;
        if (!has_keys) FillTurnedKeys(values, input.events->count, is_max, keys_);
        has_keys = true;
        storage == Storage::kText ? VisitTexts(*input.events, function) : VisitKeys(*input.events, function, storage);
      }
    }
    return Status();
  }

  std::int64_t scratch_bytes() const override {
    return least_.scratch_bytes() + static_cast<std::int64_t>(sizeof(std::int64_t) * keys_.capacity());
  }

 private:
  void VisitKeys(const CountedEvents& events, const KernelFunction& function, Storage storage) {
    const std::int64_t* keys = keys_.data();
    const bool is_max = IsMax(function);
    ResultColumn& result = *function.result;
    least_.Visit(
        events, function.ranges, [keys](std::int64_t a, std::int64_t b) { return keys[a] < keys[b]; },
        [&](const EventRange& range, std::int64_t place) {
          if (place < 0) return result.SetNull(range.row);
          SetKey(is_max ? TurnedKey(keys[place], storage) : keys[place], storage, result, range.row);
        });
  }

  void VisitTexts(const CountedEvents& events, const KernelFunction& function) {
    const auto* texts = events.inputs[0].Values<std::string_view>();
    const bool is_max = IsMax(function);
    least_.Visit(
        events, function.ranges,
        [texts, is_max](std::int64_t a, std::int64_t b) { return is_max ? texts[b] < texts[a] : texts[a] < texts[b]; },
        [&](const EventRange& range, std::int64_t place) {
          place < 0 ? function.result->SetNull(range.row) : function.result->SetText(range.row, texts[place]);
        });
  }

  std::vector<std::int64_t> keys_;
  SlidingLeast least_;
};

// Holds the least and the greatest value and how often each occurs, so that all but the last of them can be taken out.
template <class Value>
class Extremes {
 public:
  void Clear() { sides_ = {}; }
  void Add(const Value& value) {
    for (const bool is_max : {false, true}) Merge(is_max, value, 1);
  }
  bool Remove(const Value& value) {
    for (Side& side : sides_) {
      if (side.value == value && --side.count == 0) return false;
    }
    return true;
  }
  const Value& value(bool is_max) const { return sides_[is_max ? 1 : 0].value; }
  std::int64_t count(bool is_max) const { return sides_[is_max ? 1 : 0].count; }
  // Adds `count` times a value that is the least or greatest of what it comes from.
  void Merge(bool is_max, const Value& value, std::int64_t count) {
    Side& side = sides_[is_max ? 1 : 0];
    if (side.count == 0 || (is_max ? side.value < value : value < side.value)) side = {value, 0};
    if (side.value == value) side.count += count;
  }

 private:
  struct Side {
    Value value{};
    std::int64_t count = 0;
  };
  std::array<Side, 2> sides_{};
};

void AppendValue(std::int64_t value, std::string& out) { AppendFixed64(static_cast<std::uint64_t>(value), out); }
void AppendValue(const std::string& value, std::string& out) { AppendLengthPrefixed(value, out); }
void ReadValue(ByteReader& reader, std::int64_t& value) { value = static_cast<std::int64_t>(reader.ReadFixed64()); }
void ReadValue(ByteReader& reader, std::string& value) { value = reader.ReadLengthPrefixed(); }

template <class Value>
class ExtremeState final : public AggregateState {
 public:
  explicit ExtremeState(Storage storage) : storage_(storage) {}

  void Clear() override {
    count_ = nan_count_ = 0;
    extremes_.Clear();
  }
  Status Add(const StateEvent& event) override {
    const Value value = ValueOf(event);
    ++count_;
    IsNan(value) ? static_cast<void>(++nan_count_) : extremes_.Add(value);
    return Status();
  }
  bool Remove(const StateEvent& event) override {
    const Value value = ValueOf(event);
    if (--count_ == 0) {
      Clear();
      return true;
    }
    if (!IsNan(value)) return count_ == nan_count_ ? ForgetAll() : extremes_.Remove(value);
    --nan_count_;
    return true;
  }
  void Encode(std::string& out) override {
    AppendVarint(static_cast<std::uint64_t>(count_), out);
    AppendVarint(static_cast<std::uint64_t>(nan_count_), out);
    if (count_ == nan_count_) return;
    for (const bool is_max : {false, true}) {
      AppendValue(extremes_.value(is_max), out);
      AppendVarint(static_cast<std::uint64_t>(extremes_.count(is_max)), out);
    }
  }
  bool Merge(ByteReader& reader) override {
    std::int64_t count = 0;
    std::int64_t nan_count = 0;
    if (!MergeCount(reader, count) || !MergeCount(reader, nan_count) || nan_count > count) return false;
    if (count_ > kMaxStateEvents || (nan_count > 0 && storage_ != Storage::kFloat)) return false;
    for (const bool is_max : {false, true}) {
      if (count == nan_count) break;
      Value value{};
      std::int64_t side_count = 0;
      ReadValue(reader, value);
      if (!MergeCount(reader, side_count) || side_count == 0 || side_count > count || IsNan(value)) return false;
      extremes_.Merge(is_max, value, side_count);
    }
    count_ += count;
    nan_count_ += nan_count;
    return reader.ok();
  }
  Status Finish(const StateResult& to) override {
    const bool is_max = to.aggregate->function() == AggregateFunction::kMax;
    if (count_ == 0) {
      to.result->SetNull(to.row);
    } else if constexpr (std::is_same_v<Value, std::string>) {
      to.result->SetText(to.row, extremes_.value(is_max));
    } else {
      SetKey(count_ == nan_count_ ? kNanKey : extremes_.value(is_max), storage_, *to.result, to.row);
    }
    return Status();
  }

 private:
  Value ValueOf(const StateEvent& event) const {
    if constexpr (std::is_same_v<Value, std::string>) {
      return std::string(event.Input<std::string_view>());
    } else {
      return OrderKeyAt(*event.inputs[0], storage_, event.index);
    }
  }
  bool IsNan(const Value& value) const {
    if constexpr (std::is_same_v<Value, std::string>)
      return false;
    else
      return storage_ == Storage::kFloat && value == kNanKey;
  }
  bool ForgetAll() {
    extremes_.Clear();
    return true;
  }

  Storage storage_;
  std::int64_t count_ = 0;
  std::int64_t nan_count_ = 0;
  Extremes<Value> extremes_;
};

}  // namespace

std::vector<AggregateRow> ExtremeAggregates() {
  using enum AggregateFunction;
  constexpr auto kExtremes = AggregateFamily::kExtremes;
  const std::vector<AggregateInput> ordered = {{"of", InputTypes::kOrdered}};
  return {
      {kMin,
       "min",
       kExtremes,
       true,
       ordered,
       {},
       ResultRule::kSame,
       "Gives the least value; -0.0 is below 0.0",
       "skipped, unless all are NaN",
       "null",
       "min of [3, 1, 2]",
       "1"},
      {kMax,
       "max",
       kExtremes,
       true,
       ordered,
       {},
       ResultRule::kSame,
       "Gives the greatest value; -0.0 is below 0.0",
       "skipped, unless all are NaN",
       "null",
       "max of [3, 1, 2]",
       "3"},
  };
}

std::unique_ptr<WindowKernel> MakeExtremeKernel() { return std::make_unique<ExtremeKernel>(); }
std::unique_ptr<AggregateState> MakeExtremeState(const BoundAggregate& aggregate) {
  const Storage storage = StorageOf(ExpressionType::Of(aggregate.inputs()[0]));
  if (storage == Storage::kText) return std::make_unique<ExtremeState<std::string>>(storage);
  return std::make_unique<ExtremeState<std::int64_t>>(storage);
}

}  // namespace larder
