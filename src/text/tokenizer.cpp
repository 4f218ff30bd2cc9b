#include "text/tokenizer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <deque>
#include <limits>
#include <optional>
#include <queue>
#include <utility>

#include "text/byte_spelling.h"
#include "text/pre_tokenizer.h"
#include "text/utf8.h"

namespace updraft::text {
namespace {

constexpr std::size_t max_vocabulary = 1 << 22;
constexpr std::size_t max_merges = 1 << 22;

// --- The alphabet of byte-level BPE (text/byte_spelling.h), read backwards ------------------------------------------

constexpr auto byte_of_spelling = [] {
  std::array<int, 0x100 + shifted_bytes> bytes{};
  bytes.fill(-1);
  for (unsigned byte = 0; byte < 256; ++byte) bytes[spelling_of_bytes[byte]] = static_cast<int>(byte);
  return bytes;
}();

// The bytes that a vocabulary's spelling stands for; characters outside of the alphabet stay what they are.
void append_spelled(std::string& out, std::string_view spelling) {
  for (std::size_t at = 0; at < spelling.size();) {
    if (const auto byte = static_cast<unsigned char>(spelling[at]); byte < 0x80) {
      out += spelling[at++];  // spells itself, or is outside of the alphabet
      continue;
    }
    const std::size_t begin = at;
    const char32_t c = next_codepoint(spelling, at);
    if (c < byte_of_spelling.size() && byte_of_spelling[c] >= 0) {
      out += static_cast<char>(byte_of_spelling[c]);
    } else {
      out += spelling.substr(begin, at - begin);
    }
  }
}

// --- Hash tables --------------------------------------------------------------------------------------------------
// Open addressing, at most half full.

std::uint64_t mix(std::uint64_t x) {
  x *= 0x9E3779B97F4A7C15u;
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93u;
  return x ^ x >> 32;
}

std::size_t table_size(std::size_t entries) { return std::bit_ceil(entries * 2 + 2); }

// Symbols (see Tokenizer::State) by their spelling. Does not copy spellings.
class SymbolTable {
 public:
  explicit SymbolTable(std::size_t entries) : slots_(table_size(entries)) {}

  // nullopt: not there.
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view spelling) const {
    const Slot& slot = slots_[slot_of(spelling)];
    return slot.text == nullptr ? std::nullopt : std::optional(slot.symbol);
  }

  // False: the spelling is there already.
  bool add(std::string_view spelling, std::uint32_t symbol) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[slot_of(spelling)];
    if (slot.text != nullptr) return false;
    slot = {spelling.data(), static_cast<std::uint32_t>(spelling.size()), symbol};
    ++used_;
    return true;
  }

 private:
  struct Slot {
    const char* text = nullptr;  // null: empty
    std::uint32_t length = 0;
    std::uint32_t symbol = 0;
  };

  template <class Word>
  static std::uint64_t load(const char* from) {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
  }
  // Up to 8 bytes as one number; together with the length, no two texts share one.
  static std::uint64_t word(std::string_view text) {
    const std::size_t n = text.size();
    if (n == 8) return load<std::uint64_t>(text.data());
    if (n >= 4) return load<std::uint32_t>(text.data()) << 32 | load<std::uint32_t>(text.data() + n - 4);
    if (n == 0) return 0;
    return load<std::uint8_t>(text.data()) << 16 | load<std::uint8_t>(text.data() + n / 2) << 8 |
           load<std::uint8_t>(text.data() + n - 1);
  }
  static std::uint64_t hash(std::string_view text) {
    std::uint64_t h = text.size();
    for (; text.size() > 8; text.remove_prefix(8)) h = mix(h ^ word(text.substr(0, 8)));
    return mix(h ^ word(text));
  }

  [[nodiscard]] std::size_t slot_of(std::string_view text) const {
    for (std::size_t i = hash(text);; ++i) {
      const Slot& slot = slots_[i & (slots_.size() - 1)];
      if (slot.text == nullptr || std::string_view(slot.text, slot.length) == text) return i & (slots_.size() - 1);
    }
  }

