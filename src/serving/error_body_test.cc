#include "serving/error_body.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(ErrorBodyTest, TellsReasonMessageAndHint) {
  const Status status(Reason::kUnknownFeature, "no feature 'a'", "did you mean 'b'?");
  EXPECT_EQ(ErrorBody(status), R"({"error":{"code":"NOT_FOUND","reason":"unknown_feature","message":"no feature 'a'",)"
                               R"("hint":"did you mean 'b'?"}})");
}

TEST(ErrorBodyTest, EveryReasonComesBack) {
  for (const ReasonRow& row : AllReasons()) {
    if (row.reason == Reason::kOk) continue;
    const Status status(row.reason, "what \"failed\"\n", "a hint");
    const Status back = ParseErrorBody(row.http_status, ErrorBody(status));
    EXPECT_EQ(back.reason(), row.reason);
    EXPECT_EQ(back.message(), status.message());
    EXPECT_EQ(back.hint(), status.hint());
  }
}

TEST(ErrorBodyTest, FaultsComeBackWithTheirPlaces) {
  const Status status =
      Status::FromFaults(Reason::kInvalidDefinition, "1 fault", {{"a.yaml", 1, 2, "x", "bad", "mend"}});
  const Status back = ParseErrorBody(400, ErrorBody(status));
  ASSERT_EQ(back.faults().size(), 1u);
  EXPECT_EQ(back.faults()[0].Place(), "a.yaml:1:2: x");
  EXPECT_EQ(back.ToString(), status.ToString());
}

TEST(ErrorBodyTest, WhatIsNoErrorBodyIsUnavailable) {
  for (const char* body :
       {"", "<html>", "{}", R"({"error":{"reason":"no_such_reason"}})", R"({"error":{"reason":"ok"}})"}) {
    EXPECT_EQ(ParseErrorBody(502, body).reason(), Reason::kUnavailable) << body;
  }
}

}  // namespace
}  // namespace larder
