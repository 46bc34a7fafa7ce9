// JSON bodies, read: simdjson's tree with our errors and limits.
#pragma once

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace larder {

/// Holds a parsed body. Move-only; elements are good as long as it lives.
class JsonDocument {
 public:
  /// The deepest nesting that a body may have.
  static constexpr std::size_t kMaxDepth = 64;

  /// Parses one JSON value. Fails with kMalformedJson: no JSON, not UTF-8, more than kMaxDepth deep.
  static Result<JsonDocument> Parse(std::string_view body);

  const simdjson::dom::element& root() const { return root_; }

 private:
  std::unique_ptr<simdjson::dom::parser> parser_;
  simdjson::dom::element root_;
};

/// Holds the members of an object by name, each once.
class JsonObject {
 public:
  /// Takes an object apart. Fails with kMalformedJson when `element` is none or a key stands twice; `place` names it.
  static Result<JsonObject> Of(const simdjson::dom::element& element, const std::string& place);

  const std::vector<std::pair<std::string_view, simdjson::dom::element>>& members() const { return members_; }
  /// Returns a member, or nullptr when it is absent or null.
  const simdjson::dom::element* Find(std::string_view name) const;
  /// Return a member of this kind, or the default when it is absent or null; kMalformedRequest for another kind.
  Result<std::string> Text(std::string_view name, std::string_view otherwise) const;
  Result<bool> Bool(std::string_view name, bool otherwise) const;
  /// Returns a list of strings; a single string counts as a list of one.
  Result<std::vector<std::string>> Texts(std::string_view name) const;
  /// Fails with kMalformedRequest for a member that is not among `known`, with the nearest one as the hint.
  Status CheckKnown(const std::vector<std::string>& known) const;

 private:
  std::string place_;
  std::vector<std::pair<std::string_view, simdjson::dom::element>> members_;
};

}  // namespace larder
