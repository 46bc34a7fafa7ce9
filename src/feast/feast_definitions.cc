#include "feast/feast_definitions.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "base/timestamp.h"
#include "columnar/value_type.h"
#include "definitions/definition_files.h"
#include "definitions/object_header.h"
#include "feast/python_body.h"
#include "text/json_writer.h"

namespace larder {
namespace {

constexpr FeastNumber kFileSource = 1;
constexpr FeastNumber kPushSource = 9;
constexpr std::string_view kDummyEntity = "__dummy";

// Feast's scalar types by their numbers; a list of one has its number and 10 more.
constexpr std::array kScalars = {TypeKind::kBytes,   TypeKind::kString,  TypeKind::kInt32, TypeKind::kInt64,
                                 TypeKind::kFloat64, TypeKind::kFloat32, TypeKind::kBool,  TypeKind::kTimestamp};

std::optional<ValueType> TypeOf(FeastNumber number) {
  if (number >= 1 && number <= kScalars.size()) return ValueType::Of(kScalars[number - 1]);
  if (number >= 11 && number < 11 + kScalars.size()) return ValueType::ListOf(kScalars[number - 11]);
  constexpr FeastNumber kJson = 32;
  constexpr FeastNumber kUuid = 36;
  constexpr FeastNumber kTimeUuid = 37;
  if (number == kJson || number == kUuid || number == kTimeUuid) return ValueType::Of(TypeKind::kString);
  return std::nullopt;
}

std::string Quoted(std::string_view text) {
  std::string quoted;
  AppendJsonString(text, quoted);
  return quoted;
}

// The nearest name that the rule of names allows.
std::string AllowedName(std::string_view name) {
  std::string allowed;
  for (const char c : name.substr(0, kMaxNameLength)) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    const bool is_kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    allowed.push_back(is_upper ? static_cast<char>(c - 'A' + 'a') : is_kept ? c : '_');
  }
  if (allowed.empty() || allowed[0] < 'a' || allowed[0] > 'z') allowed = "x" + allowed.substr(0, kMaxNameLength - 1);
  return allowed;
}

// One object as text, and the texts that it needs to be checked alone.
struct Piece {
  ObjectKind kind = ObjectKind::kEntity;
  std::string name;
  std::string text;
  std::vector<const Piece*> needs = {};
};

void AddPiece(const Piece& piece, std::map<ObjectKind, std::string>& sections, std::set<const Piece*>& added) {
  if (!added.insert(&piece).second) return;
  for (const Piece* needed : piece.needs) AddPiece(*needed, sections, added);
  sections[piece.kind] += piece.text;
}

std::string DocumentOf(const std::map<ObjectKind, std::string>& sections) {
  std::string text;
  for (const auto& [kind, objects] : sections) text += std::string(KindNamePlural(kind)) + ":\n" + objects;
  return text;
}

// Writes the fields of one object of a list.
class PieceWriter {
 public:
  explicit PieceWriter(const std::string& name) { text_ = "  - name: " + name + "\n"; }

  void Field(std::string_view key, std::string_view value) {
    text_ += "    " + std::string(key) + ": " + std::string(value) + "\n";
  }
  void TextField(std::string_view key, std::string_view value) {
    if (!value.empty()) Field(key, Quoted(value));
  }
  void Line(std::string_view line) { text_ += std::string(line) + "\n"; }
  void Header(const FeastHeader& header) {
    TextField("description", header.description);
    TextField("owner", header.owner);
    if (!header.tags.empty()) Field("tags", Map(header.tags));
  }
  static std::string Map(const std::map<std::string, std::string>& pairs) {
    std::string text;
    for (const auto& [key, value] : pairs) text += (text.empty() ? "{" : ", ") + Quoted(key) + ": " + Quoted(value);
    return text + "}";
  }

  std::string text() const { return text_; }

 private:
  std::string text_;
};

// Carries the objects of one project over, each kind after those that it needs.
class Conversion {
 public:
  Conversion(const FeastRegistry& registry, std::string project) : registry_(registry), project_(std::move(project)) {}

