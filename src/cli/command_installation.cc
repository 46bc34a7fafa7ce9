// larder init, config, version and completion: the installation and a project's beginning.
#include <cctype>
#include <memory>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/project_template.h"
#include "text/json_writer.h"
#include "text/nearest_name.h"
#include "yaml/yaml_tree.h"

namespace larder {
namespace {

struct InitArguments {
  std::string folder = ".";
  std::string template_name;
};

Result<const ProjectTemplate*> FindTemplate(const std::string& name) {
  std::vector<std::string> names;
  for (const ProjectTemplate& candidate : AllTemplates()) {
    if (name.empty() || candidate.name == name) return &candidate;
    names.emplace_back(candidate.name);
  }
  std::string hint = DidYouMean(name, names);
  if (hint.empty()) {
    hint = "the templates are";
    for (const std::string& known : names) hint += " " + known;
  }
  return Status(Reason::kUnknownObject, "no template '" + name + "'", hint);
}

// The name of a project: that of its folder, made fit.
std::string ProjectName(std::string folder) {
  while (folder.size() > 1 && (folder.ends_with("/") || folder.ends_with("/."))) folder.pop_back();
  std::string name;
  for (const char c : folder.substr(folder.rfind('/') + 1)) {
    const auto byte = static_cast<unsigned char>(c);
    name.push_back(std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : '_');
  }
  if (name.empty() || std::isalpha(static_cast<unsigned char>(name.front())) == 0) name = "project_" + name;
  return name;
}

std::string Filled(std::string_view content, const std::string& project) {
  constexpr std::string_view kPlace = "{{project}}";
  std::string text(content);
  for (std::size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at)) {
    text.replace(at, kPlace.size(), project);
  }
  return text;
}

Status RunInit(const InitArguments& arguments, CommandContext& context) {
  LARDER_ASSIGN_OR_RETURN(const ProjectTemplate* chosen, FindTemplate(arguments.template_name));
  FileSystem& files = context.platform.files;
  const std::string root = context.FilePath(arguments.folder);
  for (const TemplateFile& file : chosen->files) {
    const std::string path = JoinPath(root, file.path);
    if (Exists(files, path)) {
      return Status(Reason::kAlreadyExists, "there is a file already: " + path,
                    "choose another folder; nothing was written");
    }
  }
  const std::string project = ProjectName(root);
  for (const TemplateFile& file : chosen->files) {
    const std::string path = JoinPath(root, file.path);
    LARDER_RETURN_IF_ERROR(files.MakeFolders(path.substr(0, path.rfind('/'))));
    LARDER_RETURN_IF_ERROR(WriteFileAtomically(files, path, Filled(file.content, project)));
  }
  context.Say("project " + project + " is in " + root + "; next:");
  std::string steps = Filled(chosen->next_steps, project);
  if (arguments.folder != ".") context.Say("  cd " + arguments.folder);
  for (std::size_t begin = 0; begin < steps.size();) {
    const std::size_t end = steps.find('\n', begin);
    context.Say("  " + steps.substr(begin, end - begin));
    begin = end + 1;
  }
  return {};
}

bool IsInteger(std::string_view text) {
  return !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Writes what ConfigText says as JSON: numbers and truth as such, sizes and durations as the texts they are.
void WriteSetting(const YamlNode& node, JsonWriter& json) {
  if (node.is_map()) {
    json.BeginObject();
    for (const YamlNode::Entry& entry : node.entries) {
      json.Key(entry.key);
      WriteSetting(*entry.value, json);
    }
    json.EndObject();
  } else if (node.is_list()) {
    json.BeginArray();
    for (const auto& item : node.items) WriteSetting(*item, json);
    json.EndArray();
  } else if (node.is_null()) {
    json.Null();
  } else if (!node.is_quoted && (node.text == "true" || node.text == "false" || IsInteger(node.text))) {
    json.Raw(node.text);
  } else {
    json.String(node.text);
  }
}

Status RunConfig(CommandContext& context) {
  FileSystem& files = context.platform.files;
  LARDER_ASSIGN_OR_RETURN(const std::string root, FindProjectRoot(files, context.ProjectFolder()));
  LARDER_ASSIGN_OR_RETURN(const ProjectConfig config,
                          ReadProjectConfig(files, root, context.platform.environment, DescribeMachine(files)));
  if (!context.flags.json) {
    context.Print(ConfigText(config));
    return {};
  }
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.StringMember("root", config.root);
  const YamlDocument settings = ParseYaml(ConfigText(config));
  LARDER_CHECK(settings.root != nullptr && settings.faults.empty());
  json.Key("config");
  WriteSetting(*settings.root, json);
  json.EndObject();
  context.Print(text + "\n");
  return {};
}

Status RunVersion(CommandContext& context) {
  context.Print(context.flags.json ? "{\"version\":\"" LARDER_VERSION "\"}\n" : "larder " LARDER_VERSION "\n");
  return {};
}

std::string Words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string BashCompletion() {
  std::vector<std::string> names;
  std::string cases;
  for (const CommandRow& command : AllCommands()) {
    names.emplace_back(command.name);
    cases += "    " + std::string(command.name) + ") words=\"" + Words(OptionNames(command)) + "\" ;;\n";
  }
  return "_larder() {\n  local current=${COMP_WORDS[COMP_CWORD]} words=\"" + Words(names) +
         "\" word\n  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case $word in\n" + cases +
         "    esac\n  done\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$current\"))\n}\n"
         "complete -F _larder larder\n";
}

std::string FishCompletion() {
  std::string text;
  for (const CommandRow& command : AllCommands()) {
    const std::string name(command.name);
    text += "complete -c larder -n __fish_use_subcommand -a " + name + " -d '" + std::string(command.summary) + "'\n";
    for (const std::string& option : OptionNames(command)) {
      if (!option.starts_with("--")) continue;
      text += "complete -c larder -n '__fish_seen_subcommand_from " + name + "' -l " + option.substr(2) + "\n";
    }
  }
  return text;
}

Status RunCompletion(const std::string& shell, CommandContext& context) {
  if (shell == "bash") {
    context.Print(BashCompletion());
  } else if (shell == "zsh") {
    context.Print("autoload -U +X bashcompinit && bashcompinit\n" + BashCompletion());
  } else if (shell == "fish") {
    context.Print(FishCompletion());
  } else {
    return Status(Reason::kUsage, "no completion for shell '" + shell + "'", "there is one for bash, zsh and fish");
  }
  return {};
}

}  // namespace

CommandRun DeclareInit(ArgumentList& arguments) {
  auto values = std::make_shared<InitArguments>();
  arguments.Positional("DIR", values->folder, false, "Folder of the new project; default: the current one");
  arguments.Option("--template", values->template_name, "NAME", "shop (default) or empty");
  return [values](CommandContext& context) { return RunInit(*values, context); };
}

CommandRun DeclareConfig(ArgumentList& /*arguments*/) { return RunConfig; }

CommandRun DeclareVersion(ArgumentList& /*arguments*/) { return RunVersion; }

CommandRun DeclareCompletion(ArgumentList& arguments) {
  auto shell = std::make_shared<std::string>();
  arguments.Positional("SHELL", *shell, true, "bash, zsh or fish");
  return [shell](CommandContext& context) { return RunCompletion(*shell, context); };
}

}  // namespace larder
