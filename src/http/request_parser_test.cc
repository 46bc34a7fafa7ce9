#include "http/request_parser.h"

#include <gtest/gtest.h>

#include <functional>

namespace larder::http {
namespace {

constexpr FramingLimits kLimits{.max_header_bytes = 256, .max_header_count = 6, .max_body_bytes = 40};

/// Holds what a text of requests was understood as: each whole request on a line, then how it ended.
struct Reading {
  std::string requests;
  Reason failure = Reason::kOk;
  bool is_cut = false;  ///< a request had begun and was not whole

  friend bool operator==(const Reading&, const Reading&) = default;
};

void PrintTo(const Reading& reading, std::ostream* out) {
  *out << reading.requests << Describe(reading.failure).name << (reading.is_cut ? " cut" : "");
}

std::string TextOf(const Request& request) {
  std::string text = std::string(request.method) + " " + std::string(request.path);
  if (!request.query.empty()) text += "?" + std::string(request.query);
  for (const Header& header : request.headers) {
    text += "|" + std::string(header.name) + "=" + std::string(header.value);
  }
  return text + "|" + std::string(request.body) + (request.keep_alive ? "\n" : " close\n");
}

/// Gives the parser the pieces one by one.
Reading Read(const std::vector<std::string>& pieces) {
  RequestParser parser(kLimits);
  Reading reading;
  for (const std::string& piece : pieces) {
    // A copy that goes at once: what the parser keeps must be its own.
    const auto copy = std::make_unique<std::string>(piece);
    std::string_view bytes = *copy;
    while (!bytes.empty()) {
      const Result<bool> is_whole = parser.Take(bytes);
      if (!is_whole.ok()) {
        reading.failure = is_whole.status().reason();
        return reading;
      }
      if (!*is_whole) continue;
      reading.requests += TextOf(parser.request());
      parser.Reset();
    }
  }
  reading.is_cut = parser.has_begun();
  return reading;
}

/// Reads the text in one piece, in two pieces cut at every byte, and byte by byte: all must understand the same.
Reading ReadEveryWay(const std::string& text) {
  const Reading whole = Read({text});
  std::vector<std::string> bytes;
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    EXPECT_EQ(Read({text.substr(0, cut), text.substr(cut)}), whole) << "cut at " << cut << " of " << text;
    bytes.emplace_back(1, text[cut]);
  }
  EXPECT_EQ(Read(bytes), whole) << text;
  return whole;
}

TEST(RequestParserTest, ReadsRequests) {
  EXPECT_EQ(ReadEveryWay("GET /health HTTP/1.1\r\nHost: a\r\n\r\n").requests, "GET /health|Host=a|\n");
  EXPECT_EQ(ReadEveryWay("GET /a?b=c&d HTTP/1.1\r\nhost:a:80\r\nX-Y:  v w\t\r\nEmpty:\r\n\r\n").requests,
            "GET /a?b=c&d|host=a:80|X-Y=v w|Empty=|\n");
  EXPECT_EQ(ReadEveryWay("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").requests,
            "POST /p|Host=a|Content-Length=5|hello\n");
  EXPECT_EQ(ReadEveryWay("OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n").requests, "OPTIONS *|Host=|\n");
  EXPECT_EQ(ReadEveryWay("GET http://x.y/z?q HTTP/1.1\r\nHost: x.y\r\n\r\n").requests, "GET /z?q|Host=x.y|\n");
  EXPECT_EQ(ReadEveryWay("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").requests, "GET /|Host=a|\n");
}

TEST(RequestParserTest, ReadsPipelinedRequests) {
  const Reading reading = ReadEveryWay(
      "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n"
      "GET /4 HT");
  EXPECT_EQ(reading.requests,
            "POST /1|Host=a|Content-Length=3|abc\nGET /2|Host=a|\nPOST /3|Host=a|Transfer-Encoding=chunked|xy\n");
  EXPECT_TRUE(reading.is_cut);
}

TEST(RequestParserTest, KnowsWhetherTheConnectionStays) {
  EXPECT_EQ(ReadEveryWay("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n").requests,
            "GET /|Host=a|Connection=x, Close| close\n");
  EXPECT_EQ(ReadEveryWay("GET / HTTP/1.0\r\n\r\n").requests, "GET /| close\n");
  EXPECT_EQ(ReadEveryWay("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").requests,
            "GET /|Connection=Keep-Alive|\n");
  EXPECT_EQ(ReadEveryWay("GET / HTTP/1.0\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n").requests,
            "GET /|Connection=close|Connection=keep-alive| close\n");
}

std::string Chunked(const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n" + body;
}

std::string ChunkedAnswer(const std::string& body) { return "POST /|Host=a|Transfer-Encoding=Chunked|" + body + "\n"; }

TEST(RequestParserTest, ReadsChunkedBodies) {
  EXPECT_EQ(ReadEveryWay(Chunked("0\r\n\r\n")).requests, ChunkedAnswer(""));
  EXPECT_EQ(ReadEveryWay(Chunked("5\r\nhello\r\n00B\r\n, big world\r\n0\r\n\r\n")).requests,
            ChunkedAnswer("hello, big world"));
  EXPECT_EQ(ReadEveryWay(Chunked("1;name=\"v\";x\r\na\r\n0;last\r\nTrailer: t\r\n\r\n")).requests, ChunkedAnswer("a"));
  EXPECT_EQ(ReadEveryWay(Chunked("4\r\n\r\n\r\n\r\n0\r\n\r\n")).requests, ChunkedAnswer("\r\n\r\n"));
}

TEST(RequestParserTest, RefusesMalformedChunks) {
  for (const char* body :
       {"\r\n", "x\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", " 1\r\na\r\n", "1 \r\na\r\n", "1\na\r\n0\r\n\r\n",
        "1\r\nab\r\n", "1\r\na\n0\r\n\r\n", "1\r\na0\r\n\r\n", "1;\x01\r\n", "1,\r\na\r\n", "0\r\nTrailer\r\n\r\n",
        "0\r\n folded: x\r\n\r\n", "0\r\na: b\n\r\n", "0\r\n\n"}) {
    const Reading reading = ReadEveryWay(Chunked(body));
    EXPECT_EQ(reading.failure, Reason::kMalformedRequest) << body;
    EXPECT_EQ(reading.requests, "") << body;
  }
}

TEST(RequestParserTest, RefusesWhatIsAmbiguous) {
  for (const char* text : {
           "GET / HTTP/1.1\nHost: a\n\n",
           "GET / HTTP/1.1\r\nHost: a\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\n\n",
           "\n",
           "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET / HTTP/1.1\rHost: a\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\n : b\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
           "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc: d\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nX\x80: b\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\na",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\na",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\na",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1.0\r\n\r\na",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n",
           "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-maybe\r\n\r\n",
           "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
           "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n",
           "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
           "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET /\r\n\r\n",
           "GET\r\n\r\n",
           "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
           "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
           "GET / http/1.1\r\nHost: a\r\n\r\n",
           "GET / HTTP/1.1x\r\nHost: a\r\n\r\n",
           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
           "G\"ET / HTTP/1.1\r\nHost: a\r\n\r\n",
           "\x16\x03\x01\x02",
           " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
       }) {
    const Reading reading = ReadEveryWay(text);
    EXPECT_EQ(reading.failure, Reason::kMalformedRequest) << text;
    EXPECT_EQ(reading.requests, "") << text;
  }
}

TEST(RequestParserTest, RefusesAZeroByteAnywhereInTheHead) {
  const std::string text = "GET /abc HTTP/1.1\r\nHost: a\r\nX: yz\r\n\r\n";
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string broken = text;
    broken[at] = '\0';
    EXPECT_EQ(Read({broken}).requests, "") << at;
    broken = text;
    broken.insert(at, 1, '\0');
    EXPECT_EQ(Read({broken}).requests, "") << at;
  }
}

