// Bytes from a client or a server: never a crash, the same requests however the bytes are cut, and an answer for each.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "http/connection.h"
#include "http/direct_replies_test.h"
#include "http/request_parser.h"
#include "http/response_parser.h"

namespace {

using larder::Result;
using larder::Status;
using larder::http::Connection;
using larder::http::ConnectionContext;
using larder::http::DirectReplies;
using larder::http::Handler;
using larder::http::Header;
using larder::http::Request;
using larder::http::RequestParser;
using larder::http::Responder;
using larder::http::Response;
using larder::http::ResponseParser;

constexpr larder::http::FramingLimits kLimits{.max_header_bytes = 300, .max_header_count = 8, .max_body_bytes = 200};

void AppendRequest(const Request& request, std::string& text) {
  text.append(request.method).append(" ").append(request.path).append("?").append(request.query);
  for (const Header& header : request.headers) text.append("|").append(header.name).append("=").append(header.value);
  text.append("|").append(request.body).append(request.keep_alive ? "\n" : " close\n");
}

/// Returns what a parser understands when it gets `step` bytes at a time.
std::string ReadInSteps(std::string_view text, std::size_t step) {
  RequestParser parser(kLimits);
  std::string understood;
  while (!text.empty()) {
    // Memory of its own that goes at once: what the parser still points to later is found by the sanitizer.
    const std::string piece(text.substr(0, step));
    text.remove_prefix(piece.size());
    std::string_view bytes = piece;
    while (!bytes.empty()) {
      const Result<bool> is_whole = parser.Take(bytes);
      if (!is_whole.ok()) return understood.append(larder::Describe(is_whole.status().reason()).name);
      if (!*is_whole) continue;
      AppendRequest(parser.request(), understood);
      parser.Reset();
    }
  }
  return understood.append(parser.has_begun() ? "cut" : "");
}

class CountingHandler final : public Handler {
 public:
  void Handle(Request& request, Responder responder) override {
    ++request_count;
    if (request.path == "/forget") return;
    responder.SendPlain({.status = 200, .content_type = "text/plain", .body = request.body});
  }
  Response Refuse(const Status& /*status*/) override {
    ++refusal_count;
    return {};
  }

  std::uint64_t request_count = 0;
  std::uint64_t refusal_count = 0;
};

void Converse(std::string_view text, std::size_t step) {
  CountingHandler handler;
  const auto replies = std::make_shared<DirectReplies>();
  const ConnectionContext context{.limits = {.framing = kLimits, .max_pipelined = 4, .max_unsent_bytes = 500},
                                  .handler = handler,
                                  .replies = replies,
                                  .loop_index = 0,
                                  .date = "now"};
  Connection connection(context, larder::http::ListenerKind::kTcp, 1);
  replies->connection = &connection;
  while (!text.empty()) {
    connection.Receive(text.substr(0, step));
    text.remove_prefix(std::min(step, text.size()));
    while (!connection.output().empty()) {
      connection.output().Consume(connection.output().byte_count());
      connection.Resume();
    }
  }
  connection.ReceiveEnd();
  // Everything is answered within the loop here, so nothing may be left waiting.
  if (!connection.is_finished() || connection.request_count() < handler.request_count) std::abort();
}

void ReadResponse(std::string_view text, std::size_t step) {
  ResponseParser parser(/*max_body_bytes=*/200, /*is_head=*/false);
  while (!text.empty()) {
    std::string_view bytes = text.substr(0, step);
    text.remove_prefix(bytes.size());
    const Result<bool> is_whole = parser.Take(bytes);
    if (!is_whole.ok() || *is_whole) return;
  }
  if (parser.TakeEnd().ok() && parser.body().size() > 200) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t step = std::size_t{1} + data[0] % 64;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = ReadInSteps(text, text.size());
  if (ReadInSteps(text, step) != whole || ReadInSteps(text, 1) != whole) std::abort();
  Converse(text, step);
  ReadResponse(text, step);
  return 0;
}
