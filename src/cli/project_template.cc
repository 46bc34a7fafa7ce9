#include "cli/project_template.h"

#include <array>

namespace larder {
namespace {

constexpr std::string_view kProjectFile =
    R"text(# A Larder project. `larder config` shows every setting with its default.
project: {{project}}
definitions: [features/]
)text";

constexpr std::string_view kShopFeatures = R"text(# What is known about a customer, from their orders.
entities:
  - name: customer
    type: string
    description: one customer of the shop

sources:
  - name: orders
    path: data/orders.csv
    timestamp: ordered_at        # when the row happened: nothing of it is visible before
    derive:
      per_item: amount / nullif(items, 0)

feature_views:
  - name: last_order
    description: the newest order of a customer
    entities: [customer]
    source: orders
    ttl: 30d                     # older orders count as no order
    features:
      amount: float64
      items: int64
      per_item: {type: float64, description: mean price of an item}

on_demand_views:
  - name: basket
    inputs: [last_order]
    request: {basket_amount: float64}
    features:
      amount_ratio: {type: float64, expression: "basket_amount / nullif(amount, 0)"}

feature_services:
  - name: basket_model
    description: what the model of the shop asks for
    features:
      - last_order
      - basket
)text";

constexpr std::string_view kShopOrders = R"text(customer,ordered_at,amount,items
ada,2026-01-03T09:15:00Z,40.5,3
bob,2026-01-03T11:00:00Z,12.0,1
ada,2026-01-10T18:30:00Z,99.9,4
cem,2026-01-12T08:00:00Z,7.25,2
bob,2026-01-20T20:45:00Z,31.0,2
ada,2026-02-01T10:00:00Z,15.0,1
cem,2026-02-14T12:00:00Z,250.0,10
)text";

constexpr std::string_view kShopEntities = R"text(customer,event_timestamp,basket_amount,bought
ada,2026-01-05T00:00:00Z,20.0,1
ada,2026-01-10T18:30:00Z,60.0,0
bob,2026-01-02T00:00:00Z,10.0,0
bob,2026-03-01T00:00:00Z,25.0,1
cem,2026-01-13T00:00:00Z,14.5,1
dan,2026-01-13T00:00:00Z,5.0,0
)text";

constexpr std::array kShopFiles = {
    TemplateFile{"features/shop.yaml", kShopFeatures},
    TemplateFile{"data/orders.csv", kShopOrders},
    TemplateFile{"data/baskets.csv", kShopEntities},
    TemplateFile{"larder.yaml", kProjectFile},
};

constexpr std::string_view kEmptyFeatures =
    R"text(# Definitions: entities, sources, feature_views, on_demand_views, feature_services.
)text";

constexpr std::array kEmptyFiles = {
    TemplateFile{"features/features.yaml", kEmptyFeatures},
    TemplateFile{"larder.yaml", kProjectFile},
};

}  // namespace

std::span<const ProjectTemplate> AllTemplates() {
  static constexpr std::array kTemplates = {
      ProjectTemplate{"shop", "orders of a few customers: features, a service, data to try them on", kShopFiles,
                      "larder apply\n"
                      "larder historical --entities data/baskets.csv --service basket_model\n"
                      "larder materialize\n"
                      "larder online --service basket_model --key customer=ada --request basket_amount=30 "
                      "--now 2026-02-02\n"},
      ProjectTemplate{"empty", "a project without definitions", kEmptyFiles, "larder apply\n"},
  };
  return kTemplates;
}

}  // namespace larder
