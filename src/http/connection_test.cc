#include "http/connection.h"

#include <gtest/gtest.h>

#include <array>
#include <map>

namespace larder::http {
namespace {

/// Echoes the path and the body, at once, later, or never, as the path says.
class EchoHandler final : public Handler {
 public:
  void Handle(Request& request, Responder responder) override {
    const std::string body = std::string(request.path) + ":" + std::string(request.body);
    if (request.path.starts_with("/later")) {
      waiting.emplace(std::string(request.path), std::move(responder));
    } else if (request.path == "/plain") {
      responder.SendPlain({.status = 200, .content_type = "text/plain", .body = body});
    } else if (request.path == "/empty") {
      responder.Send({.status = 204, .content_type = {}, .headers = {}, .body = "not sent", .shared_body = nullptr});
    } else if (request.path != "/never") {
      responder.Send(
          {.status = 200, .content_type = "text/plain", .headers = {}, .body = body, .shared_body = nullptr});
    }
  }
  Response Refuse(const Status& status) override {
    Response response;
    response.status = Describe(status.reason()).http_status;
    response.body = Describe(status.reason()).name;
    return response;
  }
  void AnswerLater(const std::string& path) {
    waiting.at(path).Send({.status = 200, .content_type = {}, .headers = {}, .body = path, .shared_body = nullptr});
    waiting.erase(path);
  }

  std::map<std::string, Responder> waiting;
};

class ConnectionTest : public testing::Test, public ReplyTarget {
 protected:
  ~ConnectionTest() override { handler_.waiting.clear(); }

  void Reply(ReplyTicket ticket, Response response) override {
    connection_.Answer(ticket.sequence, std::move(response));
  }
  void ReplyPlain(ReplyTicket ticket, const PlainReply& reply) override {
    connection_.AnswerPlain(ticket.sequence, reply);
    connection_.output().KeepBorrowed();
  }
  void ReplyForgotten(ReplyTicket ticket) override { connection_.AnswerForgotten(ticket.sequence); }

  /// Takes all that is to be sent, without the fields that are the same everywhere.
  std::string Sent() {
    std::string text;
    while (!connection_.output().empty()) {
      std::array<iovec, 4> parts;
      const std::size_t count = connection_.output().Gather(parts);
      std::size_t size = 0;
      for (std::size_t i = 0; i < count; ++i) {
        text.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
        size += parts[i].iov_len;
      }
      connection_.output().Consume(size);
    }
    for (const std::string_view noise : {"Date: now\r\n", "Content-Type: text/plain\r\n", "HTTP/1.1 ",
                                         "Content-Type: application/json\r\n", "Content-Length: "}) {
      for (std::size_t at = text.find(noise); at != std::string::npos; at = text.find(noise)) {
        text.erase(at, noise.size());
      }
    }
    return text;
  }

  static std::string Get(std::string_view path, std::string_view fields = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
  }

