// What definition files add to plain YAML fields: names, headers, types and expressions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "columnar/value_type.h"
#include "definitions/object_header.h"
#include "yaml/field_reader.h"

namespace larder {

/// Reads name, description, owner and tags; a fault when the name is missing or against the rule.
ObjectHeader ReadHeader(FieldReader& fields);

/// Returns the expression under `key`, nullopt when it is absent or its form is wrong (a fault).
std::optional<ExpressionText> ReadExpression(FieldReader& fields, std::string_view key);

/// Returns the type or expression at `value`; nullopt and a fault when it is none.
std::optional<ValueType> ScalarType(const YamlValue& value, FaultList& faults);
std::optional<ExpressionText> ScalarExpression(const YamlValue& value, FaultList& faults);

/// Makes a fault when `name` is against the rule of names.
void CheckName(const std::string& name, const Location& location, FaultList& faults);

/// Turns the single fault of an expression's error into one that stands in the definition file.
Fault ExpressionFault(const ExpressionText& expression, const Status& status);

}  // namespace larder
