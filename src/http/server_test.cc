#include "http/server.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <latch>
#include <thread>

#include "base/thread_pool.h"
#include "http/client.h"
#include "http/socket.h"

namespace larder::http {
namespace {

constexpr std::int64_t kLongUs = 10'000'000;

/// Answers with what was asked: `/listener`, `/echo` (the body), `/pool` (the body, from another thread), `/large`,
/// `/wait` (when released), `/forget`.
class TestHandler final : public Handler {
 public:
  void Handle(Request& request, Responder responder) override {
    if (request.path == "/listener") {
      const bool is_tcp = request.listener == ListenerKind::kTcp;
      responder.SendPlain({.status = 200, .content_type = "text/plain", .body = is_tcp ? "tcp" : "unix"});
    } else if (request.path == "/echo") {
      responder.SendPlain({.status = 200, .content_type = "text/plain", .body = request.body});
    } else if (request.path == "/large") {
      Response response;
      response.shared_body = large_;
      responder.Send(std::move(response));
    } else if (request.path == "/pool" || request.path == "/wait") {
      const bool waits = request.path == "/wait";
      // std::function copies what it holds; a responder can only be moved.
      auto shared = std::make_shared<Responder>(std::move(responder));
      pool_.Submit([this, waits, shared, body = request.TakeBody()]() mutable {
        if (waits) {
          waiting_.fetch_add(1);
          release_.wait();
        }
        Response response;
        response.body = std::move(body);
        shared->Send(std::move(response));
      });
    }
  }
  Response Refuse(const Status& status) override {
    Response response;
    response.status = Describe(status.reason()).http_status;
    response.body = Describe(status.reason()).name;
    return response;
  }

