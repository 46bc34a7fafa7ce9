// larder.yaml: where a project keeps its parts, and their limits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "yaml/variables.h"

namespace larder {

inline constexpr std::string_view kProjectFileName = "larder.yaml";

/// Names the online stores.
enum class OnlineStoreType : std::uint8_t { kRocksDb, kMemory };
/// Says when a write is answered: kSync once it is on the disk, kProcess once the process holds it.
enum class Durability : std::uint8_t { kSync, kProcess };

/// Holds `registry:`.
struct RegistryConfig {
  std::string path;  ///< absolute
};

/// Holds `online_store:`.
struct OnlineStoreConfig {
  OnlineStoreType type = OnlineStoreType::kRocksDb;
  std::string path;               ///< absolute
  std::int64_t memory_bytes = 0;  ///< of the RAM tier
  std::int64_t retention_us = 0;  ///< rows so far behind the newest of their view are not kept in memory; 0: all are
  std::int64_t cache_ttl_us = 0;  ///< a row that was read from the store is read again after so long; 0: never
  std::int64_t stale_while_revalidate_us = 0;  ///< and answered so long meanwhile
  Durability durability = Durability::kSync;
};

/// Holds `offline_store:`.
struct OfflineStoreConfig {
  std::string path;  ///< absolute
};

/// Holds `engine:`.
struct EngineConfig {
  std::int64_t memory_bytes = 0;
  int threads = 1;
  std::string spill;  ///< absolute
};

/// Holds `server:`; every limit is at least 1.
struct ServerConfig {
  std::string host = "127.0.0.1";
  int port = 6566;
  int threads = 1;  ///< event loops
  int workers = 2;  ///< threads for store misses and bulk work
  bool allow_now = false;
  std::int64_t clock_skew_us = 300'000'000;
  std::int64_t max_body_bytes = 16 << 20;
  std::int64_t max_header_bytes = 16 << 10;
  std::int64_t max_rows = 10'000;
  std::int64_t max_connections = 10'000;
  std::int64_t max_queue = 1'000;          ///< requests that wait for a worker
  std::int64_t row_text_bytes = 64 << 20;  ///< of rows kept as text, by all event loops together
  std::int64_t idle_timeout_us = 60'000'000;
  std::int64_t request_timeout_us = 10'000'000;
  std::int64_t drain_timeout_us = 5'000'000;
};

/// Holds the effective configuration of a project: defaults filled in, environment variables put in, paths absolute.
struct ProjectConfig {
  std::string root;  ///< absolute: the folder of larder.yaml
  std::string project;
  std::vector<std::string> definitions;  ///< files or folders, as written
  RegistryConfig registry;
  OnlineStoreConfig online_store;
  OfflineStoreConfig offline_store;
  EngineConfig engine;
  ServerConfig server;
};

/// Describes what defaults depend on.
struct Machine {
  std::int64_t memory_bytes = 0;  ///< of the machine, or of the control group when that is less
  int threads = 1;
};

/// Asks the operating system.
Machine DescribeMachine(FileSystem& files);

/// Returns this process's environment.
Environment ProcessEnvironment();

/// Returns the nearest folder from `folder` (absolute) upward that holds larder.yaml. Fails with kNoProject; the hint
/// names `larder init`.
Result<std::string> FindProjectRoot(FileSystem& files, const std::string& folder);

/// Reads larder.yaml in `root` (absolute). Fails with kNoProject when it is not there, with kInvalidConfig and every
/// fault otherwise.
Result<ProjectConfig> ReadProjectConfig(FileSystem& files, const std::string& root, const Environment& environment,
                                        const Machine& machine);

/// Does what ReadProjectConfig does with a text.
Result<ProjectConfig> ParseProjectConfig(std::string_view text, const std::string& root, const Environment& environment,
                                         const Machine& machine);

/// Returns the effective configuration as YAML that ParseProjectConfig reads back to the same values.
std::string ConfigText(const ProjectConfig& config);

/// Holds where a server listens.
struct ListenAddress {
  std::string host;  ///< without the brackets of IPv6
  int port = 0;      ///< 0: any free one
};

/// Parses `host:port` or `[IPv6]:port`; nullopt when it is none.
std::optional<ListenAddress> ParseListenAddress(std::string_view text);

/// Parses a size: a whole number and `B`, `KiB`, `MiB`, `GiB` or `TiB`, such as `512MiB`. Fails with kInvalidConfig.
Result<std::int64_t> ParseByteSize(std::string_view text);
/// Returns a size in the largest unit that divides it, such as "4GiB".
std::string FormatByteSize(std::int64_t size_bytes);

}  // namespace larder
