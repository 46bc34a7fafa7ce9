// All objects of a project at one moment, checked against one another.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"
#include "definitions/entity.h"
#include "definitions/feature_service.h"
#include "definitions/feature_view.h"
#include "definitions/on_demand_view.h"
#include "definitions/source.h"

namespace larder {

/// Holds one object of any kind; the alternatives stand in the order of ObjectKind. Never null.
using DefinedObject =
    std::variant<std::shared_ptr<const Entity>, std::shared_ptr<const Source>, std::shared_ptr<const FeatureView>,
                 std::shared_ptr<const OnDemandView>, std::shared_ptr<const FeatureService>>;

/// Returns the object's kind.
ObjectKind KindOf(const DefinedObject& object);
/// Returns what every object has. Lives as long as the object.
const ObjectHeader& HeaderOf(const DefinedObject& object);
/// Returns the object's kind and name.
ObjectId IdOf(const DefinedObject& object);

/// Holds a set of objects whose references to one another are right: every entity, source, view and feature named
/// exists, on-demand views make no circle and their expressions have the declared types. References with a version
/// (`view@2`) are right in the view's name only; the registry knows versions and checks them at plan. Immutable, cheap
/// to copy, safe to read from several threads.
class DefinitionSet {
 public:
  /// Makes the empty set.
  DefinitionSet();

  /// Makes a set of checked objects, in any order. Fails with kInvalidDefinition and every fault found.
  static Result<DefinitionSet> Make(std::vector<DefinedObject> objects);

  /// Makes a set without checking; of objects with one name the first counts. For objects that were checked together
  /// before (the registry's), and for checking them.
  static DefinitionSet MakeUnchecked(std::vector<DefinedObject> objects);

  /// Return the objects of a kind by name, in the order of names.
  const std::map<std::string, std::shared_ptr<const Entity>, std::less<>>& entities() const;
  const std::map<std::string, std::shared_ptr<const Source>, std::less<>>& sources() const;
  const std::map<std::string, std::shared_ptr<const FeatureView>, std::less<>>& feature_views() const;
  const std::map<std::string, std::shared_ptr<const OnDemandView>, std::less<>>& on_demand_views() const;
  const std::map<std::string, std::shared_ptr<const FeatureService>, std::less<>>& feature_services() const;

  /// Return the object of this name. Fail with kUnknownObject and the nearest name as the hint.
  Result<std::shared_ptr<const Entity>> FindEntity(std::string_view name) const;
  Result<std::shared_ptr<const Source>> FindSource(std::string_view name) const;
  Result<std::shared_ptr<const FeatureView>> FindFeatureView(std::string_view name) const;
  Result<std::shared_ptr<const OnDemandView>> FindOnDemandView(std::string_view name) const;
  Result<std::shared_ptr<const FeatureService>> FindFeatureService(std::string_view name) const;
  /// Returns the object of this kind and name. Fails with kUnknownObject and the nearest name as the hint.
  Result<DefinedObject> Find(const ObjectId& id) const;
  /// Returns the plain or on-demand view of this name. Fails with kUnknownObject; the hint is the nearest of both
  /// kinds.
  Result<DefinedObject> FindView(std::string_view name) const;

  /// Returns all objects, by kind and then by name.
  std::vector<DefinedObject> Objects() const;
  /// Returns the names of the objects of a kind, in order.
  std::vector<std::string> Names(ObjectKind kind) const;
  bool empty() const;

 private:
  struct Content;
  std::shared_ptr<const Content> content_;
};

/// Fails with kUnknownFeature, naming feature and view, the nearest feature as the hint.
Status UnknownFeature(std::string_view feature, std::string_view view, const std::vector<std::string>& known);

/// Returns the names of the features of a plain or on-demand view, in their order.
std::vector<std::string> FeatureNames(const DefinedObject& view);

}  // namespace larder
