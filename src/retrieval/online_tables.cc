#include "retrieval/online_tables.h"

#include <algorithm>
#include <vector>

#include "definitions/canonical_text.h"
#include "online/store_list.h"
#include "ram/ram_tier.h"
#include "retrieval/view_tables.h"

namespace larder {
namespace {

constexpr std::int64_t kMaxOwnerBytes = 1024;

Status UnknownSchema(const VersionId& version, std::size_t column_count) {
  return Status(Reason::kDamaged,
                "the online store holds a row that no version of feature view '" + version.id.name +
                    "' has written: version " + std::to_string(version.version) + ", " + std::to_string(column_count) +
                    " columns",
                "materialize the view again; if the registry was replaced, remove the online store first");
}

// Generations of one name in two registries hold different things. A store belongs to the registry that it was first
// opened with; a folder without the file is one that was never opened.
Status CheckOwner(Project& project, const std::string& folder) {
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project.Snapshot());
  if (snapshot->identity().empty()) return {};
  const std::string path = JoinPath(folder, "REGISTRY");
  const Result<std::string> owner = ReadWholeFile(project.files(), path, kMaxOwnerBytes);
  if (owner.status().reason() == Reason::kFileNotFound) {
    return WriteFileAtomically(project.files(), path, snapshot->identity());
  }
  LARDER_RETURN_IF_ERROR(owner.status());
  if (*owner == snapshot->identity()) return {};
  return Status(Reason::kConflict, "the online store belongs to another registry: " + folder,
                "bring that registry back; or move the folder away and materialize again: what it holds was made by "
                "other definitions");
}

// The features of a version, and, when `widest`, behind them those that only older versions of its generation have.
std::vector<Feature> FeaturesOf(const RegistrySnapshot& snapshot, const VersionRecord& record, bool widest) {
  std::vector<Feature> features = std::get<std::shared_ptr<const FeatureView>>(record.object)->features;
  for (std::int64_t number = record.id.version - 1; widest && number > 0; --number) {
    const auto older = snapshot.FindAny({record.id.id, number});
    if (older == nullptr || older->generation != record.generation) continue;
    for (const Feature& feature : std::get<std::shared_ptr<const FeatureView>>(older->object)->features) {
      const auto has_name = [&](const Feature& other) { return other.name == feature.name; };
      if (std::none_of(features.begin(), features.end(), has_name)) features.push_back(feature);
    }
  }
  return features;
}

}  // namespace

std::optional<std::size_t> StoredSchema::PlaceOf(std::string_view feature) const {
  for (std::size_t place = 0; place < features.size(); ++place) {
    if (features[place].name == feature) return place;
  }
  return std::nullopt;
}

OnlineTables::OnlineTables(std::unique_ptr<OnlineStore> store, Counters& counters)
    : store_(std::move(store)), counters_(counters) {}

OnlineTables::~OnlineTables() = default;

Result<std::unique_ptr<OnlineTables>> OnlineTables::Open(Project& project, Counters& counters) {
  const OnlineStoreConfig& config = project.config().online_store;
  StoreOptions options;
  options.path = config.path;
  options.durability = config.durability == Durability::kSync ? StoreDurability::kSync : StoreDurability::kProcess;
  const char* kind = config.type == OnlineStoreType::kRocksDb ? "rocksdb" : "memory";
  LARDER_ASSIGN_OR_RETURN(auto store, OpenOnlineStore(kind, options));
  if (config.type == OnlineStoreType::kRocksDb) LARDER_RETURN_IF_ERROR(CheckOwner(project, options.path));
  if (config.type == OnlineStoreType::kRocksDb && config.memory_bytes > 0) {
    RamTierOptions tier;
    tier.memory_bytes = config.memory_bytes;
    tier.retention_us = config.retention_us;
    tier.ages = {config.cache_ttl_us, config.stale_while_revalidate_us, &project.clock()};
    store = NewRamTier(std::move(store), tier, counters);
  }
  return std::unique_ptr<OnlineTables>(new OnlineTables(std::move(store), counters));
}