  FeastDefinitions Run() {
    for (const FeastEntity& entity : registry_.entities) AddEntity(entity);
    for (const FeastView& view : registry_.views) AddView(view);
    for (const FeastOnDemandView& view : registry_.on_demand_views) AddOnDemandView(view);
    for (const FeastService& service : registry_.services) AddService(service);
    for (const std::string& other : registry_.others) {
      Note("a " + other, "Larder has nothing like it", true);
    }
    std::map<ObjectKind, std::string> sections;
    std::set<const Piece*> added;
    for (const auto& piece : kept_) AddPiece(*piece, sections, added);
    definitions_.object_count = static_cast<int>(added.size());
    definitions_.yaml = "# Made by larder import-feast of project " + Quoted(project_) + ".\n";
    for (const FeastNote& note : definitions_.notes) {
      definitions_.yaml +=
          "# " + std::string(note.is_left_out ? "left out: " : "") + OneLine(note.object + ": " + note.text) + "\n";
    }
    definitions_.yaml += DocumentOf(sections);
    return std::move(definitions_);
  }

 private:
  struct EntityPiece {
    const Piece* piece;
    std::string join_key;
  };
  struct ViewPiece {
    const Piece* piece = nullptr;
    std::map<std::string, std::string> features = {};  // Feast's name -> Larder's
    std::set<std::string> join_keys = {};
    bool is_on_demand = false;
  };

  static std::string OneLine(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return text;
  }
  static std::string TitleOf(ObjectKind kind, std::string_view name) {
    return std::string(KindTitle(kind)) + " '" + std::string(name) + "'";
  }
  bool IsOurs(const FeastHeader& header) const { return header.project == project_ || header.project.empty(); }
  void Note(std::string object, std::string text, bool is_left_out = false) {
    definitions_.notes.push_back({OneLine(std::move(object)), OneLine(std::move(text)), is_left_out});
  }

  // The name of an object; a note when it is another than in Feast. Nullopt when it is taken.
  std::optional<std::string> NameFor(ObjectKind kind, const std::string& name) {
    const std::string allowed = AllowedName(name);
    if (!names_.insert({kind, allowed}).second) {
      Note(TitleOf(kind, name), "another object has the name " + allowed + " already", true);
      return std::nullopt;
    }
    if (allowed != name) Note(TitleOf(kind, name), "is named " + allowed + ": requests must name it so");
    return allowed;
  }

  // Keeps an object that Larder reads without faults, alone with what it needs; else tells why it is left out.
  const Piece* Keep(Piece piece, const std::string& feast_name) {
    std::map<ObjectKind, std::string> sections;
    std::set<const Piece*> added;
    AddPiece(piece, sections, added);
    const auto read = ParseDefinitions({{"definitions", DocumentOf(sections)}});
    if (!read.ok()) {
      const auto& faults = read.status().faults();
      Note(TitleOf(piece.kind, feast_name),
           faults.empty() ? std::string(read.status().message()) : faults.front().path + ": " + faults.front().message,
           true);
      return nullptr;
    }
    kept_.push_back(std::make_unique<Piece>(std::move(piece)));
    return kept_.back().get();
  }

  void AddEntity(const FeastEntity& entity) {
    if (!IsOurs(entity.header) || entity.header.name == kDummyEntity) return;
    const auto name = NameFor(ObjectKind::kEntity, entity.header.name);
    if (!name) return;
    const std::string join_key = entity.join_key.empty() ? entity.header.name : entity.join_key;
    std::optional<ValueType> type = TypeOf(entity.type);
    // Feast may leave an entity's type open; the columns of its views tell.
    for (const FeastView& view : registry_.views) {
      for (const FeastField& column : view.entity_columns) {
        if (!type && IsOurs(view.header) && column.name == join_key) type = TypeOf(column.type);
      }
    }
    if (!type) Note(TitleOf(ObjectKind::kEntity, entity.header.name), "its type is unknown: string is taken");
    PieceWriter out(*name);
    out.TextField("join_key", join_key);
    out.Field("type", TypeName(type.value_or(ValueType::Of(TypeKind::kString))));
    out.Header(entity.header);
    const Piece* piece = Keep({ObjectKind::kEntity, *name, out.text(), {}}, entity.header.name);
    if (piece != nullptr) entities_[entity.header.name] = {piece, join_key};
  }

