// A program that is linked in the wrong order on purpose: the start-up check must notice. It prints what the check says.
#include <arrow/api.h>
#include <parquet/properties.h>

#include <cstdio>

#include "cli/symbol_check.h"

int main() {
  if (parquet::default_writer_properties() == nullptr) return 2;
  const larder::Status status = larder::CheckSymbols();
  std::puts(status.ToString().c_str());
  return 0;
}
