// larder bench: loads a server and tells how it answers.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/timestamp.h"
#include "cli/bench_tables.h"
#include "cli/commands.h"
#include "http/client.h"
#include "load/latency_plot.h"
#include "load/load_report.h"
#include "load/load_run.h"
#include "serving/error_body.h"

namespace larder {
namespace {

constexpr std::int64_t kMaxBodyFileBytes = std::int64_t{64} << 20;
constexpr std::int64_t kMaxRows = 1'000'000;

struct BenchArguments {
  std::string what;
  std::string url;
  std::string service;
  std::vector<std::string> features;
  bool full_names = false;
  std::vector<std::string> keys;
  std::string entities;
  std::string expected;
  std::string rows = "1";
  std::string zipf = "0";
  std::string misses = "0";
  std::string connections = "1";
  std::string pipelined = "1";
  std::string threads = "1";
  std::string rate = "0";
  std::string duration = "10s";
  std::string warm_up = "1s";
  std::string requests;
  std::string timeout = "10s";
  std::string seed = "1";
  std::string path = "/get-online-features";
  std::vector<std::string> bodies;
  std::string content_type = "application/json";
  std::string plot;
};

// Reads a number that fills the whole text.
template <class Number>
Status ReadNumber(const char* option, const std::string& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (is_number) return {};
  return Status(Reason::kUsage, std::string(option) + ": not a number it takes: '" + text + "'",
                "see larder bench --help");
}

Status ReadSpan(const char* option, const std::string& text, std::int64_t& span_ns) {
  const auto span_us = ParseDuration(text);
  if (!span_us.ok()) return span_us.status().WithContext(option);
  if (*span_us > kMicrosPerDay) return Status(Reason::kUsage, std::string(option) + ": " + text, "give at most 1d");
  span_ns = *span_us * 1000;
  return {};
}

// The server that --url names, or that of the project.
Result<http::Address> ServerOf(const BenchArguments& arguments, CommandContext& context) {
  if (!arguments.url.empty()) {
    std::string_view address = arguments.url;
    if (address.starts_with("http://")) address.remove_prefix(std::string_view("http://").size());
    if (!address.starts_with("unix:") && address.ends_with("/")) address.remove_suffix(1);
    return http::ParseAddress(address);
  }
  LARDER_ASSIGN_OR_RETURN(const std::string root, FindProjectRoot(context.platform.files, context.ProjectFolder()));
  LARDER_ASSIGN_OR_RETURN(
      const ProjectConfig config,
      ReadProjectConfig(context.platform.files, root, ProcessEnvironment(), DescribeMachine(context.platform.files)));
  http::Address address;
  address.host = config.server.host;
  address.port = static_cast<std::uint16_t>(config.server.port);
  return address;
}

Result<LoadRunOptions> OptionsOf(const BenchArguments& arguments, CommandContext& context) {
  LoadRunOptions options;
  LARDER_ASSIGN_OR_RETURN(options.address, ServerOf(arguments, context));
  options.path = arguments.path;
  options.content_type = arguments.content_type;
  LARDER_RETURN_IF_ERROR(ReadNumber("--connections", arguments.connections, options.connection_count));
  LARDER_RETURN_IF_ERROR(ReadNumber("--pipelined", arguments.pipelined, options.pipelined_count));
  LARDER_RETURN_IF_ERROR(ReadNumber("--threads", arguments.threads, options.thread_count));
  LARDER_RETURN_IF_ERROR(ReadNumber("--rate", arguments.rate, options.rate));
  LARDER_RETURN_IF_ERROR(ReadNumber("--rows", arguments.rows, options.row_count));
  LARDER_RETURN_IF_ERROR(ReadNumber("--seed", arguments.seed, options.seed));
  if (!arguments.requests.empty()) {
    LARDER_RETURN_IF_ERROR(ReadNumber("--requests", arguments.requests, options.max_request_count));
  }
  LARDER_RETURN_IF_ERROR(ReadSpan("--duration", arguments.duration, options.duration_ns));
  LARDER_RETURN_IF_ERROR(ReadSpan("--warm-up", arguments.warm_up, options.warm_up_ns));
  LARDER_RETURN_IF_ERROR(ReadSpan("--timeout", arguments.timeout, options.timeout_ns));
  if (options.row_count < 0 || options.row_count > kMaxRows) {
    return Status(Reason::kUsage, "--rows: " + arguments.rows, "give from 0 to " + std::to_string(kMaxRows));
  }
  const bool is_target = arguments.path.starts_with("/") &&
                         arguments.path.find_first_of(" \r\n") == std::string::npos &&
                         arguments.content_type.find_first_of("\r\n") == std::string::npos;
  if (!is_target) return Status(Reason::kUsage, "--path: '" + arguments.path + "'", "give a path such as /push");
  LARDER_RETURN_IF_ERROR(CheckLoadOptions(options));
  return options;
}

Status CheckSubject(const BenchArguments& arguments) {
  if (arguments.what != "serve") {
    return Status(Reason::kUsage, "larder bench: cannot load '" + arguments.what + "'", "write larder bench serve");
  }
  const bool reads = !arguments.service.empty() || !arguments.features.empty();
  if (reads == !arguments.bodies.empty() || (!arguments.service.empty() && !arguments.features.empty())) {
    return Status(Reason::kUsage, "larder bench serve: say what to ask for",
                  "give --features REF... or --service NAME; or --path and --body FILE");
  }
  const bool has_keys = !arguments.keys.empty() || !arguments.entities.empty();
  if (reads != has_keys || (!arguments.keys.empty() && !arguments.entities.empty())) {
    return Status(Reason::kUsage, "larder bench serve: say for which keys",
                  "give --key NAME=FIRST..LAST for each join key, or --entities FILE");
  }
  if (!reads && !arguments.expected.empty()) {
    return Status(Reason::kUsage, "larder bench serve: --expected is for reads of features", "leave it out");
  }
  return {};
}

std::vector<std::string> SplitByCommas(const std::vector<std::string>& texts) {
  std::vector<std::string> parts;
  for (const std::string& text : texts) {
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      if (end > begin) parts.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return parts;
}

Result<std::unique_ptr<RequestBodies>> ReadsOf(const BenchArguments& arguments, CommandContext& context,
                                               std::int64_t row_count, std::int64_t& key_count) {
  ReadBodiesOptions options;
  options.features = SplitByCommas(arguments.features);
  options.service = arguments.service;
  options.full_names = arguments.full_names;
  options.row_count = row_count;
  for (const std::string& key : arguments.keys) {
    LARDER_ASSIGN_OR_RETURN(KeyColumn column, ParseKeyColumn(key));
    options.columns.push_back(std::move(column));
  }
  KeyChoiceOptions choice;
  LARDER_RETURN_IF_ERROR(ReadNumber("--zipf", arguments.zipf, choice.zipf_exponent));
  LARDER_RETURN_IF_ERROR(ReadNumber("--misses", arguments.misses, choice.miss_share));
  if (!arguments.entities.empty()) {
    LARDER_ASSIGN_OR_RETURN(options.columns,
                            ReadKeyColumns(context.reading.files, context.FilePath(arguments.entities)));
    if (choice.miss_share > 0) {
      return Status(Reason::kUsage, "--misses needs keys that are a range", "give --key NAME=FIRST..LAST");
    }
  }
  key_count = 0;
  for (const KeyColumn& column : options.columns) key_count = std::max(key_count, column.key_count);
  choice.key_count = key_count;
  LARDER_ASSIGN_OR_RETURN(const KeyChoice chosen, KeyChoice::Of(choice));
  return NewReadBodies(std::move(options), chosen);
}

Result<std::unique_ptr<RequestBodies>> FilesOf(const BenchArguments& arguments, CommandContext& context) {
  std::vector<std::string> bodies;
  std::int64_t left_bytes = kMaxBodyFileBytes;
  for (const std::string& file : arguments.bodies) {
    LARDER_ASSIGN_OR_RETURN(std::string body, ReadWholeFile(context.reading.files, context.FilePath(file), left_bytes));
    left_bytes -= static_cast<std::int64_t>(body.size());
    bodies.push_back(std::move(body));
  }
  return NewFixedBodies(std::move(bodies));
}

// Asks once, so that a mistake is told before anything is measured.
Status AskOnce(const LoadContext& load) {
  Random random(load.options.seed);
  std::string body;
  std::vector<std::int64_t> keys;
  load.bodies.Append(0, random, body, keys);
  http::ClientOptions limits;
  limits.response_timeout_us = load.options.timeout_ns / 1000;
  limits.max_response_bytes = load.options.max_response_bytes;
  http::Client client(load.options.address, load.clock, limits);
  http::ClientRequest request;
  request.method = "POST";
  request.target = load.options.path;
  request.content_type = load.options.content_type;
  request.body = body;
  LARDER_ASSIGN_OR_RETURN(const http::ClientResponse response, client.Send(request));
  if (response.status != 200) return ParseErrorBody(response.status, response.body);
  if (load.expected == nullptr) return {};
  return AnswerCheck(*load.expected).Compare(response.body, keys);
}

Status RunBench(const BenchArguments& arguments, CommandContext& context) {
  LARDER_RETURN_IF_ERROR(CheckSubject(arguments));
  LARDER_ASSIGN_OR_RETURN(const LoadRunOptions options, OptionsOf(arguments, context));
  std::int64_t key_count = 0;
  LARDER_ASSIGN_OR_RETURN(const auto bodies, arguments.bodies.empty()
                                                 ? ReadsOf(arguments, context, options.row_count, key_count)
                                                 : FilesOf(arguments, context));
  ExpectedValues expected;
  if (!arguments.expected.empty()) {
    LARDER_ASSIGN_OR_RETURN(expected, ReadExpectedValues(context.reading.files, context.FilePath(arguments.expected)));
    if (expected.key_count != key_count) {
      return Status(
          Reason::kUnequalLists,
          "--expected has " + std::to_string(expected.key_count) + " rows for " + std::to_string(key_count) + " keys",
          "give one row for each key, in the order of the keys");
    }
  }
  const LoadContext load{options, *bodies, arguments.expected.empty() ? nullptr : &expected, context.platform.clock,
                         context.cancellation};
  LARDER_RETURN_IF_ERROR(AskOnce(load));
  LARDER_ASSIGN_OR_RETURN(const LoadMeasurement measured, RunLoad(load));
  context.Print(context.flags.json ? LoadReportJson(options, measured) : LoadReportText(options, measured));
  if (!arguments.plot.empty()) {
    LARDER_RETURN_IF_ERROR(WriteFileAtomically(context.platform.files, context.FilePath(arguments.plot),
                                               LatencyPlot("Latency of " + options.path, measured.latencies)));
  }
  if (context.cancellation.cancelled()) return Status(Reason::kInterrupted, "interrupted");
  return LoadOutcome(measured);
}

void DeclareSubject(ArgumentList& arguments, BenchArguments& values) {
  arguments.Positional("WHAT", values.what, true, "serve: a running server");
  arguments.Option("--url", values.url, "URL", "http://HOST:PORT or unix:PATH; default: server.listen of the project");
  arguments.Option("--service", values.service, "NAME", "Ask for a feature service");
  arguments.Options("--features", values.features, "REF", "Ask for view:feature or view; by commas");
  arguments.Flag("--full-names", values.full_names, "Ask for names view__feature");
  arguments.Options("--key", values.keys, "NAME=RANGE", "A join key: id=0..999999, or texts: user=u{0..999}");
  arguments.Option("--entities", values.entities, "FILE", "Keys and request values from a table, in place of --key");
  arguments.Option("--expected", values.expected, "FILE", "Compare every answer: features of key 0, 1, ... by row");
  arguments.Option("--rows", values.rows, "N", "Rows of a request; default 1");
  arguments.Option("--zipf", values.zipf, "S", "Ask for few keys often: weight rank^-S; default: all alike");
  arguments.Option("--misses", values.misses, "SHARE", "Share of keys behind the range, which do not exist");
  arguments.Options("--body", values.bodies, "FILE", "Send these bodies in turn, in place of reads");
  arguments.Option("--path", values.path, "PATH", "Where to send; default /get-online-features");
  arguments.Option("--content-type", values.content_type, "TYPE", "Of the bodies; default application/json");
}

}  // namespace

CommandRun DeclareBench(ArgumentList& arguments) {
  auto values = std::make_shared<BenchArguments>();
  DeclareSubject(arguments, *values);
  arguments.Option("--connections", values->connections, "N", "Default 1");
  arguments.Option("--pipelined", values->pipelined, "N", "Requests that wait on one connection; default 1");
  arguments.Option("--rate", values->rate, "R", "Open loop: R requests a second, whatever becomes of them");
  arguments.Option("--duration", values->duration, "D", "Default 10s");
  arguments.Option("--warm-up", values->warm_up, "D", "Time before that, not measured; default 1s");
  arguments.Option("--requests", values->requests, "N", "Stop after N measured requests");
  arguments.Option("--timeout", values->timeout, "D", "An answer that takes longer does not count; default 10s");
  arguments.Option("--threads", values->threads, "N", "Threads that send; default 1");
  arguments.Option("--seed", values->seed, "N", "Of the choice of keys; default 1");
  arguments.Option("--plot", values->plot, "FILE", "Write a picture of the latencies (SVG)");
  return [values](CommandContext& context) { return RunBench(*values, context); };
}

}  // namespace larder
