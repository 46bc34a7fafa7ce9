#include "config/project_config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <thread>

#include "base/timestamp.h"
#include "definitions/object_header.h"
#include "text/json_writer.h"
#include "text/nearest_name.h"
#include "yaml/field_reader.h"

namespace larder {
namespace {

constexpr std::int64_t kMaxConfigBytes = 1 << 20;
constexpr std::int64_t kMib = 1 << 20;
constexpr std::int64_t kMaxThreads = 4096;
constexpr std::int64_t kMaxCount = 1'000'000'000;

struct SizeUnit {
  std::string_view name;
  std::int64_t bytes;
};
constexpr std::array kSizeUnits = {
    SizeUnit{"TiB", std::int64_t{1} << 40},
    SizeUnit{"GiB", std::int64_t{1} << 30},
    SizeUnit{"MiB", kMib},
    SizeUnit{"KiB", 1 << 10},
    SizeUnit{"B", 1},
};

/// Reads one section of the file; a section that is absent gives defaults.
class Section {
 public:
  Section(FieldReader& parent, std::string_view key) : value_(parent.Find(key).value_or(YamlValue{&empty_, {}})) {
    if (value_.node == &empty_) empty_.kind = YamlNode::Kind::kMap;
    fields_.emplace(value_, parent.faults());
  }
  ~Section() { fields_->Finish(); }
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

  FieldReader& fields() { return *fields_; }

  std::int64_t Size(std::string_view key, std::int64_t default_bytes) {
    const std::optional<YamlValue> value = fields_->Find(key);
    if (!value) return default_bytes;
    const std::optional<std::string> text = ScalarText(*value, fields_->faults());
    if (!text) return default_bytes;
    const Result<std::int64_t> size = ParseByteSize(*text);
    if (size.ok() && *size > 0) return *size;
    if (size.ok()) {
      fields_->faults().Add(value->location, "a size of nothing: '" + *text + "'", "give at least 1MiB");
    } else {
      fields_->faults().Add(value->location, std::string(size.status().message()), std::string(size.status().hint()));
    }
    return default_bytes;
  }

  int Count(std::string_view key, std::int64_t default_value, std::int64_t greatest) {
    return static_cast<int>(fields_->Integer(key, default_value, {1, greatest}));
  }

  std::int64_t PositiveDuration(std::string_view key, std::int64_t default_us) {
    const std::int64_t duration_us = fields_->Duration(key, default_us);
    if (duration_us > 0) return duration_us;
    fields_->faults().Add(fields_->LocationOf(key), "a time limit of 0", "give at least 1ms");
    return default_us;
  }

  std::string Path(std::string_view key, std::string_view default_path, const std::string& root) {
    std::string path = fields_->Text(key);
    if (path.empty()) path = default_path;
    return JoinPath(root, path);
  }

  /// Returns the index of the text among `choices`, 0 when it is absent or wrong.
  std::size_t Choice(std::string_view key, const std::vector<std::string_view>& choices) {
    const std::optional<YamlValue> value = fields_->Find(key);
    if (!value) return 0;
    const std::optional<std::string> text = ScalarText(*value, fields_->faults());
    if (!text) return 0;
    const auto found = std::find(choices.begin(), choices.end(), *text);
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
    std::string hint = DidYouMean(*text, std::span<const std::string_view>(choices));
    if (hint.empty()) {
      hint = "one of";
      for (const std::string_view choice : choices)
        hint += (choice == choices.front() ? " " : ", ") + std::string(choice);
    }
    fields_->faults().Add(value->location, "unknown " + std::string(key) + ": " + QuotedText(*text), std::move(hint));
    return 0;
  }

