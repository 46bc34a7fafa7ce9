// larder list, describe, delete and versions: what the registry holds.
#include <algorithm>
#include <memory>
#include <string>

#include "base/timestamp.h"
#include "cli/author.h"
#include "cli/commands.h"
#include "cli/owner_notice.h"
#include "definitions/canonical_text.h"
#include "definitions/lineage.h"
#include "retrieval/apply.h"
#include "serving/api_session.h"
#include "serving/json_document.h"
#include "text/json_writer.h"

namespace larder {
namespace {

struct ObjectArguments {
  std::string kind;
  std::string name;
};

void Pad(std::string& line, std::size_t width) { line.resize(std::max(line.size() + 1, width), ' '); }

Status RunList(const ObjectArguments& arguments, CommandContext& context) {
  std::vector<ObjectKind> kinds(kAllObjectKinds.begin(), kAllObjectKinds.end());
  if (!arguments.kind.empty()) {
    LARDER_ASSIGN_OR_RETURN(const ObjectKind kind, ParseKind(arguments.kind));
    kinds = {kind};
  }
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProject());
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project->Snapshot());
  std::string text;
  std::string json_text;
  JsonWriter json(json_text);
  json.BeginArray();
  for (const DefinedObject& object : snapshot->current().Objects()) {
    if (std::find(kinds.begin(), kinds.end(), KindOf(object)) == kinds.end()) continue;
    LARDER_ASSIGN_OR_RETURN(const auto record, snapshot->Current(IdOf(object)));
    const ObjectHeader& header = HeaderOf(object);
    std::string line(KindName(KindOf(object)));
    Pad(line, 17);
    line += header.name;
    Pad(line, 45);
    line += "@" + std::to_string(record->id.version);
    Pad(line, 50);
    text += line + header.description.substr(0, header.description.find('\n')) + "\n";
    json.BeginObject();
    json.StringMember("kind", KindName(KindOf(object)));
    json.StringMember("name", header.name);
    json.IntegerMember("version", record->id.version);
    json.StringMember("description", header.description);
    json.StringMember("owner", header.owner);
    json.EndObject();
  }
  json.EndArray();
  if (context.flags.json) {
    context.Print(json_text + "\n");
    return {};
  }
  context.Print(text);
  if (text.empty()) context.Say("nothing is registered; see larder apply");
  return {};
}

std::string Titles(const std::vector<ObjectId>& ids) {
  std::string text;
  for (const ObjectId& id : ids) text += (text.empty() ? "" : ", ") + ObjectTitle(id);
  return text.empty() ? "nothing" : text;
}

void WriteTitles(JsonWriter& json, std::string_view name, const std::vector<ObjectId>& ids) {
  json.Key(name);
  json.BeginArray();
  for (const ObjectId& id : ids) {
    json.BeginObject();
    json.StringMember("kind", KindName(id.kind));
    json.StringMember("name", id.name);
    json.EndObject();
  }
  json.EndArray();
}

// What the store tells of one generation, as lines.
Result<std::string> OnlineText(const std::string& body) {
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(body));
  std::string text;
  simdjson::dom::array generations;
  if (document.root()["generations"].get(generations) != simdjson::SUCCESS) return text;
  for (const auto generation : generations) {
    LARDER_ASSIGN_OR_RETURN(const JsonObject status, JsonObject::Of(generation, "generation"));
    const auto shown = [&](std::string_view name) {
      const auto* value = status.Find(name);
      if (value == nullptr) return std::string("never");
      std::string_view plain;
      return value->get(plain) == simdjson::SUCCESS ? std::string(plain) : std::string(simdjson::minify(*value));
    };
    text += "online, generation " + shown("generation") + " (" + shown("state") + "):\n";
    text += "  rows:                 " + shown("rows_online") + "\n";
    text += "  newest event time:    " + shown("newest_event_time") + "\n";
    const auto* age = status.Find("age_seconds");
    if (double seconds = 0; age != nullptr && age->get(seconds) == simdjson::SUCCESS) {
      text += "  age:                  " + FormatDuration(static_cast<std::int64_t>(seconds) * kMicrosPerSecond) + "\n";
    }
    text += "  watermark:            " + shown("watermark") + "\n";
    text += "  last materialization: " + shown("last_materialization") + "\n";
  }
  return text;
}

// The features of a window view with their types, for its definition names them by their windows only.
std::string WindowFeatureText(const DefinedObject& object) {
  const auto* view = std::get_if<std::shared_ptr<const FeatureView>>(&object);
  if (view == nullptr || !(*view)->is_windowed()) return "";
  std::string text;
  for (const Feature& feature : (*view)->features) {
    text += (text.empty() ? "features: " : ", ") + feature.name + " " + TypeName(feature.type);
  }
  return text + "\n";
}

