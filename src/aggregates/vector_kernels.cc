// Sum, mean and maximum of vectors, place by place.
#include <algorithm>
#include <vector>

#include "aggregates/aggregate_families.h"
#include "aggregates/order_key.h"
#include "exact/exact_sum.h"

namespace larder {
namespace {

using enum AggregateFunction;

constexpr std::int64_t kMaxVectorElements = 16'384;

Status UnequalLengths(std::size_t a, std::int64_t b) {
  return Status(Reason::kInvalidData,
                "the vectors of a window have unequal lengths: " + std::to_string(a) + " and " + std::to_string(b),
                "give all the same length, or select them by `where`");
}
Status TooLong(std::int64_t length) {
  return Status(Reason::kLimitExceeded, "a vector is too long: " + std::to_string(length) + " elements",
                "at most " + std::to_string(kMaxVectorElements));
}

// Holds something for each place of the vectors, which all have one length. Null elements are skipped.
template <class Place>
class Places {
 public:
  void Clear() {
    places_.clear();
    count_ = 0;
  }
  std::int64_t count() const { return count_; }
  std::vector<Place>& places() { return places_; }

  // Calls `put(place, value)` for each element that is not null.
  template <class Put>
  Status Add(const Vector& vectors, std::int64_t index, Put put) {
    const auto span = vectors.At<ListSpan>(index);
    if (span.length > kMaxVectorElements) return TooLong(span.length);
    if (count_ == 0) places_.assign(static_cast<std::size_t>(span.length), Place());
    if (places_.size() != static_cast<std::size_t>(span.length)) return UnequalLengths(places_.size(), span.length);
    ++count_;
    Visit(vectors, span, put);
    return Status();
  }
  template <class Put>
  void Remove(const Vector& vectors, std::int64_t index, Put put) {
    --count_;
    Visit(vectors, vectors.At<ListSpan>(index), put);
  }
  // Reads what the two appends wrote before the places; false when it does not fit.
  bool MergeHead(ByteReader& reader) {
    std::int64_t count = 0;
    if (count_ > kMaxStateEvents || !MergeCount(reader, count)) return false;
    if (count == 0) return true;
    const std::uint64_t length = reader.ReadVarint();
    if (!reader.ok() || length > static_cast<std::uint64_t>(kMaxVectorElements)) return false;
    // Every place takes at least a byte.
    if (length > reader.rest().size()) return false;
    if (count_ == 0) places_.assign(length, Place());
    if (places_.size() != length) return false;
    count_ += count;
    merges_ = true;
    return true;
  }
  // Tells, once, whether places follow a head.
  bool TakeMerges() { return std::exchange(merges_, false); }
  void EncodeHead(std::string& out) const {
    AppendVarint(static_cast<std::uint64_t>(count_), out);
    if (count_ > 0) AppendVarint(places_.size(), out);
  }

 private:
  template <class Put>
  void Visit(const Vector& vectors, ListSpan span, Put put) {
    for (std::int64_t i = 0; i < span.length; ++i) {
      const std::int64_t element = span.offset + i;
      if (vectors.elements->IsValid(element)) {
        put(places_[static_cast<std::size_t>(i)], vectors.elements->At<double>(element));
      }
    }
  }

  std::vector<Place> places_;
  std::int64_t count_ = 0;
  bool merges_ = false;
};

class VectorSumState final : public AggregateState {
 public:
  void Clear() override { sums_.Clear(); }
  Status Add(const StateEvent& event) override {
    return sums_.Add(*event.inputs[0], event.index, [](ExactSum& sum, double value) { sum.Add(value); });
  }
  bool Remove(const StateEvent& event) override {
    sums_.Remove(*event.inputs[0], event.index, [](ExactSum& sum, double value) { sum.Remove(value); });
    return true;
  }
  void Encode(std::string& out) override {
    sums_.EncodeHead(out);
    if (sums_.count() == 0) return;
    for (ExactSum& sum : sums_.places()) sum.Encode(out);
  }
  bool Merge(ByteReader& reader) override {
    if (!sums_.MergeHead(reader)) return false;
    if (!sums_.TakeMerges()) return true;
    return std::all_of(sums_.places().begin(), sums_.places().end(), [&](ExactSum& sum) { return sum.Merge(reader); });
  }
  Status Finish(const StateResult& to) override {
    if (sums_.count() == 0) {
      to.result->SetNull(to.row);
      return Status();
    }
    to.result->BeginList(to.row);
    for (ExactSum& sum : sums_.places()) {
      if (sum.count() == 0) {
        to.result->AppendNull();
      } else {
        to.result->AppendFloat(to.aggregate->function() == kVectorSum ? sum.Sum() : sum.Mean());
      }
    }
    return Status();
  }

