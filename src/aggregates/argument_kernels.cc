// The value of one column where another is least or greatest.
#include <optional>
#include <vector>

#include "aggregates/aggregate_families.h"
#include "aggregates/order_key.h"
#include "aggregates/ordered_value.h"
#include "aggregates/sliding_least.h"
#include "aggregates/value_bytes.h"
#include "exact/exact_sum.h"

namespace larder {
namespace {

bool IsMax(const BoundAggregate& aggregate) { return aggregate.function() == AggregateFunction::kMaxBy; }

class ArgumentKernel final : public WindowKernel {
 public:
  Status Evaluate(const KernelInput& input) override {
    const CountedEvents& events = *input.events;
    const Storage storage = StorageOf(events.inputs[1].type);
    for (const KernelFunction& function : input.functions) {
      const auto give = [&](const EventRange& range, std::int64_t place) {
        if (place < 0) return function.result->SetNull(range.row);
        function.result->SetFrom(range.row, events.inputs[0], place);
      };
      const bool is_max = IsMax(*function.aggregate);
      if (storage == Storage::kText) {
        const auto* texts = events.inputs[1].Values<std::string_view>();
        const auto is_less = [texts, is_max](std::int64_t a, std::int64_t b) {
          return is_max ? texts[b] < texts[a] : texts[a] < texts[b];
        };
        least_.Visit(events, function.ranges, is_less, give);
      } else {
        FillTurnedKeys(events.inputs[1], events.count, is_max, keys_);
        const std::int64_t* keys = keys_.data();
        const auto is_less = [keys](std::int64_t a, std::int64_t b) { return keys[a] < keys[b]; };
        least_.Visit(events, function.ranges, is_less, give);
      }
    }
    return Status();
  }

  std::int64_t scratch_bytes() const override {
    return least_.scratch_bytes() + static_cast<std::int64_t>(sizeof(std::int64_t) * keys_.capacity());
  }

 private:
  std::vector<std::int64_t> keys_;
  SlidingLeast least_;
};

// Holds what decides between events: the value compared, and the event's place; of equals the earliest event is taken.
struct Candidate {
  bool is_nan = false;
  std::int64_t key = 0;  // of a value that is no text
  std::string text;
  OrderedValue value;

  friend bool operator==(const Candidate&, const Candidate&) = default;

  bool IsBefore(const Candidate& other, bool is_max) const {
    if (is_nan != other.is_nan) return other.is_nan;
    if (key != other.key) return is_max ? key > other.key : key < other.key;
    if (text != other.text) return is_max ? text > other.text : text < other.text;
    return value < other.value;
  }
};

class ArgumentState final : public AggregateState {
 public:
  explicit ArgumentState(const std::vector<ValueType>& inputs)
      : type_(inputs[0]), storage_(StorageOf(ExpressionType::Of(inputs[1]))) {}

  void Clear() override { count_ = 0; }
  Status Add(const StateEvent& event) override {
    const Candidate candidate = Of(event);
    Take(candidate, candidate);
    ++count_;
    return Status();
  }
  bool Remove(const StateEvent& event) override {
    if (--count_ == 0) return true;
    const Candidate candidate = Of(event);
    return !(candidate == best_[0]) && !(candidate == best_[1]);
  }
  void Encode(std::string& out) override {
    AppendVarint(static_cast<std::uint64_t>(count_), out);
    if (count_ == 0) return;
    for (const Candidate& best : best_) {
      out.push_back(best.is_nan ? 1 : 0);
      AppendFixed64(static_cast<std::uint64_t>(best.key), out);
      AppendLengthPrefixed(best.text, out);
      best.value.Encode(out);
    }
  }
  bool Merge(ByteReader& reader) override {
    std::int64_t count = 0;
    if (count_ > kMaxStateEvents || !MergeCount(reader, count)) return false;
    if (count == 0) return true;
    std::array<Candidate, 2> best;
    for (Candidate& candidate : best) {
      const std::uint8_t is_nan = reader.ReadByte();
      candidate.is_nan = is_nan != 0;
      candidate.key = static_cast<std::int64_t>(reader.ReadFixed64());
      candidate.text = reader.ReadLengthPrefixed();
      if (is_nan > 1 || !candidate.value.Decode(reader, &type_)) return false;
    }
    Take(best[0], best[1]);
    count_ += count;
    return true;
  }
  Status Finish(const StateResult& to) override {
    if (count_ == 0) {
      to.result->SetNull(to.row);
    } else {
      SetFromValueBytes(best_[IsMax(*to.aggregate) ? 1 : 0].value.value, *to.result, to.row);
    }
    return Status();
  }

 private:
  Candidate Of(const StateEvent& event) const {
    Candidate candidate;
    candidate.value = OrderedValue::Of(event, event.inputs[0]);
    if (storage_ == Storage::kText) {
      candidate.text = event.Input<std::string_view>(1);
    } else {
      candidate.key = OrderKeyAt(*event.inputs[1], storage_, event.index);
      candidate.is_nan = storage_ == Storage::kFloat && candidate.key == kNanKey;
    }
    return candidate;
  }
  void Take(const Candidate& least, const Candidate& greatest) {
    if (count_ == 0 || least.IsBefore(best_[0], false)) best_[0] = least;
    if (count_ == 0 || greatest.IsBefore(best_[1], true)) best_[1] = greatest;
  }

  ValueType type_;
  Storage storage_;
  std::int64_t count_ = 0;
  std::array<Candidate, 2> best_;  // of the least, of the greatest
};

}  // namespace

std::vector<AggregateRow> ArgumentAggregates() {
  using enum AggregateFunction;
  const std::vector<AggregateInput> inputs = {{"of", InputTypes::kAny}, {"by", InputTypes::kOrdered}};
  return {
      {kMinBy,
       "min_by",
       AggregateFamily::kArguments,
       true,
       inputs,
       {},
       ResultRule::kSame,
       "Gives `of` where `by` is least, among events where both are there; of equals the first event",
       "in `by` skipped, unless all are NaN",
       "null",
       "min_by of ['a', 'b', 'c'] by [3, 1, 2]",
       "'b'"},
      {kMaxBy,
       "max_by",
       AggregateFamily::kArguments,
       true,
       inputs,
       {},
       ResultRule::kSame,
       "Gives `of` where `by` is greatest, among events where both are there; of equals the first event",
       "in `by` skipped, unless all are NaN",
       "null",
       "max_by of ['a', 'b', 'c'] by [3, 1, 3]",
       "'a'"},
  };
}

std::unique_ptr<WindowKernel> MakeArgumentKernel() { return std::make_unique<ArgumentKernel>(); }
std::unique_ptr<AggregateState> MakeArgumentState(const BoundAggregate& aggregate) {
  return std::make_unique<ArgumentState>(aggregate.inputs());
}

}  // namespace larder
