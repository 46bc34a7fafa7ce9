#include "tests/cases/command_words.h"

#include <set>
#include <string_view>

#include "cli/entity_rows.h"
#include "text/json_writer.h"

namespace larder::cases {
namespace {

// Options whose group goes on until the next option.
const std::set<std::string_view>& GroupOptions() {
  static const std::set<std::string_view> kOptions = {"--key", "--request"};
  return kOptions;
}

const std::set<std::string_view>& Flags() {
  static const std::set<std::string_view> kFlags = {"--full-names", "--as-known", "--matches", "--incremental",
                                                    "--delete",     "--yes",      "--json",    "--exclusive"};
  return kFlags;
}

}  // namespace

std::string CommandWords::Last(const std::string& option) const {
  const auto found = options.find(option);
  if (found == options.end() || found->second.back().empty()) return "";
  return found->second.back().front();
}

std::vector<std::string> CommandWords::All(const std::string& option) const {
  std::vector<std::string> words;
  const auto found = options.find(option);
  if (found == options.end()) return words;
  for (const auto& group : found->second) words.insert(words.end(), group.begin(), group.end());
  return words;
}

CommandWords ReadCommandWords(const std::vector<std::string>& arguments) {
  CommandWords words;
  words.command = arguments.empty() ? "" : arguments.front();
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!word.starts_with("--")) {
      words.positional.push_back(word);
      continue;
    }
    std::vector<std::string>& group = words.options[word].emplace_back();
    if (Flags().contains(word)) continue;
    const std::size_t most = GroupOptions().contains(word) ? arguments.size() : 1;
    while (group.size() < most && i + 1 < arguments.size() && !arguments[i + 1].starts_with("--")) {
      group.push_back(arguments[++i]);
    }
  }
  return words;
}

Result<std::string> OnlineBody(const CommandWords& words, FileSystem& files, const std::string& folder) {
  EntityRows rows;
  if (words.Has("--entities")) {
    LARDER_ASSIGN_OR_RETURN(rows, ReadEntityRows(files, folder + "/" + words.Last("--entities")));
  } else {
    const auto group = [&](const std::string& option) {
      const auto found = words.options.find(option);
      return found == words.options.end() ? std::vector<std::vector<std::string>>{} : found->second;
    };
    LARDER_ASSIGN_OR_RETURN(rows, ParseEntityRows(group("--key"), group("--request")));
  }
  std::string body;
  JsonWriter json(body);
  json.BeginObject();
  json.Key("entities");
  json.Raw(rows.Json());
  if (words.Has("--service")) json.StringMember("feature_service", words.Last("--service"));
  if (words.Has("--features")) {
    json.Key("features");
    json.BeginArray();
    for (const std::string& feature : words.All("--features")) json.String(feature);
    json.EndArray();
  }
  json.BoolMember("full_feature_names", words.Has("--full-names"));
  if (words.Has("--now")) json.StringMember("now", words.Last("--now"));
  json.StringMember("timestamps", "iso");
  json.EndObject();
  return body;
}

}  // namespace larder::cases
