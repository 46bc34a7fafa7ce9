#include "http/output_queue.h"

#include <gtest/gtest.h>

#include <array>

namespace larder::http {
namespace {

/// Reads everything in steps of `step` bytes, as a slow socket takes it.
std::string Drain(OutputQueue& queue, std::size_t step) {
  std::string all;
  while (!queue.empty()) {
    std::array<iovec, 3> parts;
    const std::size_t count = queue.Gather(parts);
    std::string gathered;
    for (std::size_t i = 0; i < count; ++i) {
      gathered.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
    }
    gathered.resize(std::min(gathered.size(), step));
    EXPECT_FALSE(gathered.empty());
    all += gathered;
    queue.Consume(gathered.size());
  }
  return all;
}

TEST(OutputQueueTest, KeepsWhatIsBorrowedOnlyWhenAsked) {
  for (const std::size_t sent : {std::size_t{0}, std::size_t{2}, std::size_t{5}, std::size_t{7}, std::size_t{11}}) {
    OutputQueue queue;
    queue.BeginText() += "head:";
    queue.EndText();
    std::string body = "borrowed";
    queue.AddBorrowed(body);
    EXPECT_TRUE(queue.borrows());
    EXPECT_EQ(queue.byte_count(), 13U);
    queue.Consume(sent);
    queue.KeepBorrowed();
    EXPECT_FALSE(queue.borrows());
    body = "XXXXXXXX";
    queue.BeginText() += "next";
    queue.EndText();
    EXPECT_EQ(Drain(queue, 3), std::string("head:borrowednext").substr(sent)) << sent;
  }
}

TEST(OutputQueueTest, WhatIsBorrowedAndSentIsNotKept) {
  OutputQueue queue;
  queue.AddBorrowed("gone");
  queue.Consume(4);
  EXPECT_FALSE(queue.borrows());
  queue.KeepBorrowed();
  EXPECT_TRUE(queue.empty());
}

TEST(OutputQueueTest, KeepsTheOrderWhateverIsTakenAtOnce) {
  const std::string large(OutputQueue::kLargeBodyBytes, 'L');
  const std::string expected = "one" + large + "two" + "three" + "shared" + large + "four";
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{16'384}, std::size_t{100'000}}) {
    OutputQueue queue;
    for (int round = 0; round < 2; ++round) {
      queue.BeginText() += "one";
      queue.EndText();
      queue.AddBody(large);
      queue.BeginText() += "two";
      queue.EndText();
      queue.AddBody("three");
      queue.AddBody("");
      queue.AddShared(std::make_shared<const std::string>("shared"));
      queue.AddShared(std::make_shared<const std::string>());
      queue.AddBody(large);
      queue.BeginText() += "four";
      queue.EndText();
      EXPECT_EQ(queue.byte_count(), expected.size());
      EXPECT_EQ(Drain(queue, step), expected);
      EXPECT_TRUE(queue.empty());
    }
  }
}

TEST(OutputQueueTest, SmallTextsAreSentTogether) {
  OutputQueue queue;
  for (int i = 0; i < 10; ++i) {
    queue.BeginText() += "x";
    queue.EndText();
    queue.AddBody("y");
  }
  std::array<iovec, 8> parts;
  EXPECT_EQ(queue.Gather(parts), 1U);
  EXPECT_EQ(parts[0].iov_len, 20U);
}

}  // namespace
}  // namespace larder::http
