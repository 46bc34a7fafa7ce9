// Definition files of a project: YAML to one checked set.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "definitions/definition_set.h"

namespace larder {

inline constexpr std::int64_t kMaxDefinitionFileBytes = 1 << 20;
inline constexpr int kMaxDefinitionFiles = 10'000;

/// Lists the definition files that `paths` name: files as they are; of folders every *.yaml and *.yml in them and below
/// (names that begin with a point left out), sorted; each file once. Paths are relative to `root`; so is the result.
/// Fails with kFileNotFound for a path that does not exist, kLimitExceeded for more than kMaxDefinitionFiles.
Result<std::vector<std::string>> ListDefinitionFiles(FileSystem& files, const std::string& root,
                                                     const std::vector<std::string>& paths);

/// Reads all definition files as one set. Fails with kInvalidDefinition and every fault of every file, each with file
/// (relative to `root`), line, column, path and hint. An empty file holds nothing and is no fault; a missing path,
/// unreadable file, text that is not UTF-8 or not YAML is one of the faults.
Result<DefinitionSet> ReadDefinitions(FileSystem& files, const std::string& root,
                                      const std::vector<std::string>& paths);

class FieldReader;

/// Reads one object of a kind from a map; faults go to the reader's list, and the object is then incomplete.
DefinedObject ReadObject(ObjectKind kind, FieldReader& fields);

/// Holds a definition file that was read already.
struct DefinitionText {
  std::string file;  ///< its name in faults
  std::string text;
};

/// Does what ReadDefinitions does with texts.
Result<DefinitionSet> ParseDefinitions(const std::vector<DefinitionText>& texts);

}  // namespace larder
