// `${NAME}` and `${NAME:default}` in a YAML text.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "yaml/fault_list.h"
#include "yaml/yaml_tree.h"

namespace larder {

/// Returns the value of an environment variable, or nullopt.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Parses YAML in which values may hold variables, also inside {...} and [...] without quotes. A variable's value is
/// put into the text it stands in and never read as YAML, so it cannot add keys. Faults, beside those of ParseYaml: a
/// variable that is not set and has no default, what is no name of a variable, a `${` without its `}` in the same line.
/// Variables in comments do not count. Places are those of the text as written.
YamlDocument ParseYamlWithVariables(std::string_view text, const Environment& environment);

}  // namespace larder
