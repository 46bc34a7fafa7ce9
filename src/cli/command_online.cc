// larder online and larder explain: what serving answers, and why.
#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/entity_rows.h"
#include "cli/online_table.h"
#include "serving/api_session.h"
#include "text/json_writer.h"

namespace larder {
namespace {

struct OnlineArguments {
  std::string service;
  std::vector<std::string> features;
  std::vector<std::vector<std::string>> keys;
  std::vector<std::vector<std::string>> request;
  std::string entities;
  std::string now;
  bool full_names = false;
};

struct ExplainArguments {
  std::string reference;
  std::vector<std::vector<std::string>> keys;
  std::vector<std::vector<std::string>> request;
  std::string now;
};

Result<EntityRows> RowsOf(const CommandContext& context, const OnlineArguments& arguments) {
  if (arguments.entities.empty() == arguments.keys.empty()) {
    return Status(Reason::kUsage, "larder online: say for which keys",
                  "give --key NAME=VALUE (one --key for each row) or --entities FILE");
  }
  if (arguments.entities.empty()) return ParseEntityRows(arguments.keys, arguments.request);
  if (!arguments.request.empty()) {
    return Status(Reason::kUsage, "larder online: request values stand in the columns of the entity table",
                  "leave --request out");
  }
  return ReadEntityRows(context.reading.files, context.FilePath(arguments.entities));
}

Status RunOnline(const OnlineArguments& arguments, CommandContext& context) {
  LARDER_ASSIGN_OR_RETURN(const EntityRows rows, RowsOf(context, arguments));
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProject());
  LARDER_ASSIGN_OR_RETURN(const auto session, ApiSession::Open(*project));
  std::string body;
  JsonWriter json(body);
  json.BeginObject();
  json.Key("entities");
  json.Raw(rows.Json());
  if (!arguments.service.empty()) json.StringMember("feature_service", arguments.service);
  if (!arguments.features.empty()) {
    json.Key("features");
    json.BeginArray();
    for (const std::string& feature : arguments.features) json.String(feature);
    json.EndArray();
  }
  json.BoolMember("full_feature_names", arguments.full_names);
  if (!arguments.now.empty()) json.StringMember("now", arguments.now);
  json.StringMember("timestamps", "iso");
  json.EndObject();
  LARDER_ASSIGN_OR_RETURN(const std::string answer, session->Call({"POST", "/get-online-features", "", body}, {}));
  if (context.flags.json) {
    context.Print(answer + "\n");
    return {};
  }
  LARDER_ASSIGN_OR_RETURN(const std::string table, OnlineAnswerTable(answer));
  context.Print(table);
  return {};
}

Status RunExplain(const ExplainArguments& arguments, CommandContext& context) {
  LARDER_ASSIGN_OR_RETURN(const EntityRows rows, ParseEntityRows(arguments.keys, arguments.request));
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProject());
  LARDER_ASSIGN_OR_RETURN(const auto session, ApiSession::Open(*project));
  std::string body;
  JsonWriter json(body);
  json.BeginObject();
  json.StringMember("feature", arguments.reference);
  json.Key("entities");
  json.Raw(rows.Json());
  if (!arguments.now.empty()) json.StringMember("now", arguments.now);
  json.EndObject();
  LARDER_ASSIGN_OR_RETURN(const std::string answer,
                          session->Call({"POST", "/explain", "", body}, {&context.cancellation, &context.progress}));
  if (context.flags.json) {
    context.Print(answer + "\n");
    return {};
  }
  LARDER_ASSIGN_OR_RETURN(const std::string text, ExplanationText(answer));
  context.Print(text);
  return {};
}

}  // namespace

CommandRun DeclareOnline(ArgumentList& arguments) {
  auto values = std::make_shared<OnlineArguments>();
  arguments.Option("--service", values->service, "NAME", "All features of a feature service");
  arguments.Options("--features", values->features, "REF", "view:feature, view or view@version:feature; by commas");
  arguments.Groups("--key", values->keys, "K=V...", "Join keys of one row; one --key for each row");
  arguments.Groups("--request", values->request, "K=V...", "Request values, the same for every row, or one for each");
  arguments.Option("--entities", values->entities, "FILE", "Rows from a table (csv, parquet, arrow)");
  arguments.Option("--now", values->now, "T", "The moment; default: the clock");
  arguments.Flag("--full-names", values->full_names, "Name features view__feature");
  return [values](CommandContext& context) { return RunOnline(*values, context); };
}

CommandRun DeclareExplain(ArgumentList& arguments) {
  auto values = std::make_shared<ExplainArguments>();
  arguments.Positional("REF", values->reference, true, "view:feature");
  arguments.Groups("--key", values->keys, "K=V...", "Join keys");
  arguments.Groups("--request", values->request, "K=V...", "Request values");
  arguments.Option("--now", values->now, "T", "The moment; default: the clock");
  return [values](CommandContext& context) { return RunExplain(*values, context); };
}

}  // namespace larder
