#include "definitions/entity.h"

#include "definitions/canonical_text.h"
#include "definitions/definition_fields.h"

namespace larder {

Entity ReadEntity(FieldReader& fields) {
  Entity entity;
  entity.header = ReadHeader(fields);
  entity.join_key = fields.Text("join_key");
  if (entity.join_key.empty()) entity.join_key = entity.header.name;
  constexpr std::string_view kTypes = "an entity is bool, int32, int64, string, bytes, timestamp or date";
  const std::optional<YamlValue> type = fields.Find("type");
  if (!type) fields.Missing("type", std::string(kTypes));
  if (type) {
    entity.type = ScalarType(*type, fields.faults()).value_or(entity.type);
    if (!entity.type.is_key()) {
      fields.faults().Add(type->location, "a type that no join key can have: " + TypeName(entity.type),
                          std::string(kTypes));
    }
  }
  fields.Finish();
  return entity;
}

void WriteEntity(const Entity& entity, CanonicalWriter& out) {
  out.Field("join_key", entity.join_key);
  out.Field("type", TypeName(entity.type));
}

}  // namespace larder
