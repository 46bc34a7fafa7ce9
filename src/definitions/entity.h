// An entity: what features are about, and the join key that names one of it.
#pragma once

#include <string>

#include "columnar/value_type.h"
#include "definitions/object_header.h"

namespace larder {

/// Describes an entity. Immutable after reading.
struct Entity {
  ObjectHeader header;
  std::string join_key;  ///< a column's name; defaults to the entity's name
  ValueType type;        ///< `type.is_key()` holds

  const std::string& name() const { return header.name; }
};

class CanonicalWriter;
class FieldReader;

/// Reads one element of `entities:`; faults go to the reader's list.
Entity ReadEntity(FieldReader& fields);
/// Writes every field but the header, defaults resolved.
void WriteEntity(const Entity& entity, CanonicalWriter& out);

}  // namespace larder
