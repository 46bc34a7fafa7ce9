#include "http/address.h"

#include <gtest/gtest.h>

namespace larder::http {
namespace {

TEST(AddressTest, ReadsAndWrites) {
  for (const char* text : {"127.0.0.1:6566", "localhost:0", "[::1]:80", "unix:/a/b.sock", "a.b-c:65535"}) {
    const Result<Address> address = ParseAddress(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(address->ToString(), text);
  }
  EXPECT_EQ(ParseAddress("[::1]:80")->host, "::1");
  EXPECT_EQ(ParseAddress("[::1]:80")->port, 80);
  EXPECT_EQ(ParseAddress("unix:x")->kind, ListenerKind::kUnixSocket);
}

TEST(AddressTest, RefusesWhatIsNone) {
  for (const char* text : {"", "6566", ":6566", "localhost", "a:", "a:65536", "a:-1", "a:80x", "::1:80", "[]:80",
                           "unix:", "http://a:80", "a b:80", "[a:80"}) {
    EXPECT_EQ(ParseAddress(text).status().reason(), Reason::kUsage) << text;
  }
}

}  // namespace
}  // namespace larder::http