  // The file source of a view; what is pushed to it is named as in Feast. Nullptr and the reason when it is none.
  const Piece* SourceOf(const FeastView& view, std::string& why) {
    const bool is_pushed = !view.stream.empty() && view.stream.front().type == kPushSource;
    const FeastSource* file = view.batch.empty() ? nullptr : &view.batch.front();
    if (file == nullptr && !view.stream.empty() && !view.stream.front().batch.empty())
      file = &view.stream.front().batch.front();
    if (file == nullptr) return why = "it has no batch source", nullptr;
    if (file->type != kFileSource || file->is_delta) {
      return why = "its source is no file: export its rows to Parquet and name them as a source", nullptr;
    }
    std::string path = file->file_uri;
    if (path.starts_with("file://")) path = path.substr(std::string_view("file://").size());
    if (path.find("://") != std::string::npos || path.find("${") != std::string::npos || path.empty()) {
      return why = "its file lies where Larder does not read: '" + path + "'", nullptr;
    }
    const FeastHeader& named = is_pushed ? view.stream.front().header : file->header;
    const std::string feast_name = named.name.empty() ? view.header.name + "_source" : named.name;
    const auto known = sources_.find(feast_name);
    if (known != sources_.end()) return known->second;
    const auto name = NameFor(ObjectKind::kSource, feast_name);
    if (!name) return why = "the name of its source is taken", nullptr;
    PieceWriter out(*name);
    out.TextField("path", path);
    out.TextField("timestamp", file->timestamp_field);
    out.TextField("created", file->created_column);
    out.Header(named.description.empty() && named.owner.empty() ? file->header : named);
    const Piece* piece = Keep({ObjectKind::kSource, *name, out.text(), {}}, feast_name);
    if (piece == nullptr) return why = "its source is left out", nullptr;
    return sources_[feast_name] = piece;
  }

  static std::string ColumnOf(const FeastView& view, const std::string& name) {
    const FeastSource* file = view.batch.empty() ? nullptr : &view.batch.front();
    if (file == nullptr) return name;
    for (const auto& [column, mapped] : file->field_mapping) {
      if (mapped == name) return column;
    }
    return name;
  }

  void AddView(const FeastView& view) {
    if (!IsOurs(view.header)) return;
    const std::string title = TitleOf(ObjectKind::kFeatureView, view.header.name);
    if (view.has_transformation)
      return Note(title, "it computes its features itself: write derive and where of a source", true);
    Piece piece{ObjectKind::kFeatureView, {}, {}, {}};
    ViewPiece made;
    std::string entities;
    for (const std::string& entity : view.entities) {
      const auto found = entities_.find(entity);
      if (found == entities_.end())
        return Note(title, "it has no entity, or one that is left out: '" + entity + "'", true);
      entities += (entities.empty() ? "[" : ", ") + found->second.piece->name;
      piece.needs.push_back(found->second.piece);
      made.join_keys.insert(found->second.join_key);
      if (ColumnOf(view, found->second.join_key) != found->second.join_key) {
        return Note(title, "its source names the join key '" + found->second.join_key + "' otherwise: derive it", true);
      }
    }
    if (entities.empty()) return Note(title, "it has no entity", true);
    std::string why;
    const Piece* source = SourceOf(view, why);
    if (source == nullptr) return Note(title, why, true);
    piece.needs.push_back(source);
    const auto name = NameFor(ObjectKind::kFeatureView, view.header.name);
    if (!name) return;
    piece.name = *name;
    PieceWriter out(*name);
    out.Field("entities", entities + "]");
    out.Field("source", source->name);
    if (view.ttl_us > 0) out.Field("ttl", FormatDuration(view.ttl_us));
    if (!view.online) out.Field("online", "false");
    out.Header(view.header);
    WriteFeatures(view, made, out);
    piece.text = out.text();
    if (view.is_streamed) Note(title, "its stream is not read: push its rows");
    made.piece = Keep(std::move(piece), view.header.name);
    if (made.piece != nullptr) views_[view.header.name] = std::move(made);
  }

