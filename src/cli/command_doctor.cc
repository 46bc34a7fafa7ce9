// larder doctor: is the installation sound, and the project with it?
#include <sys/statvfs.h>

#include <arrow/config.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "cli/author.h"
#include "cli/commands.h"
#include "cli/symbol_check.h"
#include "retrieval/apply.h"
#include "serving/api_session.h"
#include "text/json_writer.h"

namespace larder {
namespace {

// One check: its name, what was seen, whether it is well.
struct Finding {
  std::string name;
  std::string seen;
  Status status;
};

// The bits of functions that come from the C library and may differ between machines in the last one.
std::string MathFingerprint() {
  std::string bits;
  for (int i = 1; i <= 1000; ++i) {
    const double x = 0.013 * i;
    for (const double value : {std::exp(x), std::log(x), std::pow(x, 1.7), std::sin(x), std::cos(x), std::atan(x)}) {
      const auto word = std::bit_cast<std::uint64_t>(value);
      bits.append(reinterpret_cast<const char*>(&word), sizeof word);
    }
  }
  char text[24];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(Hash64(bits)));
  return text;
}

std::string FreeSpace(const std::string& path) {
  struct statvfs space {};
  if (statvfs(path.c_str(), &space) != 0) return "unknown";
  return FormatByteSize(static_cast<std::int64_t>(space.f_bavail * space.f_frsize) >> 20 << 20);
}

std::vector<Finding> CheckInstallation() {
  return {{"version", LARDER_VERSION, {}},
          {"arrow", std::string(arrow::GetBuildInfo().version_string), {}},
          {"symbols", "OpenSSL and simdjson answer from the system's libraries", CheckSymbols()},
          {"math", "fingerprint " + MathFingerprint(), {}}};
}

Finding CheckStore(Project& project) {
  const auto session = ApiSession::Open(project);
  if (!session.ok()) return {"online store", project.config().online_store.path, session.status()};
  const auto health = (*session)->Call({"GET", "/health"}, {});
  std::string seen = project.config().online_store.path;
  if ((*session)->is_remote()) seen += ", owned by a running server";
  return {"online store", seen, health.status()};
}

void CheckProject(const CommandContext& context, std::vector<Finding>& findings) {
  const auto project = context.OpenProjectToRead();
  if (!project.ok()) {
    findings.push_back({"project", context.ProjectFolder(), project.status()});
    return;
  }
  const ProjectConfig& config = (*project)->config();
  findings.push_back({"project", config.project + " in " + config.root + ", free space " + FreeSpace(config.root), {}});
  const auto snapshot = (*project)->Snapshot();
  findings.push_back({"registry", config.registry.path, snapshot.status()});
  const auto planned = PlanApply(**project, Author());
  std::string seen = "read without fault";
  if (planned.ok() && !planned->plan.empty()) seen += "; not applied yet: see larder plan";
  findings.push_back({"definitions", seen, planned.status()});
  findings.push_back(CheckStore(**project));
}

Status RunDoctor(CommandContext& context) {
  std::vector<Finding> findings = CheckInstallation();
  CheckProject(context, findings);
  LARDER_RETURN_IF_ERROR(context.cancellation.Check());
  std::string text;
  std::string json_text;
  JsonWriter json(json_text);
  Status first;
  json.BeginArray();
  for (const Finding& finding : findings) {
    // Without a project the installation can be sound all the same.
    const bool is_well = finding.status.ok() || finding.status.reason() == Reason::kNoProject;
    if (!is_well && first.ok()) first = finding.status;
    std::string name = finding.name;
    name.resize(14, ' ');
    text += (is_well ? "ok    " : "FAIL  ") + name + (finding.status.ok() ? finding.seen : finding.status.ToString()) +
            "\n";
    json.BeginObject();
    json.StringMember("check", finding.name);
    json.BoolMember("ok", is_well);
    json.StringMember("seen", finding.status.ok() ? finding.seen : finding.status.ToString());
    json.EndObject();
  }
  json.EndArray();
  context.Print(context.flags.json ? json_text + "\n" : text);
  return first;
}

}  // namespace

CommandRun DeclareDoctor(ArgumentList& /*arguments*/) { return RunDoctor; }

}  // namespace larder
