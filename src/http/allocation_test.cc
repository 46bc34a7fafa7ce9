// Answering within the loop allocates nothing once the connection is warm. A program of its own would be needed to
// count only there; instead this counts on the one thread that talks.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <new>

#include "http/connection.h"
#include "http/direct_replies_test.h"

namespace {

thread_local std::int64_t allocation_count = 0;

}  // namespace

// The compiler inlines one of the pair and then misses the other.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t size) {
  ++allocation_count;
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

namespace larder::http {
namespace {

class PlainHandler final : public Handler {
 public:
  void Handle(Request& request, Responder responder) override {
    responder.SendPlain({.status = 200, .content_type = "application/json", .body = request.body});
  }
  Response Refuse(const Status& /*status*/) override { return {}; }
};

TEST(AllocationTest, AWarmConnectionAllocatesNothing) {
  PlainHandler handler;
  const auto replies = std::make_shared<DirectReplies>();
  const ConnectionContext context{
      .limits = {}, .handler = handler, .replies = replies, .loop_index = 0, .date = "Thu, 01 Jan 1970 00:00:00 GMT"};
  Connection connection(context, ListenerKind::kTcp, 1);
  replies->connection = &connection;
  std::string requests;
  for (int i = 0; i < 16; ++i) {
    requests +=
        "POST /get-online-features HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: 300\r\n\r\n" +
        std::string(300, '.');
  }
  std::size_t sent_bytes = 0;
  const auto talk = [&] {
    connection.Receive(requests);
    while (!connection.output().empty()) {
      std::array<iovec, 4> parts;
      EXPECT_GT(connection.output().Gather(parts), 0U);
      sent_bytes += connection.output().byte_count();
      connection.output().Consume(connection.output().byte_count());
    }
  };
  for (int i = 0; i < 3; ++i) talk();
  const std::int64_t before = allocation_count;
  sent_bytes = 0;
  talk();
  EXPECT_EQ(allocation_count, before);
  EXPECT_GT(sent_bytes, 16U * 300U);
}

}  // namespace
}  // namespace larder::http