  void grow() {
    const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
    for (const Slot& slot : old)
      if (slot.text != nullptr) slots_[slot_of({slot.text, slot.length})] = slot;
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

struct Merge {
  std::uint32_t rank = no_rank;
  std::uint32_t result = 0;
  static constexpr std::uint32_t no_rank = std::numeric_limits<std::uint32_t>::max();
};

// What two neighbouring symbols become.
class MergeTable {
 public:
  MergeTable() = default;
  explicit MergeTable(std::size_t entries) : slots_(table_size(entries)) {}

  [[nodiscard]] Merge find(std::uint32_t left, std::uint32_t right) const {
    return slots_[slot_of(key(left, right))].merge;
  }
  // Whoever comes first keeps the pair.
  void add(std::uint32_t left, std::uint32_t right, Merge merge) {
    Slot& slot = slots_[slot_of(key(left, right))];
    if (slot.merge.rank == Merge::no_rank) slot = {key(left, right), merge};
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    Merge merge;  // no_rank: empty
  };
  static std::uint64_t key(std::uint32_t left, std::uint32_t right) {
    return static_cast<std::uint64_t>(left) << 32 | right;
  }
  [[nodiscard]] std::size_t slot_of(std::uint64_t key) const {
    for (std::size_t i = mix(key);; ++i) {
      const Slot& slot = slots_[i & (slots_.size() - 1)];
      if (slot.merge.rank == Merge::no_rank || slot.key == key) return i & (slots_.size() - 1);
    }
  }

  std::vector<Slot> slots_ = std::vector<Slot>(2);
};

}  // namespace

// BPE joins symbols. A symbol below `size` is the token of that id; those above are spellings that a byte or a merge
// needs but that are no token: at the end they fall apart into the tokens of their spelling's bytes, if there are any.
struct Tokenizer::State {
  std::string bytes;                       // of all tokens, one after the other
  std::vector<std::uint32_t> bytes_begin;  // [size + 1]
  std::vector<bool> is_control;            // [size]
  std::vector<std::pair<std::string, TokenId>> controls;
  std::array<std::uint32_t, 256> symbol_of_byte{};
  MergeTable merges;
  std::vector<std::vector<TokenId>> leftovers;  // of symbol size + i
  bool numbers_alone = false;
  TokenId bos = -1, eos = -1;

  [[nodiscard]] std::size_t size() const { return is_control.size(); }

  Result<> read_tokens(const gguf::File& file);
  Result<> read_merges(const gguf::File& file);

