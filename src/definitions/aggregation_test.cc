#include "definitions/aggregation.h"

#include <gtest/gtest.h>

#include "definitions/canonical_text.h"
#include "definitions/definition_files.h"

namespace larder {
namespace {

using Texts = std::vector<std::string>;

constexpr std::string_view kBase =
    "entities: [{name: k, type: string}]\n"
    "sources: [{name: s, path: x.csv, timestamp: t}]\n";

Result<DefinitionSet> Parse(const std::string& view_lines) {
  return ParseDefinitions({{"base.yaml", std::string(kBase)},
                           {"f.yaml", "feature_views:\n  - name: v\n    entities: [k]\n    source: s\n" + view_lines}});
}

// Returns "line:column: path: message (hint)" of each fault.
Texts Faults(const std::string& view_lines) {
  Texts texts;
  const auto set = Parse(view_lines);
  for (const Fault& fault : set.status().faults()) {
    texts.push_back(fault.Place() + ": " + fault.message + " (" + fault.hint + ")");
  }
  return texts;
}

FeatureView View(const std::string& view_lines) {
  const auto set = Parse(view_lines);
  EXPECT_TRUE(set.ok()) << set.status().ToString();
  return set.ok() ? **set->FindFeatureView("v") : FeatureView();
}

Texts FeatureNamesOf(const FeatureView& view) {
  Texts names;
  for (const Feature& feature : view.features) names.push_back(feature.name);
  return names;
}

TEST(AggregationTest, EveryWindowMakesAFeature) {
  const FeatureView view = View(
      "    aggregations:\n"
      "      m: {function: mean, of: x, windows: [1h, 7d, lifetime, {rows: 10}]}\n"
      "      n: {function: count, windows: [{every: 1h, offset: 15m}, {every: 1h, window: 1d, ago: 1w}]}\n"
      "      p: {function: max, of: x + 1, windows: [90s], name: \"top_{function}_{window}\", where: x > 0, end: "
      "exclusive}\n");
  EXPECT_EQ(FeatureNamesOf(view), (Texts{"m_1h", "m_7d", "m_lifetime", "m_10rows", "n_every_1h_offset_15m",
                                         "n_1d_every_1h_ago_1w", "top_max_90s"}));
  const Window& hourly = view.aggregations[1].windows[0];
  EXPECT_EQ(hourly.length_us, 3'600'000'000);
  EXPECT_EQ(hourly.offset_us, 900'000'000);
  const Window& daily = view.aggregations[1].windows[1];
  EXPECT_EQ(daily.length_us, kMicrosPerDay);
  EXPECT_EQ(daily.every_us, 3'600'000'000);
  EXPECT_EQ(daily.ago_us, 7 * kMicrosPerDay);
  EXPECT_TRUE(view.aggregations[2].end_exclusive);
  EXPECT_EQ(view.aggregations[2].where->text, "x > 0");
  EXPECT_FALSE(view.is_typed());
}

TEST(AggregationTest, TheCanonicalTextReadsBackToItself) {
  const FeatureView view = View(
      "    retention: 30d\n    aggregations:\n"
      "      m: {function: mean, of: 'if(x>1,x,0)', windows: [1h, {every: 1w, window: 8d, offset: 1h}], where: x>2, "
      "end: exclusive, name: '{name}_{window}_x', type: float64, description: words}\n    columns: {x: float64}\n");
  const DefinedObject object = std::make_shared<const FeatureView>(view);
  const auto back = ParseCanonicalText(ObjectKind::kFeatureView, CanonicalText(object));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(CanonicalText(*back), CanonicalText(object));
  EXPECT_EQ(SemanticText(object).find("words"), std::string::npos);
  EXPECT_NE(SemanticText(object).find("x > 2"), std::string::npos) << SemanticText(object);
}

TEST(AggregationTest, AllFaultsOfWindowsAreToldAtOnce) {
  const Texts faults = Faults(
      "    ttl: 1d\n    aggregations:\n"
      "      a: {function: mean, of: x, windows: [0s, -1h, 1h, 1h, {rows: 0}, {every: 1h, offset: 1h}, {offset: 1h}]}\n"
      "      b: {function: meen, of: x, windows: [1h]}\n"
      "      c: {function: sum, of: x + , windows: []}\n"
      "      d: {function: sum, of: x, windows: [1h], wher: x > 1, end: open, top: 3}\n"
      "      e: {function: sum, of: x, windows: [1h, 1d], name: total}\n");
  ASSERT_EQ(faults.size(), 14U);
  EXPECT_EQ(faults[0],
            "f.yaml:5:10: feature_views[0].ttl: a ttl in a window view (leave it out: the windows say which "
            "events count, retention how long they are kept)");
  EXPECT_EQ(faults[1],
            "f.yaml:7:44: feature_views[0].aggregations.a.windows[0]: a window of no length: '0s' (write a "
            "duration above 0, such as 1h)");
  EXPECT_EQ(faults[2],
            "f.yaml:7:48: feature_views[0].aggregations.a.windows[1]: no window: '-1h' (write durations such "
            "as 1h or 7d, lifetime, {rows: 10}, or {every: 1h, offset: 15m})");
  EXPECT_EQ(faults[3],
            "f.yaml:7:57: feature_views[0].aggregations.a.windows[3]: the same window twice: '1h' (keep "
            "one)");
  EXPECT_NE(faults[4].find("windows[4].rows: not a whole number within the limits: '0'"), std::string::npos);
  EXPECT_NE(faults[5].find("windows[5].offset: an offset that is not below `every`"), std::string::npos);
  EXPECT_NE(faults[6].find("windows[6]: missing key: 'every'"), std::string::npos);
  EXPECT_NE(faults[7].find("aggregations.b.function: "), std::string::npos);
  EXPECT_NE(faults[7].find("mean"), std::string::npos) << faults[7];
  EXPECT_NE(faults[8].find("aggregations.c: missing key: 'windows'"), std::string::npos);
  EXPECT_NE(faults[9].find("aggregations.c.of: "), std::string::npos);
}

TEST(AggregationTest, WhatDoesNotGoTogetherIsAFault) {
  EXPECT_EQ(Faults("    features: {x: int64}\n    aggregations: {a: {function: count, windows: [1h]}}\n"),
            (Texts{"f.yaml:5:15: feature_views[0].features: features and aggregations in one view (make two views: one "
                   "for the newest row, one for the windows)"}));
  EXPECT_EQ(Faults("    aggregations:\n      a: {function: count, windows: [1h], name: same}\n"
                   "      b: {function: count, windows: [1d], name: same}\n"),
            (Texts{"f.yaml:7:10: feature_views[0].aggregations.b: two features of one name: 'same' of 'a' and 'b' "
                   "(rename one of the aggregations, or give one a `name` of its own)"}));
  EXPECT_EQ(Faults("    retention: 1h\n    aggregations: {a: {function: count, windows: [30m, 2h]}}\n"),
            (Texts{"f.yaml:5:16: feature_views[0].retention: a retention shorter than a window: '2h' of 'a' (keep "
                   "events at least as long as the longest window)"}));
  EXPECT_EQ(Faults("    retention: 1h\n    features: {x: int64}\n"),
            (Texts{"f.yaml:5:16: feature_views[0].retention: `retention` in a plain view (it belongs to a view with "
                   "`aggregations:`)"}));
  EXPECT_EQ(Faults("    aggregations: {k: {function: count, windows: [1h], name: k}}\n"),
            (Texts{"f.yaml:5:23: feature_views[0].aggregations.k: a feature named like a join key of its view: 'k' "
                   "(rename the aggregation, or give it a `name`)"}));
}

TEST(AggregationTest, RetentionFollowsTheWindows) {
  EXPECT_EQ(View("    aggregations: {a: {function: count, windows: [1h, 1d]}}\n").EffectiveRetentionUs(),
            8 * kMicrosPerDay);
  EXPECT_EQ(View("    aggregations: {a: {function: count, windows: [1h, lifetime]}}\n").EffectiveRetentionUs(),
            std::nullopt);
  EXPECT_EQ(View("    retention: 2d\n    aggregations: {a: {function: count, windows: [1h]}}\n").EffectiveRetentionUs(),
            2 * kMicrosPerDay);
}

}  // namespace
}  // namespace larder
