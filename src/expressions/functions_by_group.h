// The parts of the function table; each stands with its kernels in functions_*.cc.
#pragma once

#include <vector>

#include "expressions/function_table.h"

namespace larder {

/// Returns the rows of one part.
std::vector<FunctionRow> OperatorFunctions();
std::vector<FunctionRow> ConditionalFunctions();
std::vector<FunctionRow> MathFunctions();
std::vector<FunctionRow> StringFunctions();
std::vector<FunctionRow> TextPartFunctions();
std::vector<FunctionRow> PatternFunctions();
std::vector<FunctionRow> DurationFunctions();
std::vector<FunctionRow> CalendarFunctions();
std::vector<FunctionRow> TimeFunctions();
std::vector<FunctionRow> ListFunctions();
std::vector<FunctionRow> VectorFunctions();
std::vector<FunctionRow> HashFunctions();

}  // namespace larder
