#include "definitions/canonical_text.h"

#include <algorithm>

#include "base/hash.h"
#include "definitions/definition_files.h"
#include "expressions/expression.h"
#include "yaml/field_reader.h"

namespace larder {
namespace {

std::string Hex(Hash128Value hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint64_t word : {hash.high, hash.low}) {
    for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(word >> shift) & 15];
  }
  return text;
}

void WriteBody(const DefinedObject& object, CanonicalWriter& out) {
  switch (KindOf(object)) {
    case ObjectKind::kEntity:
      return WriteEntity(*std::get<0>(object), out);
    case ObjectKind::kSource:
      return WriteSource(*std::get<1>(object), out);
    case ObjectKind::kFeatureView:
      return WriteFeatureView(*std::get<2>(object), out);
    case ObjectKind::kOnDemandView:
      return WriteOnDemandView(*std::get<3>(object), out);
    case ObjectKind::kFeatureService:
      return WriteFeatureService(*std::get<4>(object), out);
  }
}

std::string TextOf(const DefinedObject& object, CanonicalWriter::Content content) {
  const ObjectHeader& header = HeaderOf(object);
  CanonicalWriter out(content);
  out.BeginMap();
  out.Field("name", header.name);
  out.Metadata({header.description, header.owner, header.tags});
  WriteBody(object, out);
  out.EndMap();
  return out.text();
}

}  // namespace

void CanonicalWriter::OptionalField(std::string_view key, std::string_view value) {
  if (!value.empty()) Field(key, value);
}

void CanonicalWriter::ExpressionField(std::string_view key, const std::string& expression) {
  Key(key);
  ExpressionValue(expression);
}

void CanonicalWriter::ExpressionValue(const std::string& expression) {
  if (content_ == Content::kSemantic) {
    const Result<Expression> parsed = ParseExpression(expression);
    if (parsed.ok()) return Text(parsed->CanonicalText());
  }
  Text(expression);
}

void CanonicalWriter::Metadata(const MetadataFields& fields) {
  if (content_ == Content::kSemantic) return;
  OptionalField("description", fields.description);
  OptionalField("owner", fields.owner);
  if (fields.tags.empty()) return;
  Key("tags");
  BeginMap();
  for (const auto& [key, value] : fields.tags) Field(key, value);
  EndMap();
}

std::string CanonicalText(const DefinedObject& object) { return TextOf(object, CanonicalWriter::Content::kWhole); }

std::string SemanticText(const DefinedObject& object) { return TextOf(object, CanonicalWriter::Content::kSemantic); }

Result<DefinedObject> ParseCanonicalText(ObjectKind kind, std::string_view text) {
  YamlDocument document = ParseYaml(text);
  FaultList faults;
  for (Fault& fault : document.faults) faults.Add(std::move(fault));
  std::optional<DefinedObject> object;
  if (document.root != nullptr) {
    FieldReader fields({document.root.get(), {}}, faults);
    object = ReadObject(kind, fields);
  }
  if (!faults.empty()) {
    return Status::FromFaults(Reason::kInvalidDefinition, "a stored object that cannot be read: " + std::string(text),
                              faults.Take());
  }
  return *std::move(object);
}

std::string FingerprintOfText(std::string_view canonical_text) { return Hex(Hash128(canonical_text)); }

std::string WholeFingerprint(const DefinedObject& object) { return Hex(Hash128(CanonicalText(object))); }

std::string SemanticFingerprint(const DefinedObject& object) { return Hex(Hash128(SemanticText(object))); }

std::string ReadingFingerprint(const Source& source) {
  CanonicalWriter out(CanonicalWriter::Content::kSemantic);
  Source reading;
  reading.path = source.path;
  reading.format = source.format;
  reading.columns = source.columns;
  reading.nulls = source.nulls;
  out.BeginMap();
  WriteSource(reading, out);
  out.EndMap();
  return Hex(Hash128(out.text()));
}

bool StorageKey::IsCompatible(const StorageKey& other) const {
  if (base != other.base) return false;
  return std::all_of(features.begin(), features.end(), [&](const auto& feature) {
    const auto found = other.features.find(feature.first);
    return found == other.features.end() || found->second == feature.second;
  });
}

StorageKey StorageKeyOf(const FeatureView& view, const std::vector<std::shared_ptr<const Entity>>& entities,
                        const Source& source) {
  CanonicalWriter out(CanonicalWriter::Content::kSemantic);
  out.BeginMap();
  for (const auto& entity : entities) out.Field(entity->join_key, TypeName(entity->type));
  out.Key("source");
  out.BeginMap();
  out.Field("name", source.name());
  WriteSource(source, out);
  out.EndMap();
  // Events of a window view are stored with these columns.
  for (const ColumnType& column : view.columns) out.Field(column.name, TypeName(column.type));
  out.EndMap();
  StorageKey key{Hex(Hash128(out.text())), {}};
  for (const Feature& feature : view.features) {
    key.features.emplace(feature.name, TypeName(feature.type) + " " + feature.from);
  }
  for (const Aggregation& aggregation : view.aggregations) {
    for (const Window& window : aggregation.windows) {
      key.features[aggregation.FeatureName(window)] += AggregationMeaning(aggregation, window);
    }
  }
  return key;
}

}  // namespace larder
