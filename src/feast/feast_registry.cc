#include "feast/feast_registry.h"

#include <array>
#include <functional>
#include <utility>

#include "base/timestamp.h"
#include "feast/wire_reader.h"
#include "text/utf8.h"

namespace larder {
namespace {

constexpr int kMaxSourceDepth = 4;  // a view's stream source holds its batch source

// Does something with each field of a message.
Status ForEachField(std::string_view bytes, const std::function<Status(const WireReader&)>& visit) {
  WireReader reader(bytes);
  while (true) {
    LARDER_ASSIGN_OR_RETURN(const bool has_field, reader.Next());
    if (!has_field) return {};
    LARDER_RETURN_IF_ERROR(visit(reader));
  }
}

Status TakeText(const WireReader& reader, std::string& text) {
  if (!IsValidUtf8(reader.bytes())) {
    return Status(Reason::kInvalidFile, "a text of the registry is not UTF-8",
                  "give the file that `registry:` of feature_store.yaml names");
  }
  text = reader.bytes();
  return {};
}

Status AppendText(const WireReader& reader, std::vector<std::string>& texts) {
  return TakeText(reader, texts.emplace_back());
}

// One entry of a map from text to text: key 1, value 2.
Status TakePair(const WireReader& reader, std::map<std::string, std::string>& pairs) {
  std::string key;
  std::string value;
  LARDER_RETURN_IF_ERROR(ForEachField(reader.bytes(), [&](const WireReader& part) -> Status {
    if (part.field() == 1) return TakeText(part, key);
    if (part.field() == 2) return TakeText(part, value);
    return {};
  }));
  pairs[key] = value;
  return {};
}

// feast.core.FeatureSpecV2
Status AppendField(const WireReader& reader, std::vector<FeastField>& fields) {
  FeastField& field = fields.emplace_back();
  return ForEachField(reader.bytes(), [&](const WireReader& part) -> Status {
    switch (part.field()) {
      case 1:
        return TakeText(part, field.name);
      case 2:
        field.type = part.number();
        return {};
      case 3:
        return TakePair(part, field.tags);
      case 4:
        return TakeText(part, field.description);
      default:
        return {};
    }
  });
}

// google.protobuf.Duration; what lies outside 68 years counts as no limit.
Status TakeDuration(const WireReader& reader, std::int64_t& duration_us) {
  constexpr std::uint64_t kMaxSeconds = 1U << 31;
  std::uint64_t seconds = 0;
  std::uint64_t nanos = 0;
  LARDER_RETURN_IF_ERROR(ForEachField(reader.bytes(), [&](const WireReader& part) -> Status {
    if (part.field() == 1) seconds = part.number();
    if (part.field() == 2) nanos = part.number();
    return {};
  }));
  const bool is_duration = seconds <= kMaxSeconds && nanos < 1'000'000'000;
  duration_us =
      is_duration ? static_cast<std::int64_t>(seconds) * kMicrosPerSecond + static_cast<std::int64_t>(nanos) / 1000 : 0;
  return {};
}

// feast.core.DataSource.FileOptions
Status TakeFileOptions(const WireReader& reader, FeastSource& source) {
  return ForEachField(reader.bytes(), [&](const WireReader& part) -> Status {
    if (part.field() == 2) return TakeText(part, source.file_uri);
    if (part.field() != 1) return {};
    return ForEachField(part.bytes(), [&](const WireReader& format) -> Status {
      if (format.field() == 2) source.is_delta = true;
      return {};
    });
  });
}

// feast.core.DataSource
Status AppendSource(const WireReader& reader, std::vector<FeastSource>& sources, int depth = 0) {
  if (depth == kMaxSourceDepth) {
    return Status(Reason::kInvalidFile,
                  "sources within sources of the registry, more than " + std::to_string(depth) + " deep",
                  "give the file that `registry:` of feature_store.yaml names");
  }
  FeastSource source;
  LARDER_RETURN_IF_ERROR(ForEachField(reader.bytes(), [&](const WireReader& part) -> Status {
    switch (part.field()) {
      case 1:
        source.type = part.number();
        return {};
      case 2:
        return TakePair(part, source.field_mapping);
      case 3:
        return TakeText(part, source.timestamp_field);
      case 5:
        return TakeText(part, source.created_column);
      case 11:
        return TakeFileOptions(part, source);
      case 18:
        return ForEachField(part.bytes(), [&](const WireReader& option) -> Status {
          return option.field() == 3 ? AppendField(option, source.request_fields) : Status();
        });
      case 20:
        return TakeText(part, source.header.name);
      case 21:
        return TakeText(part, source.header.project);
      case 23:
        return TakeText(part, source.header.description);
      case 24:
        return TakePair(part, source.header.tags);
      case 25:
        return TakeText(part, source.header.owner);
      case 26:
        source.batch.clear();
        return AppendSource(part, source.batch, depth + 1);
      default:
        return {};
    }
  }));
  sources.push_back(std::move(source));
  return {};
}

// Of a message that holds what it is about in its field 1 ("spec").
Status ForEachSpecField(const WireReader& reader, const std::function<Status(const WireReader&)>& visit) {
  return ForEachField(reader.bytes(), [&](const WireReader& part) -> Status {
    return part.field() == 1 ? ForEachField(part.bytes(), visit) : Status();
  });
}

Status AppendEntity(const WireReader& reader, std::vector<FeastEntity>& entities) {
  FeastEntity& entity = entities.emplace_back();
  return ForEachSpecField(reader, [&](const WireReader& part) -> Status {
    switch (part.field()) {
      case 1:
        return TakeText(part, entity.header.name);
      case 2:
        entity.type = part.number();
        return {};
      case 3:
        return TakeText(part, entity.header.description);
      case 4:
        return TakeText(part, entity.join_key);
      case 8:
        return TakePair(part, entity.header.tags);
      case 9:
        return TakeText(part, entity.header.project);
      case 10:
        return TakeText(part, entity.header.owner);
      default:
        return {};
    }
  });
}

Status TakeBatch(const WireReader& part, std::vector<FeastSource>& sources) {
  sources.clear();
  return AppendSource(part, sources);
}

// feast.core.StreamFeatureView is feast.core.FeatureView with other numbers: for each of its own, from 0, that of the
// latter; 0 where we read nothing.
constexpr std::array<std::uint32_t, 18> kViewFieldOfStream = {0, 1, 2, 3, 4,  12, 10, 5, 11,
                                                              6, 7, 9, 8, 14, 0,  14, 0, 14};

// feast.core.FeatureView, or feast.core.StreamFeatureView.
Status AppendView(const WireReader& reader, bool is_streamed, std::vector<FeastView>& views) {
  FeastView& view = views.emplace_back();
  view.is_streamed = is_streamed;
  return ForEachSpecField(reader, [&](const WireReader& part) -> Status {
    if (is_streamed && part.field() >= kViewFieldOfStream.size()) return {};
    switch (is_streamed ? kViewFieldOfStream[part.field()] : part.field()) {
      case 1:
        return TakeText(part, view.header.name);
      case 2:
        return TakeText(part, view.header.project);
      case 3:
        return AppendText(part, view.entities);
      case 4:
        return AppendField(part, view.features);
      case 5:
        return TakePair(part, view.header.tags);
      case 6:
        return TakeDuration(part, view.ttl_us);
      case 7:
        return TakeBatch(part, view.batch);
      case 8:
        view.online = part.number() != 0;
        return {};
      case 9:
        return TakeBatch(part, view.stream);
      case 10:
        return TakeText(part, view.header.description);
      case 11:
        return TakeText(part, view.header.owner);
      case 12:
        return AppendField(part, view.entity_columns);
      case 14:
      case 15:
        view.has_transformation = true;
        return {};
      default:
        return {};
    }
  });
}

// feast.core.FeatureViewProjection
Status AppendProjection(const WireReader& reader, std::vector<FeastProjection>& projections) {
  FeastProjection& projection = projections.emplace_back();
  return ForEachField(reader.bytes(), [&](const WireReader& part) -> Status {
    switch (part.field()) {
      case 1:
        return TakeText(part, projection.view);
      case 2:
        return AppendField(part, projection.features);
      case 3:
        return TakeText(part, projection.alias);
      case 4:
        return TakePair(part, projection.join_keys);
      default:
        return {};
    }
  });
}

// feast.core.OnDemandSource, the value of an entry of `sources`.
Status TakeOnDemandSource(const WireReader& entry, FeastOnDemandView& view) {
  return ForEachField(entry.bytes(), [&](const WireReader& part) -> Status {
    if (part.field() != 2) return {};
    return ForEachField(part.bytes(), [&](const WireReader& source) -> Status {
      if (source.field() == 3) return AppendProjection(source, view.inputs);
      if (source.field() == 1) {
        std::vector<FeastView> whole;
        LARDER_RETURN_IF_ERROR(AppendView(source, false, whole));
        view.inputs.push_back({whole.front().header.name, "", whole.front().features, {}});
        return {};
      }
      if (source.field() != 2) return {};
      std::vector<FeastSource> request;
      LARDER_RETURN_IF_ERROR(AppendSource(source, request));
      for (FeastField& field : request.front().request_fields) view.request_fields.push_back(std::move(field));
      return {};
    });
  });
}

// feast.core.FeatureTransformationV2: the Python text of its function.
Status TakeTransformation(const WireReader& reader, FeastOnDemandView& view) {
  return ForEachField(reader.bytes(), [&](const WireReader& part) -> Status {
    if (part.field() != 1) return {};
    return ForEachField(part.bytes(), [&](const WireReader& function) -> Status {
      return function.field() == 3 ? TakeText(function, view.body) : Status();
    });
  });
}

// feast.core.OnDemandFeatureView
Status AppendOnDemandView(const WireReader& reader, std::vector<FeastOnDemandView>& views) {
  FeastOnDemandView& view = views.emplace_back();
  return ForEachSpecField(reader, [&](const WireReader& part) -> Status {
    switch (part.field()) {
      case 1:
        return TakeText(part, view.header.name);
      case 2:
        return TakeText(part, view.header.project);
      case 3:
        return AppendField(part, view.features);
      case 4:
        return TakeOnDemandSource(part, view);
      case 6:
        return TakeText(part, view.header.description);
      case 7:
        return TakePair(part, view.header.tags);
      case 8:
        return TakeText(part, view.header.owner);
      case 10:
        return TakeTransformation(part, view);
      case 11:
        return TakeText(part, view.mode);
      case 15:
        view.is_singleton = part.number() != 0;
        return {};
      case 16:
        view.has_aggregations = true;
        return {};
      default:
        return {};
    }
  });
}

// feast.core.FeatureService
Status AppendService(const WireReader& reader, std::vector<FeastService>& services) {
  FeastService& service = services.emplace_back();
  return ForEachSpecField(reader, [&](const WireReader& part) -> Status {
    switch (part.field()) {
      case 1:
        return TakeText(part, service.header.name);
      case 2:
        return TakeText(part, service.header.project);
      case 3:
        return AppendProjection(part, service.entries);
      case 4:
        return TakePair(part, service.header.tags);
      case 5:
        return TakeText(part, service.header.description);
      case 6:
        return TakeText(part, service.header.owner);
      default:
        return {};
    }
  });
}

}  // namespace

Result<FeastRegistry> ParseFeastRegistry(std::string_view bytes) {
  FeastRegistry registry;
  std::vector<FeastView> stream_views;
  bool is_registry = false;
  const Status read = ForEachField(bytes, [&](const WireReader& part) -> Status {
    is_registry |= part.field() <= 3;  // its schema's version, an entity, or a table of Feast before 0.10
    switch (part.field()) {
      case 1:
        return AppendEntity(part, registry.entities);
      case 6:
        return AppendView(part, false, registry.views);
      case 7:
        return AppendService(part, registry.services);
      case 8:
        return AppendOnDemandView(part, registry.on_demand_views);
      case 14:
        return AppendView(part, true, stream_views);
      case 2:
        registry.others.emplace_back("feature table");
        return {};
      case 11:
        registry.others.emplace_back("saved dataset");
        return {};
      case 13:
        registry.others.emplace_back("validation reference");
        return {};
      case 16:
        registry.others.emplace_back("permission");
        return {};
      case 19:
        registry.others.emplace_back("label view");
        return {};
      default:
        return {};
    }
  });
  LARDER_RETURN_IF_ERROR(read);
  if (!is_registry) {
    return Status(Reason::kInvalidFile, "no registry of Feast: neither its version nor an entity",
                  "give the file that `registry:` of feature_store.yaml names");
  }
  for (FeastView& view : stream_views) registry.views.push_back(std::move(view));
  return registry;
}

}  // namespace larder
