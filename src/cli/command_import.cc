// larder import-feast: a Feast registry file becomes definitions.
#include <memory>
#include <string>

#include "cli/commands.h"
#include "definitions/definition_files.h"
#include "feast/feast_definitions.h"
#include "text/json_writer.h"

namespace larder {
namespace {

struct ImportArguments {
  std::string path;
  std::string project;
  std::string output;
};

std::string ImportJson(const FeastDefinitions& made) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.StringMember("definitions", made.yaml);
  json.IntegerMember("objects", made.object_count);
  json.Key("notes");
  json.BeginArray();
  for (const FeastNote& note : made.notes) {
    json.BeginObject();
    json.StringMember("object", note.object);
    json.BoolMember("left_out", note.is_left_out);
    json.StringMember("note", note.text);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return text + "\n";
}

// Tells people what is not as it was; programs read it in the JSON.
void SayNotes(const FeastDefinitions& made, const CommandContext& context) {
  int left_out = 0;
  for (const FeastNote& note : made.notes) {
    left_out += note.is_left_out ? 1 : 0;
    context.Say((note.is_left_out ? "left out: " : "note: ") + note.object + ": " + note.text);
  }
  context.Say(std::to_string(made.object_count) + " objects carried over, " + std::to_string(left_out) +
              " left out; paths of sources are relative to larder.yaml");
  if (static_cast<std::int64_t>(made.yaml.size()) > kMaxDefinitionFileBytes) {
    context.Say("the definitions have more than the " + std::to_string(kMaxDefinitionFileBytes) +
                " bytes that apply reads of one file: cut them into several");
  }
}

Status RunImport(const ImportArguments& arguments, CommandContext& context) {
  const std::string output = arguments.output.empty() ? "" : context.FilePath(arguments.output);
  if (!output.empty() && Exists(context.platform.files, output)) {
    return Status(Reason::kAlreadyExists, "the file is there already: " + output, "name another with --output");
  }
  const std::string path = context.FilePath(arguments.path);
  LARDER_ASSIGN_OR_RETURN(const std::string bytes, ReadWholeFile(context.reading.files, path, kMaxFeastRegistryBytes));
  const auto registry = ParseFeastRegistry(bytes);
  if (!registry.ok()) return registry.status().WithContext(path);
  LARDER_ASSIGN_OR_RETURN(const FeastDefinitions made, ConvertFeastRegistry(*registry, arguments.project));
  if (!output.empty()) {
    const std::size_t slash = output.rfind('/');
    LARDER_RETURN_IF_ERROR(context.platform.files.MakeFolders(output.substr(0, slash)));
    LARDER_RETURN_IF_ERROR(WriteFileAtomically(context.platform.files, output, made.yaml));
  }
  if (context.flags.json) {
    context.Print(ImportJson(made));
    return {};
  }
  if (output.empty()) context.Print(made.yaml);
  SayNotes(made, context);
  return {};
}

}  // namespace

CommandRun DeclareImportFeast(ArgumentList& arguments) {
  auto values = std::make_shared<ImportArguments>();
  arguments.Positional("PATH", values->path, true, "The registry file of a Feast project, such as data/registry.db");
  arguments.Option("--project", values->project, "NAME", "Which project; needed when the registry holds several");
  arguments.Option("--output", values->output, "FILE", "Write a new file in place of standard output");
  return [values](CommandContext& context) { return RunImport(*values, context); };
}

}  // namespace larder
