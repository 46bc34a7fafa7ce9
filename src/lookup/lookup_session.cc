#include "lookup/lookup_session.h"

#include <algorithm>
#include <memory_resource>
#include <utility>

namespace larder {
namespace {

constexpr std::string_view kNextColumn = R"(,{"values":[)";
constexpr std::string_view kAnswerEnd = "]}";
constexpr std::string_view kPresent = R"("PRESENT",)";
constexpr std::string_view kNullValue = R"("NULL_VALUE",)";
constexpr std::string_view kEpoch = R"("1970-01-01T00:00:00Z",)";

constexpr std::size_t kLeastArenaBytes = std::size_t{16} << 10;
constexpr std::size_t kMostArenaBytes = std::size_t{4} << 20;

/// Gives an arena what its own bytes are too few for, and counts it.
class OverflowMemory final : public std::pmr::memory_resource {
 public:
  std::size_t byte_count() const { return byte_count_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    byte_count_ += bytes;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  std::size_t byte_count_ = 0;
};

bool ReadLists(const std::vector<LookupList>& lists, const RequestBody& body, std::vector<EntityValues>& values) {
  if (values.size() < lists.size()) values.resize(lists.size());
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const simdjson::dom::array* const list = body.FindList(lists[i].name);
    if (list == nullptr || !values[i].Read(*list, lists[i].type)) return false;
  }
  return true;
}

bool HasFailed(const Vector& vector, std::int64_t row_count) {
  if (vector.failed == nullptr) return false;
  for (std::int64_t row = 0; row < row_count; ++row) {
    if (vector.IsFailed(row)) return true;
  }
  return false;
}

}  // namespace

LookupSession::LookupSession(const Options& options)
    : project_(options.project),
      tables_(options.tables),
      reader_(options.definitions),
      plans_({}),
      texts_(options.text_bytes),
      text_hits_(options.tables.counters().GetCounter(
          {"larder_row_text_hits_total", "Rows whose text was written for an earlier answer."})),
      text_(out_) {
  arena_bytes_.resize(kLeastArenaBytes);
}

LookupOutcome LookupSession::Answer(std::string_view body, MayWait may_wait) {
  if (!body_.Parse(body, project_.config().server.max_rows)) return LookupOutcome::kUnusual;
  const std::uint64_t number = reader_.Begin();
  if (number != number_) plans_.Clear();
  number_ = number;
  const LookupOutcome outcome = AnswerParsed(may_wait);
  reader_.End();
  return outcome;
}

LookupOutcome LookupSession::AnswerParsed(MayWait may_wait) {
  const LookupPlan* const plan = FindPlan();
  if (plan == nullptr) return LookupOutcome::kUnusual;
  const std::int64_t row_count = body_.row_count();
  const bool is_large = row_count * static_cast<std::int64_t>(plan->columns.size()) > kMaxValuesAtOnce;
  if (is_large && may_wait == MayWait::kNo) return LookupOutcome::kNotInMemory;
  if (!ReadLists(plan->keys, body_, keys_) || !ReadLists(plan->request_values, body_, request_values_)) {
    return LookupOutcome::kUnusual;
  }
  const MemoryPin pin = tables_.store().PinMemory();  // until the answer is written
  if (const LookupOutcome outcome = ReadAll(*plan, pin, may_wait); outcome != LookupOutcome::kDone) return outcome;
  OverflowMemory overflow;
  bool is_done = false;
  {
    Arena arena(arena_bytes_.data(), arena_bytes_.size(), &overflow);
    is_done = Compute(*plan, arena) && Write(*plan);
  }
  if (overflow.byte_count() > 0) {
    arena_bytes_.resize(std::min(arena_bytes_.size() + 2 * overflow.byte_count(), kMostArenaBytes));
  }
  return is_done ? LookupOutcome::kDone : LookupOutcome::kUnusual;
}

const LookupPlan* LookupSession::FindPlan() {
  if (const LookupPlan* const known = plans_.Find(body_.shape())) return known;
  const CurrentDefinitions::Numbered definitions = reader_.BeginAnew();
  if (definitions.snapshot == nullptr) return nullptr;
  if (definitions.number != number_) plans_.Clear();
  number_ = definitions.number;
  const auto resolved = PlanRetrieval(definitions.snapshot, body_.ToFeatureRequest());
  if (!resolved.ok()) return nullptr;
  auto made = LookupPlan::Make(**resolved, tables_, view_count_);
  if (!made.ok() || *made == nullptr) return nullptr;
  view_count_ += (*made)->views.size();
  return plans_.Put(body_.shape(), *std::move(made));
}

LookupOutcome LookupSession::ReadAll(const LookupPlan& plan, const MemoryPin& pin, MayWait may_wait) {
  if (views_.size() < plan.views.size()) views_.resize(plan.views.size());
  for (std::size_t i = 0; i < plan.views.size(); ++i) {
    const LookupOutcome outcome = views_[i].Read(plan.views[i], keys_, pin, may_wait);
    if (outcome != LookupOutcome::kDone) return outcome;
  }
  const ReadMoment moment = MomentOf(project_, std::nullopt);
  const std::uint64_t hits_before = texts_.hit_count();
  texts_.BeginRequest();
  for (std::size_t i = 0; i < plan.views.size(); ++i) {
    views_[i].Judge(moment);
    views_[i].TakeTexts(texts_, body_.wants_iso_timestamps());
  }
  if (texts_.hit_count() > hits_before) text_hits_.Add(texts_.hit_count() - hits_before);
  return LookupOutcome::kDone;
}

/// Fills the slots of expressions. Returns false when a row failed.
bool LookupSession::Compute(const LookupPlan& plan, Arena& arena) {
  const std::int64_t row_count = body_.row_count();
  if (plan.computations.empty() || row_count == 0) return true;
  slots_.assign(plan.slots.size(), Vector());
  for (std::size_t i = 0; i < plan.slots.size(); ++i) {
    const ValueSlot& slot = plan.slots[i];
    if (plan.is_input[i] == 0 || slot.origin == SlotOrigin::kComputed) continue;
    slots_[i] = slot.origin == SlotOrigin::kView ? views_[slot.view_use].Values(slot.feature, arena)
                                                 : request_values_[slot.feature].vector();
  }
  for (const Computation& computation : plan.computations) {
    inputs_.clear();
    for (const std::size_t slot : computation.inputs) inputs_.push_back(slots_[slot]);
    slots_[computation.output] = computation.expression.EvaluateVectors(inputs_, row_count, arena);
    if (HasFailed(slots_[computation.output], row_count)) return false;
  }
  return true;
}

bool LookupSession::Write(const LookupPlan& plan) {
  MakePlainTail();
  text_.SetIsoTimestamps(body_.wants_iso_timestamps());
  out_.Clear();
  out_.Append(plan.head);
  bool is_first = true;
  for (const LookupColumn& column : plan.columns) {
    if (!std::exchange(is_first, false)) out_.Append(kNextColumn);
    switch (column.origin) {
      case LookupColumn::Origin::kKey:
        WriteKey(keys_[column.index], column);
        break;
      case LookupColumn::Origin::kStored:
        if (!views_[column.view].WriteColumn(column.index, text_, out_)) return false;
        break;
      case LookupColumn::Origin::kComputed:
        WriteComputed(body_.row_count() == 0 ? Vector() : slots_[column.index], column);
        break;
    }
  }
  out_.Append(kAnswerEnd);
  return true;
}

void LookupSession::WriteKey(const EntityValues& values, const LookupColumn& column) {
  const Vector vector = values.vector();
  for (std::int64_t row = 0; row < body_.row_count(); ++row) {
    vector.IsValid(row) ? text_.Computed(vector, row, column.type.kind) : text_.Null();
    out_.Append(',');
  }
  if (body_.row_count() > 0) out_.Drop(1);
  out_.Append(plain_tail_.text());
}

void LookupSession::WriteComputed(const Vector& values, const LookupColumn& column) {
  bool has_nulls = false;
  for (std::int64_t row = 0; row < body_.row_count(); ++row) {
    const bool is_valid = values.IsValid(row);
    has_nulls |= !is_valid;
    is_valid ? text_.Computed(values, row, column.type.kind) : text_.Null();
    out_.Append(',');
  }
  if (body_.row_count() > 0) out_.Drop(1);
  if (!has_nulls) return out_.Append(plain_tail_.text());
  out_.Append(kStatusesBegin);
  for (std::int64_t row = 0; row < body_.row_count(); ++row) out_.Append(values.IsValid(row) ? kPresent : kNullValue);
  out_.Drop(1);
  out_.Append(plain_times_.text());
}

void LookupSession::MakePlainTail() {
  if (plain_row_count_ == body_.row_count()) return;
  plain_row_count_ = body_.row_count();
  plain_times_.Clear();
  plain_times_.Append(kTimesBegin);
  plain_tail_.Clear();
  plain_tail_.Append(kStatusesBegin);
  for (std::int64_t row = 0; row < plain_row_count_; ++row) {
    plain_times_.Append(kEpoch);
    plain_tail_.Append(kPresent);
  }
  if (plain_row_count_ > 0) {
    plain_times_.Drop(1);
    plain_tail_.Drop(1);
  }
  plain_times_.Append(kColumnEnd);
  plain_tail_.Append(plain_times_.text());
}

}  // namespace larder
