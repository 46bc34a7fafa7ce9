// How a command declares what it takes: one list that parsing, --help and completion read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace larder {

/// Takes the declarations of one command. The places given outlive the parsing; they hold the values afterwards. Names
/// of options begin with `--`; a short name may stand before, by comma: "-o,--output".
class ArgumentList {
 public:
  virtual ~ArgumentList() = default;
  /// Declares an option without a value.
  virtual void Flag(std::string_view name, bool& value, std::string_view help) = 0;
  /// Declares an option with a value; `value` keeps its default without it. `shown` names the value in help: "FILE".
  virtual void Option(std::string_view name, std::string& value, std::string_view shown, std::string_view help) = 0;
  /// Declares an option that may stand several times, one value each time.
  virtual void Options(std::string_view name, std::vector<std::string>& values, std::string_view shown,
                       std::string_view help) = 0;
  /// Declares an option that may stand several times, any number of values each time.
  virtual void Groups(std::string_view name, std::vector<std::vector<std::string>>& groups, std::string_view shown,
                      std::string_view help) = 0;
  /// Declares the next argument that is no option.
  virtual void Positional(std::string_view name, std::string& value, bool required, std::string_view help) = 0;
};

}  // namespace larder
