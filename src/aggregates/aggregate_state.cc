#include "aggregates/aggregate_state.h"

#include "aggregates/aggregate_families.h"
#include "base/coding.h"

namespace larder {
namespace {

constexpr std::uint8_t kFormatVersion = 1;

bool SharesState(const WindowFunction& a, const WindowFunction& b) {
  return a.inputs == b.inputs && a.where == b.where && SharesState(a.aggregate, b.aggregate);
}

// Tells whether an event counts for a function.
bool Counts(const WindowFunction& function, const EventRun& run, std::int64_t index) {
  if (function.where) {
    const Vector& where = run.columns[*function.where];
    if (!where.IsValid(index) || where.At<std::uint8_t>(index) == 0) return false;
  }
  const CountRule rule = CountRuleOf(function.aggregate);
  if (rule == CountRule::kSelected) return true;
  if (rule == CountRule::kCategory) return run.columns[function.inputs.back()].IsValid(index);
  bool has_null = false;
  for (const std::size_t input : function.inputs) has_null = has_null || !run.columns[input].IsValid(index);
  return has_null == (rule == CountRule::kNull);
}

StateEvent EventOf(const WindowFunction& function, const EventRun& run, std::int64_t index) {
  const auto place = static_cast<std::size_t>(index);
  StateEvent event;
  for (std::size_t i = 0; i < function.inputs.size(); ++i) event.inputs[i] = &run.columns[function.inputs[i]];
  event.index = index;
  event.time_us = run.times_us[place];
  event.created_us = run.created_times_us.empty() ? kNoCreatedTimeUs : run.created_times_us[place];
  if (!run.ties.empty()) event.tie = run.ties[place];
  return event;
}

}  // namespace

StatePlan::StatePlan(std::vector<WindowFunction> functions) : functions_(std::move(functions)) {
  for (std::size_t i = 0; i < functions_.size(); ++i) {
    LARDER_CHECK(functions_[i].aggregate.is_mergeable());
    std::size_t state = 0;
    while (state < members_.size() && !SharesState(functions_[members_[state][0]], functions_[i])) ++state;
    if (state == members_.size()) members_.emplace_back();
    members_[state].push_back(i);
    state_of_.push_back(state);
  }
}

TileState::TileState(const StatePlan& plan) : plan_(&plan) {
  for (const std::vector<std::size_t>& members : plan.members_) {
    std::vector<const BoundAggregate*> functions;
    for (const std::size_t member : members) functions.push_back(&plan.functions_[member].aggregate);
    states_.push_back(MakeAggregateState(functions));
  }
}
TileState::~TileState() = default;
TileState::TileState(TileState&&) noexcept = default;
TileState& TileState::operator=(TileState&&) noexcept = default;

void TileState::Clear() {
  for (const auto& state : states_) state->Clear();
}

Status TileState::Add(const EventRun& run, std::int64_t begin, std::int64_t end) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const WindowFunction& function = plan_->functions_[plan_->members_[i][0]];
    for (std::int64_t index = begin; index < end; ++index) {
      if (Counts(function, run, index)) LARDER_RETURN_IF_ERROR(states_[i]->Add(EventOf(function, run, index)));
    }
  }
  return Status();
}

bool TileState::Remove(const EventRun& run, std::int64_t index) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const WindowFunction& function = plan_->functions_[plan_->members_[i][0]];
    if (Counts(function, run, index) && !states_[i]->Remove(EventOf(function, run, index))) return false;
  }
  return true;
}

void TileState::Encode(std::string& out) const {
  out.push_back(static_cast<char>(kFormatVersion));
  for (const auto& state : states_) state->Encode(out);
}

Status TileState::MergeEncoded(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint8_t version = reader.ReadByte();
  if (reader.ok() && version > kFormatVersion) {
    return Status(Reason::kNewerFormat, "a tile was written by a newer version: format " + std::to_string(version),
                  "use the newer version, or materialize the view again");
  }
  bool is_good = reader.ok() && version == kFormatVersion;
  for (std::size_t i = 0; is_good && i < states_.size(); ++i) is_good = states_[i]->Merge(reader);
  if (is_good && reader.done()) return Status();
  return Status(Reason::kDamaged, "a tile is damaged: its bytes are no state", "materialize the view again");
}

Status TileState::Merge(const TileState& other) {
  std::string bytes;
  other.Encode(bytes);
  return MergeEncoded(bytes);
}

Status TileState::Finish(std::size_t function, std::int64_t time_us, ResultColumn& result, std::int64_t row) {
  const StateResult to{&plan_->functions_[function].aggregate, time_us, &result, row};
  return states_[plan_->state_of_[function]]->Finish(to);
}

}  // namespace larder
