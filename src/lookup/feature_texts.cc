#include "lookup/feature_texts.h"

#include <algorithm>

namespace larder {
namespace {

constexpr std::string_view kMember = "\"features\"";
/// Of the misses of a full memory, one in so many is worth being remembered.
constexpr std::uint32_t kLearnEvery = 16;

/// Walks over a text.
class TextWalk {
 public:
  explicit TextWalk(std::string_view text) : text_(text) {}
  /// Steps over white space, then over exactly these bytes; false when others stand there.
  bool Takes(std::string_view bytes) {
    while (place_ < text_.size() &&
           (text_[place_] == ' ' || text_[place_] == '\n' || text_[place_] == '\t' || text_[place_] == '\r')) {
      ++place_;
    }
    if (text_.substr(place_, bytes.size()) != bytes) return false;
    place_ += bytes.size();
    return true;
  }
  /// Steps over a string that is written as it is, without escapes.
  bool TakesString(std::string_view value) {
    if (!Takes("\"") || text_.substr(place_, value.size()) != value) return false;
    place_ += value.size();
    if (text_.substr(place_, 1) != "\"") return false;
    ++place_;
    return true;
  }
  std::size_t place() const { return place_; }

 private:
  const std::string_view text_;
  std::size_t place_ = 0;
};

/// Returns how long the member is at the beginning of `text`; 0 when it is not this list, written plainly.
std::size_t LengthOf(std::string_view text, std::span<const std::string_view> names) {
  TextWalk walk(text);
  if (!walk.Takes(kMember) || !walk.Takes(":") || !walk.Takes("[")) return 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    // A backslash would have been read as something else.
    if (names[i].find_first_of("\"\\") != std::string_view::npos || !walk.TakesString(names[i])) return 0;
    if (!walk.Takes(i + 1 < names.size() ? "," : "]")) return 0;
  }
  return walk.place();
}

/// Puts a list in the place of another, in its memory.
void Remember(std::string_view text, std::span<const std::string_view> names, FeatureTexts::Known& known) {
  known.text.assign(text);
  known.names.clear();
  std::size_t place = kMember.size();
  for (const std::string_view name : names) {
    place = known.text.find('"', place) + 1;
    known.names.push_back(std::string_view(known.text).substr(place, name.size()));
    place += name.size() + 1;
  }
  for (std::string& shape : known.shapes) shape.clear();
}

}  // namespace

FeatureTexts::Found FeatureTexts::Find(std::string_view body) {
  for (Known& known : std::span(known_).first(count_)) {
    const std::size_t size = known.text.size();
    if (body.size() < size) continue;
    const std::size_t room = body.size() - size;
    for (const std::size_t place : {known.before, room - std::min(known.behind, room)}) {
      if (place <= room && body.substr(place, size) == known.text) {
        known.before = place;
        known.behind = room - place;
        return {&known, place};
      }
    }
  }
  return {};
}

void FeatureTexts::Learn(std::string_view body, std::span<const std::string_view> names) {
  if (names.size() < kLeastNames) return;
  if (count_ == kKnown && ++miss_count_ % kLearnEvery != 0) return;
  const std::size_t place = body.find(kMember);
  if (place == std::string_view::npos) return;
  const std::size_t size = LengthOf(body.substr(place), names);
  if (size == 0 || size > kMostTextBytes) return;
  Known& known = known_[count_ < kKnown ? count_++ : miss_count_ / kLearnEvery % kKnown];
  Remember(body.substr(place, size), names, known);
  known.before = place;
  known.behind = body.size() - place - size;
}

}  // namespace larder
