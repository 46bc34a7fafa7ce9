// The grammar of header fields (RFC 9110 section 5, RFC 9112 section 5), read strictly.
#pragma once

#include <optional>
#include <string_view>

#include "http/message.h"

namespace larder::http {

/// Returns whether the text is a token: one or more letters, digits and marks that need no quotes.
bool IsToken(std::string_view text);

/// Returns whether the text may stand in a field's value: visible characters, bytes from 0x80, spaces and tabs.
bool IsFieldText(std::string_view text);

/// Reads one line without its end: a name, a colon right after it, a value. None for anything else, also for a line
/// that goes on from the one before (obs-fold). The header points into the line.
std::optional<Header> ParseFieldLine(std::string_view line);

/// Returns whether a comma-separated list, such as a Connection field, holds the token, in any capitals.
bool ListHolds(std::string_view list, std::string_view token);

}  // namespace larder::http