  // Both join the symbols of one piece in place: the lowest rank first, of equals the leftmost.
  void merge_short(std::vector<std::uint32_t>& symbols) const;
  void merge_long(std::vector<std::uint32_t>& symbols) const;
};

namespace {

Result<TokenId> token_id(const gguf::File& file, std::string_view key, std::size_t size) {
  const auto id = file.integer(key);
  if (!id) return tl::unexpected(id.error());
  if (*id >= size)
    return file.fail(ErrorCode::corrupt, std::string(key) + " is " + std::to_string(*id) + ", the vocabulary has " +
                                             std::to_string(size) + " tokens");
  return static_cast<TokenId>(*id);
}

}  // namespace

Result<> Tokenizer::State::read_tokens(const gguf::File& file) {
  const auto tokens = file.strings("tokenizer.ggml.tokens");
  if (!tokens) return tl::unexpected(tokens.error());
  if (tokens->empty() || tokens->size() > max_vocabulary)
    return file.fail(ErrorCode::corrupt, "a vocabulary of " + std::to_string(tokens->size()) + " tokens");
  is_control.resize(tokens->size());
  if (file.find("tokenizer.ggml.token_type") != nullptr) {
    const auto types = file.integers("tokenizer.ggml.token_type");
    if (!types) return tl::unexpected(types.error());
    if (types->size() != tokens->size())
      return file.fail(ErrorCode::corrupt, "tokenizer.ggml.token_type has " + std::to_string(types->size()) +
                                               " elements, the vocabulary " + std::to_string(tokens->size()));
    constexpr std::uint64_t unknown = 2, control = 3, user_defined = 4;
    for (std::size_t i = 0; i < types->size(); ++i) {
      is_control[i] = (*types)[i] == unknown || (*types)[i] == control;
      if ((*types)[i] == user_defined)
        return file.fail(ErrorCode::unsupported, "the vocabulary has user-defined tokens, which are not supported");
    }
  }
  bytes_begin.reserve(tokens->size() + 1);
  bytes_begin.push_back(0);
  for (std::size_t i = 0; i < tokens->size(); ++i) {
    if (is_control[i])
      controls.emplace_back((*tokens)[i], static_cast<TokenId>(i));
    else
      append_spelled(bytes, (*tokens)[i]);
    if (bytes.size() > std::numeric_limits<std::uint32_t>::max())
      return file.fail(ErrorCode::corrupt, "the vocabulary's tokens are longer than 4 GiB");
    bytes_begin.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  return {};
}

Result<> Tokenizer::State::read_merges(const gguf::File& file) {
  const auto tokens = file.strings("tokenizer.ggml.tokens");
  const auto lines = file.strings("tokenizer.ggml.merges");
  if (!lines) return tl::unexpected(lines.error());
  if (lines->size() > max_merges)
    return file.fail(ErrorCode::corrupt, "tokenizer.ggml.merges has " + std::to_string(lines->size()) + " elements");

  SymbolTable table(tokens->size() + 256);
  for (std::size_t i = 0; i < tokens->size(); ++i)
    if (!is_control[i] && !(*tokens)[i].empty() && !table.add((*tokens)[i], static_cast<std::uint32_t>(i)))
      return file.fail(ErrorCode::corrupt, "tokenizer.ggml.tokens: token " + std::to_string(i) + " occurs twice");

  std::deque<std::string> spellings;  // of the symbols that are no token
  const auto symbol = [&](std::string_view spelling) -> std::uint32_t {
    if (const auto known = table.find(spelling)) return *known;
    const auto added = static_cast<std::uint32_t>(size() + leftovers.size());
    std::vector<TokenId>& rest = leftovers.emplace_back();
    for (std::size_t i = 0; i < spelling.size(); ++i)
      if (const auto token = table.find(spelling.substr(i, 1)); token && *token < size())
        rest.push_back(static_cast<TokenId>(*token));
    table.add(spellings.emplace_back(spelling), added);
    return added;
  };

  std::string spelling;
  for (std::size_t byte = 0; byte < symbol_of_byte.size(); ++byte) {
    spelling.clear();
    append_utf8(spelling, spelling_of_bytes[byte]);
    symbol_of_byte[byte] = symbol(spelling);
  }
  merges = MergeTable(lines->size());
  std::uint32_t result = 0;
  for (std::size_t rank = 0; rank < lines->size(); ++rank) {
    const std::string_view line = (*lines)[rank];
    const std::size_t space = line.find(' ', 1);
    if (space == std::string_view::npos || space + 1 == line.size()) continue;  // joins nothing
    const std::string_view left = line.substr(0, space), right = line.substr(space + 1);
    spelling.assign(left).append(right);
    // Vocabularies list what merges make in the order of the merges: most results are the token after the last one.
    const bool in_order = ++result < size() && !is_control[result] && (*tokens)[result] == spelling;
    if (!in_order) result = symbol(spelling);
    merges.add(symbol(left), symbol(right), {static_cast<std::uint32_t>(rank), result});
  }
  return {};
}

void Tokenizer::State::merge_short(std::vector<std::uint32_t>& symbols) const {
  while (symbols.size() > 1) {
    Merge best;
    std::size_t where = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const Merge merge = merges.find(symbols[i], symbols[i + 1]);
      if (merge.rank < best.rank) {
        best = merge;
        where = i;
      }
    }
    if (best.rank == Merge::no_rank) return;
    symbols[where] = best.result;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(where) + 1);
  }
}

