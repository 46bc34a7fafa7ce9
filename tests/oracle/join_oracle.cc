#include "tests/oracle/join_oracle.h"

namespace larder::oracle {
namespace {

bool HasNull(const std::vector<Key>& keys) {
  for (const Key& key : keys) {
    if (std::holds_alternative<std::monostate>(key)) return true;
  }
  return false;
}

// Rule 7. A null created time is never known.
bool IsKnown(const FeatureRow& row, std::int64_t time_us) {
  return row.created_time_us.has_value() && *row.created_time_us <= time_us;
}

// Rules 2, 5 and 7, without the ttl.
bool IsThere(const FeatureRow& row, const EntityRow& entity, bool as_known) {
  if (HasNull(row.keys) || !row.event_time_us.has_value()) return false;
  if (row.keys != entity.keys) return false;
  if (*row.event_time_us > *entity.time_us) return false;
  return !as_known || IsKnown(row, *entity.time_us);
}

// Rule 2: s >= t - ttl, with s <= t given. The age of far past rows does not fit int64, but uint64 holds it exactly.
bool IsWithinTtl(const FeatureRow& row, const EntityRow& entity, std::int64_t ttl_us) {
  if (ttl_us == 0) return true;
  const std::uint64_t age_us =
      static_cast<std::uint64_t>(*entity.time_us) - static_cast<std::uint64_t>(*row.event_time_us);
  return age_us <= static_cast<std::uint64_t>(ttl_us);
}

Answer JoinOne(const EntityRow& entity, const View& view) {
  Answer answer;
  answer.values.resize(view.value_count);
  if (HasNull(entity.keys) || !entity.time_us.has_value()) return answer;
  const FeatureRow* newest = nullptr;
  for (const FeatureRow& row : view.rows) {
    if (!IsThere(row, entity, view.as_known)) continue;
    if (newest == nullptr || WinsOver(row, *newest)) newest = &row;
  }
  if (newest == nullptr || newest->deleted) return answer;
  if (!IsWithinTtl(*newest, entity, view.ttl_us)) {
    answer.status = Status::kOutsideMaxAge;
    return answer;
  }
  answer.status = Status::kPresent;
  answer.values = newest->values;
  answer.event_time_us = newest->event_time_us;
  return answer;
}

}  // namespace

bool WinsOver(const FeatureRow& a, const FeatureRow& b) {
  if (a.event_time_us != b.event_time_us) return a.event_time_us > b.event_time_us;
  // An empty optional compares below every value: null is lowest.
  if (a.created_time_us != b.created_time_us) return a.created_time_us > b.created_time_us;
  return a.ordinal > b.ordinal;
}

std::vector<Answer> Join(const std::vector<EntityRow>& entities, const View& view) {
  std::vector<Answer> answers;
  answers.reserve(entities.size());
  for (const EntityRow& entity : entities) answers.push_back(JoinOne(entity, view));
  return answers;
}

}  // namespace larder::oracle
