#include "engine/key_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>

#include <arrow/array.h>

#include "columnar/join_key.h"
#include "engine/budgeted_vector.h"

namespace larder {
namespace {

constexpr std::size_t kLeastSlots = 64;
// Keys looked up together: long enough to hide the latency of memory, short enough to stay in the first-level cache.
constexpr std::size_t kBlock = 64;

// Mixes all bits of a word into all others (the finalizer of MurmurHash3). A poor hash would only cost time.
std::uint64_t Mix(std::uint64_t word) {
  word = (word ^ (word >> 33)) * 0xff51afd7ed558ccdULL;
  word = (word ^ (word >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return word ^ (word >> 33);
}

/// Slots of an open-addressing table with linear probing: a 64-bit word (the key itself, or the key's hash) and the
/// key's number. At most half of the slots are taken.
class SlotTable {
 public:
  explicit SlotTable(MemoryBudget& memory) : slots_(&memory, "hash table of join keys") {}

  struct Slot {
    std::uint64_t word = 0;
    std::uint32_t id = kUnknownKeyId;
  };

  // Makes room for `count` more keys. `hash_of` gives the hash of a slot's word.
  template <class HashOf>
  Status MakeRoom(std::size_t used, std::size_t count, HashOf hash_of) {
    const std::size_t wanted = std::max(kLeastSlots, std::bit_ceil((used + count) * 2));
    if (wanted <= slots_.size()) return {};
    BudgetedVector<Slot> old = std::move(slots_);
    slots_ = BudgetedVector<Slot>(old.memory(), "hash table of join keys");
    if (Status status = slots_.Resize(wanted, Slot{}); !status.ok()) {
      slots_ = std::move(old);
      return status;
    }
    for (const Slot& slot : old.span()) {
      if (slot.id != kUnknownKeyId) Insert(hash_of(slot.word), slot);
    }
    return {};
  }

  void Prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]); }

  // Returns the slot with this word that `is_key` accepts, or the free one where it would stand.
  template <class IsKey>
  const Slot& Probe(std::uint64_t hash, std::uint64_t word, IsKey is_key) const {
    for (std::size_t place = hash;; ++place) {
      const Slot& slot = slots_[place & (slots_.size() - 1)];
      if (slot.id == kUnknownKeyId || (slot.word == word && is_key(slot.id))) return slot;
    }
  }

  void Insert(std::uint64_t hash, Slot added) {
    std::size_t place = hash & (slots_.size() - 1);
    while (slots_[place].id != kUnknownKeyId) place = (place + 1) & (slots_.size() - 1);
    slots_[place] = added;
  }

  bool empty() const { return slots_.empty(); }
  void Reset() { slots_.Reset(); }

 private:
  BudgetedVector<Slot> slots_;
};

// The values of a fixed-width key column as 64-bit words; widening makes int32 and int64 of one value one word.
template <class ArrayType>
void CopyWords(const arrow::Array& column, std::int64_t offset, std::span<std::uint64_t> words) {
  const auto& values = static_cast<const ArrayType&>(column);
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] =
        static_cast<std::uint64_t>(static_cast<std::int64_t>(values.Value(offset + static_cast<std::int64_t>(i))));
  }
}

void CopyColumnWords(const arrow::Array& column, std::int64_t offset, std::span<std::uint64_t> words) {
  switch (column.type_id()) {
    case arrow::Type::BOOL:
      return CopyWords<arrow::BooleanArray>(column, offset, words);
    case arrow::Type::INT32:
      return CopyWords<arrow::Int32Array>(column, offset, words);
    case arrow::Type::DATE32:
      return CopyWords<arrow::Date32Array>(column, offset, words);
    case arrow::Type::TIMESTAMP:
      return CopyWords<arrow::TimestampArray>(column, offset, words);
    default:
      return CopyWords<arrow::Int64Array>(column, offset, words);
  }
}

/// Keys of one fixed-width column, compared as words.
class WordKeyTable final : public KeyTable {
 public:
  explicit WordKeyTable(MemoryBudget& memory) : slots_(memory) {}

  Status FindOrAdd(KeyColumns columns, std::span<std::uint32_t> ids) override {
    return ForEachBlock(*columns[0], ids, [&](const Block& block) {
      LARDER_RETURN_IF_ERROR(slots_.MakeRoom(key_count_, block.ids.size(), Mix));
      AddBlock(block);
      return Status();
    });
  }

  Status Find(KeyColumns columns, std::span<std::uint32_t> ids) const override {
    if (slots_.empty()) return FindNothing(*columns[0], ids);
    return ForEachBlock(*columns[0], ids, [&](const Block& block) {
      FindBlock(block);
      return Status();
    });
  }

  std::uint32_t key_count() const override { return key_count_; }

  void Clear() override {
    slots_.Reset();
    key_count_ = 0;
  }

 private:
  struct Block {
    const arrow::Array& column;
    std::int64_t offset;
    std::span<const std::uint64_t> words;
    std::span<std::uint32_t> ids;
    bool IsNull(std::size_t i) const { return column.IsNull(offset + static_cast<std::int64_t>(i)); }
  };

  template <class Visit>
  static Status ForEachBlock(const arrow::Array& column, std::span<std::uint32_t> ids, Visit visit) {
    std::array<std::uint64_t, kBlock> words{};
    for (std::size_t begin = 0; begin < ids.size(); begin += kBlock) {
      const std::size_t count = std::min(kBlock, ids.size() - begin);
      const std::span<std::uint64_t> block_words = std::span(words).first(count);
      CopyColumnWords(column, static_cast<std::int64_t>(begin), block_words);
      const Block block{column, static_cast<std::int64_t>(begin), block_words, ids.subspan(begin, count)};
      LARDER_RETURN_IF_ERROR(visit(block));
    }
    return {};
  }

