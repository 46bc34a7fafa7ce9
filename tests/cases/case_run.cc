#include "tests/cases/case_run.h"

#include <arrow/table.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "tests/cases/case_table.h"
#include "tests/cases/online_answer.h"

namespace larder::cases {
namespace {

constexpr std::string_view kConfig = "project: cases\n";
constexpr std::int64_t kRowGroupRows = 1024;

Status Different(std::string message) { return Status(Reason::kInvalidData, std::move(message)); }

std::string PathIn(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  return path;
}

Status WriteText(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return file.good() ? Status() : Status(Reason::kIoError, "cannot write: " + path);
}

Status PutTable(const Block& block, const std::string& folder) {
  constexpr std::string_view kRowGroups = "row_groups=";
  std::int64_t row_group_rows = kRowGroupRows;
  for (std::size_t i = 1; i < block.arguments.size(); ++i) {
    if (!block.arguments[i].starts_with(kRowGroups)) return Different("unknown option: " + block.arguments[i]);
    row_group_rows = std::stoll(block.arguments[i].substr(kRowGroups.size()));
  }
  LARDER_ASSIGN_OR_RETURN(const TextTable text, ReadTextTable(block.body));
  LARDER_ASSIGN_OR_RETURN(const auto table, MakeTable(text));
  return WriteTable(*table, PathIn(folder, block.arguments.front()), row_group_rows);
}

// The expectations of commands that print text.
Status CheckText(const Block& block, const std::string& text) {
  LARDER_ASSIGN_OR_RETURN(const auto expectations, ReadExpectations(block.body));
  for (const auto& [key, value] : expectations) {
    const bool found = text.find(value) != std::string::npos;
    if (key != "shows" && key != "hides") return Different("unknown expectation: " + key);
    if (found != (key == "shows")) return Different("expected that it " + key + " '" + value + "'; got:\n" + text);
  }
  return {};
}

Status CheckRun(const Block& block, const CaseCommand& command, const CaseOutcome& outcome) {
  if (outcome.reason != Reason::kOk) {
    return Different("failed with " + std::string(Describe(outcome.reason).name) + ": " + outcome.message);
  }
  if (!command.wants_table && !command.wants_answer) return CheckText(block, outcome.text);
  LARDER_ASSIGN_OR_RETURN(const TextTable text, ReadTextTable(block.body));
  std::optional<std::string> difference;
  if (command.wants_table) {
    LARDER_ASSIGN_OR_RETURN(const auto expected, MakeTable(text));
    difference = Difference(*expected, *outcome.table);
  } else {
    LARDER_ASSIGN_OR_RETURN(difference, OnlineDifference(text, outcome.answer));
  }
  return difference ? Different(*difference) : Status();
}

Status CheckFail(const Block& block, const CaseOutcome& outcome) {
  if (outcome.reason == Reason::kOk) return Different("expected a failure, and it succeeded");
  LARDER_ASSIGN_OR_RETURN(const auto expectations, ReadExpectations(block.body));
  if (expectations.empty()) return Different("a failure needs its reason: " + outcome.message);
  for (const auto& [key, value] : expectations) {
    if (key == "reason") {
      const std::string_view got = Describe(outcome.reason).name;
      if (got != value) return Different("expected " + value + "; got " + std::string(got) + ": " + outcome.message);
    } else if (key == "message") {
      if (outcome.message.find(value) == std::string::npos) {
        return Different("expected a message with '" + value + "'; got: " + outcome.message);
      }
    } else {
      return Different("unknown expectation: " + key);
    }
  }
  return {};
}

Status RunCommand(const Block& block, CaseDriver& driver) {
  CaseCommand command{block.arguments, false, false, block.kind == BlockKind::kFail};
  // A body that begins with a head of columns is a table; other bodies are about the text that is printed.
  const bool is_table = !block.body.empty() && !block.body.starts_with("shows:") && !block.body.starts_with("hides:");
  if (is_table && !command.must_fail) {
    command.wants_table = command.arguments.front() == "historical";
    command.wants_answer = command.arguments.front() == "online";
  }
  LARDER_ASSIGN_OR_RETURN(const CaseOutcome outcome, driver.Run(command));
  return block.kind == BlockKind::kFail ? CheckFail(block, outcome) : CheckRun(block, command, outcome);
}

Status RunBlock(const Block& block, const std::string& folder, CaseDriver& driver) {
  switch (block.kind) {
    case BlockKind::kTable:
      return PutTable(block, folder);
    case BlockKind::kFile:
      return WriteText(PathIn(folder, block.arguments.front()), block.body);
    case BlockKind::kRemove: {
      std::error_code error;
      std::filesystem::remove_all(folder + "/" + block.arguments.front(), error);
      return error ? Status(Reason::kIoError, error.message()) : Status();
    }
    case BlockKind::kRun:
    case BlockKind::kFail:
      return RunCommand(block, driver);
  }
  return Different("an unknown kind of block");
}

}  // namespace

Status RunCase(const Case& to_run, const std::string& folder, CaseDriver& driver) {
  LARDER_RETURN_IF_ERROR(WriteText(PathIn(folder, "larder.yaml"), kConfig));
  std::error_code ignored;
  std::filesystem::create_directories(folder + "/features", ignored);
  for (const Block& block : to_run.blocks) {
    const Status status = RunBlock(block, folder, driver);
    if (!status.ok()) return status.WithContext("line " + std::to_string(block.line));
  }
  return {};
}

}  // namespace larder::cases