  void Release() { release_.count_down(); }
  void AwaitWaiting(int count) const {
    while (waiting_.load() < count) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  const std::shared_ptr<const std::string> large_ = std::make_shared<const std::string>(8 << 20, 'L');
  std::atomic<int> waiting_{0};
  std::latch release_{1};
  ThreadPool pool_{2, 1000};
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() { options_.listen = {*ParseAddress("127.0.0.1:0")}; }

  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  Address Start() {
    Result<std::unique_ptr<Server>> server = StartServer(options_, *handler_, *clock_);
    EXPECT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
    return server_->addresses().front();
  }
  Address SocketFile(const std::string& name) {
    std::filesystem::create_directories(std::filesystem::path(folder_ + "/" + name).parent_path());
    return {.kind = ListenerKind::kUnixSocket, .host = {}, .port = 0, .path = folder_ + "/" + name};
  }
  Client ClientOf(const Address& address) const { return {address, *clock_}; }
  static std::string AnswerOf(Client& client, std::string_view method, std::string_view target,
                              std::string_view body = {}) {
    ClientRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    const Result<ClientResponse> response = client.Send(request);
    if (!response.ok()) return std::string(Describe(response.status().reason()).name);
    return std::to_string(response->status) + " " + response->body;
  }

  /// Waits until the server has no connection any more; a client may see the end a moment before it is counted.
  void AwaitNoConnections() const {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (server_->numbers().open_connections > 0 && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(server_->numbers().open_connections, 0);
  }

  const std::unique_ptr<Clock> clock_ = NewSystemClock();
  const std::string folder_ = testing::TempDir() + "/server_test_" + std::to_string(::getpid());
  const std::unique_ptr<TestHandler> handler_ = std::make_unique<TestHandler>();
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

/// A client that knows only bytes.
class RawClient {
 public:
  explicit RawClient(const Address& address) : socket_(*ConnectTo(address, kLongUs)) {}

  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      pollfd watched{socket_.number(), POLLOUT, 0};
      ASSERT_GT(::poll(&watched, 1, 10'000), 0);
      const ssize_t sent = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return;  // refused in the middle
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void EndSending() const { ::shutdown(socket_.number(), SHUT_WR); }
  /// Reads until the server closes, or `text` has come `count` times.
  std::string ReadUntil(std::string_view text, int count = 1) {
    std::string all;
    std::size_t from = 0;
    while (true) {
      for (std::size_t at = all.find(text, from); !text.empty() && at != std::string::npos; at = all.find(text, from)) {
        from = at + text.size();
        if (--count == 0) return all;
      }
      pollfd watched{socket_.number(), POLLIN, 0};
      if (::poll(&watched, 1, 10'000) <= 0) return all + " (nothing came for 10 s)";
      char buffer[4096];
      const ssize_t got = ::recv(socket_.number(), buffer, sizeof(buffer), 0);
      if (got <= 0) return all + " (end)";
      all.append(buffer, static_cast<std::size_t>(got));
    }
  }
  std::string ReadToEnd() { return ReadUntil(""); }

 private:
  Socket socket_;
};

std::string Get(std::string_view target) { return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n"; }

TEST_F(ServerTest, AnswersOverAKeptConnection) {
  Client client = ClientOf(Start());
  EXPECT_EQ(AnswerOf(client, "GET", "/listener"), "200 tcp");
  EXPECT_EQ(AnswerOf(client, "POST", "/echo", "hello"), "200 hello");
  EXPECT_EQ(AnswerOf(client, "POST", "/echo"), "200 ");
  EXPECT_EQ(AnswerOf(client, "HEAD", "/listener"), "200 ");
  EXPECT_EQ(AnswerOf(client, "POST", "/pool", "from afar"), "200 from afar");
  EXPECT_EQ(AnswerOf(client, "GET", "/forget"), "500 internal");
  EXPECT_EQ(server_->numbers().accepted_connections, 1);
  EXPECT_EQ(server_->numbers().open_connections, 1);
}

TEST_F(ServerTest, CarriesLargeBodiesBothWays) {
  Client client = ClientOf(Start());
  std::string body(5 << 20, 'x');
  for (std::size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i % 26);
  EXPECT_EQ(AnswerOf(client, "POST", "/echo", body), "200 " + body);
  EXPECT_EQ(AnswerOf(client, "POST", "/pool", body), "200 " + body);
  EXPECT_EQ(AnswerOf(client, "GET", "/large").size(), (8U << 20) + 4);
}

TEST_F(ServerTest, KeepsTheOrderOfPipelinedRequests) {
  RawClient client(Start());
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    const std::string body = std::to_string(i) + ";";
    requests += std::string("POST /") + (i % 3 == 0 ? "pool" : "echo") +
                " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  client.Send(requests);
  client.EndSending();
  const std::string answers = client.ReadToEnd();
  std::size_t at = 0;
  for (int i = 0; i < 500; ++i) {
    at = answers.find("\r\n\r\n" + std::to_string(i) + ";", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(ServerTest, ServesManyConnectionsAtOnce) {
  const Address address = Start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<Client>(address, *clock_));
  ThreadPool threads(4, 200);
  std::atomic<int> right{0};
  EXPECT_TRUE(threads
                  .ParallelFor(200,
                               [&](std::int64_t i) {
                                 for (int k = 0; k < 5; ++k) {
                                   const std::string body = std::to_string(i * 10 + k);
                                   Client& client = *clients[static_cast<std::size_t>(i)];
                                   const char* const target = k % 2 == 0 ? "/pool" : "/echo";
                                   if (AnswerOf(client, "POST", target, body) == "200 " + body) ++right;
                                 }
                                 return Status();
                               })
                  .ok());
  EXPECT_EQ(right, 1000);
  EXPECT_EQ(server_->numbers().open_connections, 200);
}

TEST_F(ServerTest, ListensOnASocketFileToo) {
  options_.listen.push_back(SocketFile("serve.sock"));
  Client tcp = ClientOf(Start());
  Client local = ClientOf(server_->addresses()[1]);
  EXPECT_EQ(AnswerOf(tcp, "GET", "/listener"), "200 tcp");
  EXPECT_EQ(AnswerOf(local, "GET", "/listener"), "200 unix");
  struct stat entry;
  ASSERT_EQ(::stat((folder_ + "/serve.sock").c_str(), &entry), 0);
  EXPECT_EQ(entry.st_mode & 0777, 0600U);
  server_->Drain(kLongUs);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/serve.sock"));
  EXPECT_EQ(AnswerOf(local, "GET", "/listener"), "unavailable");
}

TEST_F(ServerTest, ASocketFileMayLieDeep) {
  options_.listen = {SocketFile(std::string(60, 'a') + "/" + std::string(60, 'b') + "/serve.sock")};
  Client client = ClientOf(Start());
  EXPECT_EQ(AnswerOf(client, "GET", "/listener"), "200 unix");
}

TEST_F(ServerTest, RefusesAPortThatIsTaken) {
  const Address taken = Start();
  ServerOptions options;
  options.listen = {SocketFile("other.sock"), taken};
  const Status status = StartServer(options, *handler_, *clock_).status();
  EXPECT_EQ(status.reason(), Reason::kPortInUse);
  EXPECT_EQ(status.message(), "cannot listen on " + taken.ToString() + ": Address already in use");
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/other.sock"));
}

TEST_F(ServerTest, ReplacesASocketFileThatNobodyAnswers) {
  options_.listen = {SocketFile("serve.sock")};
  {
    Listener dead = *ListenOn(options_.listen[0]);  // closed without its file being removed, as by kill -9
  }
  ASSERT_TRUE(std::filesystem::exists(folder_ + "/serve.sock"));
  Start();
  EXPECT_EQ(StartServer(options_, *handler_, *clock_).status().reason(), Reason::kPortInUse);
  Client client = ClientOf(options_.listen[0]);
  EXPECT_EQ(AnswerOf(client, "GET", "/listener"), "200 unix");
}

TEST_F(ServerTest, DoesNotReplaceAFileThatIsNoSocket) {
  options_.listen = {SocketFile("precious")};
  std::filesystem::create_directory(folder_ + "/precious");
  EXPECT_EQ(StartServer(options_, *handler_, *clock_).status().reason(), Reason::kIoError);
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/precious"));
}

TEST_F(ServerTest, RefusesBytesThatAreNoRequestAndCloses) {
  RawClient client(Start());
  client.Send(Get("/listener") + "nonsense\r\n\r\n");
  const std::string answers = client.ReadToEnd();
  EXPECT_NE(answers.find("\r\n\r\ntcpHTTP/1.1 400 Bad Request\r\n"), std::string::npos) << answers;
  EXPECT_NE(answers.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answers.ends_with("malformed_request (end)")) << answers;
}

TEST_F(ServerTest, ARefusalArrivesThoughTheClientGoesOnSending) {
  options_.limits.max_body_bytes = 1 << 20;
  RawClient client(Start());
  client.Send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
  client.Send(std::string(3'000'000, 'x'));
  EXPECT_TRUE(client.ReadToEnd().ends_with("limit_exceeded (end)"));
}

TEST_F(ServerTest, CutsIdleConnections) {
  options_.limits.idle_timeout_us = 50'000;
  RawClient client(Start());
  client.Send(Get("/listener"));
  EXPECT_TRUE(client.ReadToEnd().ends_with("\r\n\r\ntcp (end)"));
  AwaitNoConnections();
}

TEST_F(ServerTest, CutsRequestsThatDoNotArrive) {
  options_.limits.request_timeout_us = 50'000;
  RawClient client(Start());
  client.Send("GET /listener HT");
  const std::string answer = client.ReadToEnd();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("request_timeout (end)")) << answer;
}

TEST_F(ServerTest, CutsClientsThatDoNotRead) {
  options_.limits.write_timeout_us = 100'000;
  RawClient client(Start());
  for (int i = 0; i < 4; ++i) client.Send(Get("/large"));
  while (server_->numbers().open_connections == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  AwaitNoConnections();
}

TEST_F(ServerTest, RefusesConnectionsBeyondItsLimit) {
  options_.limits.max_connections = 2;
  const Address address = Start();
  Client first = ClientOf(address);
  Client second = ClientOf(address);
  EXPECT_EQ(AnswerOf(first, "GET", "/listener"), "200 tcp");
  EXPECT_EQ(AnswerOf(second, "GET", "/listener"), "200 tcp");
  RawClient third(address);
  const std::string answer = third.ReadToEnd();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n")) << answer;
  EXPECT_EQ(server_->numbers().refused_connections, 1);
  EXPECT_EQ(AnswerOf(first, "GET", "/listener"), "200 tcp");
}

TEST_F(ServerTest, AnAnswerToAClosedConnectionIsDropped) {
  const Address address = Start();
  {
    RawClient gone(address);
    gone.Send(Get("/wait"));
    handler_->AwaitWaiting(1);
  }
  handler_->Release();
  Client client = ClientOf(address);
  EXPECT_EQ(AnswerOf(client, "POST", "/pool", "still here"), "200 still here");
}

TEST_F(ServerTest, DrainClosesTheIdleAndFinishesTheRest) {
  const Address address = Start();
  RawClient idle(address);
  idle.Send(Get("/listener"));
  EXPECT_TRUE(idle.ReadUntil("tcp").ends_with("tcp"));
  RawClient busy(address);
  busy.Send("POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\ndone");
  handler_->AwaitWaiting(1);
  // Connections go to the least loaded loop: these are one on each, so that all loops are known to drain.
  std::array<RawClient, 2> others = {RawClient(address), RawClient(address)};
  for (RawClient& other : others) {
    other.Send(Get("/listener"));
    EXPECT_TRUE(other.ReadUntil("tcp").ends_with("tcp"));
  }
  std::thread drain([this] { server_->Drain(kLongUs); });
  EXPECT_EQ(idle.ReadToEnd(), " (end)");
  for (RawClient& other : others) EXPECT_EQ(other.ReadToEnd(), " (end)");
  handler_->Release();
  const std::string answer = busy.ReadToEnd();
  drain.join();
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("done (end)")) << answer;
  EXPECT_FALSE(ConnectTo(address, kLongUs).ok());
}

TEST_F(ServerTest, DrainCutsWhatTakesTooLong) {
  RawClient busy(Start());
  busy.Send(Get("/wait"));
  handler_->AwaitWaiting(1);
  const std::int64_t began_ns = clock_->MonotonicNs();
  server_->Drain(50'000);
  EXPECT_LT(clock_->MonotonicNs() - began_ns, 5'000'000'000);
  EXPECT_EQ(busy.ReadToEnd(), " (end)");
  handler_->Release();
}

TEST_F(ServerTest, TheClientSaysWhatWentWrong) {
  const Address address = Start();
  server_->Drain(0);
  Client client = ClientOf(address);
  EXPECT_EQ(AnswerOf(client, "GET", "/listener"), "unavailable");
  Client nowhere = ClientOf(SocketFile("none.sock"));
  EXPECT_EQ(AnswerOf(nowhere, "GET", "/listener"), "unavailable");
  Client unknown = ClientOf(*ParseAddress("no-such-host.invalid:1"));
  EXPECT_EQ(AnswerOf(unknown, "GET", "/listener"), "usage");
}

TEST_F(ServerTest, TheClientDoesNotWaitForEver) {
  const Address address = Start();
  Client client(address, *clock_,
                {.connect_timeout_us = kLongUs, .response_timeout_us = 50'000, .max_response_bytes = 9});
  EXPECT_EQ(AnswerOf(client, "GET", "/wait"), "unavailable");
  handler_->Release();
  EXPECT_EQ(AnswerOf(client, "POST", "/echo", "123456789"), "200 123456789");
  EXPECT_EQ(AnswerOf(client, "POST", "/echo", "1234567890"), "limit_exceeded");
}

TEST_F(ServerTest, TheClientConnectsAgainWhenTheServerClosed) {
  options_.limits.idle_timeout_us = 30'000;
  Client client = ClientOf(Start());
  EXPECT_EQ(AnswerOf(client, "POST", "/echo", "a"), "200 a");
  AwaitNoConnections();
  EXPECT_EQ(AnswerOf(client, "POST", "/echo", "b"), "200 b");
  EXPECT_EQ(server_->numbers().accepted_connections, 2);
}

}  // namespace
}  // namespace larder::http
