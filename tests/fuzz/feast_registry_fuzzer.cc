// Bytes that may be a Feast registry: never a crash, and what is made of them are definitions that read without faults.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "definitions/definition_files.h"
#include "feast/feast_definitions.h"
#include "feast/feast_registry.h"
#include "feast/python_body.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  larder::PythonNames names;
  names.column = [](std::string_view column) { return std::optional<std::string>(column); };
  names.may_return_values = true;
  static_cast<void>(larder::TranslatePythonBody(bytes, names).ok());
  const auto registry = larder::ParseFeastRegistry(bytes);
  if (!registry.ok()) return 0;
  const auto made = larder::ConvertFeastRegistry(*registry, "");
  if (!made.ok()) return 0;
  if (!larder::ParseDefinitions({{"made", made->yaml}}).ok()) std::abort();
  return 0;
}