  void WriteFeatures(const FeastView& view, ViewPiece& made, PieceWriter& out) {
    const std::string title = TitleOf(ObjectKind::kFeatureView, view.header.name);
    out.Line("    features:");
    for (const FeastField& feature : view.features) {
      if (made.join_keys.contains(feature.name)) continue;
      const auto type = TypeOf(feature.type);
      if (!type) {
        Note(title + " feature '" + feature.name + "'", "Larder has no such type", true);
        continue;
      }
      const std::string name = AllowedName(feature.name);
      const std::string column = ColumnOf(view, feature.name);
      if (name != feature.name) Note(title + " feature '" + feature.name + "'", "is named " + name);
      made.features[feature.name] = name;
      std::string line = "      " + name + ": {type: " + TypeName(*type);
      if (column != name) line += ", from: " + Quoted(column);
      if (!feature.description.empty()) line += ", description: " + Quoted(feature.description);
      if (!feature.tags.empty()) line += ", tags: " + PieceWriter::Map(feature.tags);
      out.Line(line + "}");
    }
  }

  void AddOnDemandView(const FeastOnDemandView& view) {
    if (!IsOurs(view.header)) return;
    const std::string title = TitleOf(ObjectKind::kOnDemandView, view.header.name);
    if (view.has_aggregations) return Note(title, "it aggregates", true);
    if (view.mode != "pandas" && view.mode != "python" && !view.mode.empty()) {
      return Note(title, "its function is of mode '" + view.mode + "': write its features as expressions", true);
    }
    if (view.mode == "python" && !view.is_singleton) {
      return Note(title, "its Python function works on lists: write its features as expressions", true);
    }
    Piece piece{ObjectKind::kOnDemandView, {}, {}, {}};
    ViewPiece made;
    made.is_on_demand = true;
    std::string inputs;
    for (const FeastProjection& input : view.inputs) {
      const auto found = views_.find(input.view);
      if (found == views_.end()) return Note(title, "its input is left out: '" + input.view + "'", true);
      if (!input.alias.empty() || !input.join_keys.empty()) return Note(title, "its input has another name", true);
      inputs += (inputs.empty() ? "[" : ", ") + found->second.piece->name;
      piece.needs.push_back(found->second.piece);
    }
    PythonNames names;
    names.column = [&](std::string_view column) { return InputName(view, column); };
    names.may_return_values = view.mode == "python";
    const auto expressions = TranslatePythonBody(view.body, names);
    if (!expressions.ok()) {
      return Note(title, std::string(expressions.status().message()) + "; " + std::string(expressions.status().hint()),
                  true);
    }
    const auto name = NameFor(ObjectKind::kOnDemandView, view.header.name);
    if (!name) return;
    piece.name = *name;
    PieceWriter out(*name);
    out.Header(view.header);
    if (!inputs.empty()) out.Field("inputs", inputs + "]");
    if (!WriteRequest(view, title, out) || !WriteExpressions(view, *expressions, made, out)) return;
    piece.text = out.text();
    made.piece = Keep(std::move(piece), view.header.name);
    if (made.piece == nullptr) return;
    Note(title, "is carried over as expressions: division by zero and what is missing give null there");
    views_[view.header.name] = std::move(made);
  }

  bool WriteRequest(const FeastOnDemandView& view, const std::string& title, PieceWriter& out) {
    if (!view.request_fields.empty()) out.Line("    request:");
    for (const FeastField& field : view.request_fields) {
      const auto type = TypeOf(field.type);
      if (!type) return Note(title, "Larder has no type for its request value '" + field.name + "'", true), false;
      out.Line("      " + Quoted(field.name) + ": " + TypeName(*type));
    }
    return true;
  }

  bool WriteExpressions(const FeastOnDemandView& view, const std::map<std::string, std::string>& expressions,
                        ViewPiece& made, PieceWriter& out) {
    const std::string title = TitleOf(ObjectKind::kOnDemandView, view.header.name);
    out.Line("    features:");
    for (const FeastField& feature : view.features) {
      const auto type = TypeOf(feature.type);
      const auto found = expressions.find(feature.name);
      if (!type || found == expressions.end()) {
        return Note(title, "its function does not give the feature '" + feature.name + "'", true), false;
      }
      const std::string name = AllowedName(feature.name);
      made.features[feature.name] = name;
      // Feast converts what the function gives to the feature's type; of numbers only floats take every number.
      const std::string expression = type->is_float() ? "(" + found->second + ")::" + TypeName(*type) : found->second;
      std::string line = "      " + name + ": {type: " + TypeName(*type) + ", expression: " + Quoted(expression);
      if (!feature.description.empty()) line += ", description: " + Quoted(feature.description);
      out.Line(line + "}");
    }
    return true;
  }