Result<std::shared_ptr<OnlineTable>> OnlineTables::Table(const std::string& view, std::int64_t generation) {
  const TableName name{view, generation};
  const std::lock_guard lock(mutex_);
  auto& table = tables_[name];
  if (table == nullptr) {
    LARDER_ASSIGN_OR_RETURN(table, store_->OpenTable(name));
  }
  return table;
}

Result<std::shared_ptr<const StoredSchema>> OnlineTables::Schema(const RegistrySnapshot& snapshot,
                                                                 const VersionId& version, std::size_t column_count) {
  const std::lock_guard lock(mutex_);
  // The versions below one never change, so neither do its schemas.
  if (const auto known = schemas_.find({version, column_count}); known != schemas_.end()) return known->second;
  const auto record = snapshot.FindAny(version);
  if (record == nullptr) return UnknownSchema(version, column_count);
  for (const bool widest : {false, true}) {
    StoredSchema schema{FeaturesOf(snapshot, *record, widest), nullptr};
    if (schema.features.size() != column_count) continue;
    std::vector<ValueType> types;
    for (const Feature& feature : schema.features) types.push_back(feature.type);
    LARDER_ASSIGN_OR_RETURN(RowLayout layout,
                            RowLayout::Make(static_cast<std::uint32_t>(version.version), std::move(types)));
    schema.layout = std::make_shared<const RowLayout>(std::move(layout));
    return schemas_[{version, column_count}] = std::make_shared<const StoredSchema>(std::move(schema));
  }
  return UnknownSchema(version, column_count);
}

Result<std::shared_ptr<const StoredSchema>> OnlineTables::SchemaFor(const RegistrySnapshot& snapshot,
                                                                    const VersionId& version, const FeatureView& view) {
  const auto record = snapshot.FindAny(version);
  if (record == nullptr) return UnknownSchema(version, view.features.size());
  const bool has_more = view.features.size() > FeaturesOf(snapshot, *record, false).size();
  return Schema(snapshot, version, FeaturesOf(snapshot, *record, has_more).size());
}

Result<std::shared_ptr<SourceSnapshot>> OnlineTables::PushSchema(Project& project, const RegistrySnapshot& snapshot,
                                                                 const std::shared_ptr<const Source>& source) {
  const std::string text = CanonicalText(DefinedObject(source));
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = push_schemas_.find(text); found != push_schemas_.end()) return found->second;
  }
  LARDER_ASSIGN_OR_RETURN(auto taken, TakeSourceSnapshot(project, snapshot, source));
  const std::lock_guard lock(mutex_);
  return push_schemas_.emplace(text, std::move(taken)).first->second;
}

Status OnlineTables::ClearDropped(Project& project) {
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project.Snapshot());
  for (const Generation& generation : snapshot->generations()) {
    if (generation.state != GenerationState::kDropped) continue;
    const TableName name{generation.view, generation.number};
    {
      const std::lock_guard lock(mutex_);
      tables_.erase(name);
    }
    LARDER_RETURN_IF_ERROR(store_->DropTable(name));
    LARDER_RETURN_IF_ERROR(project.WithRegistry(
        [&](Registry& registry) { return registry.ClearGeneration(generation.view, generation.number); }));
  }
  return {};
}

Result<OnlineTables::MaterializationClaim> OnlineTables::Claim(const std::string& view) {
  const std::lock_guard lock(mutex_);
  if (!claimed_.insert(view).second) {
    return Status(Reason::kAlreadyRunning, "feature view '" + view + "' is being materialized already",
                  "wait until that is done");
  }
  return MaterializationClaim(*this, view);
}

OnlineTables::MaterializationClaim::~MaterializationClaim() {
  if (tables_ == nullptr) return;
  const std::lock_guard lock(tables_->mutex_);
  tables_->claimed_.erase(view_);
}

}  // namespace larder
