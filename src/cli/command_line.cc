#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <utility>

#include "text/nearest_name.h"

namespace larder {
namespace {

// Declares arguments to CLI11. The only file that knows it.
class CliArguments final : public ArgumentList {
 public:
  explicit CliArguments(CLI::App& app) : app_(app) {}

  void Flag(std::string_view name, bool& value, std::string_view help) override {
    app_.add_flag(std::string(name), value, std::string(help));
  }
  void Option(std::string_view name, std::string& value, std::string_view shown, std::string_view help) override {
    app_.add_option(std::string(name), value, std::string(help))->option_text(std::string(shown));
  }
  void Options(std::string_view name, std::vector<std::string>& values, std::string_view shown,
               std::string_view help) override {
    app_.add_option(std::string(name), values, std::string(help))
        ->option_text(std::string(shown))
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  void Groups(std::string_view name, std::vector<std::vector<std::string>>& groups, std::string_view shown,
              std::string_view help) override {
    app_.add_option(std::string(name), groups, std::string(help))->option_text(std::string(shown));
  }
  void Positional(std::string_view name, std::string& value, bool required, std::string_view help) override {
    CLI::Option* option = app_.add_option(std::string(name), value, std::string(help));
    option->option_text(required ? "" : "(optional)");
    if (required) option->required();
  }

 private:
  CLI::App& app_;
};

void DeclareGlobals(CLI::App& app, GlobalFlags& flags) {
  app.add_flag("--json", flags.json, "Print JSON")->group("Global options");
  app.add_option("-C", flags.folder, "Use the project of this folder")->option_text("DIR")->group("Global options");
  app.add_flag("-q,--quiet", flags.quiet, "Say nothing but errors")->group("Global options");
  app.add_flag("-v,--verbose", flags.verbose, "Say more")->group("Global options");
  app.add_flag("--no-color", flags.no_color, "No colours (also: NO_COLOR)")->group("Global options");
}

std::string CommandHelp(const CommandRow& command, const CLI::App& app) {
  std::string text = "Example:\n";
  std::string_view rest = command.example;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    text += "  " + std::string(rest.substr(0, end)) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text + "\n" + app.help();
}

std::vector<std::string> NamesOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

Status UnknownArgument(const std::string& argument, const CommandRow& command, const CLI::App& app) {
  const std::string more = "see larder " + std::string(command.name) + " --help";
  if (!argument.starts_with("-")) {
    return Status(Reason::kUsage, "unexpected argument of larder " + std::string(command.name) + ": " + argument, more);
  }
  const std::string name = argument.substr(0, argument.find('='));
  const std::string near = DidYouMean(name, NamesOf(app));
  return Status(Reason::kUsage, "unknown option of larder " + std::string(command.name) + ": " + name,
                near.empty() ? more : near);
}

// Where the command's name stands: the first argument that is neither a global flag nor the value of -C.
std::size_t CommandPlace(const std::vector<std::string>& arguments) {
  std::size_t place = 0;
  while (place < arguments.size() && arguments[place].starts_with("-")) place += arguments[place] == "-C" ? 2 : 1;
  return std::min(place, arguments.size());
}

Result<ParsedCommandLine> ParseFor(const CommandRow& command, std::vector<std::string> arguments) {
  ParsedCommandLine parsed;
  CLI::App app{std::string(command.summary), "larder " + std::string(command.name)};
  app.set_help_flag();
  bool wants_help = false;
  app.add_flag("-h,--help", wants_help, "Show this text")->group("Global options");
  app.get_formatter()->column_width(36);
  CliArguments declared(app);
  parsed.run = command.declare(declared);
  DeclareGlobals(app, parsed.flags);
  if (std::find(arguments.begin(), arguments.end(), "--help") != arguments.end() ||
      std::find(arguments.begin(), arguments.end(), "-h") != arguments.end()) {
    parsed.text = CommandHelp(command, app);
    return parsed;
  }
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.allow_extras();
    app.parse(arguments);
  } catch (const CLI::Error& error) {
    return Status(Reason::kUsage, "larder " + std::string(command.name) + ": " + error.what(),
                  "see larder " + std::string(command.name) + " --help");
  }
  if (const auto extras = app.remaining(); !extras.empty()) {
    const auto option = std::find_if(extras.begin(), extras.end(), [](const auto& e) { return e.starts_with("-"); });
    return UnknownArgument(option == extras.end() ? extras.front() : *option, command, app);
  }
  return parsed;
}

}  // namespace

Result<ParsedCommandLine> ParseCommandLine(const std::vector<std::string>& arguments,
                                           std::span<const CommandRow> commands) {
  const std::size_t place = CommandPlace(arguments);
  if (place == arguments.size()) {
    const bool asked = arguments.empty() ||
                       std::find(arguments.begin(), arguments.end(), "--help") != arguments.end() ||
                       std::find(arguments.begin(), arguments.end(), "-h") != arguments.end();
    if (!asked && arguments.front() != "--version") {
      return Status(Reason::kUsage, "no command: larder " + arguments.front(), "see larder --help");
    }
    if (!asked) return ParseCommandLine({"version"}, commands);
    ParsedCommandLine parsed;
    parsed.text = HelpText(commands);
    return parsed;
  }
  std::vector<std::string> names;
  for (const CommandRow& command : commands) {
    names.emplace_back(command.name);
    if (command.name != arguments[place]) continue;
    std::vector<std::string> rest = arguments;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(place));
    return ParseFor(command, std::move(rest));
  }
  if (arguments[place] == "help") return ParseCommandLine({"--help"}, commands);
  const std::string near = DidYouMean(arguments[place], names);
  return Status(Reason::kUsage, "unknown command: " + arguments[place], near.empty() ? "see larder --help" : near);
}

std::string HelpText(std::span<const CommandRow> commands) {
  std::string text =
      "Example:\n  larder init shop && cd shop && larder apply\n\n"
      "Larder is a feature store: the value of every feature as of any moment, for training and for serving.\n"
      "Usage: larder [-C DIR] [--json] [-q] [-v] [--no-color] COMMAND ...\n\nCommands:\n";
  for (const CommandRow& command : commands) {
    std::string name(command.name);
    name.resize(std::max<std::size_t>(name.size() + 1, 14), ' ');
    text += "  " + name + std::string(command.summary) + "\n";
  }
  return text + "\nlarder COMMAND --help tells more.\n";
}

std::vector<std::string> OptionNames(const CommandRow& command) {
  CLI::App app;
  GlobalFlags flags;
  CliArguments declared(app);
  const CommandRun run = command.declare(declared);
  DeclareGlobals(app, flags);
  return NamesOf(app);
}

}  // namespace larder
