// The words of a command line of a case, told apart: what the drivers without a shell need of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"

namespace larder::cases {

/// Holds a command line: `--key a=1 b=2` is one group of two words under "--key"; flags have an empty group.
struct CommandWords {
  std::string command;
  std::vector<std::string> positional;
  std::map<std::string, std::vector<std::vector<std::string>>> options;

  bool Has(const std::string& option) const { return options.count(option) > 0; }
  /// Returns the first word of the last group of an option; "" without it.
  std::string Last(const std::string& option) const;
  /// Returns all words of all groups of an option.
  std::vector<std::string> All(const std::string& option) const;
};

/// Tells the words of a command line apart.
CommandWords ReadCommandWords(const std::vector<std::string>& arguments);

/// Makes the body of `POST /get-online-features` that `larder online` with these words stands for; files are relative
/// to `folder`. Fails as reading keys and files does.
Result<std::string> OnlineBody(const CommandWords& words, FileSystem& files, const std::string& folder);

}  // namespace larder::cases
