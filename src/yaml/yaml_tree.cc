#include "yaml/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include "text/utf8.h"
#include "yaml/scalar_segments.h"

namespace larder {
namespace {

using NodePointer = std::shared_ptr<YamlNode>;

/// Leaves yaml-cpp's parser when a document is over a limit; caught in ParseYaml.
struct StopParsing {};

/// Counts what a node and all below it are, every alias in full.
struct NodeSize {
  std::int64_t node_count = 1;
  int depth = 1;
};

std::string TooDeepMessage() { return "nodes inside nodes: deeper than " + std::to_string(kMaxYamlDepth); }

/// Builds the tree from yaml-cpp's events.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const TextPlaces& places, std::vector<Fault>& faults) : places_(places), faults_(faults) {}

  const NodePointer& root() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(MakeNode(YamlNode::Kind::kNull, mark), anchor, mark);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    // A node that holds itself has no entry yet: anchors are entered when the node is complete.
    if (found == anchors_.end()) Stop(mark, "an alias of a node that is not complete", "write the node out");
    Attach(found->second.node, found->second.size, mark);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckTag(tag, mark);
    NodePointer node = MakeNode(YamlNode::Kind::kScalar, mark);
    node->is_quoted = tag == "!";
    node->text = value;
    node->segments = places_.Align(value, Offset(mark));
    Add(std::move(node), anchor, mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    CheckTag(tag, mark);
    Open(MakeNode(YamlNode::Kind::kList, mark), anchor, mark);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    CheckTag(tag, mark);
    Open(MakeNode(YamlNode::Kind::kMap, mark), anchor, mark);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct OpenNode {
    NodePointer node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    YAML::Mark mark;
    NodeSize size;
    std::optional<YamlNode::Entry> key;  // of a map: the key whose value comes next
    std::map<std::string, YamlPlace> keys;
  };
  struct Anchored {
    NodePointer node;
    NodeSize size;
  };

  static std::size_t Offset(const YAML::Mark& mark) { return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos); }

  YamlPlace Place(const YAML::Mark& mark) const { return places_.At(Offset(mark)); }

  NodePointer MakeNode(YamlNode::Kind kind, const YAML::Mark& mark) const {
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->place = Place(mark);
    return node;
  }

  void AddFault(YamlPlace place, std::string message, std::string hint) {
    faults_.push_back({"", place.line, place.column, "", std::move(message), std::move(hint)});
  }

  [[noreturn]] void Stop(const YAML::Mark& mark, std::string message, std::string hint) {
    AddFault(Place(mark), std::move(message), std::move(hint));
    throw StopParsing{};
  }

  void CheckTag(const std::string& tag, const YAML::Mark& mark) {
    // "?" is a plain node, "!" a quoted one.
    if (tag.empty() || tag == "?" || tag == "!") return;
    AddFault(Place(mark), "a YAML tag: " + tag, "remove the tag; types are written as `type: ...`");
  }

  void Open(NodePointer node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (open_.size() >= static_cast<std::size_t>(kMaxYamlDepth)) StopTooDeep(mark);
    open_.push_back({std::move(node), anchor, mark, {}, {}, {}});
  }

  void Close() {
    OpenNode done = std::move(open_.back());
    open_.pop_back();
    if (done.anchor != YAML::NullAnchor) anchors_[done.anchor] = {done.node, done.size};
    Attach(done.node, done.size, done.mark);
  }

  void Add(NodePointer node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {node, {}};
    Attach(node, {}, mark);
  }

  void Attach(const NodePointer& node, NodeSize size, const YAML::Mark& mark) {
    if (open_.empty()) {
      root_ = node;
      return;
    }
    OpenNode& parent = open_.back();
    parent.size.node_count += size.node_count;
    parent.size.depth = std::max(parent.size.depth, size.depth + 1);
    if (parent.size.node_count > kMaxYamlNodes) {
      Stop(mark, "too many nodes: more than " + std::to_string(kMaxYamlNodes), "use fewer aliases, or several files");
    }
    if (static_cast<int>(open_.size()) + size.depth > kMaxYamlDepth) StopTooDeep(mark);
    if (parent.node->is_list()) {
      parent.node->items.push_back(node);
    } else if (!parent.key) {
      TakeKey(parent, *node, mark);
    } else {
      parent.key->value = node;
      parent.node->entries.push_back(std::move(*parent.key));
      parent.key.reset();
    }
  }

  [[noreturn]] void StopTooDeep(const YAML::Mark& mark) { Stop(mark, TooDeepMessage(), "write it flatter"); }

