#include "cli/symbol_check.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <simdjson.h>

namespace larder {
namespace {

std::string_view FileName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Status CheckSymbolOrigin(const SymbolOrigin& origin) {
  Dl_info info{};
  // The C interface takes void*; it only compares the address.
  if (dladdr(const_cast<void*>(origin.address), &info) == 0 || info.dli_fname == nullptr) {
    return Status(Reason::kInternal, "no loaded library holds a function: " + std::string(origin.function));
  }
  if (!FileName(info.dli_fname).starts_with(origin.library_prefix)) {
    return Status(Reason::kInternal,
                  "a function comes from the wrong library: " + std::string(origin.function) + " from " +
                      info.dli_fname + ", expected " + std::string(origin.library_prefix),
                  "the program must be linked with OpenSSL and simdjson before Arrow (cmake/module.cmake)");
  }
  return Status();
}

Status CheckSymbols() {
  LARDER_RETURN_IF_ERROR(CheckSymbolOrigin({"EVP_sha256", reinterpret_cast<const void*>(&EVP_sha256), "libcrypto.so"}));
  return CheckSymbolOrigin({"simdjson::get_active_implementation",
                            reinterpret_cast<const void*>(&simdjson::get_active_implementation), "libsimdjson.so"});
}

}  // namespace larder
