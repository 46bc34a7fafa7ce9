// The text of a case: a project's files and the requests on it, each with what it must answer (docs/TESTING.md).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace larder::cases {

/// Names what a block of a case does.
enum class BlockKind {
  kTable,   ///< writes a table with typed columns to a file
  kFile,    ///< writes a text to a file, as it stands
  kRemove,  ///< removes a file
  kRun,     ///< runs a command that must succeed
  kFail,    ///< runs a command that must fail
};

/// Holds one block: what to do, and with which text.
struct Block {
  BlockKind kind = BlockKind::kFile;
  int line = 0;                        ///< of its first line in the case file, from 1
  std::vector<std::string> arguments;  ///< of a command; else the path and options such as row_groups=2
  std::string body;                    ///< the lines below, each with its line feed
};

/// Holds a whole case.
struct Case {
  std::string about;                 ///< what it shows: the comment at its top
  std::vector<std::string> drivers;  ///< the only ones that run it; empty: all
  std::vector<Block> blocks;         ///< in order

  /// Tells whether this driver runs the case.
  bool RunsWith(std::string_view driver) const;
};

/// Parses a case file. Fails with kInvalidFile and the line for a block of an unknown kind, a file without a
/// description, a block without its path or command, quotes that do not close, a case that runs nothing.
Result<Case> ParseCase(std::string_view text);

/// Splits a command line at blanks; single and double quotes hold a word together, a backslash inside double quotes
/// takes the next character as it is. Fails with kInvalidFile when a quote stays open.
Result<std::vector<std::string>> SplitWords(std::string_view line);

/// Returns the `key: value` lines of a body in order, without blanks around them. Empty lines and lines that begin with
/// # are left out. Fails with kInvalidFile for a line without a colon.
Result<std::vector<std::pair<std::string, std::string>>> ReadExpectations(std::string_view body);

}  // namespace larder::cases
