#include "cli/symbol_check.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/properties.h>

namespace larder {
namespace {

using ::testing::HasSubstr;

// This program holds what the real one holds, linked by the same function of cmake/module.cmake.
TEST(SymbolCheck, TheSystemsLibrariesAnswer) {
  ASSERT_GT(arrow::GetBuildInfo().version, 0);
  ASSERT_NE(parquet::default_writer_properties(), nullptr);
  const Status status = CheckSymbols();
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST(SymbolCheck, AFunctionOfAnotherLibraryIsNamedWithItsFile) {
  const Status status =
      CheckSymbolOrigin({"GetBuildInfo", reinterpret_cast<const void*>(&arrow::GetBuildInfo), "libcrypto.so"});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.reason(), Reason::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("GetBuildInfo from "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("libarrow.so"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("expected libcrypto.so"));
}

TEST(SymbolCheck, AnAddressOfNoLibraryFails) {
  const int on_the_stack = 0;
  EXPECT_FALSE(CheckSymbolOrigin({"nothing", &on_the_stack, "libcrypto.so"}).ok());
}

}  // namespace
}  // namespace larder