  static Status FindNothing(const arrow::Array& column, std::span<std::uint32_t> ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ids[i] = column.IsNull(static_cast<std::int64_t>(i)) ? kNullKeyId : kUnknownKeyId;
    }
    return {};
  }

  static bool Always(std::uint32_t /*id*/) { return true; }

  void AddBlock(const Block& block) {
    for (const std::uint64_t word : block.words) slots_.Prefetch(Mix(word));
    const bool has_nulls = block.column.null_count() != 0;
    for (std::size_t i = 0; i < block.ids.size(); ++i) {
      if (has_nulls && block.IsNull(i)) {
        block.ids[i] = kNullKeyId;
        continue;
      }
      const std::uint64_t hash = Mix(block.words[i]);
      std::uint32_t id = slots_.Probe(hash, block.words[i], Always).id;
      if (id == kUnknownKeyId) {
        id = key_count_++;
        slots_.Insert(hash, {block.words[i], id});
      }
      block.ids[i] = id;
    }
  }

  void FindBlock(const Block& block) const {
    for (const std::uint64_t word : block.words) slots_.Prefetch(Mix(word));
    const bool has_nulls = block.column.null_count() != 0;
    for (std::size_t i = 0; i < block.ids.size(); ++i) {
      const bool is_null = has_nulls && block.IsNull(i);
      block.ids[i] = is_null ? kNullKeyId : slots_.Probe(Mix(block.words[i]), block.words[i], Always).id;
    }
  }

  SlotTable slots_;
  std::uint32_t key_count_ = 0;
};

/// Keys of any columns, compared by their encoding.
class EncodedKeyTable final : public KeyTable {
 public:
  explicit EncodedKeyTable(MemoryBudget& memory)
      : slots_(memory), bytes_(&memory, "join keys"), ends_(&memory, "join keys") {}

  Status FindOrAdd(KeyColumns columns, std::span<std::uint32_t> ids) override {
    LARDER_RETURN_IF_ERROR(EncodeJoinKeys(columns, encoded_));
    for (std::size_t begin = 0; begin < ids.size(); begin += kBlock) {
      const std::size_t end = std::min(begin + kBlock, ids.size());
      LARDER_RETURN_IF_ERROR(slots_.MakeRoom(ends_.size(), end - begin, SameHash));
      LARDER_RETURN_IF_ERROR(ends_.MakeRoom(end - begin));
      LARDER_RETURN_IF_ERROR(bytes_.MakeRoom(encoded_.offsets[end] - encoded_.offsets[begin]));
      for (std::size_t i = begin; i < end; ++i) slots_.Prefetch(encoded_.hashes[i]);
      for (std::size_t i = begin; i < end; ++i) ids[i] = FindOrAddOne(i);
    }
    return {};
  }

  Status Find(KeyColumns columns, std::span<std::uint32_t> ids) const override {
    JoinKeyBatch encoded;
    LARDER_RETURN_IF_ERROR(EncodeJoinKeys(columns, encoded));
    for (std::size_t begin = 0; begin < ids.size(); begin += kBlock) {
      const std::size_t end = std::min(begin + kBlock, ids.size());
      if (!slots_.empty()) {
        for (std::size_t i = begin; i < end; ++i) slots_.Prefetch(encoded.hashes[i]);
      }
      for (std::size_t i = begin; i < end; ++i) ids[i] = FindOne(encoded, i);
    }
    return {};
  }

  std::uint32_t key_count() const override { return static_cast<std::uint32_t>(ends_.size()); }

  void Clear() override {
    slots_.Reset();
    bytes_.Reset();
    ends_.Reset();
  }

 private:
  static std::uint64_t SameHash(std::uint64_t word) { return word; }

  std::string_view KeyOf(std::uint32_t id) const {
    const std::uint64_t begin = id == 0 ? 0 : ends_[id - 1];
    return {bytes_.data() + begin, ends_[id] - begin};
  }

  std::uint32_t FindOne(const JoinKeyBatch& encoded, std::size_t row) const {
    if (encoded.is_null[row] != 0) return kNullKeyId;
    if (slots_.empty()) return kUnknownKeyId;
    const std::uint64_t hash = encoded.hashes[row];
    const std::string_view key = encoded.key(static_cast<std::int64_t>(row));
    return slots_.Probe(hash, hash, [&](std::uint32_t id) { return KeyOf(id) == key; }).id;
  }

  std::uint32_t FindOrAddOne(std::size_t row) {
    std::uint32_t id = FindOne(encoded_, row);
    if (id != kUnknownKeyId) return id;
    const std::string_view key = encoded_.key(static_cast<std::int64_t>(row));
    id = key_count();
    bytes_.Add(key.data(), key.data() + key.size());
    ends_.Add(bytes_.size());
    slots_.Insert(encoded_.hashes[row], {encoded_.hashes[row], id});
    return id;
  }

  SlotTable slots_;
  BudgetedVector<char> bytes_;
  BudgetedVector<std::uint64_t> ends_;  ///< of each key in `bytes_`
  JoinKeyBatch encoded_;
};

}  // namespace

std::unique_ptr<KeyTable> NewKeyTable(std::span<const ValueType> types, MemoryBudget& memory) {
  if (types.size() == 1 && types[0].is_fixed_width()) return std::make_unique<WordKeyTable>(memory);
  return std::make_unique<EncodedKeyTable>(memory);
}

}  // namespace larder
