#include "definitions/object_header.h"

#include <algorithm>

#include "text/nearest_name.h"

namespace larder {
namespace {

struct KindRow {
  std::string_view name;
  std::string_view plural;
  std::string_view title;
};

constexpr std::array kKinds = {
    KindRow{"entity", "entities", "entity"},
    KindRow{"source", "sources", "source"},
    KindRow{"feature_view", "feature_views", "feature view"},
    KindRow{"on_demand_view", "on_demand_views", "on-demand view"},
    KindRow{"feature_service", "feature_services", "feature service"},
};

const KindRow& RowOf(ObjectKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

bool IsLowerLetter(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

std::string_view KindName(ObjectKind kind) { return RowOf(kind).name; }
std::string_view KindNamePlural(ObjectKind kind) { return RowOf(kind).plural; }
std::string_view KindTitle(ObjectKind kind) { return RowOf(kind).title; }

Result<ObjectKind> ParseKind(std::string_view text) {
  std::vector<std::string_view> names;
  for (const ObjectKind kind : kAllObjectKinds) {
    if (text == KindName(kind) || text == KindNamePlural(kind)) return kind;
    names.push_back(KindName(kind));
  }
  std::string hint = DidYouMean(text, std::span<const std::string_view>(names));
  if (hint.empty()) hint = "the kinds are entity, source, feature_view, on_demand_view, feature_service";
  return Status(Reason::kUsage, "unknown kind of object: '" + std::string(text) + "'", std::move(hint));
}

std::string ObjectTitle(const ObjectId& id) { return std::string(KindTitle(id.kind)) + " '" + id.name + "'"; }

bool IsValidName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameLength || !IsLowerLetter(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return IsLowerLetter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

std::string_view NameRule() {
  return "a name is a small letter, then small letters, digits and _, at most 128 characters";
}

Location ExpressionText::At(std::size_t offset) const {
  Location place = location;
  if (segments.empty()) return place;
  auto after = std::upper_bound(segments.begin(), segments.end(), offset,
                                [](std::size_t wanted, const Segment& segment) { return wanted < segment.offset; });
  if (after != segments.begin()) --after;
  place.line = after->line;
  place.column = after->column;
  for (std::size_t i = after->offset; i < std::min(offset, text.size()); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) ++place.column;
  }
  return place;
}

}  // namespace larder
