// larder plan and larder apply: definition files to the registry.
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>

#include "cli/author.h"
#include "cli/commands.h"
#include "cli/owner_notice.h"
#include "retrieval/apply.h"

namespace larder {
namespace {

// Plans; what fails after Ctrl-C fails because of it, and is no fault of the definitions.
Result<PlannedApply> PlanInterruptibly(const CommandContext& context, Project& project) {
  auto planned = PlanApply(project, Author());
  if (!planned.ok()) LARDER_RETURN_IF_ERROR(context.cancellation.Check());
  return planned;
}

Status RunPlan(CommandContext& context) {
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProjectToRead());
  LARDER_ASSIGN_OR_RETURN(const PlannedApply planned, PlanInterruptibly(context, *project));
  context.Print(context.flags.json ? planned.plan.Json() + "\n" : planned.plan.Text());
  return {};
}

// Asks on the terminal before something is deleted; where nobody can be asked, it must have been said beforehand.
Result<bool> Confirmed(const CommandContext& context, const ApplyPlan& plan) {
  if (!plan.LosesSomething()) return true;
  if (isatty(STDIN_FILENO) != 1) {
    return Status(Reason::kUsage, "not applied: this deletes objects or stored rows, and there is no terminal to ask",
                  "look at the plan above; apply --yes does it");
  }
  std::fputs("This deletes objects or stored rows. Apply? [y/N] ", context.err);
  std::fflush(context.err);
  std::array<char, 16> answer{};
  if (std::fgets(answer.data(), answer.size(), stdin) == nullptr) return false;
  LARDER_RETURN_IF_ERROR(context.cancellation.Check());
  return answer[0] == 'y' || answer[0] == 'Y';
}

Status RunApply(bool yes, CommandContext& context) {
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProjectToRead());
  LARDER_ASSIGN_OR_RETURN(const PlannedApply planned, PlanInterruptibly(context, *project));
  context.Print(context.flags.json ? planned.plan.Json() + "\n" : planned.plan.Text());
  if (!yes) {
    LARDER_ASSIGN_OR_RETURN(const bool confirmed, Confirmed(context, planned.plan));
    if (!confirmed) return Status(Reason::kInterrupted, "not applied: nothing was changed");
  }
  LARDER_RETURN_IF_ERROR(context.cancellation.Check());
  LARDER_ASSIGN_OR_RETURN(const std::int64_t revision, CarryOut(*project, planned));
  LARDER_RETURN_IF_ERROR(TellOwnerOfApply(*project, {&context.cancellation, &context.progress}));
  context.Say("applied: the registry is at revision " + std::to_string(revision));
  return {};
}

}  // namespace

CommandRun DeclarePlan(ArgumentList& /*arguments*/) { return RunPlan; }

CommandRun DeclareApply(ArgumentList& arguments) {
  auto yes = std::make_shared<bool>(false);
  arguments.Flag("-y,--yes", *yes, "Do not ask before something is deleted (without a terminal: needed then)");
  return [yes](CommandContext& context) { return RunApply(*yes, context); };
}

}  // namespace larder