// A linked list of symbols and a heap of what could be joined; an entry whose symbols have changed since is skipped.
void Tokenizer::State::merge_long(std::vector<std::uint32_t>& symbols) const {
  constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  struct Candidate {
    std::uint32_t rank, at, next, left, right, result;
    bool operator<(const Candidate& other) const {  // the heap's top is the largest
      return rank != other.rank ? rank > other.rank : at > other.at;
    }
  };
  const auto n = static_cast<std::uint32_t>(symbols.size());
  std::vector<std::uint32_t> next(n), previous(n);
  std::priority_queue<Candidate> candidates;
  const auto consider = [&](std::uint32_t at, std::uint32_t after) {
    if (at == none || after == none) return;
    const Merge merge = merges.find(symbols[at], symbols[after]);
    if (merge.rank != Merge::no_rank)
      candidates.push({merge.rank, at, after, symbols[at], symbols[after], merge.result});
  };
  for (std::uint32_t i = 0; i < n; ++i) {
    previous[i] = i == 0 ? none : i - 1;
    next[i] = i + 1 == n ? none : i + 1;
    consider(i, next[i]);
  }
  constexpr std::uint32_t gone = none;
  while (!candidates.empty()) {
    const Candidate c = candidates.top();
    candidates.pop();
    if (symbols[c.at] != c.left || symbols[c.next] != c.right) continue;
    symbols[c.at] = c.result;
    symbols[c.next] = gone;
    next[c.at] = next[c.next];
    if (next[c.at] != none) previous[next[c.at]] = c.at;
    consider(previous[c.at], c.at);
    consider(c.at, next[c.at]);
  }
  std::erase(symbols, gone);
}

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::from(const gguf::File& file) {
  const auto model = file.string("tokenizer.ggml.model");
  if (!model) return tl::unexpected(model.error());
  if (*model != "gpt2")
    return file.fail(ErrorCode::unsupported, "tokenizer '" + std::string(*model) + "' (only 'gpt2' is supported)");
  const auto splitting = file.string("tokenizer.ggml.pre");
  if (!splitting) return tl::unexpected(splitting.error());
  if (*splitting != "gpt-2" && *splitting != "smollm")
    return file.fail(ErrorCode::unsupported,
                     "pre-tokenizer '" + std::string(*splitting) + "' (only 'gpt-2' and 'smollm' are supported)");
  auto state = std::make_unique<State>();
  state->numbers_alone = *splitting == "smollm";
  if (const auto read = state->read_tokens(file); !read) return tl::unexpected(read.error());
  if (const auto read = state->read_merges(file); !read) return tl::unexpected(read.error());
  const auto bos = token_id(file, "tokenizer.ggml.bos_token_id", state->size());
  if (!bos) return tl::unexpected(bos.error());
  const auto eos = token_id(file, "tokenizer.ggml.eos_token_id", state->size());
  if (!eos) return tl::unexpected(eos.error());
  state->bos = *bos;
  state->eos = *eos;
  return Tokenizer(std::move(state));
}

std::vector<TokenId> Tokenizer::encode(std::string_view text) const {
  constexpr std::size_t short_piece = 48;  // longer ones are worth a heap
  std::string repaired;
  if (!is_valid_utf8(text)) text = repaired = repair_utf8(text);

  std::vector<TokenId> ids;
  ids.reserve(text.size() / 3 + 1);
  std::vector<std::uint32_t> symbols;
  PreTokenizer pieces(text, state_->numbers_alone);
  for (std::string_view piece = pieces.next(); !piece.empty(); piece = pieces.next()) {
    symbols.clear();
    for (const char c : piece) symbols.push_back(state_->symbol_of_byte[static_cast<unsigned char>(c)]);
    if (symbols.size() <= short_piece)
      state_->merge_short(symbols);
    else
      state_->merge_long(symbols);
    for (const std::uint32_t symbol : symbols) {
      if (symbol < state_->size()) {
        ids.push_back(static_cast<TokenId>(symbol));
      } else {
        const auto& rest = state_->leftovers[symbol - state_->size()];
        ids.insert(ids.end(), rest.begin(), rest.end());
      }
    }
  }
  return ids;
}

std::string Tokenizer::decode(std::span<const TokenId> ids) const {
  std::string text;
  for (const TokenId id : ids) text += bytes(id);
  return text;
}

std::string_view Tokenizer::bytes(TokenId id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= size()) return {};
  const std::size_t begin = state_->bytes_begin[static_cast<std::size_t>(id)];
  return std::string_view(state_->bytes).substr(begin, state_->bytes_begin[static_cast<std::size_t>(id) + 1] - begin);
}

std::size_t Tokenizer::size() const { return state_->size(); }
TokenId Tokenizer::bos() const { return state_->bos; }
TokenId Tokenizer::eos() const { return state_->eos; }

TokenId Tokenizer::control(std::string_view name) const {
  for (const auto& [text, id] : state_->controls)
    if (text == name) return id;
  return -1;
}

bool Tokenizer::is_control(TokenId id) const {
  return id >= 0 && static_cast<std::size_t>(id) < size() && state_->is_control[static_cast<std::size_t>(id)];
}

}  // namespace updraft::text
