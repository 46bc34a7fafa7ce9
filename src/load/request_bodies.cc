#include "load/request_bodies.h"

#include <charconv>
#include <optional>
#include <utility>

#include "text/json_writer.h"
#include "text/number_text.h"

namespace larder {
namespace {

std::optional<std::int64_t> WholeNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The JSON text of a string without its quotes.
std::string Escaped(std::string_view text) {
  std::string quoted;
  AppendJsonString(text, quoted);
  return quoted.substr(1, quoted.size() - 2);
}

class ReadBodies final : public RequestBodies {
 public:
  ReadBodies(ReadBodiesOptions options, KeyChoice choice) : options_(std::move(options)), choice_(choice) {
    tail_ = "}";
    if (!options_.service.empty()) {
      tail_ += R"(,"feature_service":)";
      AppendJsonString(options_.service, tail_);
    } else {
      tail_ += R"(,"features":[)";
      for (std::size_t i = 0; i < options_.features.size(); ++i) {
        if (i > 0) tail_ += ',';
        AppendJsonString(options_.features[i], tail_);
      }
      tail_ += ']';
    }
    tail_ += options_.full_names ? R"(,"full_feature_names":true})" : R"(,"full_feature_names":false})";
    for (const KeyColumn& column : options_.columns) {
      heads_.push_back(heads_.empty() ? R"({"entities":{)" : ",");
      AppendJsonString(column.name, heads_.back());
      heads_.back() += ":[";
    }
  }

  void Append(std::uint64_t /*number*/, Random& random, std::string& body,
              std::vector<std::int64_t>& keys) const override {
    const std::size_t first_row = keys.size();
    for (std::int64_t row = 0; row < options_.row_count; ++row) keys.push_back(choice_.Next(random));
    for (std::size_t i = 0; i < options_.columns.size(); ++i) {
      body += heads_[i];
      for (std::size_t row = first_row; row < keys.size(); ++row) {
        if (row > first_row) body += ',';
        AppendKey(options_.columns[i], keys[row], body);
      }
      body += ']';
    }
    body += tail_;
  }

 private:
  void AppendKey(const KeyColumn& column, std::int64_t key, std::string& body) const {
    if (!column.values.empty()) {
      body += column.values[static_cast<std::size_t>(key) % column.values.size()];
      return;
    }
    // Keys that do not exist lie behind the column's last.
    const std::int64_t behind = key < choice_.key_count() ? 0 : column.key_count;
    const std::int64_t number = column.first + behind + key % column.key_count;
    if (column.is_text) body += '"';
    body += column.before;
    AppendInteger(number, body);
    body += column.after;
    if (column.is_text) body += '"';
  }

  ReadBodiesOptions options_;
  KeyChoice choice_;
  std::vector<std::string> heads_;
  std::string tail_;
};

class FixedBodies final : public RequestBodies {
 public:
  explicit FixedBodies(std::vector<std::string> bodies) : bodies_(std::move(bodies)) {}

  void Append(std::uint64_t number, Random& /*random*/, std::string& body,
              std::vector<std::int64_t>& /*keys*/) const override {
    body += bodies_[number % bodies_.size()];
  }

 private:
  std::vector<std::string> bodies_;
};

}  // namespace

Result<KeyColumn> ParseKeyColumn(std::string_view text) {
  const Status no_key(Reason::kUsage, "not a range of keys: '" + std::string(text) + "'",
                      "write it as --key id=0..999999, or --key user=u{0..999} for texts");
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return no_key;
  KeyColumn column;
  column.name = text.substr(0, equals);
  std::string_view range = text.substr(equals + 1);
  const std::size_t open = range.find('{');
  if (open != std::string_view::npos) {
    const std::size_t close = range.find('}', open);
    if (close == std::string_view::npos) return no_key;
    column.is_text = true;
    column.before = Escaped(range.substr(0, open));
    column.after = Escaped(range.substr(close + 1));
    range = range.substr(open + 1, close - open - 1);
  }
  const std::size_t dots = range.find("..");
  if (dots == std::string_view::npos) return no_key;
  const auto first = WholeNumber(range.substr(0, dots));
  const auto last = WholeNumber(range.substr(dots + 2));
  // Twice the count must fit: keys that do not exist are numbered behind the last.
  const bool is_range = first && last && *first <= *last && *first > -KeyChoice::kMaxKeys &&
                        *last - *first < KeyChoice::kMaxKeys && *last < INT64_MAX - KeyChoice::kMaxKeys;
  if (!is_range) return no_key;
  column.first = *first;
  column.key_count = *last - *first + 1;
  return column;
}

std::unique_ptr<RequestBodies> NewReadBodies(ReadBodiesOptions options, KeyChoice choice) {
  return std::make_unique<ReadBodies>(std::move(options), choice);
}

std::unique_ptr<RequestBodies> NewFixedBodies(std::vector<std::string> bodies) {
  return std::make_unique<FixedBodies>(std::move(bodies));
}

}  // namespace larder
