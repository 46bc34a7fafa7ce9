// The route of what is done to the store as a whole: /backup.
#include "retrieval/backup.h"
#include "serving/api.h"
#include "serving/json_document.h"
#include "text/json_writer.h"

namespace larder {

Result<ApiAnswer> Api::BackUpProject(const ApiRequest& request, const ApiCall& /*call*/) {
  if (!request.is_trusted) {
    return Status(Reason::kPermissionDenied, "a backup writes files of this machine: not over TCP",
                  "run `larder backup` on this machine, or ask through the project's socket file");
  }
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(request.body));
  LARDER_ASSIGN_OR_RETURN(const JsonObject body, JsonObject::Of(document.root(), "body"));
  LARDER_RETURN_IF_ERROR(body.CheckKnown({"folder"}));
  LARDER_ASSIGN_OR_RETURN(const std::string folder, body.Text("folder", ""));
  if (!folder.starts_with('/')) {
    return Status(Reason::kMalformedRequest, "the folder of a backup is not an absolute path: '" + folder + "'",
                  "give the whole path, from '/' on");
  }
  LARDER_ASSIGN_OR_RETURN(const BackupSummary summary, BackUp(project_, tables_, folder));
  ApiAnswer answer;
  JsonWriter json(answer.body);
  json.BeginObject();
  json.StringMember("folder", summary.folder);
  json.IntegerMember("files", summary.file_count);
  json.IntegerMember("bytes", summary.byte_count);
  json.EndObject();
  return answer;
}

}  // namespace larder
