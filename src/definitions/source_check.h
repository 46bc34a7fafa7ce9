// Definitions against the columns that the files really have, and expressions against the types of their inputs.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "definitions/definition_set.h"
#include "expressions/name_scope.h"

namespace larder {

/// Describes a column of a source's files, before derive.
struct SourceColumn {
  std::string name;
  std::optional<ValueType> type;  ///< nullopt: a type that no feature can carry; an error only when it is named
  std::string file_type;          ///< the file's own name of the type, for messages; may be empty
};

/// Knows the columns of sources. Implemented where files are read.
class SourceSchemaProvider {
 public:
  virtual ~SourceSchemaProvider() = default;
  /// Returns the columns of the source's files before derive, hive partition columns included, declared types applied.
  virtual Result<std::vector<SourceColumn>> Columns(const Source& source) = 0;
};

/// Binds derive in order, then where and deleted, over the files' columns. Returns all columns with derived ones at the
/// end, or every fault as kInvalidDefinition.
Result<std::vector<SourceColumn>> ColumnsAfterDerive(const Source& source, std::vector<SourceColumn> file_columns);

/// Holds what came out of a check against the files.
struct SourceCheck {
  DefinitionSet typed;        ///< the set, its window views with their types
  std::vector<Fault> faults;  ///< in the order of the objects; empty when all is right
};

/// Checks every source and view of the set against the files: the types of derive, where and deleted; that timestamp,
/// created, event_id, join keys and `from` columns exist and have types that fit; the types of aggregations, and of
/// on-demand expressions over them. Cost: one schema per source.
SourceCheck CheckAgainstSources(const DefinitionSet& set, SourceSchemaProvider& provider);

/// Tells whether a feature of type `to` may be read from a column of type `from`: equal types, any number to any number
/// (narrowing is checked row by row), date to timestamp, lists of these.
bool CanReadFeature(ValueType from, ValueType to);
/// Tells whether a join key of type `to` may be read from a column of type `from`: equal types, int32 and int64.
bool CanReadKey(ValueType from, ValueType to);

/// Finds a plain or on-demand view for an input of an on-demand view; nullopt when it is not known (yet).
using InputLookup = std::function<std::optional<DefinedObject>(const ViewInput& input)>;

/// Returns the columns that the expressions of an on-demand view may name: the features of its inputs (plain or
/// on-demand views, in the order of `view.inputs`), qualified by the view's name, then the request values.
NameScope OnDemandScope(const OnDemandView& view, const std::vector<DefinedObject>& inputs);

/// Checks the types of the expressions of an on-demand view over its inputs' features and its request values. Returns
/// all faults. An input that `lookup` does not know makes no fault here; the view is then not typed.
std::vector<Fault> CheckOnDemandTypes(const OnDemandView& view, const InputLookup& lookup);

/// Checks the types of all on-demand views of a set but those in `incomplete`. A view over what is incomplete, of a
/// certain version, or a window view whose types are not known yet is not judged.
std::vector<Fault> CheckOnDemandViews(const DefinitionSet& set, const std::set<ObjectId>& incomplete);

}  // namespace larder
