// The one table of commands.
#pragma once

#include <span>

#include "cli/command.h"

namespace larder {

/// Returns every command, in the order of the help text. To add one: its declare function here, its row in commands.cc.
std::span<const CommandRow> AllCommands();

/// Declares the arguments of a command, and returns what runs it; so do all below.
CommandRun DeclareInit(ArgumentList& arguments);
CommandRun DeclarePlan(ArgumentList& arguments);
CommandRun DeclareApply(ArgumentList& arguments);
CommandRun DeclareList(ArgumentList& arguments);
CommandRun DeclareDescribe(ArgumentList& arguments);
CommandRun DeclareDelete(ArgumentList& arguments);
CommandRun DeclareVersions(ArgumentList& arguments);
CommandRun DeclareHistorical(ArgumentList& arguments);
CommandRun DeclareMaterialize(ArgumentList& arguments);
CommandRun DeclareOnline(ArgumentList& arguments);
CommandRun DeclarePush(ArgumentList& arguments);
CommandRun DeclareBackup(ArgumentList& arguments);
CommandRun DeclareRestore(ArgumentList& arguments);
CommandRun DeclareServe(ArgumentList& arguments);
CommandRun DeclareExplain(ArgumentList& arguments);
CommandRun DeclareImportFeast(ArgumentList& arguments);
CommandRun DeclareBench(ArgumentList& arguments);
CommandRun DeclareDoctor(ArgumentList& arguments);
CommandRun DeclareConfig(ArgumentList& arguments);
CommandRun DeclareVersion(ArgumentList& arguments);
CommandRun DeclareCompletion(ArgumentList& arguments);

}  // namespace larder
