// The guard against two libraries of the same name in one process: Debian's OpenSSL and simdjson, and libparquet's own.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace larder {

/// Names a function of a foreign library and the file that it must come from.
struct SymbolOrigin {
  std::string_view function;        ///< for the message, such as "EVP_sha256"
  const void* address = nullptr;    ///< what a call of it would jump to
  std::string_view library_prefix;  ///< how the file's name must begin, such as "libcrypto.so"
};

/// Returns ok when the function stands in a shared library whose file name begins with the prefix. Fails with kInternal
/// and names the file that answers instead. Costs a search of the loaded libraries, about a microsecond.
Status CheckSymbolOrigin(const SymbolOrigin& origin);

/// Checks that one function of OpenSSL and one of simdjson are those of the system's libraries and not those that
/// libparquet brings along, which are other versions: a call would then end in a crash or worse. Called once at the
/// start of the program. Fails with kInternal.
Status CheckSymbols();

}  // namespace larder