 private:
  YamlNode empty_;
  YamlValue value_;
  std::optional<FieldReader> fields_;
};

void ReadListen(FieldReader& fields, ServerConfig& server) {
  const std::optional<YamlValue> value = fields.Find("listen");
  if (!value) return;
  const std::optional<std::string> text = ScalarText(*value, fields.faults());
  if (!text) return;
  const std::optional<ListenAddress> address = ParseListenAddress(*text);
  if (!address) {
    fields.faults().Add(value->location, "no address to listen on: " + QuotedText(*text),
                        "write host:port, such as 127.0.0.1:6566");
    return;
  }
  server.host = address->host;
  server.port = address->port;
}

void ReadServer(FieldReader& top, const Machine& machine, ServerConfig& server) {
  Section section(top, "server");
  ReadListen(section.fields(), server);
  server.threads = section.Count("threads", machine.threads, kMaxThreads);
  server.workers = section.Count("workers", server.workers, kMaxThreads);
  server.allow_now = section.fields().Bool("allow_now", server.allow_now);
  server.clock_skew_us = section.fields().Duration("clock_skew", server.clock_skew_us);
  server.max_body_bytes = section.Size("max_body", server.max_body_bytes);
  server.max_header_bytes = section.Size("max_header", server.max_header_bytes);
  server.max_rows = section.Count("max_rows", server.max_rows, kMaxCount);
  server.max_connections = section.Count("max_connections", server.max_connections, kMaxCount);
  server.max_queue = section.Count("max_queue", server.max_queue, kMaxCount);
  server.row_text_bytes = section.Size("row_text_memory", server.row_text_bytes);
  server.idle_timeout_us = section.PositiveDuration("idle_timeout", server.idle_timeout_us);
  server.request_timeout_us = section.PositiveDuration("request_timeout", server.request_timeout_us);
  server.drain_timeout_us = section.PositiveDuration("drain_timeout", server.drain_timeout_us);
}

void ReadCacheTimes(FieldReader& fields, OnlineStoreConfig& store) {
  // Below it, moments would be counted too coarsely for the promise.
  constexpr std::int64_t kLeastTtlUs = 1'000'000;
  store.retention_us = fields.Duration("retention", 0);
  store.cache_ttl_us = fields.Duration("cache_ttl", 0);
  store.stale_while_revalidate_us = fields.Duration("stale_while_revalidate", 0);
  if (store.cache_ttl_us > 0 && store.cache_ttl_us < kLeastTtlUs) {
    fields.faults().Add(fields.LocationOf("cache_ttl"), "a cache_ttl that is too short",
                        "give at least 1s, or 0s for none");
  }
  if (store.stale_while_revalidate_us > 0 && store.cache_ttl_us == 0) {
    fields.faults().Add(fields.LocationOf("stale_while_revalidate"), "stale_while_revalidate without a cache_ttl",
                        "give a cache_ttl too: rows are stale after it");
  }
}

void ReadStores(FieldReader& top, const Machine& machine, ProjectConfig& config) {
  {
    Section section(top, "registry");
    section.Choice("type", {"sqlite"});
    config.registry.path = section.Path("path", ".larder/registry.db", config.root);
  }
  {
    Section section(top, "online_store");
    constexpr std::array kTypes = {OnlineStoreType::kRocksDb, OnlineStoreType::kMemory};
    config.online_store.type = kTypes[section.Choice("type", {"rocksdb", "memory"})];
    config.online_store.path = section.Path("path", ".larder/online", config.root);
    config.online_store.memory_bytes = section.Size("memory", std::max(machine.memory_bytes / 4 / kMib * kMib, kMib));
    ReadCacheTimes(section.fields(), config.online_store);
    constexpr std::array kDurabilities = {Durability::kSync, Durability::kProcess};
    config.online_store.durability = kDurabilities[section.Choice("durability", {"sync", "process"})];
  }
  Section section(top, "offline_store");
  config.offline_store.path = section.Path("path", ".larder/offline", config.root);
}

void ReadEngine(FieldReader& top, const Machine& machine, ProjectConfig& config) {
  Section section(top, "engine");
  config.engine.memory_bytes = section.Size("memory", std::max(machine.memory_bytes / 2 / kMib * kMib, kMib));
  config.engine.threads = section.Count("threads", machine.threads, kMaxThreads);
  config.engine.spill = section.Path("spill", ".larder/spill", config.root);
}

void ReadProject(FieldReader& fields, ProjectConfig& config) {
  config.project = fields.RequiredText("project", "the project's name, such as project: flights");
  if (!config.project.empty() && !IsValidName(config.project)) {
    fields.faults().Add(fields.LocationOf("project"), "a name against the rule: " + QuotedText(config.project),
                        std::string(NameRule()));
  }
  if (!fields.Find("definitions")) config.definitions = {"features/"};
  for (const auto& [path, location] : fields.TextList("definitions")) {
    if (path.empty()) fields.faults().Add(location, "an empty path", "name a file or folder of *.yaml");
    config.definitions.push_back(path);
  }
}

Status ConfigFaults(FaultList& faults) {
  const std::size_t count = faults.size();
  return Status::FromFaults(Reason::kInvalidConfig,
                            "invalid configuration: " + std::to_string(count) + (count == 1 ? " fault" : " faults"),
                            faults.Take());
}

Status NoProject(const std::string& folder) {
  return Status(Reason::kNoProject, "no " + std::string(kProjectFileName) + " in this folder: " + folder,
                "`larder init` makes a project here; `-C DIR` names the folder of another one");
}

// The limit of the control group, which containers have; nullopt without one.
std::optional<std::int64_t> ReadLimit(FileSystem& files, const std::string& path) {
  const Result<std::unique_ptr<RandomAccessFile>> file = files.OpenForRead(path);
  if (!file.ok()) return std::nullopt;
  std::array<char, 32> text{};
  const Result<std::int64_t> length = (*file)->ReadAt(0, text.size(), text.data());
  std::int64_t limit = 0;
  if (!length.ok()) return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + *length, limit);
  if (error != std::errc() || limit <= 0) return std::nullopt;
  return limit;
}

std::string Quoted(std::string_view text) {
  std::string quoted;
  AppendJsonString(text, quoted);
  return quoted;
}

std::string ListenText(const ServerConfig& server) {
  const bool is_v6 = server.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + server.host + "]" : server.host) + ":" + std::to_string(server.port);
}