Status RunDescribe(const ObjectArguments& arguments, CommandContext& context) {
  LARDER_ASSIGN_OR_RETURN(const ObjectKind kind, ParseKind(arguments.kind));
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProject());
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project->Snapshot());
  const ObjectId id{kind, arguments.name};
  LARDER_ASSIGN_OR_RETURN(const auto record, snapshot->Current(id));
  const Lineage lineage(snapshot->current());
  std::string online = "null";
  if (kind == ObjectKind::kFeatureView) {
    LARDER_ASSIGN_OR_RETURN(const auto session, ApiSession::Open(*project));
    LARDER_ASSIGN_OR_RETURN(online, session->Call({"GET", "/feature-views/" + id.name}, {}));
  }
  if (context.flags.json) {
    std::string text;
    JsonWriter json(text);
    json.BeginObject();
    json.StringMember("kind", KindName(kind));
    json.StringMember("name", id.name);
    json.IntegerMember("version", record->id.version);
    json.StringMember("applied", FormatInstant(record->time_us));
    json.StringMember("author", record->author);
    json.Key("definition");
    json.Raw(record->canonical_text);
    WriteTitles(json, "needs", lineage.Needs(id));
    WriteTitles(json, "needed_by", lineage.NeededBy(id));
    json.Key("online");
    json.Raw(online);
    json.EndObject();
    context.Print(text + "\n");
    return {};
  }
  std::string text = ObjectTitle(id) + ", version " + std::to_string(record->id.version) + ", applied " +
                     FormatInstant(record->time_us) + " by " + record->author + "\n";
  const ObjectHeader& header = HeaderOf(record->object);
  if (!header.description.empty()) text += header.description + "\n";
  text += "definition: " + record->canonical_text + "\n" + WindowFeatureText(record->object);
  text += "needs: " + Titles(lineage.Needs(id)) + "\nneeded by: " + Titles(lineage.NeededBy(id)) + "\n";
  if (kind == ObjectKind::kFeatureView) {
    LARDER_ASSIGN_OR_RETURN(const std::string told, OnlineText(online));
    text += told;
  }
  context.Print(text);
  return {};
}

Status RunDelete(const ObjectArguments& arguments, CommandContext& context) {
  LARDER_ASSIGN_OR_RETURN(const ObjectKind kind, ParseKind(arguments.kind));
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProject());
  const ObjectId id{kind, arguments.name};
  LARDER_RETURN_IF_ERROR(DeleteObject(*project, id, Author()));
  LARDER_RETURN_IF_ERROR(TellOwnerOfApply(*project, {&context.cancellation, &context.progress}));
  context.Say("deleted " + ObjectTitle(id));
  return {};
}

Status RunVersions(const ObjectArguments& arguments, CommandContext& context) {
  LARDER_ASSIGN_OR_RETURN(const ObjectKind kind, ParseKind(arguments.kind));
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProject());
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project->Snapshot());
  if (snapshot->revision() == 0)
    return snapshot->Current({kind, arguments.name}).status();  // looking makes no registry
  LARDER_ASSIGN_OR_RETURN(const auto history, project->WithRegistry([&](Registry& registry) {
    return registry.Versions({kind, arguments.name});
  }));
  std::string text;
  std::string json_text;
  JsonWriter json(json_text);
  json.BeginArray();
  for (const HistoryEntry& entry : history) {
    std::string line = "@" + std::to_string(entry.version);
    Pad(line, 6);
    line += entry.action;
    Pad(line, 18);
    line += FormatInstant(entry.time_us);
    Pad(line, 48);
    text += line + entry.author + (entry.is_current ? "  (current)" : "") + "\n";
    json.BeginObject();
    json.IntegerMember("version", entry.version);
    json.StringMember("action", entry.action);
    json.StringMember("time", FormatInstant(entry.time_us));
    json.StringMember("author", entry.author);
    json.BoolMember("current", entry.is_current);
    json.EndObject();
  }
  json.EndArray();
  context.Print(context.flags.json ? json_text + "\n" : text);
  return {};
}

std::shared_ptr<ObjectArguments> DeclareObject(ArgumentList& arguments) {
  auto values = std::make_shared<ObjectArguments>();
  arguments.Positional("KIND", values->kind, true,
                       "entity, source, feature_view, on_demand_view or feature_service (plural too)");
  arguments.Positional("NAME", values->name, true, "Name of the object");
  return values;
}

}  // namespace

CommandRun DeclareList(ArgumentList& arguments) {
  auto values = std::make_shared<ObjectArguments>();
  arguments.Positional("KIND", values->kind, false, "Only this kind");
  return [values](CommandContext& context) { return RunList(*values, context); };
}

CommandRun DeclareDescribe(ArgumentList& arguments) {
  return [values = DeclareObject(arguments)](CommandContext& context) { return RunDescribe(*values, context); };
}

CommandRun DeclareDelete(ArgumentList& arguments) {
  return [values = DeclareObject(arguments)](CommandContext& context) { return RunDelete(*values, context); };
}

CommandRun DeclareVersions(ArgumentList& arguments) {
  return [values = DeclareObject(arguments)](CommandContext& context) { return RunVersions(*values, context); };
}

}  // namespace larder
