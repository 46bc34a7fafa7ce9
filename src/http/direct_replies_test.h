// A reply target for tests of one connection without an event loop.
#pragma once

#include <utility>

#include "http/connection.h"

namespace larder::http {

/// Gives answers straight to a connection.
class DirectReplies final : public ReplyTarget {
 public:
  void Reply(ReplyTicket ticket, Response response) override {
    connection->Answer(ticket.sequence, std::move(response));
  }
  void ReplyPlain(ReplyTicket ticket, const PlainReply& reply) override {
    connection->AnswerPlain(ticket.sequence, reply);
    connection->output().KeepBorrowed();
  }
  void ReplyForgotten(ReplyTicket ticket) override { connection->AnswerForgotten(ticket.sequence); }

  Connection* connection = nullptr;  ///< set before the first answer
};

}  // namespace larder::http
