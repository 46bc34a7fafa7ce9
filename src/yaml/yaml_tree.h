// YAML text as a tree with places: the one file that knows yaml-cpp is yaml_tree.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace larder {

/// Tells where something begins in a text. Lines and columns (of code points) count from 1.
struct YamlPlace {
  int line = 0;
  int column = 0;
};

/// Says that the bytes of a scalar's value from `offset` on stand in the file from `place` on.
struct ScalarSegment {
  std::size_t offset = 0;
  YamlPlace place;
};

/// Holds one node of a document. Immutable once parsed; a node that aliases name is shared.
struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };
  struct Entry;

  Kind kind = Kind::kNull;
  bool is_quoted = false;                              ///< of a scalar: 'x' or "x", or a block
  std::string text;                                    ///< of a scalar: its value
  YamlPlace place;                                     ///< where the node begins
  std::vector<ScalarSegment> segments;                 ///< of a scalar: where each line of its value stands
  std::vector<std::shared_ptr<const YamlNode>> items;  ///< of a list
  std::vector<Entry> entries;                          ///< of a map, in the order of the file

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }
  /// Returns "nothing", "a text", "a list" or "a map", for messages.
  std::string_view KindText() const;
  /// Returns the value under `key`, or nullptr.
  const YamlNode* Find(std::string_view key) const;
};

/// Holds one key of a map with its value.
struct YamlNode::Entry {
  std::string key;
  YamlPlace place;
  std::shared_ptr<const YamlNode> value;
};

inline constexpr std::int64_t kMaxYamlNodes = 1'000'000;  ///< of a document after aliases are put in
inline constexpr int kMaxYamlDepth = 64;
inline constexpr std::size_t kMaxYamlKeyBytes = 400;  ///< so that a key in quotes, escaped, is still a YAML key

/// Holds what came out of a text: the faults (their file is left empty), and the document when there is none that keeps
/// it from being read.
struct YamlDocument {
  std::shared_ptr<const YamlNode> root;  ///< null when the text is no YAML; a node of kind kNull when it is empty
  std::vector<Fault> faults;
};

/// Parses one document. Never crashes, whatever the text. Faults: text that is not UTF-8, control characters, tabs in
/// indentation, a second document, keys that are not plain texts, the same key twice, tags (`!x`), and anything over
/// the limits above. Equal keys and tags leave the document readable, so that all faults can be found at once.
YamlDocument ParseYaml(std::string_view text);

}  // namespace larder