std::string ServerText(const ServerConfig& server) {
  std::string text = "server:\n";
  const auto line = [&](std::string_view key, const std::string& value) {
    text += "  " + std::string(key) + ": " + value + "\n";
  };
  line("listen", Quoted(ListenText(server)));
  line("threads", std::to_string(server.threads));
  line("workers", std::to_string(server.workers));
  line("allow_now", server.allow_now ? "true" : "false");
  line("clock_skew", FormatDuration(server.clock_skew_us));
  line("max_body", FormatByteSize(server.max_body_bytes));
  line("max_header", FormatByteSize(server.max_header_bytes));
  line("max_rows", std::to_string(server.max_rows));
  line("max_connections", std::to_string(server.max_connections));
  line("max_queue", std::to_string(server.max_queue));
  line("row_text_memory", FormatByteSize(server.row_text_bytes));
  line("idle_timeout", FormatDuration(server.idle_timeout_us));
  line("request_timeout", FormatDuration(server.request_timeout_us));
  line("drain_timeout", FormatDuration(server.drain_timeout_us));
  return text;
}

}  // namespace

std::optional<ListenAddress> ParseListenAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  int port = 0;
  const auto [stop, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc() || stop != port_text.data() + port_text.size()) return std::nullopt;
  if (port < 0 || port > 65'535) return std::nullopt;
  return ListenAddress{std::string(host), port};
}

Machine DescribeMachine(FileSystem& files) {
  Machine machine;
  const std::int64_t pages = sysconf(_SC_PHYS_PAGES);
  const std::int64_t page_bytes = sysconf(_SC_PAGE_SIZE);
  machine.memory_bytes = pages > 0 && page_bytes > 0 ? pages * page_bytes : 1024 * kMib;
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    if (const auto limit = ReadLimit(files, path)) machine.memory_bytes = std::min(machine.memory_bytes, *limit);
  }
  machine.threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return machine;
}

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

Result<std::string> FindProjectRoot(FileSystem& files, const std::string& folder) {
  std::string candidate = folder;
  while (candidate.size() > 1 && candidate.ends_with('/')) candidate.pop_back();
  while (true) {
    if (Exists(files, JoinPath(candidate, kProjectFileName))) return candidate;
    const std::size_t slash = candidate.rfind('/');
    if (slash == std::string::npos || candidate.size() == 1) return NoProject(folder + " and above");
    candidate.resize(std::max<std::size_t>(slash, 1));
  }
}

