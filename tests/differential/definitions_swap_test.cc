// Definitions swapped under load: every answer is wholly old or wholly new, and what a swap gave up goes only when no
// request sees it any more.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "lookup/lookup_session.h"
#include "tests/differential/serving_project.h"

namespace larder::differential {
namespace {

constexpr std::size_t kTextBytes = std::size_t{1} << 20;

/// In each edition both features come from another column, which is another generation of stored rows, and the
/// on-demand feature adds another constant: an answer shows three times which edition it is of.
std::string Edition(int edition) {
  const std::string column = edition % 2 == 0 ? "a" : "b";
  return R"(
entities: [{name: id, type: int64}]
sources: [{name: events, path: events.csv, timestamp: t, columns: {id: int64, a: float64, b: float64, t: timestamp}}]
feature_views:
  - {name: v, entities: [id], source: events, features: {x: {type: float64, from: )" +
         column + R"(}, y: {type: float64, from: )" + column + R"(}}}
on_demand_views:
  - {name: made, inputs: [v], features: {z: {type: float64, expression: "x + )" +
         std::to_string(edition % 2 == 0 ? 100 : 200) + R"("}}}
feature_services: [{name: all, features: [v, made]}]
)";
}

constexpr char kBody[] = R"({"entities":{"id":[1,1]},"feature_service":"all"})";

/// Returns which edition an answer is of; -1 when it is of several, or of none.
int EditionOf(std::string_view answer) {
  const auto count = [&](std::string_view text) {
    int found = 0;
    for (std::size_t at = answer.find(text); at != std::string_view::npos; at = answer.find(text, at + 1)) ++found;
    return found;
  };
  // Between an apply and its first push there is no row.
  const bool is_empty = count("null") == 6 && count("NOT_FOUND") == 4;
  if (count("[1.0,1.0]") == 2 && count("[101.0,101.0]") == 1) return 0;
  if (count("[2.0,2.0]") == 2 && count("[202.0,202.0]") == 1) return 1;
  return is_empty ? 2 : -1;
}

void Push(ServingProject& project) {
  project.MustPost("/push", R"({"push_source_name":"events","df":{"id":[1],"a":[1.0],"b":[2.0],)"
                            R"("t":["2026-01-02T11:00:00Z"]}})");
}

TEST(DefinitionsSwapTest, EveryAnswerIsWhollyOldOrWhollyNew) {
  ServingProject project("rocksdb");
  project.Write("events.csv", "id,a,b,t\n");
  project.Apply(Edition(0));
  ASSERT_TRUE(project.api().Reload().ok());
  Push(project);
  std::atomic<bool> stop{false};
  std::atomic<int> mixed{0};
  std::atomic<int> answered[3] = {};
  const auto note = [&](std::string_view answer) {
    const int edition = EditionOf(answer);
    edition < 0 ? ++mixed : ++answered[edition];
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      LookupSession session({project.project(), project.tables(), project.api().definitions(), kTextBytes});
      while (!stop.load()) {
        if (session.Answer(kBody, MayWait::kYes) == LookupOutcome::kDone) note(session.text());
      }
    });
  }
  readers.emplace_back([&] {
    while (!stop.load()) note(project.Post("/get-online-features", kBody).body);
  });
  for (int edition = 1; edition <= 12; ++edition) {
    project.Apply(Edition(edition));
    ASSERT_TRUE(project.api().Reload().ok());
    Push(project);
  }
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(mixed.load(), 0);
  EXPECT_GT(answered[0].load(), 0);
  EXPECT_GT(answered[1].load(), 0);
  // Nobody looks any more: now the rows of the old generations go.
  ASSERT_TRUE(project.api().Reload().ok());
  EXPECT_EQ(project.tables().store().Tables().size(), 1U);
}

TEST(DefinitionsSwapTest, WhatARequestSeesIsNotAlone) {
  CurrentDefinitions definitions;
  definitions.Set(std::make_shared<RegistrySnapshot>(RegistrySnapshot::Content{}));
  CurrentDefinitions::Reader reader(definitions);
  EXPECT_EQ(reader.Begin(), 1U);
  EXPECT_TRUE(definitions.IsAlone());
  definitions.Set(std::make_shared<RegistrySnapshot>(RegistrySnapshot::Content{}));
  EXPECT_FALSE(definitions.IsAlone());
  reader.End();
  EXPECT_TRUE(definitions.IsAlone());
  const CurrentDefinitions::Numbered held = definitions.Get();
  definitions.Set(std::make_shared<RegistrySnapshot>(RegistrySnapshot::Content{}));
  EXPECT_EQ(reader.Begin(), 3U);
  EXPECT_FALSE(definitions.IsAlone());  // somebody holds the second
}

}  // namespace
}  // namespace larder::differential
