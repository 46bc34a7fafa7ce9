// Random requests for features: the way inside the event loop gives the bytes of the plain way.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.h"
#include "lookup/lookup_session.h"
#include "tests/differential/serving_project.h"

namespace larder::differential {
namespace {

constexpr std::size_t kTextBytes = std::size_t{1} << 20;

constexpr char kEntities[] = R"yaml(
entities:
  - {name: id, type: int64}
  - {name: small, type: int32}
  - {name: word, type: string}
  - {name: day, type: date}
  - {name: moment, type: timestamp}
  - {name: flag, type: bool}
sources:
  - {name: wide, path: wide.csv, timestamp: t, created: c, columns: {id: int64, b: bool, i: int32, l: int64, f: float32,
     d: float64, s: string, y: string, t: timestamp, c: timestamp, m: timestamp, k: date}}
  - {name: pairs, path: pairs.csv, timestamp: t, columns: {small: int32, word: string, x: float64, t: timestamp}}
  - {name: marks, path: marks.csv, columns: {day: date, moment: timestamp, flag: bool, z: float32}}
feature_views:
  - {name: marks, entities: [day, moment, flag], source: marks, features: {z: float32}}
)yaml";

constexpr char kUses[] = R"yaml(
on_demand_views:
  - name: made
    inputs: [wide, pairs]
    request: {r: float64, n: int64, q: string}
    features:
      sum: {type: float64, expression: "d + r / nullif(n, 0)"}
      pick: {type: string, expression: "case when b then s when l > n then q else null end"}
      narrow: {type: float64, expression: "f * r"}
      when: {type: timestamp, expression: "m + hours(n)"}
      both: {type: bool, expression: "x > r and b"}
  - name: above
    inputs: [made]
    features: {more: {type: float64, expression: "coalesce(made.sum, -1.5) * 2"}}
feature_services:
  - {name: plain, features: [wide, pairs]}
  - name: aliased
    features:
      - {view: wide, features: [d, s], alias: other, join_keys: {id: other_id}}
      - wide:d
      - above
)yaml";

/// Two versions of the definitions: in the second one features have come and gone.
std::string Definitions(bool second) {
  const std::string wide = "b: bool, i: int32, l: int64, f: float32, d: float64, s: string, m: timestamp, k: date";
  const std::string pairs = "x: float64";
  return std::string(kEntities) + "  - {name: wide, entities: [id], source: wide, ttl: 1d, features: {" + wide +
         (second ? "" : ", y: string") + "}}\n  - {name: pairs, entities: [small, word], source: pairs, features: {" +
         pairs + (second ? ", x2: {type: float32, from: x}" : "") + "}}\n" + kUses;
}

class Writer {
 public:
  explicit Writer(Random& random) : random_(random) {}

  template <class Make>
  std::string List(std::int64_t count, std::uint64_t null_in, Make make) {
    std::string text = "[";
    for (std::int64_t i = 0; i < count; ++i) {
      text += i > 0 ? "," : "";
      text += null_in > 0 && random_.OneIn(null_in) ? std::string("null") : make();
    }
    return text + "]";
  }

  std::string Integer() {
    if (random_.OneIn(10)) return random_.OneIn(2) ? "2147483647" : "-2147483648";
    return std::to_string(random_.Between(-3, 12));
  }
  std::string Float() {
    switch (random_.Below(5)) {
      case 0:
        return "-0.0";
      case 1:
        return std::to_string(random_.Between(-100, 100)) + ".25";
      case 2:
        return "1e300";
      case 3:
        return std::to_string(random_.Between(1, 9)) + "e-7";
      default:
        return std::to_string(random_.Fraction() * 1000 - 300);
    }
  }
  std::string Text() {
    static constexpr const char* kTexts[] = {R"("")",
                                             R"("a")",
                                             R"("ab\"c")",
                                             R"("line\nfeed")",
                                             R"("é€😀")",
                                             R"("tab\t\u0001")",
                                             R"("a plain and rather longer piece of text")",
                                             R"("zero\u0000byte")"};
    return kTexts[random_.Below(std::size(kTexts))];
  }
  std::string Bool() { return random_.OneIn(2) ? "true" : "false"; }
  std::string Instant() {
    return "\"2026-01-0" + std::to_string(random_.Between(1, 2)) + "T1" + std::to_string(random_.Below(2)) + ":" +
           std::to_string(random_.Between(10, 59)) + ":00" + (random_.OneIn(2) ? ".000001Z\"" : "Z\"");
  }
  std::string Date() { return "\"20" + std::to_string(random_.Between(10, 13)) + "-02-28\""; }
  std::string Key() { return std::to_string(random_.Between(0, 12)); }

 private:
  Random& random_;
};

