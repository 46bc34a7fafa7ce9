#include "yaml/field_reader.h"

#include <algorithm>
#include <charconv>

#include "base/timestamp.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

Location WithPath(const Location& parent, YamlPlace place, std::string path) {
  return {parent.file, place.line, place.column, std::move(path)};
}

std::string ChildPath(const std::string& parent, std::string_view key) {
  return parent.empty() ? std::string(key) : parent + "." + std::string(key);
}

}  // namespace

std::string QuotedText(std::string_view text) {
  constexpr std::size_t kShown = 80;
  if (text.size() <= kShown) return "'" + std::string(text) + "'";
  std::size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return "'" + std::string(text.substr(0, end)) + "...'";
}

YamlValue ElementAt(const YamlValue& value, std::size_t index) {
  const YamlNode* node = value.node->items[index].get();
  return {node, WithPath(value.location, node->place, value.location.path + "[" + std::to_string(index) + "]")};
}

YamlValue EntryAt(const YamlValue& value, const YamlNode::Entry& entry) {
  return {entry.value.get(), WithPath(value.location, entry.value->place, ChildPath(value.location.path, entry.key))};
}

std::optional<std::string> ScalarText(const YamlValue& value, FaultList& faults) {
  if (value.node->is_scalar()) return value.node->text;
  faults.Add(value.location, std::string(value.node->KindText()) + " where a text belongs",
             value.node->is_null() ? "write a value; put null and ~ in quotes when the text itself is meant"
                                   : "write one value, in quotes when it has brackets or colons");
  return std::nullopt;
}

FieldReader::FieldReader(const YamlValue& value, FaultList& faults)
    : node_(*value.node), location_(value.location), faults_(faults), is_map_(value.node->is_map()) {
  if (!is_map_)
    faults_.Add(location_, std::string(node_.KindText()) + " where a map belongs", "write `key: value` lines");
}

std::optional<YamlValue> FieldReader::Find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  for (const YamlNode::Entry& entry : node_.entries) {
    if (entry.key == key && !entry.value->is_null()) return EntryAt({&node_, location_}, entry);
  }
  return std::nullopt;
}

Location FieldReader::LocationOf(std::string_view key) const {
  for (const YamlNode::Entry& entry : node_.entries) {
    if (entry.key == key) return WithPath(location_, entry.value->place, ChildPath(location_.path, key));
  }
  return location_;
}

void FieldReader::Missing(std::string_view key, std::string hint) {
  if (is_map_) faults_.Add(location_, "missing key: '" + std::string(key) + "'", std::move(hint));
}

std::string FieldReader::Text(std::string_view key) {
  const std::optional<YamlValue> value = Find(key);
  return value ? ScalarText(*value, faults_).value_or("") : "";
}

std::string FieldReader::RequiredText(std::string_view key, std::string hint) {
  const std::optional<YamlValue> value = Find(key);
  if (!value) {
    Missing(key, std::move(hint));
    return "";
  }
  const std::string text = ScalarText(*value, faults_).value_or("");
  if (value->node->is_scalar() && text.empty()) faults_.Add(value->location, "an empty text", std::move(hint));
  return text;
}

bool FieldReader::Bool(std::string_view key, bool default_value) {
  const std::optional<YamlValue> value = Find(key);
  if (!value) return default_value;
  const std::optional<std::string> text = ScalarText(*value, faults_);
  if (!text) return default_value;
  if (*text == "true" || *text == "false") return *text == "true";
  faults_.Add(value->location, "neither true nor false: " + QuotedText(*text), "write true or false");
  return default_value;
}

std::int64_t FieldReader::Duration(std::string_view key, std::int64_t default_us) {
  const std::optional<YamlValue> value = Find(key);
  if (!value) return default_us;
  const std::optional<std::string> text = ScalarText(*value, faults_);
  if (!text) return default_us;
  // Zero needs no unit.
  if (*text == "0") return 0;
  const Result<std::int64_t> duration = ParseDuration(*text);
  if (duration.ok()) return *duration;
  faults_.Add(value->location, std::string(duration.status().message()), std::string(duration.status().hint()));
  return default_us;
}

std::int64_t FieldReader::Integer(std::string_view key, std::int64_t default_value,
                                  std::pair<std::int64_t, std::int64_t> range) {
  const std::optional<YamlValue> value = Find(key);
  if (!value) return default_value;
  const std::optional<std::string> text = ScalarText(*value, faults_);
  if (!text) return default_value;
  std::int64_t number = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error == std::errc() && stop == end && number >= range.first && number <= range.second) return number;
  faults_.Add(value->location, "not a whole number within the limits: " + QuotedText(*text),
              "from " + std::to_string(range.first) + " to " + std::to_string(range.second));
  return default_value;
}

std::vector<YamlValue> FieldReader::List(std::string_view key) {
  std::vector<YamlValue> elements;
  const std::optional<YamlValue> value = Find(key);
  if (!value) return elements;
  if (!value->node->is_list()) {
    faults_.Add(value->location, std::string(value->node->KindText()) + " where a list belongs",
                "write [a, b], or one `- ` line per element");
    return elements;
  }
  for (std::size_t i = 0; i < value->node->items.size(); ++i) elements.push_back(ElementAt(*value, i));
  return elements;
}

std::vector<std::pair<std::string, YamlValue>> FieldReader::Map(std::string_view key) {
  std::vector<std::pair<std::string, YamlValue>> entries;
  const std::optional<YamlValue> value = Find(key);
  if (!value) return entries;
  if (!value->node->is_map()) {
    faults_.Add(value->location, std::string(value->node->KindText()) + " where a map belongs",
                "write {name: value}, or one `name: value` line per entry");
    return entries;
  }
  for (const YamlNode::Entry& entry : value->node->entries) entries.emplace_back(entry.key, EntryAt(*value, entry));
  return entries;
}

std::vector<std::pair<std::string, Location>> FieldReader::TextList(std::string_view key) {
  std::vector<std::pair<std::string, Location>> texts;
  for (const YamlValue& element : List(key)) {
    if (std::optional<std::string> text = ScalarText(element, faults_)) {
      texts.emplace_back(*std::move(text), element.location);
    }
  }
  return texts;
}

std::map<std::string, std::string> FieldReader::TextMap(std::string_view key) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : Map(key)) {
    if (std::optional<std::string> text = ScalarText(value, faults_)) texts.emplace(name, *std::move(text));
  }
  return texts;
}

void FieldReader::Finish() {
  for (const YamlNode::Entry& entry : node_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    std::string hint = DidYouMean(entry.key, std::span<const std::string>(known_));
    if (entry.key == "<<") hint = "merge keys are not supported; write the fields out";
    if (hint.empty()) {
      hint = "the keys here are";
      for (const std::string& known : known_) hint += (&known == &known_.front() ? " " : ", ") + known;
    }
    faults_.Add({location_.file, entry.place.line, entry.place.column, ChildPath(location_.path, entry.key)},
                "unknown key: " + QuotedText(entry.key), std::move(hint));
  }
}

}  // namespace larder
