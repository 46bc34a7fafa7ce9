#include "load/load_report.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "text/json_writer.h"

namespace larder {
namespace {

struct NamedPercentile {
  std::string_view name;
  double share;
};

constexpr std::array kPercentiles = {NamedPercentile{"p50", 0.5},        NamedPercentile{"p90", 0.9},
                                     NamedPercentile{"p95", 0.95},       NamedPercentile{"p99", 0.99},
                                     NamedPercentile{"p99.9", 0.999},    NamedPercentile{"p99.99", 0.9999},
                                     NamedPercentile{"p99.999", 0.99999}};
constexpr double kBusyShare = 0.9;

double Us(std::int64_t span_ns) { return static_cast<double>(span_ns) / 1e3; }

std::string Number(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

double PerSecond(double count, const LoadMeasurement& measured) {
  return measured.seconds() > 0 ? count / measured.seconds() : 0;
}

std::string_view ModeOf(const LoadRunOptions& options) { return options.rate > 0 ? "open" : "closed"; }

void WriteNumber(JsonWriter& json, std::string_view name, double value, int digits) {
  json.Key(name);
  json.Raw(Number(value, digits));
}

void WriteLatencies(JsonWriter& json, std::string_view name, const LatencyHistogram& spans) {
  json.Key(name);
  json.BeginObject();
  WriteNumber(json, "min", Us(spans.least_ns()), 3);
  WriteNumber(json, "mean", spans.MeanNs() / 1e3, 3);
  for (const NamedPercentile& percentile : kPercentiles) {
    WriteNumber(json, percentile.name, Us(spans.PercentileNs(percentile.share)), 3);
  }
  WriteNumber(json, "max", Us(spans.greatest_ns()), 3);
  json.EndObject();
}

void WriteOptions(JsonWriter& json, const LoadRunOptions& options) {
  json.StringMember("mode", ModeOf(options));
  json.StringMember("server", options.address.ToString());
  json.StringMember("path", options.path);
  json.IntegerMember("connections", options.connection_count);
  json.IntegerMember("pipelined", options.pipelined_count);
  json.IntegerMember("threads", options.thread_count);
  json.IntegerMember("rows", options.row_count);
  WriteNumber(json, "rate", options.rate, 3);
  json.Key("seed");
  json.Unsigned(options.seed);
}

}  // namespace

std::string LoadReportText(const LoadRunOptions& options, const LoadMeasurement& measured) {
  const auto count = static_cast<double>(measured.answer_count);
  std::string text = std::string(ModeOf(options)) + " loop, " + std::to_string(options.connection_count) +
                     " connections, " + std::to_string(options.pipelined_count) + " requests on each";
  if (options.rate > 0) text += ", " + Number(options.rate, 0) + " requests/s wanted";
  text += "\n" + std::to_string(measured.answer_count) + " answers in " + Number(measured.seconds(), 2) +
          " s: " + Number(PerSecond(count, measured), 0) + " requests/s, " +
          Number(PerSecond(count * static_cast<double>(options.row_count), measured), 0) + " rows/s, " +
          Number(PerSecond(static_cast<double>(measured.body_bytes), measured) / 1e6, 1) + " MB/s of answers\n";
  text += "latency, us: min " + Number(Us(measured.latencies.least_ns()), 1);
  for (const NamedPercentile& percentile : kPercentiles) {
    // A percentile of fewer spans than it tells apart is only the greatest once more.
    if (static_cast<double>(measured.latencies.count()) * (1 - percentile.share) < 0.999) continue;
    text +=
        ", " + std::string(percentile.name) + " " + Number(Us(measured.latencies.PercentileNs(percentile.share)), 1);
  }
  text += ", max " + Number(Us(measured.latencies.greatest_ns()), 1) + "\n";
  if (options.rate > 0) {
    text += "sent late by, us: p50 " + Number(Us(measured.delays.PercentileNs(0.5)), 1) + ", p99 " +
            Number(Us(measured.delays.PercentileNs(0.99)), 1) + " (counted in the latency)\n";
  }
  if (measured.cpu_share > kBusyShare * options.thread_count) {
    text += "this program took " + Number(measured.cpu_share * 100, 0) +
            " % of a core: it may be what is measured; give it more --threads\n";
  }
  return text;
}

std::string LoadReportJson(const LoadRunOptions& options, const LoadMeasurement& measured) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  WriteOptions(json, options);
  WriteNumber(json, "seconds", measured.seconds(), 6);
  json.Key("answers");
  json.Unsigned(measured.answer_count);
  const auto count = static_cast<double>(measured.answer_count);
  WriteNumber(json, "requests_per_second", PerSecond(count, measured), 3);
  WriteNumber(json, "rows_per_second", PerSecond(count * static_cast<double>(options.row_count), measured), 3);
  json.Key("sent_bytes");
  json.Unsigned(measured.sent_bytes);
  json.Key("body_bytes");
  json.Unsigned(measured.body_bytes);
  json.Key("statuses");
  json.BeginObject();
  for (const auto& [status, answers] : measured.statuses) {
    json.Key(std::to_string(status));
    json.Unsigned(answers);
  }
  json.EndObject();
  json.Key("different");
  json.Unsigned(measured.different_count);
  json.Key("unanswered");
  json.Unsigned(measured.unanswered_count);
  json.Key("unsent");
  json.Unsigned(measured.unsent_count);
  if (!measured.first_fault.ok()) json.StringMember("first_fault", measured.first_fault.message());
  WriteNumber(json, "client_cpu_share", measured.cpu_share, 3);
  WriteLatencies(json, "latency_us", measured.latencies);
  WriteLatencies(json, "sent_late_us", measured.delays);
  json.EndObject();
  return text + "\n";
}

Status LoadOutcome(const LoadMeasurement& measured) {
  if (measured.is_clean() && measured.answer_count > 0) return {};
  if (measured.answer_count == 0 && measured.unanswered_count == 0 && measured.unsent_count == 0) {
    return Status(Reason::kUnavailable, "nothing was measured: no request was due",
                  "give a longer --duration or a higher --rate");
  }
  std::uint64_t failed = 0;
  for (const auto& [status, count] : measured.statuses) failed += status == 200 ? 0 : count;
  std::string message = "not all requests were answered as they should have been: " + std::to_string(failed) +
                        " by another status than 200, " + std::to_string(measured.different_count) +
                        " by other values than expected, " + std::to_string(measured.unanswered_count) +
                        " not at all; " + std::to_string(measured.unsent_count) + " were due and not sent";
  if (!measured.first_fault.ok()) message += "; the first: " + std::string(measured.first_fault.message());
  return Status(
      Reason::kUnavailable, std::move(message),
      measured.first_fault.ok() ? "the rate is higher than these connections can carry" : "see the server's log");
}

}  // namespace larder
