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
#include "text/json_writer.h"

namespace larder {

/// Writes one object as JSON, which our YAML reader reads back: keys in the order they are written, on one line. Not
/// thread-safe.
class CanonicalWriter {
 public:
  enum class Content : std::uint8_t {
    kWhole,
    kSemantic,  ///< without descriptions, owners and tags, and expressions in their canonical spelling
  };
  /// Holds what never makes a version.
  struct MetadataFields {
    const std::string& description;
    const std::string& owner;
    const std::map<std::string, std::string>& tags;
  };
  explicit CanonicalWriter(Content content) : content_(content), json_(text_) {}
  CanonicalWriter(const CanonicalWriter&) = delete;
  CanonicalWriter& operator=(const CanonicalWriter&) = delete;

  void BeginMap() { json_.BeginObject(); }
  void EndMap() { json_.EndObject(); }
  void BeginList() { json_.BeginArray(); }
  void EndList() { json_.EndArray(); }
  void Key(std::string_view key) { json_.Key(key); }
  void Text(std::string_view value) { json_.String(value); }
  void Bool(bool value) { json_.Bool(value); }
  /// Writes key and value.
  void Field(std::string_view key, std::string_view value) { json_.StringMember(key, value); }
  /// Writes key and value unless the value is empty.
  void OptionalField(std::string_view key, std::string_view value);
  /// Writes key and expression.
  void ExpressionField(std::string_view key, const std::string& expression);
  /// Writes an expression as a value.
  void ExpressionValue(const std::string& expression);
  /// Writes description, owner and tags, those that are not empty; nothing when the content is semantic.
  void Metadata(const MetadataFields& fields);

  const std::string& text() const { return text_; }

 private:
  Content content_;
  std::string text_;
  JsonWriter json_;
};

/// Returns the whole object as one line of JSON: every field, defaults resolved. Equal objects give equal texts; places
/// in files do not matter.
std::string CanonicalText(const DefinedObject& object);

/// Returns the canonical text without descriptions, owner and tags, expressions in their canonical spelling.
std::string SemanticText(const DefinedObject& object);

/// Reads back what CanonicalText wrote. Fails with kInvalidDefinition.
Result<DefinedObject> ParseCanonicalText(ObjectKind kind, std::string_view text);

/// Returns 32 hexadecimal digits of a canonical text.
std::string FingerprintOfText(std::string_view canonical_text);

/// Returns 32 hexadecimal digits of the whole canonical text.
std::string WholeFingerprint(const DefinedObject& object);

/// Returns 32 hexadecimal digits of SemanticText: what makes a version.
std::string SemanticFingerprint(const DefinedObject& object);

/// Returns 32 hexadecimal digits of what decides how the files of a source are read: path, format, columns, nulls.
/// Inferred column types are recorded under it.
std::string ReadingFingerprint(const Source& source);

/// Holds what decides whether rows stored for one version of a view are right for another one.
struct StorageKey {
  /// Fingerprint of the join keys, their types, the whole source but its header, and the columns of a window view.
  std::string base;
  std::map<std::string, std::string> features;  ///< name -> "type from", of a window view its aggregation and window

  /// Tells whether rows of both can stand in one generation: equal base, and features of both have equal type and from.
  bool IsCompatible(const StorageKey& other) const;
};

/// Returns the storage key of a view with its entities (in the view's order) and its source.
StorageKey StorageKeyOf(const FeatureView& view, const std::vector<std::shared_ptr<const Entity>>& entities,
                        const Source& source);

}  // namespace larder