Result<ProjectConfig> ReadProjectConfig(FileSystem& files, const std::string& root, const Environment& environment,
                                        const Machine& machine) {
  const Result<std::string> text = ReadWholeFile(files, JoinPath(root, kProjectFileName), kMaxConfigBytes);
  if (!text.ok()) return text.status().reason() == Reason::kFileNotFound ? NoProject(root) : text.status();
  return ParseProjectConfig(*text, root, environment, machine);
}

Result<ProjectConfig> ParseProjectConfig(std::string_view text, const std::string& root, const Environment& environment,
                                         const Machine& machine) {
  const std::string file(kProjectFileName);
  YamlDocument document = ParseYamlWithVariables(text, environment);
  FaultList faults;
  for (Fault& fault : document.faults) {
    fault.file = file;
    faults.Add(std::move(fault));
  }
  ProjectConfig config;
  config.root = root;
  if (document.root != nullptr) {
    // An empty file lacks its project; it is not "nothing where a map belongs".
    YamlNode top = *document.root;
    if (top.is_null()) top.kind = YamlNode::Kind::kMap;
    FieldReader fields({&top, {file, std::max(top.place.line, 1), std::max(top.place.column, 1), ""}}, faults);
    ReadProject(fields, config);
    ReadStores(fields, machine, config);
    ReadEngine(fields, machine, config);
    ReadServer(fields, machine, config.server);
    fields.Finish();
  }
  if (!faults.empty()) return ConfigFaults(faults);
  return config;
}

std::string ConfigText(const ProjectConfig& config) {
  std::string text = "project: " + config.project + "\ndefinitions: [";
  for (const std::string& path : config.definitions) text += (text.ends_with('[') ? "" : ", ") + Quoted(path);
  text += "]\nregistry: {type: sqlite, path: " + Quoted(config.registry.path) + "}\n";
  const OnlineStoreConfig& online = config.online_store;
  text += "online_store:\n  type: " + std::string(online.type == OnlineStoreType::kMemory ? "memory" : "rocksdb");
  text += "\n  path: " + Quoted(online.path) + "\n  memory: " + FormatByteSize(online.memory_bytes);
  text += "\n  retention: " + FormatDuration(online.retention_us);
  text += "\n  cache_ttl: " + FormatDuration(online.cache_ttl_us);
  text += "\n  stale_while_revalidate: " + FormatDuration(online.stale_while_revalidate_us);
  text += "\n  durability: " + std::string(online.durability == Durability::kSync ? "sync" : "process") + "\n";
  text += "offline_store: {path: " + Quoted(config.offline_store.path) + "}\n";
  text += "engine:\n  memory: " + FormatByteSize(config.engine.memory_bytes);
  text += "\n  threads: " + std::to_string(config.engine.threads) + "\n  spill: " + Quoted(config.engine.spill) + "\n";
  return text + ServerText(config.server);
}

Result<std::int64_t> ParseByteSize(std::string_view text) {
  const Status bad(Reason::kInvalidConfig, "no size: " + QuotedText(text),
                   "write a whole number and B, KiB, MiB, GiB or TiB, such as 512MiB");
  std::int64_t count = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0 || text.starts_with('-')) return bad;
  const std::string_view unit = text.substr(static_cast<std::size_t>(stop - text.data()));
  for (const SizeUnit& row : kSizeUnits) {
    if (row.name != unit) continue;
    if (count > INT64_MAX / row.bytes) return bad;
    return count * row.bytes;
  }
  return bad;
}

std::string FormatByteSize(std::int64_t size_bytes) {
  for (const SizeUnit& row : kSizeUnits) {
    if (size_bytes >= row.bytes && size_bytes % row.bytes == 0) {
      return std::to_string(size_bytes / row.bytes) + std::string(row.name);
    }
  }
  return std::to_string(size_bytes) + "B";
}

}  // namespace larder
