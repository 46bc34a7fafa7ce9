#include "definitions/definition_files.h"

#include <algorithm>
#include <set>

#include "definitions/definition_fields.h"
#include "definitions/reference_check.h"

namespace larder {
namespace {

constexpr int kMaxFolderDepth = 16;

bool IsYamlName(std::string_view path) { return path.ends_with(".yaml") || path.ends_with(".yml"); }

std::string_view BaseName(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// Returns `path` as a fault names it: relative to the root when it lies below it, without "./" and doubled slashes.
std::string ShownPath(std::string_view root, std::string_view path) {
  std::string shown;
  for (const char c : path) {
    if (c == '/' && shown.ends_with('/')) continue;
    if (c == '/' && (shown == "." || shown.ends_with("/."))) {
      shown.pop_back();
      continue;
    }
    shown += c;
  }
  while (shown.size() > 1 && shown.ends_with('/')) shown.pop_back();
  if (!root.empty() && shown.starts_with(root) && shown.size() > root.size() && shown[root.size()] == '/') {
    shown.erase(0, root.size() + 1);
  }
  return shown;
}

/// Walks folders for definition files.
class FileLister {
 public:
  FileLister(FileSystem& files, const std::string& root) : files_(files), root_(root) {}

  Status AddPath(const std::string& path) {
    const std::string shown = ShownPath(root_, path);
    LARDER_ASSIGN_OR_RETURN(const FileInfo info, files_.Stat(JoinPath(root_, shown)));
    return info.is_folder ? AddFolder(shown, 0) : AddFile(shown);
  }

  std::vector<std::string> TakeFiles() { return std::move(list_); }

 private:
  Status AddFile(const std::string& path) {
    if (!seen_.insert(path).second) return Status();
    if (list_.size() >= static_cast<std::size_t>(kMaxDefinitionFiles)) {
      return Status(Reason::kLimitExceeded,
                    "too many definition files: more than " + std::to_string(kMaxDefinitionFiles),
                    "name fewer folders under `definitions:`");
    }
    list_.push_back(path);
    return Status();
  }

  Status AddFolder(const std::string& folder, int depth) {
    if (depth > kMaxFolderDepth) {
      return Status(Reason::kLimitExceeded, "folders of definitions too deep: '" + folder + "'",
                    "at most " + std::to_string(kMaxFolderDepth) + " folders in one another");
    }
    LARDER_ASSIGN_OR_RETURN(const std::vector<FileInfo> entries, files_.List(JoinPath(root_, folder)));
    for (const FileInfo& entry : entries) {
      if (BaseName(entry.path).starts_with('.')) continue;
      const std::string path =
          folder == "." ? std::string(BaseName(entry.path)) : folder + "/" + std::string(BaseName(entry.path));
      if (entry.is_folder) LARDER_RETURN_IF_ERROR(AddFolder(path, depth + 1));
      if (!entry.is_folder && IsYamlName(path)) LARDER_RETURN_IF_ERROR(AddFile(path));
    }
    return Status();
  }

  FileSystem& files_;
  const std::string& root_;
  std::vector<std::string> list_;
  std::set<std::string> seen_;
};

/// Gathers the objects of all files, and which of them have faults of their own.
struct Gathering {
  std::vector<DefinedObject> objects;
  std::set<ObjectId> incomplete;
  FaultList faults;
};

void ReadFile(const DefinitionText& text, Gathering& gathering) {
  YamlDocument document = ParseYaml(text.text);
  for (Fault& fault : document.faults) {
    fault.file = text.file;
    gathering.faults.Add(std::move(fault));
  }
  if (document.root == nullptr || document.root->is_null()) return;
  const YamlPlace place = document.root->place;
  FieldReader fields({document.root.get(), {text.file, place.line, place.column, ""}}, gathering.faults);
  for (const ObjectKind kind : kAllObjectKinds) {
    for (const YamlValue& element : fields.List(KindNamePlural(kind))) {
      const std::size_t faults_before = gathering.faults.size();
      FieldReader object_fields(element, gathering.faults);
      if (!object_fields.is_map()) continue;
      gathering.objects.push_back(ReadObject(kind, object_fields));
      if (gathering.faults.size() > faults_before) gathering.incomplete.insert(IdOf(gathering.objects.back()));
    }
  }
  fields.Finish();
}

Result<DefinitionSet> Finish(Gathering& gathering) {
  CheckUniqueNames(gathering.objects, gathering.faults);
  DefinitionSet set = DefinitionSet::MakeUnchecked(std::move(gathering.objects));
  CheckReferences(set, gathering.incomplete, gathering.faults);
  if (gathering.faults.empty()) return set;
  return DefinitionFaults(gathering.faults);
}

void AddFileFault(const std::string& path, const Status& status, FaultList& faults) {
  std::string hint(status.hint());
  if (hint.empty()) hint = "check `definitions:` in larder.yaml, and the rights of the file";
  faults.Add({path, 0, 0, ""}, std::string(status.message()), std::move(hint));
}

}  // namespace

DefinedObject ReadObject(ObjectKind kind, FieldReader& fields) {
  switch (kind) {
    case ObjectKind::kEntity:
      return std::make_shared<const Entity>(ReadEntity(fields));
    case ObjectKind::kSource:
      return std::make_shared<const Source>(ReadSource(fields));
    case ObjectKind::kFeatureView:
      return std::make_shared<const FeatureView>(ReadFeatureView(fields));
    case ObjectKind::kOnDemandView:
      return std::make_shared<const OnDemandView>(ReadOnDemandView(fields));
    case ObjectKind::kFeatureService:
      break;
  }
  return std::make_shared<const FeatureService>(ReadFeatureService(fields));
}

Result<std::vector<std::string>> ListDefinitionFiles(FileSystem& files, const std::string& root,
                                                     const std::vector<std::string>& paths) {
  FileLister lister(files, root);
  for (const std::string& path : paths) LARDER_RETURN_IF_ERROR(lister.AddPath(path));
  return lister.TakeFiles();
}

Result<DefinitionSet> ReadDefinitions(FileSystem& files, const std::string& root,
                                      const std::vector<std::string>& paths) {
  Gathering gathering;
  FileLister lister(files, root);
  for (const std::string& path : paths) {
    const Status status = lister.AddPath(path);
    if (!status.ok()) AddFileFault(ShownPath(root, path), status, gathering.faults);
  }
  for (const std::string& path : lister.TakeFiles()) {
    Result<std::string> text = ReadWholeFile(files, JoinPath(root, path), kMaxDefinitionFileBytes);
    if (text.ok()) {
      ReadFile({path, *std::move(text)}, gathering);
    } else {
      AddFileFault(path, text.status(), gathering.faults);
    }
  }
  return Finish(gathering);
}

Result<DefinitionSet> ParseDefinitions(const std::vector<DefinitionText>& texts) {
  Gathering gathering;
  for (const DefinitionText& text : texts) ReadFile(text, gathering);
  return Finish(gathering);
}

}  // namespace larder
