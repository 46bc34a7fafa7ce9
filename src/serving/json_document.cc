#include "serving/json_document.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "text/nearest_name.h"

namespace larder {
namespace {

Status WrongKind(const std::string& place, std::string_view name, const char* wanted) {
  return Status(Reason::kMalformedRequest, place + "." + std::string(name) + " is not " + wanted,
                std::string("send ") + wanted + ", or leave it out");
}

}  // namespace

Result<JsonDocument> JsonDocument::Parse(std::string_view body) {
  JsonDocument document;
  document.parser_ = std::make_unique<simdjson::dom::parser>();
  if (document.parser_->allocate(std::max<std::size_t>(body.size(), 64), kMaxDepth) != simdjson::SUCCESS) {
    return Status(Reason::kMemoryLimit, "no memory to read a body of " + std::to_string(body.size()) + " bytes");
  }
  const auto parsed = document.parser_->parse(body.data(), body.size());
  if (parsed.error() != simdjson::SUCCESS) {
    return Status(Reason::kMalformedJson,
                  std::string("the body is not JSON: ") + simdjson::error_message(parsed.error()),
                  "send one JSON object in UTF-8, at most " + std::to_string(kMaxDepth) + " levels deep");
  }
  document.root_ = parsed.value_unsafe();
  return document;
}

Result<JsonObject> JsonObject::Of(const simdjson::dom::element& element, const std::string& place) {
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) {
    return Status(Reason::kMalformedRequest, place + " is not a JSON object", "send {\"NAME\": VALUE, ...}");
  }
  JsonObject result;
  result.place_ = place;
  std::unordered_set<std::string_view> names;
  for (const auto member : object) {
    if (!names.insert(member.key).second) {
      return Status(Reason::kMalformedJson, place + " has the key '" + std::string(member.key) + "' twice",
                    "name each key once");
    }
    result.members_.emplace_back(member.key, member.value);
  }
  return result;
}

const simdjson::dom::element* JsonObject::Find(std::string_view name) const {
  for (const auto& [key, value] : members_) {
    if (key == name) return value.is_null() ? nullptr : &value;
  }
  return nullptr;
}

Result<std::string> JsonObject::Text(std::string_view name, std::string_view otherwise) const {
  const auto* found = Find(name);
  if (found == nullptr) return std::string(otherwise);
  std::string_view text;
  if (found->get(text) != simdjson::SUCCESS) return WrongKind(place_, name, "a string");
  return std::string(text);
}

Result<bool> JsonObject::Bool(std::string_view name, bool otherwise) const {
  const auto* found = Find(name);
  if (found == nullptr) return otherwise;
  bool value = false;
  if (found->get(value) != simdjson::SUCCESS) return WrongKind(place_, name, "true or false");
  return value;
}

Result<std::vector<std::string>> JsonObject::Texts(std::string_view name) const {
  std::vector<std::string> texts;
  const auto* found = Find(name);
  if (found == nullptr) return texts;
  std::string_view text;
  if (found->get(text) == simdjson::SUCCESS) return std::vector<std::string>{std::string(text)};
  simdjson::dom::array array;
  if (found->get(array) != simdjson::SUCCESS) return WrongKind(place_, name, "a list of strings");
  for (const auto element : array) {
    if (element.get(text) != simdjson::SUCCESS) return WrongKind(place_, name, "a list of strings");
    texts.emplace_back(text);
  }
  return texts;
}

Status JsonObject::CheckKnown(const std::vector<std::string>& known) const {
  for (const auto& [key, value] : members_) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string hint = DidYouMean(key, known);
    if (hint.empty()) {
      hint = "the keys are";
      for (const std::string& name : known) hint += " " + name;
    }
    return Status(Reason::kMalformedRequest, place_ + " has an unknown key: '" + std::string(key) + "'",
                  std::move(hint));
  }
  return {};
}

}  // namespace larder