  EchoHandler handler_;
  ConnectionContext context_{
      .limits = {.framing = {.max_header_bytes = 512, .max_header_count = 10, .max_body_bytes = 100},
                 .max_pipelined = 3,
                 .max_unsent_bytes = 200},
      .handler = handler_,
      .replies = std::shared_ptr<ReplyTarget>(std::shared_ptr<void>(), this),
      .loop_index = 0,
      .date = "now"};
  Connection connection_{context_, ListenerKind::kTcp, 1};
};

TEST_F(ConnectionTest, AnswersInOneGo) {
  connection_.Receive(Get("/a") + Get("/plain"));
  EXPECT_EQ(Sent(), "200 OK\r\n3\r\n\r\n/a:200 OK\r\n7\r\n\r\n/plain:");
  EXPECT_FALSE(connection_.is_answering());
  EXPECT_FALSE(connection_.is_receiving());
  EXPECT_FALSE(connection_.is_finished());
}

TEST_F(ConnectionTest, AnswersInOrderWhateverTheOrderOfAnswers) {
  connection_.Receive(Get("/later1") + Get("/b") + Get("/later2"));
  EXPECT_EQ(Sent(), "");
  EXPECT_TRUE(connection_.is_answering());
  handler_.AnswerLater("/later2");
  EXPECT_EQ(Sent(), "");
  handler_.AnswerLater("/later1");
  EXPECT_EQ(Sent(), "200 OK\r\n7\r\n\r\n/later1200 OK\r\n3\r\n\r\n/b:200 OK\r\n7\r\n\r\n/later2");
  EXPECT_FALSE(connection_.is_answering());
}

TEST_F(ConnectionTest, WaitsWithRequestsWhenTooManyWait) {
  connection_.Receive(Get("/later1") + Get("/later2") + Get("/later3") + Get("/later4"));
  EXPECT_EQ(handler_.waiting.size(), 3U);
  EXPECT_FALSE(connection_.wants_input());
  handler_.AnswerLater("/later1");
  connection_.Resume();
  EXPECT_EQ(handler_.waiting.size(), 3U);
  EXPECT_TRUE(handler_.waiting.contains("/later4"));
  handler_.AnswerLater("/later4");
  handler_.AnswerLater("/later3");
  handler_.AnswerLater("/later2");
  EXPECT_EQ(Sent(),
            "200 OK\r\n7\r\n\r\n/later1200 OK\r\n7\r\n\r\n/later2200 OK\r\n7\r\n\r\n/later3200 OK\r\n7\r\n\r\n/later4");
  EXPECT_TRUE(connection_.wants_input());
}

TEST_F(ConnectionTest, WaitsWithRequestsWhenTooMuchIsUnsent) {
  std::string many;
  for (int i = 0; i < 20; ++i) many += Get("/a");
  connection_.Receive(many);
  EXPECT_FALSE(connection_.wants_input());
  std::string all = Sent();
  EXPECT_LT(all.size(), 100U);
  for (std::string more = "x"; !more.empty(); all += more) {
    connection_.Resume();
    more = Sent();
  }
  std::string expected;
  for (int i = 0; i < 20; ++i) expected += "200 OK\r\n3\r\n\r\n/a:";
  EXPECT_EQ(all, expected);
  EXPECT_TRUE(connection_.wants_input());
}

TEST_F(ConnectionTest, HeadGetsNoBody) {
  connection_.Receive("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\nHEAD /plain HTTP/1.1\r\nHost: a\r\n\r\n" + Get("/empty"));
  EXPECT_EQ(Sent(), "200 OK\r\n3\r\n\r\n200 OK\r\n7\r\n\r\n204 No Content\r\n\r\n");
}

TEST_F(ConnectionTest, ClosesWhenTheClientWantsTo) {
  connection_.Receive(Get("/a", "Connection: close\r\n") + Get("/not_answered"));
  EXPECT_EQ(Sent(), "200 OK\r\n3\r\nConnection: close\r\n\r\n/a:");
  EXPECT_TRUE(connection_.is_finished());
  EXPECT_FALSE(connection_.wants_input());
  EXPECT_TRUE(connection_.needs_lingering());
}

TEST_F(ConnectionTest, RefusesAfterWhatCameBefore) {
  connection_.Receive(Get("/later1") + "BAD\r\n\r\n" + Get("/not_answered"));
  EXPECT_EQ(Sent(), "");
  handler_.AnswerLater("/later1");
  EXPECT_EQ(Sent(), "200 OK\r\n7\r\n\r\n/later1400 Bad Request\r\n17\r\nConnection: close\r\n\r\nmalformed_request");
  EXPECT_TRUE(connection_.is_finished());
}

TEST_F(ConnectionTest, RefusesABodyBeforeItComes) {
  connection_.Receive("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n");
  EXPECT_EQ(Sent(), "413 Content Too Large\r\n14\r\nConnection: close\r\n\r\nlimit_exceeded");
}

TEST_F(ConnectionTest, ContinuesOnceAndInOrder) {
  connection_.Receive(Get("/later1") +
                      "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(Sent(), "");
  EXPECT_TRUE(connection_.is_receiving());
  handler_.AnswerLater("/later1");
  EXPECT_EQ(Sent(), "200 OK\r\n7\r\n\r\n/later1100 Continue\r\n\r\n");
  connection_.Receive("x");
  EXPECT_EQ(Sent(), "");
  connection_.Receive("y");
  EXPECT_EQ(Sent(), "200 OK\r\n5\r\n\r\n/a:xy");
}

TEST_F(ConnectionTest, DoesNotContinueWhatIsThereAlready) {
  connection_.Receive("POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nxy");
  EXPECT_EQ(Sent(), "200 OK\r\n5\r\n\r\n/a:xy");
}

TEST_F(ConnectionTest, AForgottenRequestIsAnswered) {
  connection_.Receive(Get("/never"));
  EXPECT_EQ(Sent(), "500 Internal Server Error\r\n8\r\n\r\ninternal");
  EXPECT_FALSE(connection_.is_finished());
}

TEST_F(ConnectionTest, AClientThatStopsSendingStillGetsItsAnswers) {
  connection_.Receive(Get("/later1") + "GET /par");
  connection_.ReceiveEnd();
  EXPECT_FALSE(connection_.is_finished());
  EXPECT_FALSE(connection_.wants_input());
  handler_.AnswerLater("/later1");
  EXPECT_EQ(Sent(), "200 OK\r\n7\r\n\r\n/later1");
  EXPECT_TRUE(connection_.is_finished());
  EXPECT_FALSE(connection_.needs_lingering());
}

TEST_F(ConnectionTest, DrainEndsWhatIsIdle) {
  connection_.BeginDrain();
  EXPECT_TRUE(connection_.is_finished());
}

TEST_F(ConnectionTest, DrainLetsTheRequestThatComesInFinish) {
  connection_.Receive("GET /a HTTP/1.1\r\nHo");
  connection_.BeginDrain();
  EXPECT_FALSE(connection_.is_finished());
  connection_.Receive("st: a\r\n\r\n" + Get("/not_answered"));
  EXPECT_EQ(Sent(), "200 OK\r\n3\r\nConnection: close\r\n\r\n/a:");
  EXPECT_TRUE(connection_.is_finished());
}

TEST_F(ConnectionTest, DrainTellsTheLastThatWaits) {
  connection_.Receive(Get("/later1") + Get("/later2"));
  connection_.BeginDrain();
  EXPECT_FALSE(connection_.is_finished());
  handler_.AnswerLater("/later1");
  handler_.AnswerLater("/later2");
  EXPECT_EQ(Sent(), "200 OK\r\n7\r\n\r\n/later1200 OK\r\n7\r\nConnection: close\r\n\r\n/later2");
  EXPECT_TRUE(connection_.is_finished());
}

TEST_F(ConnectionTest, OldClientsAreToldThatTheConnectionStays) {
  connection_.Receive("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n");
  EXPECT_EQ(Sent(), "200 OK\r\n3\r\nConnection: keep-alive\r\n\r\n/a:200 OK\r\n3\r\nConnection: close\r\n\r\n/b:");
}

TEST_F(ConnectionTest, ASecondAnswerIsIgnored) {
  connection_.Receive(Get("/a"));
  EXPECT_NE(Sent(), "");
  connection_.AnswerPlain(0, {.status = 200, .content_type = {}, .body = "again"});
  connection_.AnswerPlain(7, {.status = 200, .content_type = {}, .body = "unasked"});
  EXPECT_EQ(Sent(), "");
}

}  // namespace
}  // namespace larder::http
