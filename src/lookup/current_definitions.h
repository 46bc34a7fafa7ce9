// The definitions that requests are answered by: swapped whole, while requests go on.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "registry/registry_snapshot.h"

namespace larder {

/// Holds the snapshot of the registry that counts now. A request sees one snapshot from its start to its end; what a
/// swap gave up may be taken away once no request sees it any more. Thread-safe; looking whether there is a newer one
/// takes no lock.
class CurrentDefinitions {
 public:
  /// Holds a snapshot with its number: each that is set has a greater one, from 1.
  struct Numbered {
    std::shared_ptr<const RegistrySnapshot> snapshot;  ///< nullptr before the first
    std::uint64_t number = 0;
  };

  /// Shows which definitions one thread's requests see, without keeping them alive. Outlived by the definitions.
  class Reader {
   public:
    explicit Reader(CurrentDefinitions& definitions);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    /// Begins a request; returns the number of the definitions that it sees. Takes no lock.
    std::uint64_t Begin();
    /// Lets the request that has begun, and seen nothing yet, see the newest definitions; returns them.
    Numbered BeginAnew();
    /// Ends the request.
    void End() { seen_.store(0, std::memory_order_release); }

   private:
    friend class CurrentDefinitions;
    CurrentDefinitions& definitions_;
    std::atomic<std::uint64_t> seen_{0};  ///< 0: no request
  };

  std::uint64_t number() const { return number_.load(); }
  Numbered Get() const;
  /// Returns the revision of the snapshot; none before the first.
  std::optional<std::int64_t> revision() const;
  void Set(std::shared_ptr<const RegistrySnapshot> snapshot);
  /// Tells whether no request sees an older snapshot, and nobody holds one.
  bool IsAlone();

 private:
  std::atomic<std::uint64_t> number_{0};
  mutable std::mutex mutex_;  ///< guards what follows
  std::shared_ptr<const RegistrySnapshot> snapshot_;
  std::vector<std::weak_ptr<const RegistrySnapshot>> older_;
  std::vector<const Reader*> readers_;
};

}  // namespace larder
