#include "lookup/request_body.h"

#include <algorithm>
#include <array>

namespace larder {
namespace {

using simdjson::dom::element;

/// What the parser may keep between two bodies.
constexpr std::size_t kKeptBytes = std::size_t{1} << 20;
/// Lists of more names than this are read the plain way: names are compared one by one here.
constexpr std::size_t kMaxLists = 32;

/// Names the members of a body; the place of each is its bit among those seen.
constexpr std::array<std::string_view, 7> kMembers = {"entities",
                                                      "features",
                                                      "feature_service",
                                                      "full_feature_names",
                                                      "timestamps",
                                                      "now",
                                                      "include_feature_view_version_metadata"};

constexpr std::uint32_t kEntitiesBit = 1;
constexpr std::uint32_t kFeaturesBit = 2;

void AppendPart(std::string_view part, std::string& out) {
  const auto size = static_cast<std::uint32_t>(part.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out.append(part);
}

template <class Value>
bool TakeAs(const element& value, Value& taken) {
  return value.is_null() || value.get(taken) == simdjson::SUCCESS;
}

}  // namespace

// A parser that cannot have its memory now asks again at the first body, and fails there.
RequestBody::RequestBody() { Renew(); }

bool RequestBody::Renew() {
  parser_ = simdjson::dom::parser();
  return parser_.allocate(std::size_t{64} << 10, kMaxDepth) == simdjson::SUCCESS;
}

bool RequestBody::Parse(std::string_view body, std::int64_t max_rows) {
  max_rows_ = max_rows;
  members_seen_ = 0;
  lists_.clear();
  features_.clear();
  service_ = {};
  full_names_ = false;
  wants_iso_timestamps_ = false;
  row_count_ = 0;
  const bool is_too_large = parser_.capacity() > kKeptBytes && body.size() <= kKeptBytes;
  if ((is_too_large || parser_.capacity() == 0) && !Renew()) return false;
  simdjson::dom::object object;
  if (!ParseText(body, object)) return false;
  for (const auto member : object) {
    if (!TakeMember(member.key, member.value)) return false;
  }
  FeatureTexts::Known* const known = found_.known;
  // Taken out of a place where no features are asked for: the plain way decides.
  if (known != nullptr && ((members_seen_ & kFeaturesBit) == 0 || !features_.empty())) return false;
  asked_ = known != nullptr ? known->names : features_;
  if ((members_seen_ & kEntitiesBit) == 0 || asked_.empty() == service_.empty()) return false;
  if (known == nullptr) texts_.Learn(body, features_);
  std::string& shape = known != nullptr ? known->shapes[full_names_ ? 1 : 0] : shape_;
  if (known == nullptr || shape.empty()) MakeShape(shape);
  shape_view_ = shape;
  return true;
}

/// Parses a body; one with a known list as if it had `null` in its place. The list is whole in its quotes and brackets,
/// so what stands around it means the same, and no text becomes right that was wrong.
bool RequestBody::ParseText(std::string_view body, simdjson::dom::object& object) {
  found_ = texts_.Find(body);
  if (found_.known == nullptr) return parser_.parse(body.data(), body.size()).get(object) == simdjson::SUCCESS;
  rest_.assign(body.substr(0, found_.place));
  rest_.append(R"("features":null)");
  rest_.append(body.substr(found_.place + found_.known->text.size()));
  rest_.reserve(rest_.size() + simdjson::SIMDJSON_PADDING);
  return parser_.parse(rest_).get(object) == simdjson::SUCCESS;
}

bool RequestBody::TakeMember(std::string_view name, const element& value) {
  const auto* const place = std::find(kMembers.begin(), kMembers.end(), name);
  if (place == kMembers.end()) return false;
  const std::uint32_t bit = 1U << (place - kMembers.begin());
  if ((members_seen_ & bit) != 0) return false;
  members_seen_ |= bit;
  if (name == "entities") return TakeEntities(value);
  if (name == "features") return TakeFeatures(value);
  if (name == "feature_service") return TakeAs(value, service_);
  if (name == "full_feature_names") return TakeAs(value, full_names_);
  if (name == "now") return value.is_null();
  // Of no consequence; but nothing may stand in it where a list of features could be looked for.
  if (name != "timestamps") return !value.is_array() && !value.is_object();
  std::string_view form = "seconds";
  if (!TakeAs(value, form)) return false;
  wants_iso_timestamps_ = form == "iso";
  return wants_iso_timestamps_ || form == "seconds";
}

bool RequestBody::TakeEntities(const element& value) {
  simdjson::dom::object entities;
  if (value.get(entities) != simdjson::SUCCESS) return false;
  for (const auto member : entities) {
    simdjson::dom::array list;
    if (member.value.get(list) != simdjson::SUCCESS || lists_.size() >= kMaxLists) return false;
    const auto length = static_cast<std::int64_t>(list.size());
    if (length > max_rows_ || (!lists_.empty() && length != row_count_)) return false;
    if (FindList(member.key) != nullptr) return false;
    row_count_ = length;
    lists_.emplace_back(member.key, list);
  }
  return true;
}

bool RequestBody::TakeFeatures(const element& value) {
  if (value.is_null()) return true;
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    features_.push_back(text);
    return true;
  }
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return false;
  for (const element feature : list) {
    if (feature.get(text) != simdjson::SUCCESS) return false;
    features_.push_back(text);
  }
  return true;
}

void RequestBody::MakeShape(std::string& shape) const {
  shape.clear();
  shape.push_back(full_names_ ? 'f' : 's');
  AppendPart(service_, shape);
  for (const std::string_view feature : asked_) AppendPart(feature, shape);
}

FeatureRequest RequestBody::ToFeatureRequest() const {
  FeatureRequest request;
  request.features.assign(asked_.begin(), asked_.end());
  request.service = service_;
  request.full_names = full_names_;
  return request;
}

const simdjson::dom::array* RequestBody::FindList(std::string_view name) const {
  for (const auto& [list_name, list] : lists_) {
    if (list_name == name) return &list;
  }
  return nullptr;
}

}  // namespace larder
