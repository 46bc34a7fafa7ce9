// One text per object, the same however it was written, and fingerprints of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "definitions/definition_set.h"

namespace larder {

/// Writes one object as JSON (which our YAML reader reads back): keys in the order they are written, one line, no
/// trailing space. Not thread-safe.
class CanonicalWriter {
 public:
  void BeginMap();
  void EndMap();
  void BeginList();
  void EndList();
  void Key(std::string_view key);
  void Text(std::string_view value);
  void Bool(bool value);
  void Number(std::int64_t value);
  /// Writes key and value.
  void Field(std::string_view key, std::string_view value);
  /// Writes key and value unless the value is empty.
  void OptionalField(std::string_view key, std::string_view value);

  const std::string& text() const { return text_; }

 private:
  void Separate();
  void Quote(std::string_view value);

  std::string text_;
  bool needs_comma_ = false;
};

/// Returns the whole object as one line of JSON: every field, defaults resolved. Equal objects give equal texts; places
/// in files do not matter.
std::string CanonicalText(const DefinedObject& object);

/// Reads back what CanonicalText wrote. Fails with kInvalidDefinition.
Result<DefinedObject> ParseCanonicalText(ObjectKind kind, std::string_view text);

/// Returns 32 hexadecimal digits of the whole canonical text.
std::string WholeFingerprint(const DefinedObject& object);

/// Returns 32 hexadecimal digits of the canonical text without descriptions, owner and tags: what makes a version.
std::string SemanticFingerprint(const DefinedObject& object);

/// Returns 32 hexadecimal digits of what decides how the files of a source are read: path, format, columns, nulls.
/// Inferred column types are recorded under it.
std::string ReadingFingerprint(const Source& source);

/// Holds what decides whether rows stored for one version of a view are right for another one.
struct StorageKey {
  std::string base;  ///< fingerprint of the join keys, their types and the whole source but its header
  std::map<std::string, std::string> features;  ///< name -> "type from"

  /// Tells whether rows of both can stand in one generation: equal base, and features of both have equal type and from.
  bool IsCompatible(const StorageKey& other) const;
};

/// Returns the storage key of a view with its entities (in the view's order) and its source.
StorageKey StorageKeyOf(const FeatureView& view, const std::vector<std::shared_ptr<const Entity>>& entities,
                        const Source& source);

}  // namespace larder
