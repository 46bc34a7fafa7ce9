// `view`, `view:feature`, `view@2:feature`: how features are named in services and requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace larder {

/// Names all features of a view or one of them, at the current or at a fixed version.
struct FeatureReference {
  std::string view;
  std::optional<std::int64_t> version;  ///< from 1
  std::optional<std::string> feature;   ///< nullopt: all features of the view

  /// Returns the text that `ParseFeatureReference` reads back.
  std::string ToString() const;
  friend bool operator==(const FeatureReference&, const FeatureReference&) = default;
};

/// Parses one reference. Fails with kInvalidReference, the text in the message and the three forms in the hint.
Result<FeatureReference> ParseFeatureReference(std::string_view text);

/// Parses texts of references, each one or several separated by commas (spaces around them are ignored), in order.
Result<std::vector<FeatureReference>> ParseFeatureReferences(const std::vector<std::string>& texts);

}  // namespace larder
