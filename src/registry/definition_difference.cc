#include "registry/definition_difference.h"

#include <map>

#include "definitions/canonical_text.h"
#include "yaml/yaml_tree.h"

namespace larder {
namespace {

constexpr std::size_t kMaxShownBytes = 120;

// Returns a node as a person would write it on one line.
std::string ShortText(const YamlNode& node) {
  std::string text;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      text = node.text;
      break;
    case YamlNode::Kind::kList:
      for (const auto& item : node.items) text += (text.empty() ? "" : ", ") + ShortText(*item);
      text = "[" + text + "]";
      break;
    case YamlNode::Kind::kMap:
      for (const auto& entry : node.entries) {
        text += (text.empty() ? "" : ", ") + entry.key + ": " + ShortText(*entry.value);
      }
      text = "{" + text + "}";
      break;
  }
  if (text.size() <= kMaxShownBytes) return text;
  std::size_t end = kMaxShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

bool AreEqual(const YamlNode& a, const YamlNode& b) {
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size()) return false;
  if (a.entries.size() != b.entries.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!AreEqual(*a.items[i], *b.items[i])) return false;
  }
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    if (a.entries[i].key != b.entries[i].key || !AreEqual(*a.entries[i].value, *b.entries[i].value)) return false;
  }
  return true;
}

void CompareNodes(const std::string& path, const YamlNode& before, const YamlNode& after,
                  std::vector<std::string>& details);

std::string Joined(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

void CompareMaps(const std::string& path, const YamlNode& before, const YamlNode& after,
                 std::vector<std::string>& details) {
  const std::size_t details_before = details.size();
  for (const YamlNode::Entry& entry : before.entries) {
    const YamlNode* other = after.Find(entry.key);
    if (other == nullptr) {
      details.push_back(Joined(path, entry.key) + ": removed");
    } else {
      CompareNodes(Joined(path, entry.key), *entry.value, *other, details);
    }
  }
  for (const YamlNode::Entry& entry : after.entries) {
    if (before.Find(entry.key) != nullptr) continue;
    details.push_back(Joined(path, entry.key) + ": added (" + ShortText(*entry.value) + ")");
  }
  if (details.size() == details_before && !AreEqual(before, after)) details.push_back(path + ": order changed");
}

void CompareNodes(const std::string& path, const YamlNode& before, const YamlNode& after,
                  std::vector<std::string>& details) {
  if (AreEqual(before, after)) return;
  if (before.is_map() && after.is_map()) return CompareMaps(path, before, after, details);
  details.push_back(path + ": " + ShortText(before) + " -> " + ShortText(after));
}

}  // namespace

ObjectDifference CompareObjects(const DefinedObject& before, const DefinedObject& after) {
  ObjectDifference difference{IdOf(after), ChangeKind::kUnchanged, {}};
  const std::string whole_before = CanonicalText(before);
  const std::string whole_after = CanonicalText(after);
  if (whole_before == whole_after) return difference;
  const bool is_semantic = SemanticText(before) != SemanticText(after);
  difference.change = is_semantic ? ChangeKind::kChanged : ChangeKind::kMetadataOnly;
  const YamlDocument tree_before = ParseYaml(whole_before);
  const YamlDocument tree_after = ParseYaml(whole_after);
  if (tree_before.root != nullptr && tree_after.root != nullptr) {
    CompareNodes("", *tree_before.root, *tree_after.root, difference.details);
  }
  return difference;
}

std::vector<ObjectDifference> CompareSets(const DefinitionSet& before, const DefinitionSet& after) {
  std::map<ObjectId, ObjectDifference> differences;
  for (const DefinedObject& object : before.Objects()) {
    const ObjectId id = IdOf(object);
    const Result<DefinedObject> other = after.Find(id);
    differences.emplace(id,
                        other.ok() ? CompareObjects(object, *other) : ObjectDifference{id, ChangeKind::kDeleted, {}});
  }
  for (const DefinedObject& object : after.Objects()) {
    const ObjectId id = IdOf(object);
    differences.emplace(id, ObjectDifference{id, ChangeKind::kCreated, {}});
  }
  std::vector<ObjectDifference> list;
  for (auto& [id, difference] : differences) list.push_back(std::move(difference));
  return list;
}

}  // namespace larder
