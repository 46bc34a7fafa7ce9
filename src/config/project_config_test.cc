#include "config/project_config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace larder {
namespace {

constexpr std::int64_t kGib = std::int64_t{1} << 30;
const Machine kMachine{16 * kGib, 4};

Environment Variables(std::vector<std::pair<std::string, std::string>> variables) {
  return [=](const std::string& name) -> std::optional<std::string> {
    for (const auto& [known, value] : variables) {
      if (known == name) return value;
    }
    return std::nullopt;
  };
}

Result<ProjectConfig> Parse(std::string_view text, const Environment& environment = Variables({})) {
  return ParseProjectConfig(text, "/project", environment, kMachine);
}

std::vector<std::string> Faults(std::string_view text) {
  const auto config = Parse(text);
  std::vector<std::string> texts;
  EXPECT_EQ(config.status().reason(), Reason::kInvalidConfig);
  for (const Fault& fault : config.status().faults()) {
    texts.push_back(fault.Place() + ": " + fault.message + (fault.hint.empty() ? "" : " (" + fault.hint + ")"));
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(ProjectConfigTest, DefaultsAreThoseOfTheProductPage) {
  const auto config = Parse("project: flights\n");
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->root, "/project");
  EXPECT_EQ(config->project, "flights");
  EXPECT_EQ(config->definitions, Texts{"features/"});
  EXPECT_EQ(config->registry.path, "/project/.larder/registry.db");
  EXPECT_EQ(config->online_store.type, OnlineStoreType::kRocksDb);
  EXPECT_EQ(config->online_store.path, "/project/.larder/online");
  EXPECT_EQ(config->online_store.memory_bytes, 4 * kGib);
  EXPECT_EQ(config->online_store.durability, Durability::kSync);
  EXPECT_EQ(config->offline_store.path, "/project/.larder/offline");
  EXPECT_EQ(config->engine.memory_bytes, 8 * kGib);
  EXPECT_EQ(config->engine.threads, 4);
  EXPECT_EQ(config->engine.spill, "/project/.larder/spill");
  EXPECT_EQ(config->server.host, "127.0.0.1");
  EXPECT_EQ(config->server.port, 6566);
  EXPECT_EQ(config->server.threads, 4);
  EXPECT_FALSE(config->server.allow_now);
  EXPECT_EQ(config->server.clock_skew_us, 300'000'000);
}

TEST(ProjectConfigTest, ReadsTheProductPage) {
  const auto config = Parse(
      "project: flights\n"
      "definitions: [features/]                 # files or folders of *.yaml\n"
      "registry: {type: sqlite, path: .larder/registry.db}\n"
      "online_store: {type: rocksdb, path: .larder/online, memory: 4GiB, durability: sync}   # memory: of the RAM "
      "tier\n"
      "offline_store: {path: .larder/offline}   # pushed rows, saved datasets, feature logs\n"
      "engine: {memory: 8GiB, threads: 2, spill: .larder/spill}       # memory default: half of the machine\n"
      "server: {listen: 127.0.0.1:6566, threads: 2, allow_now: false, clock_skew: 5m}        # plus limits\n");
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->engine.threads, 2);
}

TEST(ProjectConfigTest, ReadsLimitsWithTheirUnits) {
  const auto config = Parse(
      "project: p\nonline_store: {type: memory, memory: 512MiB, durability: process, retention: 30d, cache_ttl: 1h,\n"
      "               stale_while_revalidate: 10s}\n"
      "server: {listen: '[::1]:0', workers: 3, max_body: 1MiB, max_header: 4KiB, max_rows: 5, max_connections: 6,\n"
      "         max_queue: 7, row_text_memory: 3MiB, idle_timeout: 1s, request_timeout: 250ms, drain_timeout: 2s}\n");
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->online_store.type, OnlineStoreType::kMemory);
  EXPECT_EQ(config->online_store.memory_bytes, 512 << 20);
  EXPECT_EQ(config->online_store.durability, Durability::kProcess);
  EXPECT_EQ(config->online_store.retention_us, std::int64_t{30} * 86'400'000'000);
  EXPECT_EQ(config->online_store.cache_ttl_us, 3'600'000'000);
  EXPECT_EQ(config->online_store.stale_while_revalidate_us, 10'000'000);
  EXPECT_EQ(config->server.host, "::1");
  EXPECT_EQ(config->server.port, 0);
  EXPECT_EQ(config->server.max_body_bytes, 1 << 20);
  EXPECT_EQ(config->server.max_header_bytes, 4096);
  EXPECT_EQ(config->server.max_rows, 5);
  EXPECT_EQ(config->server.max_connections, 6);
  EXPECT_EQ(config->server.max_queue, 7);
  EXPECT_EQ(config->server.row_text_bytes, 3 << 20);
  EXPECT_EQ(config->server.idle_timeout_us, 1'000'000);
  EXPECT_EQ(config->server.request_timeout_us, 250'000);
  EXPECT_EQ(config->server.drain_timeout_us, 2'000'000);
}

TEST(ProjectConfigTest, TakesEnvironmentVariables) {
  const auto config = Parse(
      "project: ${NAME}\nonline_store: {path: ${DATA}/online, memory: ${MEMORY:1GiB}}\nengine: {threads: "
      "${THREADS:3}}\n",
      Variables({{"NAME", "shop"}, {"DATA", "/data"}}));
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->project, "shop");
  EXPECT_EQ(config->online_store.path, "/data/online");
  EXPECT_EQ(config->online_store.memory_bytes, kGib);
  EXPECT_EQ(config->engine.threads, 3);
  EXPECT_EQ(Faults("project: ${NAME}\n").at(0),
            "larder.yaml:1:10: an environment variable that is not set: NAME (set it, or write a default: "
            "${NAME:default})");
}

TEST(ProjectConfigTest, AllFaultsComeAtOnce) {
  EXPECT_EQ(
      Faults("projct: x\nonline_store: {type: redis, memory: 4GB, durabilty: sync}\n"
             "engine: {threads: 0}\nserver: {listen: localhost, max_rows: many, idle_timeout: 0s}\n"),
      (Texts{
          "larder.yaml:1:1: missing key: 'project' (the project's name, such as project: flights)",
          "larder.yaml:1:1: projct: unknown key: 'projct' (did you mean 'project'?)",
          "larder.yaml:2:22: online_store.type: unknown type: 'redis' (one of rocksdb, memory)",
          "larder.yaml:2:37: online_store.memory: no size: '4GB' (write a whole number and B, KiB, MiB, GiB or TiB, "
          "such as 512MiB)",
          "larder.yaml:2:42: online_store.durabilty: unknown key: 'durabilty' (did you mean 'durability'?)",
          "larder.yaml:3:19: engine.threads: not a whole number within the limits: '0' (from 1 to 4096)",
          "larder.yaml:4:18: server.listen: no address to listen on: 'localhost' (write host:port, such as "
          "127.0.0.1:6566)",
          "larder.yaml:4:39: server.max_rows: not a whole number within the limits: 'many' (from 1 to 1000000000)",
          "larder.yaml:4:59: server.idle_timeout: a time limit of 0 (give at least 1ms)",
      }));
  EXPECT_EQ(Faults(""),
            Texts{"larder.yaml:1:1: missing key: 'project' (the project's name, such as project: flights)"});
  EXPECT_EQ(
      Faults("project: p\nonline_store: {cache_ttl: 20ms, stale_while_revalidate: 1s}\n"),
      Texts{"larder.yaml:2:27: online_store.cache_ttl: a cache_ttl that is too short (give at least 1s, or 0s for "
            "none)"});
  EXPECT_EQ(Faults("project: p\nonline_store: {stale_while_revalidate: 1s}\n"),
            Texts{"larder.yaml:2:40: online_store.stale_while_revalidate: stale_while_revalidate without a cache_ttl "
                  "(give a cache_ttl too: rows are stale after it)"});
  EXPECT_EQ(Faults("project: My-Shop\n").size(), 1u);
  EXPECT_EQ(Faults("project: [\n").size(), 1u);
}

TEST(ProjectConfigTest, TheEffectiveTextReadsBack) {
  const auto config = Parse(
      "project: shop\ndefinitions: [a, 'b c']\nonline_store: {path: /x, memory: 3MiB, durability: process, retention: "
      "36h}\n"
      "server: {listen: '[::1]:80', clock_skew: 90s, allow_now: true}\n");
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  const std::string text = ConfigText(*config);
  const auto back = Parse(text);
  ASSERT_TRUE(back.ok()) << back.status().ToString() << "\n" << text;
  EXPECT_EQ(ConfigText(*back), text);
  EXPECT_EQ(back->server.host, "::1");
  EXPECT_EQ(back->server.clock_skew_us, 90'000'000);
  EXPECT_EQ(back->definitions, (Texts{"a", "b c"}));
}

TEST(ProjectConfigTest, SizesHaveUnits) {
  EXPECT_EQ(*ParseByteSize("0B"), 0);
  EXPECT_EQ(*ParseByteSize("3TiB"), std::int64_t{3} << 40);
  for (const std::string_view text : {"", "1", "MiB", "-1MiB", "1.5GiB", "1 GiB", "9999999999TiB", "+1B"}) {
    EXPECT_EQ(ParseByteSize(text).status().reason(), Reason::kInvalidConfig) << text;
  }
  EXPECT_EQ(FormatByteSize(0), "0B");
  EXPECT_EQ(FormatByteSize(1536), "1536B");
  EXPECT_EQ(FormatByteSize(2048), "2KiB");
}

TEST(ProjectConfigTest, TheProjectIsFoundFromBelow) {
  const auto files = NewPosixFileSystem();
  std::string pattern = std::filesystem::temp_directory_path() / "larder_config_XXXXXX";
  const std::string root = mkdtemp(pattern.data());
  std::filesystem::create_directories(root + "/a/b");
  ASSERT_TRUE(WriteFileAtomically(*files, root + "/larder.yaml", "project: p\n").ok());
  EXPECT_EQ(*FindProjectRoot(*files, root + "/a/b/"), root);
  EXPECT_EQ(*FindProjectRoot(*files, root), root);
  EXPECT_EQ(ReadProjectConfig(*files, root, Variables({}), kMachine)->project, "p");
  const Status missing = ReadProjectConfig(*files, root + "/a", Variables({}), kMachine).status();
  EXPECT_EQ(missing.reason(), Reason::kNoProject);
  EXPECT_NE(missing.hint().find("larder init"), std::string::npos);
  std::filesystem::remove_all(root);
  EXPECT_EQ(FindProjectRoot(*files, root).status().reason(), Reason::kNoProject);
  const Machine machine = DescribeMachine(*files);
  EXPECT_GE(machine.threads, 1);
  EXPECT_GE(machine.memory_bytes, 64 << 20);
}

}  // namespace
}  // namespace larder
