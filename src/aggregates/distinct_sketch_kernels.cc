// How many distinct values, nearly: HyperLogLog (P. Flajolet and others, 2007) with the estimator of O. Ertl, "New
// cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "aggregates/aggregate_families.h"
#include "aggregates/order_key.h"
#include "base/hash.h"
#include "exact/exact_sum.h"

namespace larder {
namespace {

constexpr int kPrecision = 12;
constexpr std::size_t kRegisterCount = std::size_t{1} << kPrecision;
constexpr int kMaxRank = 64 - kPrecision + 1;

// What one value does: it raises a register to a rank.
struct Touch {
  std::uint32_t place = 0;
  std::uint8_t rank = 0;
};

// Values that are equal have equal hashes: -0.0 is 0.0, NaN is NaN, an integer is its int64.
std::uint64_t HashOf(const Vector& values, Storage storage, std::int64_t index) {
  if (storage == Storage::kText) return Hash64(values.At<std::string_view>(index));
  std::array<char, sizeof(std::int64_t)> bytes{};
  if (storage == Storage::kFloat) {
    const double value = values.At<double>(index);
    StoreFixed(value == 0 ? 0.0 : DoubleOfKey(OrderKeyOf(value)), bytes.data());
  } else {
    StoreFixed(OrderKeyAt(values, storage, index), bytes.data());
  }
  return Hash64({bytes.data(), bytes.size()});
}

Touch TouchOf(const Vector& values, std::int64_t index) {
  const std::uint64_t hash = HashOf(values, StorageOf(values.type), index);
  const std::uint64_t rest = hash << kPrecision | (kRegisterCount >> 1);
  return {static_cast<std::uint32_t>(hash >> (64 - kPrecision)), static_cast<std::uint8_t>(std::countl_zero(rest) + 1)};
}

double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  for (double before = -1; z != before; y += y) {
    x *= x;
    before = z;
    z += x * y;
  }
  return z;
}

double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double z = 1 - x;
  for (double before = -1; z != before;) {
    x = std::sqrt(x);
    before = z;
    y /= 2;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

// Counts registers by rank: all that the estimate needs.
class RankCounts {
 public:
  RankCounts() { Clear(); }
  void Clear() {
    counts_ = {};
    counts_[0] = kRegisterCount;
  }
  void Move(std::uint8_t from, std::uint8_t to) {
    --counts_[from];
    ++counts_[to];
  }
  std::int64_t Estimate() const {
    constexpr auto kCount = static_cast<double>(kRegisterCount);
    double z = kCount * Tau(1 - static_cast<double>(counts_[kMaxRank]) / kCount);
    for (std::size_t rank = kMaxRank - 1; rank >= 1; --rank) z = (z + static_cast<double>(counts_[rank])) / 2;
    z += kCount * Sigma(static_cast<double>(counts_[0]) / kCount);
    constexpr double kHalfOverLn2 = 0.721347520444481703680;
    return std::llround(kHalfOverLn2 * kCount * kCount / z);
  }

 private:
  std::array<std::int64_t, kMaxRank + 1> counts_{};
};

class DistinctSketchState final : public AggregateState {
 public:
  void Clear() override {
    registers_ = {};
    ranks_.Clear();
  }
  Status Add(const StateEvent& event) override {
    Raise(TouchOf(*event.inputs[0], event.index));
    return Status();
  }
  bool Remove(const StateEvent& event) override {
    const Touch touch = TouchOf(*event.inputs[0], event.index);
    return touch.rank < registers_[touch.place];
  }
  // Sparse (the places that are not 0, each after the one before, with their ranks) when that is shorter.
  void Encode(std::string& out) override {
    const auto zero_count = static_cast<std::size_t>(std::count(registers_.begin(), registers_.end(), 0));
    const std::size_t count = kRegisterCount - zero_count;
    const bool is_sparse = count <= kMaxSparse;
    AppendVarint(is_sparse ? count : kMaxSparse + 1, out);
    for (std::size_t place = 0; place < kRegisterCount; ++place) {
      if (is_sparse && registers_[place] == 0) continue;
      if (is_sparse) AppendFixed16(static_cast<std::uint16_t>(place), out);
      out.push_back(static_cast<char>(registers_[place]));
    }
  }
  bool Merge(ByteReader& reader) override {
    const std::uint64_t head = reader.ReadVarint();
    if (!reader.ok() || head > kMaxSparse + 1) return false;
    const bool is_sparse = head <= kMaxSparse;
    std::size_t next = 0;
    for (std::uint64_t left = is_sparse ? head : kRegisterCount; left > 0; --left) {
      const std::size_t place = is_sparse ? reader.ReadFixed16() : next;
      const std::uint8_t rank = reader.ReadByte();
      if (!reader.ok() || place < next || place >= kRegisterCount || rank > kMaxRank) return false;
      if (is_sparse && rank == 0) return false;
      Raise({static_cast<std::uint32_t>(place), rank});
      next = place + 1;
    }
    return true;
  }
  Status Finish(const StateResult& to) override {
    to.result->SetInteger(to.row, ranks_.Estimate());
    return Status();
  }

 private:
  static constexpr std::size_t kMaxSparse = kRegisterCount / 3;

  void Raise(Touch touch) {
    std::uint8_t& rank = registers_[touch.place];
    if (touch.rank <= rank) return;
    ranks_.Move(rank, touch.rank);
    rank = touch.rank;
  }

  std::array<std::uint8_t, kRegisterCount> registers_{};
  RankCounts ranks_;
};

// Keeps for each register those events of the window that may still be its greatest, as a list from oldest to newest.
class DistinctSketchKernel final : public WindowKernel {
 public:
  Status Evaluate(const KernelInput& input) override {
    const CountedEvents& events = *input.events;
    touches_.resize(static_cast<std::size_t>(events.count));
    next_.resize(touches_.size());
    before_.resize(touches_.size());
    for (std::int64_t i = 0; i < events.count; ++i) touches_[At(i)] = TouchOf(events.inputs[0], i);
    for (const KernelFunction& function : input.functions) {
      Restart();
      for (const EventRange& range : function.ranges) {
        Move(events.Place(range.begin), events.Place(range.end));
        function.result->SetInteger(range.row, ranks_.Estimate());
      }
    }
    return Status();
  }
  std::int64_t scratch_bytes() const override {
    return static_cast<std::int64_t>((sizeof(Touch) + 2 * sizeof(std::int64_t)) * touches_.capacity());
  }

 private:
  static std::size_t At(std::int64_t index) { return static_cast<std::size_t>(index); }

  void Restart() {
    oldest_.fill(-1);
    newest_.fill(-1);
    ranks_.Clear();
    first_ = last_ = 0;
  }
  std::uint8_t RankOf(std::int64_t event) const { return event < 0 ? 0 : touches_[At(event)].rank; }

  void Move(std::int64_t begin, std::int64_t end) {
    for (; last_ < end; ++last_) Push(last_);
    for (; first_ < begin; ++first_) {
      const std::uint32_t place = touches_[At(first_)].place;
      if (oldest_[place] != first_) continue;
      oldest_[place] = next_[At(first_)];
      if (oldest_[place] < 0) newest_[place] = -1;
      ranks_.Move(RankOf(first_), RankOf(oldest_[place]));
    }
  }

  void Push(std::int64_t event) {
    const Touch touch = touches_[At(event)];
    const std::uint8_t rank_before = RankOf(oldest_[touch.place]);
    std::int64_t tail = newest_[touch.place];
    while (tail >= first_ && RankOf(tail) <= touch.rank) tail = tail == oldest_[touch.place] ? -1 : before_[At(tail)];
    before_[At(event)] = tail;
    next_[At(event)] = -1;
    tail < 0 ? static_cast<void>(oldest_[touch.place] = event) : static_cast<void>(next_[At(tail)] = event);
    newest_[touch.place] = event;
    ranks_.Move(rank_before, RankOf(oldest_[touch.place]));
  }

  std::vector<Touch> touches_;
  std::vector<std::int64_t> next_;
  std::vector<std::int64_t> before_;
  std::array<std::int64_t, kRegisterCount> oldest_{};
  std::array<std::int64_t, kRegisterCount> newest_{};
  RankCounts ranks_;
  std::int64_t first_ = 0;
  std::int64_t last_ = 0;
};

}  // namespace

std::vector<AggregateRow> DistinctSketchAggregates() {
  return {
      {AggregateFunction::kApproxCountDistinct,
       "approx_count_distinct",
       AggregateFamily::kDistinctSketches,
       true,
       {{"of", InputTypes::kOrdered}},
       {},
       ResultRule::kInt64,
       "Estimates how many distinct values there are, with a standard error of 1.6 %; the same values give the same "
       "estimate whatever their order",
       "one value; -0.0 is 0.0",
       "0",
       "approx_count_distinct of ['a', 'b', 'a']",
       "2"},
  };
}

std::unique_ptr<WindowKernel> MakeDistinctSketchKernel() { return std::make_unique<DistinctSketchKernel>(); }
std::unique_ptr<AggregateState> MakeDistinctSketchState() { return std::make_unique<DistinctSketchState>(); }

}  // namespace larder
