#include "http/response_parser.h"

#include <gtest/gtest.h>

namespace larder::http {
namespace {

/// Holds a response as it was understood.
struct Reading {
  std::string text;
  Reason failure = Reason::kOk;

  friend bool operator==(const Reading&, const Reading&) = default;
};

Reading Read(std::string_view first, std::string_view second, bool is_head) {
  ResponseParser parser(/*max_body_bytes=*/20, is_head);
  bool is_whole = false;
  for (std::string_view bytes : {first, second}) {
    if (is_whole) break;
    const Result<bool> taken = parser.Take(bytes);
    if (!taken.ok()) return {"", taken.status().reason()};
    is_whole = *taken;
  }
  if (!is_whole) {
    const Status end = parser.TakeEnd();
    if (!end.ok()) return {"", end.reason()};
  }
  return {std::to_string(parser.status()) + " " + parser.body() + (parser.keep_alive() ? "" : " close"), Reason::kOk};
}

Reading ReadEveryWay(std::string_view text, bool is_head = false) {
  const Reading whole = Read(text, "", is_head);
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    EXPECT_EQ(Read(text.substr(0, cut), text.substr(cut), is_head), whole) << cut << " of " << text;
  }
  return whole;
}

TEST(ResponseParserTest, ReadsEveryKindOfBody) {
  EXPECT_EQ(ReadEveryWay("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab").text, "200 ab");
  EXPECT_EQ(ReadEveryWay("HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n").text, "404 ");
  EXPECT_EQ(ReadEveryWay("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n").text, "200 a");
  EXPECT_EQ(ReadEveryWay("HTTP/1.1 200 OK\r\n\r\nto the end").text, "200 to the end close");
  EXPECT_EQ(ReadEveryWay("HTTP/1.1 204 No Content\r\n\r\n").text, "204 ");
  EXPECT_EQ(ReadEveryWay("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", /*is_head=*/true).text, "200 ");
  EXPECT_EQ(ReadEveryWay("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na").text, "200 a");
  EXPECT_EQ(ReadEveryWay("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na").text, "200 a close");
  EXPECT_EQ(ReadEveryWay("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na").text, "200 a close");
}

TEST(ResponseParserTest, RefusesWhatIsNoResponse) {
  for (const char* text : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
                           "SSH-2.0\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 99\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nbad\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                           "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"}) {
    EXPECT_EQ(ReadEveryWay(text).failure, Reason::kUnavailable) << text;
  }
}

TEST(ResponseParserTest, TakesNoMoreThanItsLimit) {
  for (const char* text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n123456789012345678901",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n"}) {
    EXPECT_EQ(ReadEveryWay(text).failure, Reason::kLimitExceeded) << text;
  }
}

}  // namespace
}  // namespace larder::http
