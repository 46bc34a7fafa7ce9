#include "retrieval/online_tables.h"

#include <vector>

#include "definitions/canonical_text.h"
#include "online/ram_tier.h"
#include "online/store_list.h"
#include "retrieval/view_tables.h"

namespace larder {
namespace {

std::string LayoutKey(const FeatureView& view, std::int64_t version) {
  std::string key = view.name() + "@" + std::to_string(version);
  for (const Feature& feature : view.features) key += "," + TypeName(feature.type);
  return key;
}

}  // namespace

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
  if (config.type == OnlineStoreType::kRocksDb && config.memory_bytes > 0) {
    store = NewRamTier(std::move(store), {config.memory_bytes, true}, counters);
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

Result<std::shared_ptr<const RowLayout>> OnlineTables::Layout(const FeatureView& view, std::int64_t version) {
  const std::lock_guard lock(mutex_);
  auto& layout = layouts_[LayoutKey(view, version)];
  if (layout == nullptr) {
    std::vector<ValueType> types;
    for (const Feature& feature : view.features) types.push_back(feature.type);
    LARDER_ASSIGN_OR_RETURN(RowLayout made, RowLayout::Make(static_cast<std::uint32_t>(version), std::move(types)));
    layout = std::make_shared<const RowLayout>(std::move(made));
  }
  return layout;
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
