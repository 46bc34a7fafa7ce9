// A warm answer inside the event loop allocates nothing and takes no lock, the look-up in memory included.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "lookup/lookup_session.h"
#include "tests/differential/serving_project.h"

namespace {

thread_local std::int64_t allocation_count = 0;
thread_local std::int64_t lock_count = 0;

}  // namespace

// The compiler inlines one of the pair and then misses the other.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t size) {
  ++allocation_count;
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  ++allocation_count;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

// The thread sanitizer has locks of its own that must not be hidden.
#ifndef __SANITIZE_THREAD__
namespace {

template <class Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  static const auto next = Next<int (*)(pthread_mutex_t*)>("pthread_mutex_lock");
  ++lock_count;
  return next(mutex);
}
extern "C" int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  static const auto next = Next<int (*)(pthread_rwlock_t*)>("pthread_rwlock_rdlock");
  ++lock_count;
  return next(lock);
}
extern "C" int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  static const auto next = Next<int (*)(pthread_rwlock_t*)>("pthread_rwlock_wrlock");
  ++lock_count;
  return next(lock);
}
#endif

namespace larder::differential {
namespace {

constexpr std::size_t kTextBytes = std::size_t{1} << 20;

constexpr char kDefinitions[] = R"(
entities: [{name: id, type: int64}]
sources: [{name: events, path: events.csv, timestamp: t, columns: {id: int64, a: float64, b: float32, s: string, t: timestamp}}]
feature_views:
  - {name: v, entities: [id], source: events, ttl: 1d, features: {a: float64, b: float32, s: string}}
on_demand_views:
  - name: made
    inputs: [v]
    request: {r: float64}
    features: {ratio: {type: float64, expression: "a / nullif(r, 0) + b"}}
feature_services: [{name: all, features: [v, made]}]
)";

/// Counts what one more answer allocates and locks, once answers of the kind have been given.
struct Warmth {
  std::int64_t allocations = 0;
  std::int64_t locks = 0;
};

Warmth WarmAnswer(LookupSession& session, const std::string& body) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(session.Answer(body, MayWait::kYes), LookupOutcome::kDone) << body;
  const Warmth before{allocation_count, lock_count};
  EXPECT_EQ(session.Answer(body, MayWait::kNo), LookupOutcome::kDone);
  return {allocation_count - before.allocations, lock_count - before.locks};
}

TEST(OnlineWarmTest, AWarmAnswerAllocatesNothingAndTakesNoLock) {
  ServingProject project("rocksdb");
  project.Write("events.csv", "id,a,b,s,t\n");
  project.Apply(kDefinitions);
  ASSERT_TRUE(project.api().Reload().ok());
  project.MustPost("/push",
                   R"({"push_source_name":"v","df":{"id":[0,1],"a":[0.1234567890123,null],"b":[0.5,2],)"
                   R"("s":["plain","\"quoted\""],"event_timestamp":["2026-01-02T11:00:00Z","2026-01-02T11:00:00Z"]}})");
  LookupSession session({project.project(), project.tables(), project.api().definitions(), kTextBytes});
  const std::string one = R"({"entities":{"id":[0],"r":[2.5]},"feature_service":"all"})";
  const std::string many =
      R"({"entities":{"id":[0,1,2,"0",null],"r":[1,2,0,3,4]},"features":["v:s","made:ratio","v:b"]})";
  for (const std::string& body : {one, many}) {
    const Warmth answer = WarmAnswer(session, body);
    EXPECT_EQ(answer.allocations, 0) << body;
    EXPECT_EQ(answer.locks, 0) << body;
  }
}

TEST(OnlineWarmTest, TheCountersCount) {
  const Warmth before{allocation_count, lock_count};
  std::mutex mutex;
  { const std::lock_guard lock(mutex); }
  const auto memory = std::make_unique<int>(1);
  EXPECT_GT(allocation_count, before.allocations);
#ifndef __SANITIZE_THREAD__
  EXPECT_GT(lock_count, before.locks);
#endif
}

}  // namespace
}  // namespace larder::differential