void PushRows(ServingProject& project, Random& random, bool second) {
  Writer write(random);
  const std::int64_t count = random.Between(1, 20);
  std::string wide = R"({"push_source_name":"wide","df":{"id":)" + write.List(count, 0, [&] { return write.Key(); }) +
                     R"(,"event_timestamp":)" + write.List(count, 0, [&] { return write.Instant(); }) +
                     R"(,"created":)" + write.List(count, 3, [&] { return write.Instant(); });
  wide += R"(,"b":)" + write.List(count, 4, [&] { return write.Bool(); });
  wide += R"(,"i":)" + write.List(count, 4, [&] { return write.Integer(); });
  wide += R"(,"l":)" + write.List(count, 4, [&] { return write.Integer(); });
  wide += R"(,"f":)" + write.List(count, 4, [&] { return std::to_string(random.Between(-9, 9)) + ".1"; });
  wide += R"(,"d":)" + write.List(count, 4, [&] { return write.Float(); });
  wide += R"(,"s":)" + write.List(count, 4, [&] { return write.Text(); });
  wide += R"(,"m":)" + write.List(count, 4, [&] { return write.Instant(); });
  wide += R"(,"k":)" + write.List(count, 4, [&] { return write.Date(); });
  if (!second) wide += R"(,"y":)" + write.List(count, 4, [&] { return write.Text(); });
  project.MustPost("/push", wide + "}}");
  project.MustPost("/push",
                   R"({"push_source_name":"pairs","df":{"small":)" + write.List(count, 0, [&] { return write.Key(); }) +
                       R"(,"word":)" + write.List(count, 0, [&] { return write.Text(); }) + R"(,"event_timestamp":)" +
                       write.List(count, 0, [&] { return write.Instant(); }) + R"(,"x":)" +
                       write.List(count, 4, [&] { return write.Float(); }) +
                       (second ? R"(,"x2":)" + write.List(count, 4, [&] { return write.Integer(); }) : "") + "}}");
  project.MustPost("/push", R"({"push_source_name":"marks","df":{"day":)" +
                                write.List(count, 0, [&] { return write.Date(); }) + R"(,"moment":)" +
                                write.List(count, 0, [&] { return write.Instant(); }) + R"(,"flag":)" +
                                write.List(count, 0, [&] { return write.Bool(); }) + R"(,"z":)" +
                                write.List(count, 4, [&] { return write.Integer(); }) + "}}");
  if (random.OneIn(3)) {
    project.MustPost("/delete", R"({"feature_view_name":"wide","keys":{"id":[)" + write.Key() + "]}}");
  }
}