  void TakeKey(OpenNode& parent, const YamlNode& node, const YAML::Mark& mark) {
    if (!node.is_scalar()) {
      Stop(mark, "a key that is " + std::string(node.KindText()), "a key is a text; quote it");
    }
    if (node.text.size() > kMaxYamlKeyBytes) {
      Stop(mark, "a key of " + std::to_string(node.text.size()) + " bytes",
           "a key has at most " + std::to_string(kMaxYamlKeyBytes));
    }
    const bool has_control =
        std::any_of(node.text.begin(), node.text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (has_control) Stop(mark, "a key with a line end or control character", "write a key of plain characters");
    const YamlPlace place = Place(mark);
    const auto [first, is_new] = parent.keys.emplace(node.text, place);
    if (!is_new) {
      AddFault(place, "the same key twice: '" + node.text + "'",
               "the first is in line " + std::to_string(first->second.line) + "; keep one");
    }
    parent.key = YamlNode::Entry{node.text, place, nullptr};
  }

  const TextPlaces& places_;
  std::vector<Fault>& faults_;
  NodePointer root_;
  std::vector<OpenNode> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
};

std::string Hex(unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {'0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

// yaml-cpp takes the byte 4 for the end of the file, so control characters must not come to it.
std::optional<Fault> FindBadByte(std::string_view text, const TextPlaces& places) {
  const std::size_t valid = ValidUtf8Length(text);
  if (valid < text.size()) {
    const YamlPlace place = places.At(valid);
    return Fault{"",
                 place.line,
                 place.column,
                 "",
                 "text that is not UTF-8: byte " + Hex(static_cast<unsigned char>(text[valid])),
                 "save the file as UTF-8"};
  }
  for (std::size_t offset = 0; offset < text.size(); ++offset) {
    const auto byte = static_cast<unsigned char>(text[offset]);
    if (byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r') continue;
    const YamlPlace place = places.At(offset);
    return Fault{"", place.line, place.column, "", "a control character: " + Hex(byte), "remove it"};
  }
  return std::nullopt;
}

void FindTabs(std::string_view text, std::vector<Fault>& faults) {
  int line = 0;
  while (!text.empty()) {
    ++line;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view content = text.substr(0, end);
    const std::size_t first = content.find_first_not_of(" \t\r");
    const std::size_t tab = content.find('\t');
    if (first != std::string_view::npos && tab < first) {
      faults.push_back(
          {"", line, static_cast<int>(tab) + 1, "", "a tab in the indentation", "YAML is indented with spaces"});
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// yaml-cpp reads all opening brackets that follow one another before it tells the first, in quadratic time.
std::optional<Fault> FindBracketTower(std::string_view text, const TextPlaces& places) {
  int height = 0;
  for (std::size_t offset = 0; offset < text.size(); ++offset) {
    const char c = text[offset];
    if (c == '[' || c == '{') {
      if (++height <= kMaxYamlDepth) continue;
      const YamlPlace place = places.At(offset);
      return Fault{"", place.line, place.column, "", TooDeepMessage(), "write it flatter"};
    }
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') height = 0;
  }
  return std::nullopt;
}

// The message of a yaml-cpp exception begins with its place; the part behind it is what we show.
Fault FaultOf(const YAML::Exception& error, const TextPlaces& places) {
  YamlPlace place{1, 1};
  if (!error.mark.is_null()) place = places.At(static_cast<std::size_t>(std::max(error.mark.pos, 0)));
  return {"",
          place.line,
          place.column,
          "",
          "not YAML: " + error.msg,
          "check indentation, colons and quotes in this line and the one above"};
}

void RunParser(std::string_view text, const TextPlaces& places, TreeBuilder& builder, std::vector<Fault>& faults) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  if (!parser.HandleNextDocument(builder)) return;
  // Only whether there is a second one matters; it is parsed into a tree of its own.
  std::vector<Fault> ignored;
  TreeBuilder second(places, ignored);
  if (!parser.HandleNextDocument(second) || second.root() == nullptr) return;
  const YamlPlace place = second.root()->place;
  faults.push_back({"", place.line, place.column, "", "a second YAML document in one file",
                    "remove the `---` between them, or use two files"});
}

}  // namespace

std::string_view YamlNode::KindText() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return "a text";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return "";
}

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return entry.value.get();
  }
  return nullptr;
}

YamlDocument ParseYaml(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const TextPlaces places(text);
  YamlDocument document;
  if (std::optional<Fault> bad = FindBadByte(text, places)) {
    document.faults.push_back(*std::move(bad));
    return document;
  }
  if (std::optional<Fault> tower = FindBracketTower(text, places)) {
    document.faults.push_back(*std::move(tower));
    return document;
  }
  FindTabs(text, document.faults);
  TreeBuilder builder(places, document.faults);
  try {
    RunParser(text, places, builder, document.faults);
  } catch (const StopParsing&) {
    return document;
  } catch (const YAML::Exception& error) {
    // A tab is the likelier cause and is told already.
    if (document.faults.empty()) document.faults.push_back(FaultOf(error, places));
    return document;
  } catch (const std::exception& error) {
    document.faults.push_back({"", 1, 1, "", std::string("not YAML: ") + error.what(), "check the file's syntax"});
    return document;
  }
  document.root = builder.root() != nullptr ? builder.root() : std::make_shared<YamlNode>();
  return document;
}

}  // namespace larder
