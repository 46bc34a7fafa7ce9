// The body of POST /get-online-features, read without allocating.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "lookup/feature_texts.h"
#include "retrieval/retrieval_plan.h"

namespace larder {

/// Reads bodies one after another with one parser. What it does not take is not wrong for that: the plain way, which
/// knows every form and tells every mistake, decides. Not thread-safe.
class RequestBody {
 public:
  /// The deepest nesting that a body may have, as JsonDocument's.
  static constexpr std::size_t kMaxDepth = 64;

  RequestBody();

  /// Reads a body over what was held: entities, features or feature_service, and flags, each at most once and of its
  /// usual kind; lists of one length, at most `max_rows`. Returns false for anything else, also for a wish for another
  /// `now`.
  bool Parse(std::string_view body, std::int64_t max_rows);

  /// Returns what two requests for the same columns have in common, and no others: service, features in their order,
  /// and the names they are to have. Good until the next Parse, as all below.
  std::string_view shape() const { return shape_view_; }
  /// Returns what is asked for.
  FeatureRequest ToFeatureRequest() const;
  bool wants_iso_timestamps() const { return wants_iso_timestamps_; }
  std::int64_t row_count() const { return row_count_; }
  /// Returns the list of this name; nullptr when there is none.
  const simdjson::dom::array* FindList(std::string_view name) const;

 private:
  bool Renew();
  bool TakeMember(std::string_view name, const simdjson::dom::element& value);
  bool TakeEntities(const simdjson::dom::element& value);
  bool TakeFeatures(const simdjson::dom::element& value);
  bool ParseText(std::string_view body, simdjson::dom::object& object);
  void MakeShape(std::string& shape) const;

  simdjson::dom::parser parser_;
  FeatureTexts texts_;
  FeatureTexts::Found found_;  ///< the list of the body that is being read, if it is known
  std::string rest_;           ///< the body without it
  std::int64_t max_rows_ = 0;
  std::uint32_t members_seen_ = 0;
  std::vector<std::pair<std::string_view, simdjson::dom::array>> lists_;
  std::vector<std::string_view> features_;
  std::span<const std::string_view> asked_;  ///< features_, or those that are known
  std::string_view service_;
  bool full_names_ = false;
  bool wants_iso_timestamps_ = false;
  std::int64_t row_count_ = 0;
  std::string shape_;
  std::string_view shape_view_;
};

}  // namespace larder
