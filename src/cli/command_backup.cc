// larder backup and larder restore: what a project stores, in one folder.
#include <memory>
#include <string>

#include "cli/commands.h"
#include "online/store_list.h"
#include "retrieval/backup.h"
#include "serving/api_session.h"
#include "text/json_writer.h"

namespace larder {
namespace {

struct BackupArguments {
  std::string folder;
  bool replace = false;
};

std::string SummaryJson(const BackupSummary& summary) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.StringMember("folder", summary.folder);
  json.IntegerMember("files", summary.file_count);
  json.IntegerMember("bytes", summary.byte_count);
  json.EndObject();
  return text;
}

Status RunBackup(const BackupArguments& arguments, CommandContext& context) {
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProject());
  LARDER_ASSIGN_OR_RETURN(const auto session, ApiSession::Open(*project));
  std::string body;
  JsonWriter json(body);
  json.BeginObject();
  json.StringMember("folder", context.FilePath(arguments.folder));
  json.EndObject();
  LARDER_ASSIGN_OR_RETURN(const std::string done, session->Call({"POST", "/backup", "", body}, {}));
  if (context.flags.json) {
    context.Print(done + "\n");
  } else {
    context.Print("backed up to " + context.FilePath(arguments.folder) + "\n");
  }
  return {};
}

// Fails when another process has what is going to be replaced. A store that cannot be opened otherwise can be replaced.
Status CheckNotOwned(Project& project) {
  LARDER_ASSIGN_OR_RETURN(const auto server, ApiSession::FindServer(project));
  if (server != nullptr) {
    return Status(Reason::kLocked, "a server of this project is running", "stop it before you restore a backup");
  }
  const OnlineStoreConfig& config = project.config().online_store;
  if (config.type != OnlineStoreType::kRocksDb || !Exists(project.files(), config.path)) return {};
  StoreOptions options;
  options.path = config.path;
  const auto store = OpenOnlineStore("rocksdb", options);
  return store.status().reason() == Reason::kLocked ? store.status() : Status();
}

Status RunRestore(const BackupArguments& arguments, CommandContext& context) {
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProject());
  LARDER_RETURN_IF_ERROR(CheckNotOwned(*project));
  LARDER_ASSIGN_OR_RETURN(const BackupSummary summary,
                          RestoreBackup(*project, context.FilePath(arguments.folder), arguments.replace));
  if (context.flags.json) {
    context.Print(SummaryJson(summary) + "\n");
  } else {
    context.Print("restored from " + summary.folder + ": " + std::to_string(summary.file_count) + " files\n");
  }
  return {};
}

}  // namespace

CommandRun DeclareBackup(ArgumentList& arguments) {
  auto values = std::make_shared<BackupArguments>();
  arguments.Positional("FOLDER", values->folder, true, "New folder for the backup");
  return [values](CommandContext& context) { return RunBackup(*values, context); };
}

CommandRun DeclareRestore(ArgumentList& arguments) {
  auto values = std::make_shared<BackupArguments>();
  arguments.Positional("FOLDER", values->folder, true, "Folder that larder backup made");
  arguments.Flag("--replace", values->replace, "Put the backup in place of what the project stores");
  return [values](CommandContext& context) { return RunRestore(*values, context); };
}

}  // namespace larder
