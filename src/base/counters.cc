#include "base/counters.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <variant>

#include "base/check.h"
#include "text/number_text.h"

namespace larder {
namespace {

using AnyMetric = std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>, std::unique_ptr<Histogram>>;

constexpr std::array<std::string_view, 3> kKindNames = {"counter", "gauge", "histogram"};  // in the variant's order

void AppendEscapedLabel(std::string_view value, std::string& out) {
  for (const char character : value) {
    switch (character) {
      case '\\':
        out += "\\\\";
        break;
      case '"':
        out += "\\\"";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        out += character;
    }
  }
}

/// Returns `name="value",name="value"`.
std::string LabelsText(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text.append(name).append("=\"");
    AppendEscapedLabel(value, text);
    text += '"';
  }
  return text;
}

void AppendValue(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    AppendFloat64(value, out);
  }
}

/// Names one line of the text: the metric, what is added to its name, and its labels.
struct Series {
  std::string_view name;
  std::string_view suffix;
  const std::string& labels;
};

void AppendSeries(const Series& series, std::string& out, std::string_view bucket = {}) {
  out.append(series.name).append(series.suffix);
  if (!series.labels.empty() || !bucket.empty()) {
    out.append("{").append(series.labels);
    if (!series.labels.empty() && !bucket.empty()) out += ',';
    if (!bucket.empty()) out.append("le=\"").append(bucket).append("\"");
    out += '}';
  }
  out += ' ';
}

void AppendHistogram(std::string_view name, const std::string& labels, const Histogram& histogram, std::string& out) {
  std::uint64_t count = 0;
  const std::span<const double> bounds = histogram.upper_bounds();
  for (std::size_t bucket = 0; bucket <= bounds.size(); ++bucket) {
    count += histogram.bucket_count(bucket);
    AppendSeries({name, "_bucket", labels}, out, bucket < bounds.size() ? FormatFloat64(bounds[bucket]) : "+Inf");
    AppendUnsigned(count, out);
    out += '\n';
  }
  AppendSeries({name, "_sum", labels}, out);
  AppendValue(histogram.sum(), out);
  out += '\n';
  AppendSeries({name, "_count", labels}, out);
  AppendUnsigned(count, out);
  out += '\n';
}

void AppendMetric(std::string_view name, const std::string& labels, const AnyMetric& metric, std::string& out) {
  if (const auto* const histogram = std::get_if<std::unique_ptr<Histogram>>(&metric)) {
    AppendHistogram(name, labels, **histogram, out);
    return;
  }
  AppendSeries({name, "", labels}, out);
  if (const auto* const counter = std::get_if<std::unique_ptr<Counter>>(&metric)) {
    AppendUnsigned((*counter)->value(), out);
  } else {
    AppendValue(std::get<std::unique_ptr<Gauge>>(metric)->value(), out);
  }
  out += '\n';
}

}  // namespace

Histogram::Histogram(std::span<const double> upper_bounds)
    : upper_bounds_(upper_bounds.begin(), upper_bounds.end()),
      counts_(std::make_unique<std::atomic<std::uint64_t>[]>(upper_bounds.size() + 1)) {
  LARDER_CHECK(std::is_sorted(upper_bounds_.begin(), upper_bounds_.end()));
}

void Histogram::Observe(double value) {
  if (std::isnan(value)) return;
  const auto bucket = std::lower_bound(upper_bounds_.begin(), upper_bounds_.end(), value) - upper_bounds_.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

/// Holds all metrics of one name.
struct Counters::Family {
  std::string description;
  std::size_t kind = 0;  ///< the variant's index
  std::map<std::string, AnyMetric> by_labels;
  AnyMetric overflow;  ///< counts what has no place of its own any more; made when first needed
};

Counters::Counters() = default;
Counters::~Counters() = default;

template <class Metric, class Make>
Metric& Counters::Get(const MetricName& name, const Labels& labels, const Make& make) {
  using Pointer = std::unique_ptr<Metric>;
  const std::size_t kind = AnyMetric(Pointer()).index();
  std::string labels_text = LabelsText(labels);
  const std::lock_guard lock(mutex_);
  auto family = families_.find(name.name);
  if (family == families_.end()) {
    family = families_.emplace(std::string(name.name), std::make_unique<Family>()).first;
    family->second->description = name.description;
    family->second->kind = kind;
  }
  LARDER_CHECK(family->second->kind == kind);
  auto& by_labels = family->second->by_labels;
  const auto found = by_labels.find(labels_text);
  if (found != by_labels.end()) return *std::get<Pointer>(found->second);
  if (series_count_ >= kMaxSeries) {
    AnyMetric& overflow = family->second->overflow;
    if (!std::holds_alternative<Pointer>(overflow) || std::get<Pointer>(overflow) == nullptr) overflow = make();
    return *std::get<Pointer>(overflow);
  }
  ++series_count_;
  return *std::get<Pointer>(by_labels.emplace(std::move(labels_text), make()).first->second);
}

Counter& Counters::GetCounter(const MetricName& name, const Labels& labels) {
  return Get<Counter>(name, labels, [] { return std::make_unique<Counter>(); });
}

Gauge& Counters::GetGauge(const MetricName& name, const Labels& labels) {
  return Get<Gauge>(name, labels, [] { return std::make_unique<Gauge>(); });
}

Histogram& Counters::GetHistogram(const MetricName& name, std::span<const double> upper_bounds, const Labels& labels) {
  return Get<Histogram>(name, labels, [&] { return std::make_unique<Histogram>(upper_bounds); });
}

std::string Counters::ToPrometheusText() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [name, family] : families_) {
    text.append("# HELP ").append(name).append(" ").append(family->description).append("\n");
    text.append("# TYPE ").append(name).append(" ").append(kKindNames[family->kind]).append("\n");
    for (const auto& [labels, metric] : family->by_labels) AppendMetric(name, labels, metric, text);
  }
  return text;
}

}  // namespace larder