  // How an expression names a column of the function's argument: a request value, feature or view__feature.
  std::optional<std::string> InputName(const FeastOnDemandView& view, std::string_view column) const {
    for (const FeastField& field : view.request_fields) {
      if (field.name == column) return std::string(column);
    }
    for (const FeastProjection& input : view.inputs) {
      const ViewPiece& made = views_.at(input.view);
      std::string_view feature = column;
      const bool is_full = column.starts_with(input.view + "__");
      if (is_full) feature.remove_prefix(input.view.size() + 2);
      const auto found = made.features.find(std::string(feature));
      if (found != made.features.end()) return made.piece->name + "." + found->second;
    }
    return std::nullopt;
  }

  void AddService(const FeastService& service) {
    if (!IsOurs(service.header)) return;
    const std::string title = TitleOf(ObjectKind::kFeatureService, service.header.name);
    Piece piece{ObjectKind::kFeatureService, {}, {}, {}};
    std::string entries;
    for (const FeastProjection& entry : service.entries) {
      const auto found = views_.find(entry.view);
      if (found == views_.end()) {
        Note(title, "goes without the features of '" + entry.view + "', which is left out");
        continue;
      }
      entries += EntryText(entry, found->second, title);
      piece.needs.push_back(found->second.piece);
    }
    if (entries.empty()) return Note(title, "nothing of it is left", true);
    const auto name = NameFor(ObjectKind::kFeatureService, service.header.name);
    if (!name) return;
    piece.name = *name;
    PieceWriter out(*name);
    out.Header(service.header);
    out.Line("    features:");
    piece.text = out.text() + entries;
    Keep(std::move(piece), service.header.name);
  }

  std::string EntryText(const FeastProjection& entry, const ViewPiece& view, const std::string& title) {
    std::string features;
    for (const FeastField& feature : entry.features) {
      const auto found = view.features.find(feature.name);
      if (found != view.features.end()) features += (features.empty() ? "" : ", ") + found->second;
    }
    std::string text = "      - {view: " + view.piece->name;
    if (!features.empty()) text += ", features: [" + features + "]";
    const bool is_renamed = !entry.join_keys.empty() || (!entry.alias.empty() && entry.alias != entry.view);
    if (is_renamed && !view.is_on_demand) {
      const std::string alias = AllowedName(entry.alias.empty() ? entry.view : entry.alias);
      text += ", alias: " + alias;
      if (!entry.join_keys.empty()) text += ", join_keys: " + PieceWriter::Map(entry.join_keys);
      Note(title, "the features of '" + alias + "' are always named " + alias + "__feature");
    }
    return text + "}\n";
  }

  const FeastRegistry& registry_;
  const std::string project_;
  FeastDefinitions definitions_;
  std::vector<std::unique_ptr<Piece>> kept_;
  std::set<std::pair<ObjectKind, std::string>> names_;
  std::map<std::string, EntityPiece> entities_;  // by Feast's names, as all below
  std::map<std::string, const Piece*> sources_;
  std::map<std::string, ViewPiece> views_;
};

std::set<std::string> ProjectsOf(const FeastRegistry& registry) {
  std::set<std::string> projects;
  const auto add = [&](const FeastHeader& header) {
    if (!header.project.empty()) projects.insert(header.project);
  };
  for (const FeastEntity& entity : registry.entities) add(entity.header);
  for (const FeastView& view : registry.views) add(view.header);
  for (const FeastOnDemandView& view : registry.on_demand_views) add(view.header);
  for (const FeastService& service : registry.services) add(service.header);
  return projects;
}

}  // namespace

Result<FeastDefinitions> ConvertFeastRegistry(const FeastRegistry& registry, const std::string& project) {
  const std::set<std::string> projects = ProjectsOf(registry);
  std::string named;
  for (const std::string& one : projects) named += (named.empty() ? "" : ", ") + one;
  if (project.empty() && projects.size() > 1) {
    return Status(Reason::kUsage, "the registry holds several projects: " + named, "name one with --project");
  }
  if (!project.empty() && !projects.contains(project)) {
    return Status(Reason::kUnknownObject, "the registry holds no project '" + project + "'", "it holds: " + named);
  }
  const std::string chosen = !project.empty() ? project : projects.empty() ? "" : *projects.begin();
  return Conversion(registry, chosen).Run();
}

}  // namespace larder