 private:
  Places<ExactSum> sums_;
};

// The greatest value of a place: a key turned around, so that the least is wanted; NaN loses.
struct Greatest {
  bool is_there = false;
  std::int64_t key = 0;

  void Take(std::int64_t turned_key) {
    if (!is_there || turned_key < key) key = turned_key;
    is_there = true;
  }
  void Take(const Greatest& other) {
    if (other.is_there) Take(other.key);
  }
};
std::int64_t TurnedKeyOf(double value) { return TurnedKey(OrderKeyOf(value), Storage::kFloat); }

void AppendGreatest(const Greatest& greatest, ResultColumn& result) {
  greatest.is_there ? result.AppendFloat(DoubleOfKey(TurnedKey(greatest.key, Storage::kFloat))) : result.AppendNull();
}

class VectorMaxState final : public AggregateState {
 public:
  void Clear() override { places_.Clear(); }
  Status Add(const StateEvent& event) override {
    return places_.Add(*event.inputs[0], event.index,
                       [](Greatest& greatest, double value) { greatest.Take(TurnedKeyOf(value)); });
  }
  bool Remove(const StateEvent& event) override {
    bool is_below = true;
    places_.Remove(*event.inputs[0], event.index, [&](const Greatest& greatest, double value) {
      is_below = is_below && greatest.key < TurnedKeyOf(value);
    });
    if (places_.count() == 0) places_.Clear();
    return is_below || places_.count() == 0;
  }
  void Encode(std::string& out) override {
    places_.EncodeHead(out);
    if (places_.count() == 0) return;
    for (const Greatest& greatest : places_.places()) {
      out.push_back(greatest.is_there ? 1 : 0);
      if (greatest.is_there) AppendFixed64(static_cast<std::uint64_t>(greatest.key), out);
    }
  }
  bool Merge(ByteReader& reader) override {
    if (!places_.MergeHead(reader)) return false;
    if (!places_.TakeMerges()) return true;
    for (Greatest& greatest : places_.places()) {
      const std::uint8_t is_there = reader.ReadByte();
      if (is_there > 1 || !reader.ok()) return false;
      if (is_there != 0) greatest.Take(static_cast<std::int64_t>(reader.ReadFixed64()));
    }
    return reader.ok();
  }
  Status Finish(const StateResult& to) override {
    if (places_.count() == 0) {
      to.result->SetNull(to.row);
      return Status();
    }
    to.result->BeginList(to.row);
    for (const Greatest& greatest : places_.places()) AppendGreatest(greatest, *to.result);
    return Status();
  }

 private:
  Places<Greatest> places_;
};

// Keeps, for the events up to a middle, the greatest of all from each on, and one of what came after: two stacks.
class VectorMaxKernel final : public WindowKernel {
 public:
  Status Evaluate(const KernelInput& input) override {
    for (const KernelFunction& function : input.functions) {
      middle_ = last_ = 0;
      for (const EventRange& range : function.ranges) {
        const std::int64_t begin = input.events->Place(range.begin);
        const std::int64_t end = input.events->Place(range.end);
        if (begin == end) {
          function.result->SetNull(range.row);
          continue;
        }
        const Vector& vectors = input.events->inputs[0];
        LARDER_RETURN_IF_ERROR(CheckLengths(vectors, begin, end));
        Move(vectors, begin, end);
        function.result->BeginList(range.row);
        for (std::size_t place = 0; place < length_; ++place) {
          Greatest greatest = after_[place];
          greatest.Take(from_[static_cast<std::size_t>(begin - first_) * length_ + place]);
          AppendGreatest(greatest, *function.result);
        }
      }
    }
    return Status();
  }
  std::int64_t scratch_bytes() const override { return static_cast<std::int64_t>(sizeof(Greatest) * from_.capacity()); }

