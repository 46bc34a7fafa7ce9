#include "definitions/feature_reference.h"

#include <charconv>

#include "definitions/object_header.h"

namespace larder {
namespace {

Status BadReference(std::string_view text, std::string_view problem) {
  return Status(Reason::kInvalidReference, std::string(problem) + ": '" + std::string(text) + "'",
                "write view, view:feature or view@2:feature");
}

std::optional<std::int64_t> ParseVersion(std::string_view text) {
  std::int64_t version = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || stop != text.data() + text.size() || version < 1) return std::nullopt;
  return version;
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

std::string FeatureReference::ToString() const {
  std::string text = view;
  if (version) text += "@" + std::to_string(*version);
  if (feature) text += ":" + *feature;
  return text;
}

Result<FeatureReference> ParseFeatureReference(std::string_view text) {
  FeatureReference reference;
  std::string_view view = text;
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    view = text.substr(0, colon);
    reference.feature = std::string(text.substr(colon + 1));
    if (!IsValidName(*reference.feature)) return BadReference(text, "no name of a feature behind the colon");
  }
  if (const std::size_t at = view.find('@'); at != std::string_view::npos) {
    reference.version = ParseVersion(view.substr(at + 1));
    if (!reference.version) return BadReference(text, "no version behind the @: a whole number from 1");
    view = view.substr(0, at);
  }
  if (!IsValidName(view)) return BadReference(text, "no name of a view");
  reference.view = std::string(view);
  return reference;
}

Result<std::vector<FeatureReference>> ParseFeatureReferences(const std::vector<std::string>& texts) {
  std::vector<FeatureReference> references;
  for (const std::string& text : texts) {
    std::string_view rest = text;
    while (true) {
      const std::size_t comma = rest.find(',');
      LARDER_ASSIGN_OR_RETURN(FeatureReference reference, ParseFeatureReference(Trimmed(rest.substr(0, comma))));
      references.push_back(std::move(reference));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return references;
}

}  // namespace larder
