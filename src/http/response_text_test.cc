#include "http/response_text.h"

#include <gtest/gtest.h>

namespace larder::http {
namespace {

TEST(ResponseTextTest, WritesTheHead) {
  ResponseHead head;
  head.content_type = "text/plain";
  head.content_length = 12;
  head.date = "D";
  std::string text;
  AppendResponseHead(head, text);
  EXPECT_EQ(text, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\nDate: D\r\n\r\n");
}

TEST(ResponseTextTest, TellsWhatBecomesOfTheConnection) {
  ResponseHead head;
  head.status = 204;
  head.keep_alive = false;
  std::string text;
  AppendResponseHead(head, text);
  EXPECT_EQ(text, "HTTP/1.1 204 No Content\r\nDate: \r\nConnection: close\r\n\r\n");
  head.status = 599;
  head.keep_alive = true;
  head.minor_version = 0;
  text.clear();
  AppendResponseHead(head, text);
  EXPECT_EQ(text, "HTTP/1.1 599 Status\r\nContent-Length: 0\r\nDate: \r\nConnection: keep-alive\r\n\r\n");
}

TEST(ResponseTextTest, AFieldCannotBeginAnother) {
  ResponseHead head;
  const std::vector<std::pair<std::string, std::string>> headers = {{"Allow", "GET\r\nEvil: yes"}};
  head.headers = &headers;
  std::string text;
  AppendResponseHead(head, text);
  EXPECT_NE(text.find("\r\nAllow: GETEvil: yes\r\n"), std::string::npos);
}

TEST(HttpDateTest, IsTheOneOfTheRfc) {
  EXPECT_EQ(FormatHttpDate(784'111'777'000'000), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(FormatHttpDate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(FormatHttpDate(1'709'164'799'999'999), "Wed, 28 Feb 2024 23:59:59 GMT");
}

}  // namespace
}  // namespace larder::http