 private:
  // Lengths equal to the neighbour's are equal all; each pair is looked at once.
  Status CheckLengths(const Vector& vectors, std::int64_t begin, std::int64_t end) {
    if (begin >= last_) {
      length_ = static_cast<std::size_t>(vectors.At<ListSpan>(begin).length);
      if (length_ > static_cast<std::size_t>(kMaxVectorElements)) return TooLong(vectors.At<ListSpan>(begin).length);
    }
    for (std::int64_t i = std::max(begin, last_); i < end; ++i) {
      const std::int64_t length = vectors.At<ListSpan>(i).length;
      if (static_cast<std::size_t>(length) != length_) return UnequalLengths(length_, length);
    }
    return Status();
  }

  void Move(const Vector& vectors, std::int64_t begin, std::int64_t end) {
    if (begin >= middle_) {
      first_ = begin;
      middle_ = end;
      from_.assign(static_cast<std::size_t>(end - begin) * length_, Greatest());
      after_.assign(length_, Greatest());
      for (std::int64_t i = end; i-- > begin;) {
        Greatest* row = from_.data() + static_cast<std::size_t>(i - begin) * length_;
        if (i + 1 < end) std::copy_n(row + length_, length_, row);
        TakeVector(vectors, i, row);
      }
    } else {
      for (std::int64_t i = last_; i < end; ++i) TakeVector(vectors, i, after_.data());
    }
    last_ = end;
  }

  static void TakeVector(const Vector& vectors, std::int64_t index, Greatest* row) {
    const auto span = vectors.At<ListSpan>(index);
    for (std::int64_t i = 0; i < span.length; ++i) {
      if (!vectors.elements->IsValid(span.offset + i)) continue;
      row[i].Take(TurnedKeyOf(vectors.elements->At<double>(span.offset + i)));
    }
  }

  std::int64_t first_ = 0;
  std::int64_t middle_ = 0;
  std::int64_t last_ = 0;
  std::size_t length_ = 0;
  std::vector<Greatest> from_;
  std::vector<Greatest> after_;
};

}  // namespace

std::vector<AggregateRow> VectorAggregates() {
  const std::vector<AggregateInput> vectors = {{"of", InputTypes::kVector}};
  return {
      {kVectorSum,
       "vector_sum",
       AggregateFamily::kVectorSums,
       true,
       vectors,
       {},
       ResultRule::kListOfFloat64,
       "Gives the exact sum at each place, rounded once; null elements are skipped; unequal lengths are an error",
       "gives NaN at its place",
       "null",
       "vector_sum of [1.0, 2.0], [3.0, 5.0]",
       "[4.0, 7.0]"},
      {kVectorMean,
       "vector_mean",
       AggregateFamily::kVectorSums,
       true,
       vectors,
       {},
       ResultRule::kListOfFloat64,
       "Gives the exact mean at each place, rounded once; null elements are skipped; unequal lengths are an error",
       "gives NaN at its place",
       "null",
       "vector_mean of [1.0, 2.0], [3.0, 5.0]",
       "[2.0, 3.5]"},
      {kVectorMax,
       "vector_max",
       AggregateFamily::kVectorMaxima,
       true,
       vectors,
       {},
       ResultRule::kSame,
       "Gives the greatest value at each place; null elements are skipped; unequal lengths are an error",
       "skipped, unless all at its place are NaN",
       "null",
       "vector_max of [1.0, 5.0], [3.0, 2.0]",
       "[3.0, 5.0]"},
  };
}

std::unique_ptr<AggregateState> MakeVectorSumState() { return std::make_unique<VectorSumState>(); }
std::unique_ptr<WindowKernel> MakeVectorMaxKernel() { return std::make_unique<VectorMaxKernel>(); }
std::unique_ptr<AggregateState> MakeVectorMaxState() { return std::make_unique<VectorMaxState>(); }

}  // namespace larder
