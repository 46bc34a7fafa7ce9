#include "text/base64.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(Base64Test, WritesTheVectorsOfTheRfc) {
  EXPECT_EQ(EncodeBase64(""), "");
  EXPECT_EQ(EncodeBase64("f"), "Zg==");
  EXPECT_EQ(EncodeBase64("fo"), "Zm8=");
  EXPECT_EQ(EncodeBase64("foo"), "Zm9v");
  EXPECT_EQ(EncodeBase64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(EncodeBase64(std::string("\xFB\xFF\x00", 3)), "+/8A");
}

TEST(Base64Test, ReadsWhatItWrites) {
  std::string bytes;
  for (int i = 0; i < 700; ++i) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
    bytes.push_back(static_cast<char>(i * 37));
  }
}

TEST(Base64Test, RefusesEverythingElse) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg===", "====", "=", "Z===", "Zm9v\n", "Zm 9", "Zm-_", "Zh==", "Zm9=", "Zg==Zg==", "Z=g="}) {
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace larder
