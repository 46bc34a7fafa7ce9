// larder materialize and larder push: rows to the online store.
#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "columnar/arrow_status.h"
#include "columnar/csv_types.h"
#include "columnar/table_file.h"
#include "serving/api_session.h"
#include "serving/json_document.h"
#include "text/json_writer.h"

namespace larder {
namespace {

struct MaterializeArguments {
  std::string from;
  std::string to;
  std::vector<std::string> views;
  bool incremental = false;
};

struct PushArguments {
  std::string target;
  std::string file;
  std::string to = "both";
  bool deletion = false;
};

std::string Member(const JsonObject& object, std::string_view name) {
  const auto* value = object.Find(name);
  if (value == nullptr) return "the beginning";
  std::string_view text;
  return value->get(text) == simdjson::SUCCESS ? std::string(text) : std::string(simdjson::minify(*value));
}

std::string InSeconds(const JsonObject& view) {
  double seconds = 0;
  const auto* value = view.Find("seconds");
  if (value == nullptr || value->get(seconds) != simdjson::SUCCESS) return "";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), " in %.2f s", seconds);
  return text.data();
}

Status SayMaterialized(const CommandContext& context, const std::string& body) {
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(body));
  simdjson::dom::array views;
  if (document.root()["views"].get(views) != simdjson::SUCCESS) return {};
  for (const auto element : views) {
    LARDER_ASSIGN_OR_RETURN(const JsonObject view, JsonObject::Of(element, "view"));
    std::string line = Member(view, "view") + "@" + Member(view, "version") + ": " + Member(view, "rows_written") +
                       " rows written, " + Member(view, "rows_older") + " older than what is online, " +
                       Member(view, "rows_read") + " read" + InSeconds(view) + "; from " + Member(view, "from") +
                       " to " + Member(view, "to");
    if (Member(view, "rows_ignored") != "0")
      line += "; " + Member(view, "rows_ignored") + " without key or time ignored";
    context.Print(line + "\n");
  }
  if (views.size() == 0) context.Say("no feature view is online: nothing to materialize");
  return {};
}

Status RunMaterialize(const MaterializeArguments& arguments, CommandContext& context) {
  if (arguments.incremental && !arguments.from.empty()) {
    return Status(Reason::kUsage, "larder materialize: --incremental and --from exclude each other",
                  "leave one of them out");
  }
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProject());
  LARDER_ASSIGN_OR_RETURN(const auto session, ApiSession::Open(*project));
  std::string body;
  JsonWriter json(body);
  json.BeginObject();
  if (!arguments.from.empty()) json.StringMember("start_ts", arguments.from);
  if (!arguments.to.empty()) json.StringMember("end_ts", arguments.to);
  json.Key("feature_views");
  json.BeginArray();
  for (const std::string& view : arguments.views) json.String(view);
  json.EndArray();
  json.EndObject();
  const char* path = arguments.incremental ? "/materialize-incremental" : "/materialize";
  LARDER_ASSIGN_OR_RETURN(const std::string done,
                          session->RunJob({"POST", path, "", body}, {&context.cancellation, &context.progress}));
  if (!context.flags.json) return SayMaterialized(context, done);
  context.Print(done + "\n");
  return {};
}

// The rows of a file as an Arrow stream, in the types of the file; CSV columns are guessed.
Result<std::string> ReadAsArrowStream(FileSystem& files, const std::string& path) {
  TableFileOptions options;
  LARDER_ASSIGN_OR_RETURN(const FileFormat format, FileFormatOf(path));
  if (format == FileFormat::kCsv || format == FileFormat::kCsvGz) {
    LARDER_ASSIGN_OR_RETURN(const CsvGuess guess, GuessCsvTypes(files, path, {}));
    options.column_types = guess.Types();
  }
  LARDER_ASSIGN_OR_RETURN(const auto file, OpenTableFile(files, path, options));
  ReadRequest read;
  read.columns = file->schema()->field_names();
  LARDER_ASSIGN_OR_RETURN(const auto stream, file->Read(read));
  LARDER_ASSIGN_OR_RETURN(const auto sink, FromArrow(arrow::io::BufferOutputStream::Create()));
  LARDER_ASSIGN_OR_RETURN(const auto writer, FromArrow(arrow::ipc::MakeStreamWriter(sink, file->schema())));
  while (true) {
    LARDER_ASSIGN_OR_RETURN(const auto batch, stream->Next());
    if (!batch) break;
    LARDER_RETURN_IF_ERROR(FromArrow(writer->WriteRecordBatch(*batch->rows)));
  }
  LARDER_RETURN_IF_ERROR(FromArrow(writer->Close()));
  LARDER_ASSIGN_OR_RETURN(const auto bytes, FromArrow(sink->Finish()));
  return bytes->ToString();
}

