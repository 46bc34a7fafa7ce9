// What a load sends: reads of features for chosen keys, or bodies that were made before.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/status.h"
#include "load/key_choice.h"

namespace larder {

/// Gives the bodies of requests, one after another. Thread-safe: what changes is passed in.
class RequestBodies {
 public:
  virtual ~RequestBodies() = default;
  /// Appends the body of request `number` (from 0), and to `keys` the number of each row's key, if it has keys.
  virtual void Append(std::uint64_t number, Random& random, std::string& body,
                      std::vector<std::int64_t>& keys) const = 0;
};

/// Holds one join key, or request value, of a load: how the key of each number is written.
struct KeyColumn {
  std::string name;
  bool is_text = false;     ///< written in quotes, as `before` NUMBER `after`
  std::string before = {};  ///< JSON text before the number
  std::string after = {};   ///< JSON text after it
  std::int64_t first = 0;   ///< the number of the first key
  std::int64_t key_count = 0;
  std::vector<std::string> values = {};  ///< JSON values, one a key; not empty: in place of all the above
};

/// Parses `NAME=FIRST..LAST` (whole numbers) or `NAME=TEXT{FIRST..LAST}TEXT` (texts that hold the number). Fails with
/// kUsage.
Result<KeyColumn> ParseKeyColumn(std::string_view text);

/// Says what to read. Key i of a column is its i-th; columns with fewer keys begin again.
struct ReadBodiesOptions {
  std::vector<std::string> features = {};
  std::string service = {};  ///< in place of features
  bool full_names = false;
  std::int64_t row_count = 1;
  std::vector<KeyColumn> columns = {};
};

/// Returns bodies for /get-online-features.
std::unique_ptr<RequestBodies> NewReadBodies(ReadBodiesOptions options, KeyChoice choice);

/// Returns these bodies in turn. There is at least one.
std::unique_ptr<RequestBodies> NewFixedBodies(std::vector<std::string> bodies);

}  // namespace larder
