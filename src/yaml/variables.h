// `${NAME}` and `${NAME:default}` in a YAML text.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "yaml/fault_list.h"
#include "yaml/yaml_tree.h"

namespace larder {

/// Returns the value of an environment variable, or nullopt.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Puts the values of variables into a text. A value is taken as it is: what looks like a variable in it is none. A
/// function that is empty knows no variable. Fails with kInvalidConfig at a variable that is not set and has no default,
/// at what is no name of a variable, at a `${` without its `}` in the same line.
Result<std::string> ReplaceVariables(std::string_view text, const Environment& environment);

/// Parses YAML in which values may hold variables, also inside {...} and [...] without quotes. A variable's value is
/// put into the text it stands in and never read as YAML, so it cannot add keys. Faults, beside those of ParseYaml: those of
/// ReplaceVariables. Variables in comments do not count. Places are those of the text as written.
YamlDocument ParseYamlWithVariables(std::string_view text, const Environment& environment);

}  // namespace larder
