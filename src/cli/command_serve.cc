// larder serve: the server.
#include <signal.h>

#include <atomic>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "serving/server.h"

namespace larder {
namespace {

struct ServeArguments {
  std::string listen;
  bool allow_now = false;
};

// A signal handler can reach only what is global.
std::atomic<bool> reload_wish{false};

extern "C" void OnHangup(int /*signal_number*/) { reload_wish.store(true); }

Status RunServe(const ServeArguments& arguments, CommandContext& context) {
  LARDER_ASSIGN_OR_RETURN(const std::string root, FindProjectRoot(context.platform.files, context.ProjectFolder()));
  LARDER_ASSIGN_OR_RETURN(ProjectConfig config,
                          ReadProjectConfig(context.platform.files, root, context.platform.environment,
                                            DescribeMachine(context.platform.files)));
  config.server.allow_now |= arguments.allow_now;
  ServeOptions options;
  options.listen.host = config.server.host;
  options.listen.port = static_cast<std::uint16_t>(config.server.port);
  if (!arguments.listen.empty()) {
    LARDER_ASSIGN_OR_RETURN(options.listen, http::ParseAddress(arguments.listen));
  }
  LARDER_ASSIGN_OR_RETURN(const auto project, OpenProject(context.platform, std::move(config)));
  options.stop = &context.cancellation;
  options.reload = &reload_wish;
  options.started = [&](const http::Address& address) {
    context.Say("serving http://" + address.ToString() + " (docs: /docs, metrics: /metrics); stop with Ctrl-C");
  };
  struct sigaction action = {};
  action.sa_handler = OnHangup;
  sigemptyset(&action.sa_mask);
  sigaction(SIGHUP, &action, nullptr);
  LARDER_RETURN_IF_ERROR(Serve(*project, options));
  context.Say("stopped");
  return {};
}

}  // namespace

CommandRun DeclareServe(ArgumentList& arguments) {
  auto values = std::make_shared<ServeArguments>();
  arguments.Option("--listen", values->listen, "HOST:PORT", "Where to listen; default: server.listen of larder.yaml");
  arguments.Flag("--allow-now", values->allow_now, "Let requests name the moment they ask about");
  return [values](CommandContext& context) { return RunServe(*values, context); };
}

}  // namespace larder
