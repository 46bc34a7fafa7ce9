// What `larder init` writes.
#pragma once

#include <span>
#include <string_view>

namespace larder {

/// Holds one file of a template; `path` is relative to the project.
struct TemplateFile {
  std::string_view path;
  std::string_view content;  ///< "{{project}}" stands for the project's name
};

/// Describes a template. `larder.yaml` is its last file: a project is there when it is.
struct ProjectTemplate {
  std::string_view name;
  std::string_view summary;
  std::span<const TemplateFile> files;
  std::string_view next_steps;  ///< commands to run then, one a line
};

/// Returns every template; the first is the default.
std::span<const ProjectTemplate> AllTemplates();

}  // namespace larder
