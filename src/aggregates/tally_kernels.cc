// Whether any or all are true, and how many values lie between edges.
#include <algorithm>
#include <cmath>

#include "aggregates/aggregate_families.h"
#include "exact/exact_sum.h"

namespace larder {
namespace {

class TruthState final : public AggregateState {
 public:
  void Clear() override { counts_ = {}; }
  Status Add(const StateEvent& event) override {
    ++counts_[event.Input<std::uint8_t>() != 0 ? 1 : 0];
    return Status();
  }
  bool Remove(const StateEvent& event) override {
    --counts_[event.Input<std::uint8_t>() != 0 ? 1 : 0];
    return true;
  }
  void Encode(std::string& out) override {
    for (const std::int64_t count : counts_) AppendVarint(static_cast<std::uint64_t>(count), out);
  }
  bool Merge(ByteReader& reader) override { return MergeCount(reader, counts_[0]) && MergeCount(reader, counts_[1]); }
  Status Finish(const StateResult& to) override {
    if (counts_[0] + counts_[1] == 0) {
      to.result->SetNull(to.row);
    } else {
      const bool is_any = to.aggregate->function() == AggregateFunction::kAny;
      to.result->SetBool(to.row, is_any ? counts_[1] > 0 : counts_[0] == 0);
    }
    return Status();
  }

 private:
  std::array<std::int64_t, 2> counts_{};  // of false, of true
};

// Holds edges as integers: a whole number is below an edge when it is below the next whole number from the edge on.
std::vector<std::int64_t> IntegerEdges(const std::vector<double>& edges) {
  constexpr double kBeyond = 0x1p63;
  std::vector<std::int64_t> whole;
  for (const double edge : edges) {
    const double least = std::ceil(edge);
    whole.push_back(least >= kBeyond ? INT64_MAX : least < -kBeyond ? INT64_MIN : static_cast<std::int64_t>(least));
  }
  return whole;
}

class HistogramState final : public AggregateState {
 public:
  explicit HistogramState(const std::vector<double>& edges)
      : edges_(edges), whole_edges_(IntegerEdges(edges)), counts_(edges.size() + 1) {
    constexpr double kBeyond = 0x1p63;
    // INT64_MAX itself is below an edge beyond the integers.
    reachable_ = static_cast<std::size_t>(std::lower_bound(edges_.begin(), edges_.end(), kBeyond) - edges_.begin());
  }

  void Clear() override { std::fill(counts_.begin(), counts_.end(), 0); }
  Status Add(const StateEvent& event) override {
    Put(event, 1);
    return Status();
  }
  bool Remove(const StateEvent& event) override {
    Put(event, -1);
    return true;
  }
  void Encode(std::string& out) override {
    for (const std::int64_t count : counts_) AppendVarint(static_cast<std::uint64_t>(count), out);
  }
  bool Merge(ByteReader& reader) override {
    return std::all_of(counts_.begin(), counts_.end(), [&](std::int64_t& count) { return MergeCount(reader, count); });
  }
  Status Finish(const StateResult& to) override {
    to.result->BeginList(to.row);
    for (const std::int64_t count : counts_) to.result->AppendInteger(count);
    return Status();
  }

 private:
  void Put(const StateEvent& event, std::int64_t direction) {
    std::size_t place = 0;
    if (StorageOf(event.inputs[0]->type) == Storage::kInteger) {
      const auto end = whole_edges_.begin() + static_cast<std::ptrdiff_t>(reachable_);
      const auto above = std::upper_bound(whole_edges_.begin(), end, event.Input<std::int64_t>());
      place = static_cast<std::size_t>(above - whole_edges_.begin());
    } else {
      const auto value = event.Input<double>();
      if (std::isnan(value)) return;
      place = static_cast<std::size_t>(std::upper_bound(edges_.begin(), edges_.end(), value) - edges_.begin());
    }
    counts_[place] += direction;
  }

  std::vector<double> edges_;
  std::vector<std::int64_t> whole_edges_;
  std::size_t reachable_ = 0;
  std::vector<std::int64_t> counts_;
};

}  // namespace

std::vector<AggregateRow> TallyAggregates() {
  using enum AggregateFunction;
  const std::vector<AggregateInput> truth = {{"of", InputTypes::kBool}};
  constexpr std::int64_t kMaxEdges = 1024;
  return {
      {kAny,
       "any",
       AggregateFamily::kTruths,
       true,
       truth,
       {},
       ResultRule::kBool,
       "Tells whether a value is true",
       "cannot occur",
       "null",
       "any of [false, null, true]",
       "true"},
      {kAll,
       "all",
       AggregateFamily::kTruths,
       true,
       truth,
       {},
       ResultRule::kBool,
       "Tells whether all values that are not null are true",
       "cannot occur",
       "null",
       "all of [true, null, true]",
       "true"},
      {kHistogram,
       "histogram",
       AggregateFamily::kHistograms,
       true,
       {{"of", InputTypes::kNumber}},
       {{"edges", ParameterKind::kEdges, kMaxEdges}},
       ResultRule::kListOfInt64,
       "Counts the values below the first edge, from each edge to below the next, and from the last edge on: one count "
       "more than edges",
       "does not count",
       "[0, 0, 0]",
       "histogram(0, 10) of [-5, 0, 3, 10, 12]",
       "[1, 2, 2]"},
  };
}

std::unique_ptr<AggregateState> MakeTruthState() { return std::make_unique<TruthState>(); }
std::unique_ptr<AggregateState> MakeHistogramState(const std::vector<double>& edges) {
  return std::make_unique<HistogramState>(edges);
}

}  // namespace larder
