#include "definitions/definition_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace larder {
namespace {

using Texts = std::vector<std::string>;

// The definitions of the product page, without its window view and what refers to it.
constexpr std::string_view kProductPage = R"yaml(
entities:
  - name: airport                # join_key defaults to the name
    type: string

sources:
  - name: flights
    path: data/flights/*.csv.gz  # file, glob or folder (hive partitions too); parquet, csv(.gz), arrow ipc; later s3:// gs:// hdfs://
    columns: {ARRIVAL_DELAY: float64}    # optional declared types (csv)
    timestamp: departed_at       # event time: a column or a derived column; absent: rows are valid from the beginning (dimension tables)
    # created: COLUMN            # created time, optional
    # event_id: COLUMN           # identity of events, optional
    # deleted: EXPRESSION        # true: this row deletes, optional
    derive:                      # new columns, in order, by expression
      departed_at: to_timestamp(ds) + minutes(SCHEDULED_DEPARTURE // 100 * 60 + SCHEDULED_DEPARTURE % 100 + coalesce(DEPARTURE_DELAY, 0))
      airport: ORIGIN_AIRPORT
    where: CANCELLED = 0         # row filter, optional

feature_views:
  - name: last_flight            # plain: the newest row per key
    entities: [airport]
    source: flights
    ttl: 1d
    online: true                 # default
    features:                    # name: type, or name: {type, from, description, tags}; from defaults to the name, and is a column
      departure_delay: {type: float32, from: DEPARTURE_DELAY, description: minutes late at push-back}
      distance: {type: int64, from: DISTANCE}

feature_services:
  - name: delay_model
    features:
      - last_flight                          # all features of a view
      - {view: last_flight, features: [distance], alias: destination, join_keys: {airport: destination_airport}}   # some, under another name, by another entity column -> destination__distance; a view may stand in several entries
)yaml";

// A small set that is right; tests add what is wrong.
constexpr std::string_view kBase = R"yaml(
entities:
  - {name: driver, type: int64}
sources:
  - {name: trips, path: trips.parquet, timestamp: at}
feature_views:
  - name: driver_trips
    entities: [driver]
    source: trips
    features: {fare: float64, tip: float32}
)yaml";

Result<DefinitionSet> ParseWithBase(std::string_view text) {
  return ParseDefinitions({{"base.yaml", std::string(kBase)}, {"f.yaml", std::string(text)}});
}

// Returns "file:line:column: path: message (hint)" of each fault.
Texts FaultsOf(const Result<DefinitionSet>& result) {
  Texts texts;
  for (const Fault& fault : result.status().faults()) {
    texts.push_back(fault.Place() + ": " + fault.message + (fault.hint.empty() ? "" : " (" + fault.hint + ")"));
  }
  return texts;
}

Texts Faults(std::string_view text) { return FaultsOf(ParseWithBase(text)); }

TEST(DefinitionFilesTest, ReadsTheProductPage) {
  const Result<DefinitionSet> set = ParseDefinitions({{"features.yaml", std::string(kProductPage)}});
  ASSERT_TRUE(set.ok()) << set.status().ToString();
  const Source& source = **set->FindSource("flights");
  EXPECT_EQ(source.path, "data/flights/*.csv.gz");
  EXPECT_EQ(source.format, FileFormat::kCsvGz);
  EXPECT_EQ(source.columns, (std::vector<ColumnType>{{"ARRIVAL_DELAY", ValueType::Of(TypeKind::kFloat64)}}));
  EXPECT_EQ(source.timestamp, "departed_at");
  ASSERT_EQ(source.derive.size(), 2u);
  EXPECT_EQ(source.derive[1].name, "airport");
  EXPECT_EQ(source.where->text, "CANCELLED = 0");
  const FeatureView& view = **set->FindFeatureView("last_flight");
  EXPECT_EQ(view.ttl_us, kMicrosPerDay);
  EXPECT_TRUE(view.online);
  EXPECT_EQ(view.allowed_lateness_us, kMicrosPerDay);
  ASSERT_EQ(view.features.size(), 2u);
  EXPECT_EQ(view.features[0].from, "DEPARTURE_DELAY");
  EXPECT_EQ(view.features[0].description, "minutes late at push-back");
  EXPECT_EQ((*set->FindEntity("airport"))->join_key, "airport");
  const FeatureService& service = **set->FindFeatureService("delay_model");
  ASSERT_EQ(service.entries.size(), 2u);
  EXPECT_TRUE(service.entries[0].features.empty());
  EXPECT_EQ(service.entries[1].alias, "destination");
  EXPECT_EQ(service.entries[1].join_keys.at("airport"), "destination_airport");
}

TEST(DefinitionFilesTest, ReadsEveryFieldOfEveryObject) {
  const Result<DefinitionSet> set = ParseWithBase(R"yaml(
sources:
  - name: rides
    path: rides/
    format: csv
    nulls: [NA, "-"]
    timestamp: at
    created: seen
    event_id: id
    deleted: op = 'D'
    owner: team
    description: all rides
    tags: {tier: gold}
on_demand_views:
  - name: ratios
    inputs: [driver_trips]
    request: {km: float64}
    features:
      fare_per_km: {type: float64, expression: "fare / nullif(km, 0)", tags: {a: b}}
  - {name: more, inputs: [ratios, driver_trips@3], features: {x: {type: float64, expression: fare_per_km + 1.0}}}
feature_services:
  - name: model
    features: [ratios:fare_per_km, driver_trips@2:fare, more, {view: driver_trips@2, features: [tip], alias: a}]
)yaml");
  ASSERT_TRUE(set.ok()) << set.status().ToString();
  const Source& source = **set->FindSource("rides");
  EXPECT_EQ(source.format, FileFormat::kCsv);
  EXPECT_EQ(source.nulls, (Texts{"NA", "-"}));
  EXPECT_EQ(source.created, "seen");
  EXPECT_EQ(source.event_id, "id");
  EXPECT_EQ(source.deleted->text, "op = 'D'");
  EXPECT_EQ(source.header.owner, "team");
  EXPECT_EQ(source.header.tags.at("tier"), "gold");
  EXPECT_EQ((*set->FindOnDemandView("ratios"))->features[0].tags.at("a"), "b");
  EXPECT_EQ((*set->FindOnDemandView("more"))->inputs[1].version, 3);
  const FeatureService& service = **set->FindFeatureService("model");
  EXPECT_EQ(service.entries[0].features, Texts{"fare_per_km"});
  EXPECT_EQ(service.entries[1].version, 2);
  EXPECT_EQ(service.entries[3].version, 2);
  EXPECT_EQ(service.entries[3].features, Texts{"tip"});
}

TEST(DefinitionFilesTest, ShortFeaturesTakeTheirNameAsColumn) {
  const Result<DefinitionSet> set = ParseWithBase("");
  ASSERT_TRUE(set.ok()) << set.status().ToString();
  const FeatureView& view = **set->FindFeatureView("driver_trips");
  EXPECT_EQ(view.features[1].name, "tip");
  EXPECT_EQ(view.features[1].from, "tip");
  EXPECT_EQ(view.features[1].type, ValueType::Of(TypeKind::kFloat32));
  EXPECT_EQ(view.ttl_us, 0);
}

TEST(DefinitionFilesTest, AllFaultsOfAllFilesComeAtOnce) {
  const Result<DefinitionSet> set = ParseDefinitions({
      {"a.yaml", "entities:\n  - {name: Driver, type: int64}\n  - {name: city, type: float64}\n"},
      {"b.yaml", "sources:\n  - {name: trips}\nfeature_view: []\n"},
      {"c.yaml", "a: [\n"},
  });
  EXPECT_EQ(set.status().reason(), Reason::kInvalidDefinition);
  const Texts faults = FaultsOf(set);
  ASSERT_EQ(faults.size(), 5u);
  EXPECT_EQ(faults[0],
            "a.yaml:2:12: entities[0].name: a name against the rule: 'Driver' (a name is a small letter, then small "
            "letters, digits and _, at most 128 characters)");
  EXPECT_EQ(faults[1],
            "a.yaml:3:24: entities[1].type: a type that no join key can have: float64 (an entity is bool, int32, "
            "int64, string, bytes, timestamp or date)");
  EXPECT_EQ(faults[2],
            "b.yaml:2:5: sources[0]: missing key: 'path' (a file, a glob such as data/*.parquet, or a folder)");
  EXPECT_EQ(faults[3], "b.yaml:3:1: feature_view: unknown key: 'feature_view' (did you mean 'feature_views'?)");
  EXPECT_TRUE(faults[4].starts_with("c.yaml:")) << faults[4];
}

TEST(DefinitionFilesTest, NamesAreUniquePerKind) {
  EXPECT_EQ(
      Faults("entities:\n  - {name: driver, type: string}\n"),
      Texts{"f.yaml:2:12: entities[0].name: a name that is taken: entity 'driver' (the first is in base.yaml line "
            "3; rename one of them)"});
  const Texts faults = Faults(
      "on_demand_views:\n  - {name: driver_trips, request: {x: int64}, features: {y: {type: int64, expression: x}}}\n");
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_TRUE(faults[0].starts_with(
      "f.yaml:2:12: on_demand_views[0].name: a name that is taken: on-demand view 'driver_trips'"));
}

TEST(DefinitionFilesTest, ALongNameIsAFault) {
  EXPECT_TRUE(Faults("entities:\n  - {name: " + std::string(128, 'a') + ", type: int64}\n").empty());
  EXPECT_EQ(Faults("entities:\n  - {name: " + std::string(129, 'a') + ", type: int64}\n").size(), 1u);
}

TEST(DefinitionFilesTest, UnknownReferencesNameTheNearest) {
  EXPECT_EQ(
      Faults("feature_views:\n  - name: v\n    entities: [drivr]\n    source: trip\n    features: {x: int64}\n"),
      (Texts{"f.yaml:3:16: feature_views[0].entities[0]: no entity of this name: 'drivr' (did you mean 'driver'?)",
             "f.yaml:4:13: feature_views[0].source: no source of this name: 'trip' (did you mean 'trips'?)"}));
  EXPECT_EQ(Faults("feature_services:\n  - name: s\n    features: [driver_trip, driver_trips:farf, "
                   "{view: driver_trips, join_keys: {drive: x}}, driver_trips@2:fair]\n"),
            (Texts{"f.yaml:3:16: feature_services[0].features[0]: no view of this name: 'driver_trip' (did you mean "
                   "'driver_trips'?)",
                   "f.yaml:3:29: feature_services[0].features[1]: no feature 'farf' in view 'driver_trips' (did you "
                   "mean 'fare'?)",
                   "f.yaml:3:48: feature_services[0].features[2]: no join key 'drive' in view 'driver_trips' (did you "
                   "mean 'driver'?)"}));
  EXPECT_EQ(Faults("on_demand_views:\n  - {name: o, inputs: [nothing], features: {y: {type: int64, expression: 1}}}\n"),
            Texts{"f.yaml:2:24: on_demand_views[0].inputs[0]: no view of this name: 'nothing' (define it, or correct "
                  "the name)"});
}

TEST(DefinitionFilesTest, AFaultyObjectCausesNoFaultsElsewhere) {
  const Texts faults = Faults(
      "feature_views:\n  - {name: v, entities: [driver], source: trips, features: {x: int65}}\n"
      "feature_services:\n  - {name: s, features: [v:x]}\n"
      "on_demand_views:\n  - {name: o, inputs: [v], features: {y: {type: string, expression: x}}}\n");
  ASSERT_EQ(faults.size(), 1u) << faults[1];
  EXPECT_TRUE(faults[0].starts_with("f.yaml:2:64: feature_views[0].features.x: unknown type: 'int65'")) << faults[0];
}

TEST(DefinitionFilesTest, WrongScalarsAreFaults) {
  const Texts faults = Faults(
      "feature_views:\n"
      "  - name: v\n"
      "    entities: driver\n"
      "    source: [trips]\n"
      "    ttl: 1 day\n"
      "    online: maybe\n"
      "    allowed_lateness: -1d\n"
      "    features: [x]\n");
  ASSERT_EQ(faults.size(), 6u);
  EXPECT_TRUE(faults[0].starts_with("f.yaml:3:15: feature_views[0].entities: a text where a list belongs"));
  EXPECT_TRUE(faults[1].starts_with("f.yaml:4:13: feature_views[0].source: a list where a text belongs"));
  EXPECT_TRUE(faults[2].starts_with("f.yaml:5:10: feature_views[0].ttl: "));
  EXPECT_TRUE(faults[3].starts_with("f.yaml:6:13: feature_views[0].online: neither true nor false: 'maybe'"));
  EXPECT_TRUE(faults[4].starts_with("f.yaml:7:23: feature_views[0].allowed_lateness: "));
  EXPECT_TRUE(faults[5].starts_with("f.yaml:8:15: feature_views[0].features: a list where a map belongs"));
}

TEST(DefinitionFilesTest, EqualFeaturesAreFaults) {
  EXPECT_EQ(
      Faults("feature_views:\n  - {name: v, entities: [driver], source: trips, features: {x: int64, x: int32}}\n"),
      Texts{"f.yaml:2:71: the same key twice: 'x' (the first is in line 2; keep one)"});
  EXPECT_EQ(
      Faults("feature_views:\n  - name: v\n    entities: [driver]\n    source: trips\n    features:\n"
             "      driver: int64\n"),
      Texts{"f.yaml:6:15: feature_views[0].features.driver: a feature named like a join key of its view: 'driver' "
            "(rename it and name the column under `from`)"});
}

TEST(DefinitionFilesTest, EntitiesOfOneJoinKeyDoNotMeet) {
  const Texts faults = Faults(
      "entities:\n  - {name: chauffeur, type: int64, join_key: driver}\n"
      "feature_views:\n  - {name: v, entities: [driver, chauffeur], source: trips, features: {x: int64}}\n");
  EXPECT_EQ(faults, Texts{"f.yaml:4:34: feature_views[0].entities[1]: two entities of one join key: 'driver' and "
                          "'chauffeur' ('driver') (give one of them another join_key)"});
}

TEST(DefinitionFilesTest, AnExpressionsFaultStandsAtItsPlace) {
  const Texts faults = Faults(
      "sources:\n"
      "  - name: s\n"
      "    path: s.csv\n"
      "    where: a = = 1\n"
      "    derive:\n"
      "      x: \"1 + * 2\"\n"
      "    deleted: |\n"
      "      a is\n"
      "        nothing\n");
  ASSERT_EQ(faults.size(), 3u);
  EXPECT_TRUE(faults[0].starts_with("f.yaml:4:16: sources[0].where: ")) << faults[0];
  EXPECT_TRUE(faults[1].starts_with("f.yaml:6:15: sources[0].derive.x: ")) << faults[1];
  EXPECT_TRUE(faults[2].starts_with("f.yaml:9:9: sources[0].deleted: ")) << faults[2];
}

TEST(DefinitionFilesTest, OnDemandExpressionsAreTyped) {
  const Texts faults = Faults(
      "on_demand_views:\n"
      "  - name: o\n"
      "    inputs: [driver_trips]\n"
      "    request: {km: float64, n: int32}\n"
      "    features:\n"
      "      good: {type: float64, expression: fare / km}\n"
      "      wide: {type: float64, expression: n}\n"
      "      empty: {type: string, expression: \"null\"}\n"
      "      narrow: {type: float32, expression: fare / km}\n"
      "      wrong: {type: string, expression: fare + 1}\n"
      "      unknown: {type: float64, expression: fair + 1}\n"
      "      text: {type: float64, expression: \"fare + upper('x')\"}\n");
  ASSERT_EQ(faults.size(), 4u);
  EXPECT_EQ(faults[0],
            "f.yaml:9:43: on_demand_views[0].features.narrow.expression: feature 'narrow' is declared float32, its "
            "expression has type float64 (declare float64, or cast: (...)::float32)");
  EXPECT_TRUE(faults[1].starts_with("f.yaml:10:41: on_demand_views[0].features.wrong.expression: feature 'wrong'"));
  EXPECT_TRUE(faults[2].starts_with("f.yaml:11:44: on_demand_views[0].features.unknown.expression: ")) << faults[2];
  EXPECT_NE(faults[2].find("fare"), std::string::npos) << faults[2];
  EXPECT_TRUE(faults[3].starts_with("f.yaml:12:")) << faults[3];
}

TEST(DefinitionFilesTest, OnDemandViewsMakeNoCircle) {
  const auto view = [](const std::string& name, const std::string& input) {
    return "  - {name: " + name + ", inputs: [" + input + "], features: {f_" + name +
           ": {type: int64, expression: 1}}}\n";
  };
  EXPECT_EQ(Faults("on_demand_views:\n" + view("a", "b") + view("b", "c") + view("c", "a")),
            Texts{"f.yaml:2:12: on_demand_views[0].name: on-demand views in a circle: a -> b -> c -> a (remove one of "
                  "these inputs)"});
  EXPECT_EQ(Faults("on_demand_views:\n" + view("a", "a")).size(), 1u);
  std::string chain = "on_demand_views:\n";
  for (int i = 0; i < 2000; ++i) chain += view("v" + std::to_string(i), "v" + std::to_string(i + 1));
  chain += view("v2000", "driver_trips");
  EXPECT_EQ(Faults(chain), Texts{});
}

TEST(DefinitionFilesTest, RequestValuesDoNotHideFeatures) {
  const Texts faults = Faults(
      "on_demand_views:\n"
      "  - {name: o, inputs: [driver_trips], request: {fare: float64}, features: {x: {type: int64, expression: 1}}}\n"
      "  - {name: p, request: {x: int64}, features: {x: {type: int64, expression: 1}}}\n");
  EXPECT_EQ(faults, (Texts{"f.yaml:2:24: on_demand_views[0].inputs[0]: a request value named like a feature of view "
                           "'driver_trips': 'fare' (rename the request value)",
                           "f.yaml:3:50: on_demand_views[1].features.x: a feature named like a request value: 'x' "
                           "(rename one of them)"}));
}

TEST(DefinitionFilesTest, WhatNeedsAWindowViewIsTypedWithTheSource) {
  EXPECT_EQ(
      Faults("feature_views:\n  - name: v\n    entities: [driver]\n    source: trips\n"
             "    aggregations: {m: {function: mean, of: fare, windows: [1h]}}\n"
             "on_demand_views:\n  - {name: o, inputs: [v], features: {x: {type: float64, expression: m_1h + 1}}}\n"
             "feature_services:\n  - {name: s, features: [v:m_1h, o]}\n"),
      Texts{});
}

TEST(DefinitionFilesTest, ServiceEntriesAreRead) {
  const Texts faults = Faults(
      "feature_services:\n"
      "  - name: s\n"
      "    features:\n"
      "      - \"driver_trips:\"\n"
      "      - driver_trips@0\n"
      "      - {view: driver_trips:fare, alias: A}\n"
      "      - {features: [fare]}\n"
      "      - {view: driver_trips, features: [fare, fare], alais: x}\n"
      "      - [driver_trips]\n"
      "  - {name: empty, features: []}\n");
  ASSERT_EQ(faults.size(), 9u);
  EXPECT_TRUE(faults[0].starts_with("f.yaml:4:9: feature_services[0].features[0]: "));
  EXPECT_TRUE(faults[1].starts_with("f.yaml:5:9: feature_services[0].features[1]: "));
  EXPECT_TRUE(faults[2].starts_with("f.yaml:6:16: feature_services[0].features[2].view: a feature behind"));
  EXPECT_TRUE(faults[3].starts_with("f.yaml:6:42: feature_services[0].features[2].alias: a name against"));
  EXPECT_TRUE(faults[4].starts_with("f.yaml:7:9: feature_services[0].features[3]: missing key: 'view'"));
  EXPECT_TRUE(faults[5].starts_with("f.yaml:8:47: feature_services[0].features[4].features[1]: the same feature"));
  EXPECT_TRUE(faults[6].starts_with("f.yaml:8:54: feature_services[0].features[4].alais: unknown key: 'alais'"));
  EXPECT_TRUE(faults[7].starts_with("f.yaml:9:9: feature_services[0].features[5]: a list where a text belongs"));
  EXPECT_TRUE(faults[8].starts_with("f.yaml:10:5: feature_services[1]: missing key: 'features'"));
}

TEST(DefinitionFilesTest, UnknownFormatsNameTheNearest) {
  const Texts faults = Faults("sources:\n  - {name: s, path: x, format: parkuet}\n");
  EXPECT_EQ(faults, Texts{"f.yaml:2:32: sources[0].format: unknown format: 'parkuet' (did you mean 'parquet'?)"});
}

/// Makes a folder that goes with the test.
class FolderTest : public testing::Test {
 protected:
  FolderTest() : files_(NewPosixFileSystem()) {
    std::string pattern = std::filesystem::temp_directory_path() / "larder_definitions_XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~FolderTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, std::string_view text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + "/" + path).parent_path());
    ASSERT_TRUE(WriteFileAtomically(*files_, root_ + "/" + path, text).ok());
  }

  std::unique_ptr<FileSystem> files_;
  std::string root_;
};

TEST_F(FolderTest, ListsFilesOnceAndSorted) {
  Write("features/b.yaml", "");
  Write("features/a.yml", "");
  Write("features/.hidden.yaml", "");
  Write("features/notes.txt", "");
  Write("features/sub/c.yaml", "");
  Write("more.yaml", "");
  const auto list = ListDefinitionFiles(*files_, root_, {"features/", "more.yaml", "./features/b.yaml"});
  ASSERT_TRUE(list.ok()) << list.status().ToString();
  EXPECT_EQ(*list, (Texts{"features/a.yml", "features/b.yaml", "features/sub/c.yaml", "more.yaml"}));
  EXPECT_EQ(ListDefinitionFiles(*files_, root_, {"nothing"}).status().reason(), Reason::kFileNotFound);
}

TEST_F(FolderTest, ReadsAllFilesAsOneSet) {
  Write("features/base.yaml", kBase);
  Write("features/empty.yaml", "");
  Write("features/service.yaml", "feature_services:\n  - {name: s, features: [driver_trips]}\n");
  const auto set = ReadDefinitions(*files_, root_, {"features/"});
  ASSERT_TRUE(set.ok()) << set.status().ToString();
  EXPECT_EQ(set->Objects().size(), 4u);
}

TEST_F(FolderTest, FilesThatCannotBeReadAreFaultsBesideOthers) {
  Write("features/a.yaml", "entities:\n  - {name: x}\n");
  Write("features/latin.yaml", "entities: # \xe9\n");
  Write("features/large.yaml", std::string(kMaxDefinitionFileBytes + 1, ' '));
  const auto set = ReadDefinitions(*files_, root_, {"features", "missing.yaml"});
  const Texts faults = FaultsOf(set);
  ASSERT_EQ(faults.size(), 4u);
  EXPECT_TRUE(faults[0].starts_with("features/a.yaml:2:5: entities[0]: missing key: 'type'")) << faults[0];
  EXPECT_TRUE(faults[1].starts_with("features/large.yaml: ")) << faults[1];
  EXPECT_TRUE(faults[2].starts_with("features/latin.yaml:1:13: text that is not UTF-8: byte 0xe9")) << faults[2];
  EXPECT_TRUE(faults[3].starts_with("missing.yaml: ")) << faults[3];
}

}  // namespace
}  // namespace larder