std::string RandomRequest(Random& random, bool second) {
  Writer write(random);
  const std::int64_t count = random.OneIn(8) ? 0 : random.Between(1, 30);
  std::string body = R"({"entities":{)";
  const auto list = [&](const std::string& name, const auto& make) {
    if (body.back() != '{') body += ",";
    body += "\"" + name + "\":" + write.List(count, random.OneIn(3) ? 5 : 0, make);
  };
  list("id", [&] { return random.OneIn(5) ? "\"" + write.Key() + "\"" : write.Key(); });
  list("other_id", [&] { return write.Key(); });
  list("small", [&] { return write.Key(); });
  list("word", [&] { return write.Text(); });
  list("day", [&] { return write.Date(); });
  list("moment", [&] { return write.Instant(); });
  list("flag", [&] { return write.Bool(); });
  list("r", [&] { return random.OneIn(3) ? write.Integer() : write.Float(); });
  list("n", [&] { return random.OneIn(20) ? "9000000000000000000" : write.Integer(); });
  list("q", [&] { return write.Text(); });
  body += "}";
  if (random.OneIn(4)) {
    body += random.OneIn(2) ? R"(,"feature_service":"plain")" : R"(,"feature_service":"aliased")";
  } else {
    std::vector<std::string> features = {"wide:b",
                                         "wide:i",
                                         "wide:l",
                                         "wide:f",
                                         "wide:d",
                                         "wide:s",
                                         "wide:m",
                                         "wide:k",
                                         "pairs:x",
                                         "marks:z",
                                         "made:sum",
                                         "made:pick",
                                         "made:narrow",
                                         "made:when",
                                         "made:both",
                                         "above:more",
                                         second ? "pairs:x2" : "wide:y"};
    body += R"(,"features":[)";
    const std::int64_t wanted = random.Between(1, static_cast<std::int64_t>(features.size()));
    for (std::int64_t i = 0; i < wanted; ++i) {
      const std::size_t at = random.Below(features.size());
      body += (i > 0 ? ",\"" : "\"") + features[at] + "\"";
      features.erase(features.begin() + static_cast<std::ptrdiff_t>(at));
    }
    body += "]";
  }
  if (random.OneIn(3)) body += R"(,"full_feature_names":true)";
  if (random.OneIn(3)) body += R"(,"timestamps":"iso")";
  return body + "}";
}

void ExpectSameAnswers(std::uint64_t seed) {
  SCOPED_TRACE("LARDER_SEED=" + std::to_string(seed));
  Random random(seed);
  ServingProject project(seed % 2 == 0 ? "memory" : "rocksdb");
  project.Write("wide.csv", "id,b,i,l,f,d,s,y,t,c,m,k\n");
  project.Write("pairs.csv", "small,word,x,t\n");
  project.Write("marks.csv", "day,moment,flag,z\n");
  LookupSession session({project.project(), project.tables(), project.api().definitions(), kTextBytes});
  int done_count = 0;
  int failed_count = 0;
  constexpr int kRequests = 120;
  for (int i = 0; i < kRequests; ++i) {
    const bool second = i >= kRequests / 2;
    if (i % (kRequests / 2) == 0) {
      project.Apply(Definitions(second));
      ASSERT_TRUE(project.api().Reload().ok());
    }
    if (i % 10 == 0) PushRows(project, random, second);
    if (random.OneIn(5)) project.clock().Advance(random.Between(0, 7'200'000'000));
    const std::string body = RandomRequest(random, second);
    const ApiAnswer plain = project.Post("/get-online-features", body);
    const LookupOutcome outcome = session.Answer(body, MayWait::kYes);
    if (outcome == LookupOutcome::kDone) {
      ++done_count;
      ASSERT_EQ(plain.status, 200) << body << plain.body;
      ASSERT_EQ(session.text(), plain.body) << body;
    } else if (plain.status != 200) {
      ++failed_count;
    }
  }
  // Only what fails, and few forms besides, may be left to the plain way.
  EXPECT_GT(done_count, 0);
  EXPECT_EQ(done_count + failed_count, kRequests);
}

TEST(OnlineAnswerDifferentialTest, TheLoopAnswersAsThePlainWay) {
  const char* const replayed = std::getenv("LARDER_SEED");
  if (replayed != nullptr) return ExpectSameAnswers(std::strtoull(replayed, nullptr, 10));
  for (std::uint64_t seed = 1; seed <= 6; ++seed) ExpectSameAnswers(seed);
}

}  // namespace
}  // namespace larder::differential
