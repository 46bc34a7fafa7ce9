// Bytes as a definition file: never a crash; what is read cleanly has a canonical text that reads back to itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "config/project_config.h"
#include "definitions/canonical_text.h"
#include "definitions/definition_files.h"
#include "registry/definition_difference.h"

namespace {

void CheckSet(const larder::DefinitionSet& set) {
  for (const larder::DefinedObject& object : set.Objects()) {
    const std::string text = larder::CanonicalText(object);
    const auto back = larder::ParseCanonicalText(larder::KindOf(object), text);
    if (!back.ok() || larder::CanonicalText(*back) != text) std::abort();
    if (larder::SemanticFingerprint(*back) != larder::SemanticFingerprint(object)) std::abort();
    if (larder::CompareObjects(object, *back).change != larder::ChangeKind::kUnchanged) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const auto set = larder::ParseDefinitions({{"f.yaml", text}});
  if (set.ok()) {
    CheckSet(*set);
  } else if (set.status().faults().empty()) {
    std::abort();
  }
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    return name.size() == 1 ? std::nullopt : std::optional(name);
  };
  const auto config = larder::ParseProjectConfig(text, "/p", environment, {1 << 30, 2});
  if (!config.ok() && config.status().faults().empty()) std::abort();
  return 0;
}