TEST(RequestParserTest, KeepsItsLimits) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  const auto with_head_of = [&](std::size_t size) {
    return start + "X: " + std::string(size - start.size() - 7, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(ReadEveryWay(with_head_of(256)).failure, Reason::kOk);
  EXPECT_EQ(ReadEveryWay(with_head_of(257)).failure, Reason::kLimitExceeded);
  EXPECT_EQ(ReadEveryWay("GET /" + std::string(300, 'a')).failure, Reason::kLimitExceeded);
  EXPECT_EQ(ReadEveryWay(start + "1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n\r\n").failure, Reason::kOk);
  EXPECT_EQ(ReadEveryWay(start + "1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n\r\n").failure, Reason::kLimitExceeded);
  const std::string forty(40, 'b');
  EXPECT_EQ(ReadEveryWay(start + "Content-Length: 40\r\n\r\n" + forty).failure, Reason::kOk);
  EXPECT_EQ(ReadEveryWay(start + "Content-Length: 41\r\n\r\n").failure, Reason::kLimitExceeded);
  EXPECT_EQ(ReadEveryWay(start + "Content-Length: 99999999999999999999999\r\n\r\n").failure, Reason::kLimitExceeded);
  EXPECT_EQ(ReadEveryWay(Chunked("28\r\n" + forty + "\r\n0\r\n\r\n")).failure, Reason::kOk);
  EXPECT_EQ(ReadEveryWay(Chunked("29\r\n")).failure, Reason::kLimitExceeded);
  EXPECT_EQ(ReadEveryWay(Chunked("20\r\n" + forty.substr(0, 32) + "\r\n9\r\n")).failure, Reason::kLimitExceeded);
  EXPECT_EQ(ReadEveryWay(Chunked("FFFFFFFFFFFFFFFFFF\r\n")).failure, Reason::kLimitExceeded);
  EXPECT_EQ(ReadEveryWay(Chunked("1;" + std::string(300, 'x'))).failure, Reason::kLimitExceeded);
  EXPECT_EQ(ReadEveryWay(Chunked("0\r\nT: " + std::string(300, 'x'))).failure, Reason::kLimitExceeded);
}

TEST(RequestParserTest, TellsOnceThatTheClientWaits) {
  RequestParser parser(kLimits);
  std::string_view head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_FALSE(*parser.Take(head));
  EXPECT_TRUE(parser.TakeContinueWish());
  EXPECT_FALSE(parser.TakeContinueWish());
  std::string_view body = "ab";
  EXPECT_TRUE(*parser.Take(body));
  EXPECT_EQ(parser.request().body, "ab");
}

TEST(RequestParserTest, ABodyThatIsTakenIsOnesOwn) {
  RequestParser parser(kLimits);
  std::string_view first = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab";
  std::string_view second = "cd";
  EXPECT_FALSE(*parser.Take(first));
  EXPECT_TRUE(*parser.Take(second));
  EXPECT_EQ(parser.request().TakeBody(), "abcd");
  EXPECT_EQ(parser.request().body, "");
  parser.Reset();
  std::string_view whole = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
  EXPECT_TRUE(*parser.Take(whole));
  EXPECT_EQ(parser.request().TakeBody(), "x");
}

}  // namespace
}  // namespace larder::http
