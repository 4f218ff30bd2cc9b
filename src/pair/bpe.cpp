#include "pair/bpe.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "text/byte_spelling.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace updraft::pair {
namespace {

using nlohmann::json;
using text::CharClass;

constexpr std::string_view end_of_word = "</w>";
constexpr std::size_t max_merges = std::size_t{1} << 20;
constexpr std::size_t longest_word = 512;  // bytes: longer ones are cut, so that none takes long

// How CLIP's tokenizer cuts a text, as it stands in its file; next_word() does just this.
constexpr std::string_view words_of_clip = R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
constexpr std::string_view specials_of_clip = R"(<\|startoftext\|>|<\|endoftext\|>|)";  // in front of it, perhaps

// The next word from `at` on, which is moved behind it; empty: there is none.
std::string_view next_word(std::string_view text, std::size_t& at) {
  const auto class_at = [&](std::size_t place, std::size_t& end) {
    end = place;
    return text::char_class(text::next_codepoint(text, end));
  };
  std::size_t end = at;
  while (at < text.size() && class_at(at, end) == CharClass::space) at = end;
  if (at >= text.size()) return {};
  const std::size_t begin = at;
  constexpr std::array<std::string_view, 7> contractions = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
  for (const std::string_view contraction : contractions) {
    if (!text.substr(begin).starts_with(contraction)) continue;
    at = begin + contraction.size();
    return contraction;
  }
  const CharClass kind = class_at(at, end);
  at = end;
  if (kind == CharClass::number) return text.substr(begin, at - begin);
  while (at < text.size() && class_at(at, end) == kind) at = end;
  return text.substr(begin, at - begin);
}

// A split into the words of CLIP, then bytes as characters.
bool is_clips(const json& pre_tokenizer) {
  if (!has_type(pre_tokenizer, "Sequence")) return false;
  const auto parts = pre_tokenizer.find("pretokenizers");
  if (parts == pre_tokenizer.end() || !parts->is_array() || parts->size() != 2) return false;
  const json &split = (*parts)[0], &bytes = (*parts)[1];
  if (!has_type(split, "Split") || !has_type(bytes, "ByteLevel")) return false;
  if (flag_of(bytes, "add_prefix_space", true)) return false;
  const auto pattern = split.find("pattern");
  if (pattern == split.end() || !pattern->is_object()) return false;
  std::string expression = text_of(*pattern, "Regex");
  if (expression.starts_with(specials_of_clip)) expression.erase(0, specials_of_clip.size());
  return expression == words_of_clip && text_of(split, "behavior") == "Removed" && flag_of(split, "invert", false);
}

// "in g</w>" or ["in", "g</w>"]
std::optional<std::pair<std::string, std::string>> pair_of(const json& merge) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return std::pair(merge[0].get<std::string>(), merge[1].get<std::string>());
  }
  if (!merge.is_string()) return std::nullopt;
  const auto& both = merge.get_ref<const std::string&>();
  const std::size_t space = both.find(' ');
  if (space == std::string::npos) return std::nullopt;
  return std::pair(both.substr(0, space), both.substr(space + 1));
}

}  // namespace

Result<Bpe> Bpe::from(const json& model, const json& pre_tokenizer) {
  if (text_of(model, "end_of_word_suffix") != end_of_word || !text_of(model, "continuing_subword_prefix").empty()) {
    return fail(ErrorCode::unsupported, "a BPE tokenizer whose words do not end in '</w>' is not known here");
  }
  if (!is_clips(pre_tokenizer)) {
    return fail(ErrorCode::unsupported, "a BPE tokenizer that does not cut a text as CLIP's is not known here");
  }
  const auto ids = read_vocabulary(model);
  if (!ids) return tl::unexpected(ids.error());
  Bpe bpe;
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::string spelled;
    text::append_utf8(spelled, text::spelling_of_bytes[byte]);
    bpe.inner_.push_back(find(*ids, spelled));
    bpe.last_.push_back(find(*ids, spelled.append(end_of_word)));
  }
  for (const auto& [token, id] : *ids) bpe.size_ = std::max(bpe.size_, static_cast<std::size_t>(id) + 1);
  bpe.unknown_ = find(*ids, text_of(model, "unk_token"));
  const auto merges = model.find("merges");
  if (merges == model.end() || !merges->is_array() || merges->size() > max_merges) {
    return fail(ErrorCode::corrupt, "the tokenizer has no merges");
  }
  for (std::size_t rank = 0; rank < merges->size(); ++rank) {
    const auto pair = pair_of((*merges)[rank]);
    if (!pair) return fail(ErrorCode::corrupt, "merge " + std::to_string(rank) + " is none");
    const Id left = find(*ids, pair->first), right = find(*ids, pair->second);
    const Id result = find(*ids, pair->first + pair->second);
    if (left < 0 || right < 0 || result < 0) {
      return fail(ErrorCode::corrupt, "merge " + std::to_string(rank) + " is of tokens that the vocabulary has not");
    }
    bpe.merges_.emplace(key(left, right), Merge{rank, result});
  }
  return bpe;
}

std::vector<Id> Bpe::encode(std::string_view text, std::size_t enough) const {
  std::vector<Id> ids;
  for (std::size_t at = 0; ids.size() < enough;) {
    std::string_view word = next_word(text, at);
    if (word.empty()) break;
    for (; word.size() > longest_word; word.remove_prefix(longest_word)) append_word(word.substr(0, longest_word), ids);
    append_word(word, ids);
  }
  return ids;
}

void Bpe::append_word(std::string_view word, std::vector<Id>& ids) const {
  std::vector<Id> symbols;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const Id id = (i + 1 == word.size() ? last_ : inner_)[static_cast<unsigned char>(word[i])];
    if (id >= 0 || unknown_ >= 0) symbols.push_back(id >= 0 ? id : unknown_);
  }
  while (symbols.size() > 1) {
    const Merge* best = nullptr;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto found = merges_.find(key(symbols[i], symbols[i + 1]));
      if (found == merges_.end() || (best != nullptr && best->rank <= found->second.rank)) continue;
      best = &found->second;
      place = i;
    }
    if (best == nullptr) break;
    symbols[place] = best->result;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
  ids.insert(ids.end(), symbols.begin(), symbols.end());
}

}  // namespace updraft::pair
