#include "registry/apply_plan.h"

#include <algorithm>
#include <array>

#include "text/json_writer.h"

namespace larder {
namespace {

std::string Versions(const PlannedChange& change) {
  const std::string before = std::to_string(change.old_version);
  switch (change.action) {
    case PlannedAction::kCreate:
      return "version " + std::to_string(change.new_version);
    case PlannedAction::kChange:
    case PlannedAction::kPinAgain:
      return "version " + before + " -> " + std::to_string(change.new_version);
    case PlannedAction::kMetadataOnly:
    case PlannedAction::kDelete:
      break;
  }
  return "version " + before;
}

std::string_view ActionWords(PlannedAction action) {
  constexpr std::array<std::string_view, 5> kWords = {"create", "change", "pin again", "describe", "delete"};
  return kWords[static_cast<std::size_t>(action)];
}

std::string PinnedBy(const std::vector<VersionId>& versions) {
  std::string text;
  for (const VersionId& user : versions) {
    text += (text.empty() ? "" : ", ") + ObjectTitle(user.id) + "@" + std::to_string(user.version);
  }
  return text;
}

std::string GenerationLine(const PlannedGeneration& planned) {
  const std::string number = std::to_string(planned.generation);
  std::string line = "  " + planned.view + "@" + std::to_string(planned.version) + ": ";
  if (planned.is_new) {
    line += "new generation " + number + " (" + planned.reason + ")";
    if (planned.must_materialize) line += "; answers NOT_FOUND until it is materialized";
    return line + "\n";
  }
  line += "stays in generation " + number;
  if (planned.must_materialize) return line + "; was not online, answers NOT_FOUND until it is materialized\n";
  for (const std::string& feature : planned.added) {
    line +=
        (&feature == &planned.added.front() ? "; no stored values until it is materialized again: " : ", ") + feature;
  }
  return line + "\n";
}

std::string RetentionLine(const PlannedRetention& retention) {
  const std::string line = "  " + retention.view + ": generation " + std::to_string(retention.generation);
  if (retention.state == GenerationState::kKept) {
    return line + " is kept and still materialized for " + PinnedBy(retention.pinned_by) + "\n";
  }
  return line + " is dropped\n";
}

void WriteVersions(std::string_view key, const std::vector<VersionId>& versions, JsonWriter& json) {
  json.Key(key);
  json.BeginArray();
  for (const VersionId& version : versions) {
    json.BeginObject();
    json.StringMember("kind", KindName(version.id.kind));
    json.StringMember("name", version.id.name);
    json.IntegerMember("version", version.version);
    json.EndObject();
  }
  json.EndArray();
}

void WriteTexts(std::string_view key, const std::vector<std::string>& texts, JsonWriter& json) {
  json.Key(key);
  json.BeginArray();
  for (const std::string& text : texts) json.String(text);
  json.EndArray();
}

void WriteVersion(std::string_view key, std::int64_t version, JsonWriter& json) {
  json.Key(key);
  if (version > 0) {
    json.Integer(version);
  } else {
    json.Null();
  }
}

void WriteChange(const PlannedChange& change, JsonWriter& json) {
  json.BeginObject();
  json.StringMember("action", PlannedActionName(change.action));
  json.StringMember("kind", KindName(change.id.kind));
  json.StringMember("name", change.id.name);
  WriteVersion("old_version", change.old_version, json);
  WriteVersion("new_version", change.new_version, json);
  WriteTexts("details", change.details, json);
  WriteVersions("pins", change.pins, json);
  json.EndObject();
}

void WriteGeneration(const PlannedGeneration& planned, JsonWriter& json) {
  json.BeginObject();
  json.StringMember("view", planned.view);
  json.IntegerMember("version", planned.version);
  json.IntegerMember("generation", planned.generation);
  json.BoolMember("new", planned.is_new);
  json.BoolMember("must_materialize", planned.must_materialize);
  WriteTexts("added_features", planned.added, json);
  json.StringMember("reason", planned.reason);
  json.EndObject();
}

void WriteRetention(const PlannedRetention& retention, JsonWriter& json) {
  json.BeginObject();
  json.StringMember("view", retention.view);
  json.IntegerMember("generation", retention.generation);
  json.StringMember("state", GenerationStateName(retention.state));
  WriteVersions("pinned_by", retention.pinned_by, json);
  json.EndObject();
}

template <class Item>
void WriteList(std::string_view key, const std::vector<Item>& items, void (*write)(const Item&, JsonWriter&),
               JsonWriter& json) {
  json.Key(key);
  json.BeginArray();
  for (const Item& item : items) write(item, json);
  json.EndArray();
}

}  // namespace

std::string_view PlannedActionName(PlannedAction action) {
  constexpr std::array<std::string_view, 5> kNames = {"create", "change", "pin_again", "metadata", "delete"};
  return kNames[static_cast<std::size_t>(action)];
}

bool ApplyPlan::empty() const { return changes.empty() && generations.empty() && retentions.empty(); }

bool ApplyPlan::LosesSomething() const {
  const auto is_deletion = [](const PlannedChange& change) { return change.action == PlannedAction::kDelete; };
  const auto is_drop = [](const PlannedRetention& retention) { return retention.state == GenerationState::kDropped; };
  return std::ranges::any_of(changes, is_deletion) || std::ranges::any_of(retentions, is_drop);
}

std::string ApplyPlan::Text() const {
  if (empty()) return "No changes: " + std::to_string(unchanged_count) + " objects are as applied.\n";
  std::string text;
  for (const PlannedChange& change : changes) {
    text += std::string(ActionWords(change.action)) + " " + ObjectTitle(change.id) + " (" + Versions(change) + ")\n";
    for (const std::string& detail : change.details) text += "    " + detail + "\n";
  }
  if (!generations.empty() || !retentions.empty()) text += "stored rows:\n";
  std::string to_materialize;
  for (const PlannedGeneration& planned : generations) {
    text += GenerationLine(planned);
    if (!planned.must_materialize && planned.added.empty()) continue;
    const std::string flag = " --view " + planned.view;
    if ((to_materialize + " ").find(flag + " ") == std::string::npos) to_materialize += flag;
  }
  for (const PlannedRetention& retention : retentions) text += RetentionLine(retention);
  if (!to_materialize.empty()) text += "to materialize after apply: larder materialize" + to_materialize + "\n";
  text += std::to_string(unchanged_count) + " objects unchanged\n";
  return text;
}

std::string ApplyPlan::Json() const {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.IntegerMember("revision", revision);
  WriteList("changes", changes, WriteChange, json);
  WriteList("generations", generations, WriteGeneration, json);
  WriteList("retentions", retentions, WriteRetention, json);
  json.IntegerMember("unchanged", unchanged_count);
  json.EndObject();
  return text;
}

}  // namespace larder
