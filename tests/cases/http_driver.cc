// Runs the commands of a case beside a running server: online reads over HTTP, all else as processes that find it.
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/file_system.h"
#include "http/client.h"
#include "tests/cases/case_driver.h"
#include "tests/cases/command_words.h"
#include "tests/cases/failure_json.h"
#include "tests/cases/process.h"

namespace larder::cases {
namespace {

constexpr int kStartWaits = 1200;
constexpr useconds_t kStartWaitUs = 50'000;

class HttpDriver final : public CaseDriver {
 public:
  HttpDriver(std::string program, std::string folder)
      : program_(std::move(program)),
        folder_(std::move(folder)),
        processes_(NewCommandLineDriver(program_, folder_)),
        clock_(NewSystemClock()),
        files_(NewPosixFileSystem()) {}

  ~HttpDriver() override {
    if (!server_) return;
    kill(*server_, SIGTERM);
    const Result<ProcessEnd> ignored = WaitForProcess(*server_, start_);
  }

  Result<CaseOutcome> Run(const CaseCommand& command) override {
    if (command.arguments.front() != "online") return processes_->Run(command);
    LARDER_RETURN_IF_ERROR(StartServer());
    const CommandWords words = ReadCommandWords(command.arguments);
    LARDER_ASSIGN_OR_RETURN(const std::string body, OnlineBody(words, *files_, folder_));
    http::Client client(address_, *clock_);
    http::ClientRequest request;
    request.method = "POST";
    request.target = "/get-online-features";
    request.body = body;
    LARDER_ASSIGN_OR_RETURN(const http::ClientResponse response, client.Send(request));
    CaseOutcome outcome;
    if (response.status == 200) {
      outcome.answer = response.body;
      return outcome;
    }
    LARDER_RETURN_IF_ERROR(ReadFailureJson(response.body, outcome));
    const ReasonRow& row = Describe(outcome.reason);
    if (response.status == row.http_status) return outcome;
    return Status(Reason::kInvalidData, "the HTTP status of " + std::string(row.name) + " is " +
                                            std::to_string(row.http_status) + ", not " +
                                            std::to_string(response.status));
  }

 private:
  Status StartServer() {
    if (server_) return {};
    std::error_code ignored;
    std::filesystem::create_directories(folder_ + "/.output", ignored);
    start_ = {{program_, "serve", "--listen", "127.0.0.1:0", "--allow-now"},
              folder_,
              folder_ + "/.output/serve.stdout",
              folder_ + "/.output/serve.stderr"};
    LARDER_ASSIGN_OR_RETURN(server_, StartProcess(start_));
    for (int wait = 0; wait < kStartWaits; ++wait) {
      const std::string said = ReadWholeFile(start_.err_path);
      constexpr std::string_view kSaid = "serving http://";
      const std::size_t begin = said.find(kSaid);
      const std::size_t end = begin == std::string::npos ? begin : said.find_first_of(" \n", begin + kSaid.size());
      if (end != std::string::npos) {
        const std::string text = said.substr(begin + kSaid.size(), end - begin - kSaid.size());
        LARDER_ASSIGN_OR_RETURN(address_, http::ParseAddress(text));
        return {};
      }
      usleep(kStartWaitUs);
    }
    return Status(Reason::kUnavailable, "the server did not start: " + ReadWholeFile(start_.err_path));
  }

  std::string program_;
  std::string folder_;
  std::unique_ptr<CaseDriver> processes_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<FileSystem> files_;
  ProcessStart start_;
  std::optional<pid_t> server_;
  http::Address address_;
};

}  // namespace

std::unique_ptr<CaseDriver> NewHttpDriver(std::string program, std::string folder) {
  return std::make_unique<HttpDriver>(std::move(program), std::move(folder));
}

}  // namespace larder::cases