// Text as a parameter of a query: every byte that is not a letter, digit or one of "-_." as %XY.
std::string PercentEncoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.') {
      encoded.push_back(c);
    } else {
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

Status RunPush(const PushArguments& arguments, CommandContext& context) {
  if (arguments.to != "online" && arguments.to != "offline" && arguments.to != "both") {
    return Status(Reason::kUsage, "larder push: unknown store: --to " + arguments.to, "it is online, offline or both");
  }
  LARDER_ASSIGN_OR_RETURN(std::string rows, ReadAsArrowStream(context.reading.files, context.FilePath(arguments.file)));
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProject());
  LARDER_ASSIGN_OR_RETURN(const auto session, ApiSession::Open(*project));
  ApiRequest request{"POST", "/push"};
  request.query = "name=" + PercentEncoded(arguments.target) + "&to=" + arguments.to + "&details=true";
  if (arguments.deletion) request.query += "&delete=true";
  request.content_type = "application/vnd.apache.arrow.stream";
  request.body = std::move(rows);
  LARDER_RETURN_IF_ERROR(context.cancellation.Check());  // from here on it is done whole
  LARDER_ASSIGN_OR_RETURN(const std::string done, session->Call(request, {}));
  if (context.flags.json) {
    context.Print(done + "\n");
    return {};
  }
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(done));
  LARDER_ASSIGN_OR_RETURN(const JsonObject outcome, JsonObject::Of(document.root(), "outcome"));
  context.Print(Member(outcome, "rows") + (arguments.deletion ? " deletions" : " rows") + " pushed to " +
                arguments.target + (Member(outcome, "offline") == "true" ? ", kept offline" : "") + "\n");
  simdjson::dom::array views;
  if (document.root()["views"].get(views) != simdjson::SUCCESS) return {};
  for (const auto element : views) {
    LARDER_ASSIGN_OR_RETURN(const JsonObject view, JsonObject::Of(element, "view"));
    context.Print(Member(view, "view") + ": " + Member(view, "written") + " written online, " + Member(view, "older") +
                  " older than what is online, " + Member(view, "ignored") + " without key or time ignored\n");
  }
  return {};
}

}  // namespace

CommandRun DeclareMaterialize(ArgumentList& arguments) {
  auto values = std::make_shared<MaterializeArguments>();
  arguments.Option("--from", values->from, "T", "Oldest event time; default: the beginning");
  arguments.Option("--to", values->to, "T", "Newest event time; default: now");
  arguments.Options("--view", values->views, "V", "Only this feature view; may stand several times");
  arguments.Flag("--incremental", values->incremental,
                 "From the watermark less the allowed lateness; changed files whole");
  return [values](CommandContext& context) { return RunMaterialize(*values, context); };
}

CommandRun DeclarePush(ArgumentList& arguments) {
  auto values = std::make_shared<PushArguments>();
  arguments.Positional("VIEW_OR_SOURCE", values->target, true, "Feature view, or source");
  arguments.Positional("FILE", values->file, true, "Rows (csv, parquet, arrow)");
  arguments.Option("--to", values->to, "STORE", "online, offline or both (default)");
  arguments.Flag("--delete", values->deletion, "The rows name keys to delete");
  return [values](CommandContext& context) { return RunPush(*values, context); };
}

}  // namespace larder
