#include "pair/unigram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "text/unicode.h"
#include "text/utf8.h"

namespace updraft::pair {
namespace {

using nlohmann::json;

constexpr std::string_view mark = "\xe2\x96\x81";  // U+2581, stands for a space
constexpr std::size_t max_token_bytes = 256;
constexpr double unknown_penalty = 10;  // below the unlikeliest token, as SentencePiece has it

std::size_t end_of_character(std::string_view text, std::size_t at) {
  (void)text::next_codepoint(text, at);
  return at;
}

}  // namespace

Result<Unigram> Unigram::from(const json& model, const json& pre_tokenizer) {
  const auto corrupt = [](const std::string& why) { return fail(ErrorCode::corrupt, why); };
  if (flag_of(model, "byte_fallback", false)) {
    return fail(ErrorCode::unsupported, "a Unigram tokenizer that falls back to bytes is not known here");
  }
  const auto vocabulary = model.find("vocab");
  if (vocabulary == model.end() || !vocabulary->is_array() || vocabulary->empty()) {
    return corrupt("the tokenizer has no vocabulary");
  }
  if (vocabulary->size() > max_tokens_known) return fail(ErrorCode::unsupported, "the vocabulary is too large");
  Unigram unigram;
  double least = 0;
  for (const json& entry : *vocabulary) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number()) {
      return corrupt("the vocabulary holds something else than tokens with their scores");
    }
    const auto& token = entry[0].get_ref<const std::string&>();
    const auto score = entry[1].get<double>();
    if (!(std::abs(score) < 1e6)) return corrupt("the vocabulary has a score that is none");
    if (token.size() > max_token_bytes)
      return fail(ErrorCode::unsupported, "the vocabulary has a token that is too long");
    if (!token.empty()) unigram.ids_.emplace(token, static_cast<Id>(unigram.scores_.size()));
    unigram.scores_.push_back(score);
    unigram.longest_ = std::max(unigram.longest_, token.size());
    least = std::min(least, score);
  }
  const auto unknown = model.find("unk_id");
  if (unknown == model.end() || !unknown->is_number_unsigned() || unknown->get<std::uint64_t>() >= unigram.size()) {
    return corrupt("the tokenizer has no token for what it does not know");
  }
  unigram.unknown_ = unknown->get<Id>();
  unigram.unknown_score_ = least - unknown_penalty;
  if (auto done = unigram.read_marking(pre_tokenizer); !done) return tl::unexpected(done.error());
  return unigram;
}

Result<> Unigram::read_marking(const json& pre_tokenizer) {
  const auto refuse = [] {
    return fail(ErrorCode::unsupported, "a Unigram tokenizer that does not mark words with U+2581 is not known here");
  };
  if (!pre_tokenizer.is_object()) return refuse();
  const std::string type = text_of(pre_tokenizer, "type");
  if (type == "Sequence" && !drops_spaces_) {
    const auto parts = pre_tokenizer.find("pretokenizers");
    const bool good = parts != pre_tokenizer.end() && parts->is_array() && parts->size() == 2 &&
                      has_type((*parts)[0], "WhitespaceSplit");
    if (!good) return refuse();
    drops_spaces_ = true;
    return read_marking((*parts)[1]);
  }
  if (type != "Metaspace" || text_of(pre_tokenizer, "replacement") != mark) return refuse();
  const std::string scheme = text_of(pre_tokenizer, "prepend_scheme");
  if (!scheme.empty() && scheme != "always" && scheme != "first" && scheme != "never") return refuse();
  marks_first_ = scheme.empty() ? flag_of(pre_tokenizer, "add_prefix_space", true) : scheme != "never";
  splits_ = flag_of(pre_tokenizer, "split", true);
  const bool marks_each = marks_first_ && scheme != "first";
  if (drops_spaces_ && !(marks_each && splits_)) return refuse();
  return {};
}

void Unigram::forget(std::string_view token) {
  if (const auto found = ids_.find(token); found != ids_.end()) ids_.erase(found);
}

std::vector<Id> Unigram::encode(std::string_view text, std::size_t enough) const {
  // Words, each with the mark where a space stood before it.
  std::string marked;
  bool after_space = drops_spaces_;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = text::next_codepoint(text, at);
    if (drops_spaces_ && text::char_class(c) == text::CharClass::space) {
      after_space = true;
    } else if (!drops_spaces_ && c == ' ') {
      marked += mark;
    } else {
      if (std::exchange(after_space, false) && !text.substr(begin).starts_with(mark)) marked += mark;
      marked += text.substr(begin, at - begin);
    }
  }
  if (!drops_spaces_ && marks_first_ && !marked.empty() && !marked.starts_with(mark)) marked.insert(0, mark);

  std::vector<Id> ids;
  for (std::size_t begin = 0; begin < marked.size() && ids.size() < enough;) {
    const std::size_t end = splits_ ? std::min(marked.find(mark, begin + 1), marked.size()) : marked.size();
    append_piece(std::string_view(marked).substr(begin, end - begin), ids);
    begin = end;
  }
  return ids;
}

void Unigram::append_piece(std::string_view piece, std::vector<Id>& ids) const {
  struct Best {
    double score = -std::numeric_limits<double>::infinity();  // of the likeliest way to get here
    std::size_t begin = 0;                                    // of its last token
    Id id = -1;
  };
  std::vector<Best> best(piece.size() + 1);
  best[0].score = 0;
  for (std::size_t begin = 0; begin < piece.size(); begin = end_of_character(piece, begin)) {
    const std::size_t first_end = end_of_character(piece, begin);
    bool is_known = false;  // the character is a token of its own
    const auto offer = [&](std::size_t end, Id id, double score) {
      if (best[begin].score + score > best[end].score) best[end] = {best[begin].score + score, begin, id};
    };
    const std::size_t last = std::min(piece.size(), begin + longest_);
    for (std::size_t end = first_end; end <= last; end = end_of_character(piece, end)) {
      const Id id = find(ids_, piece.substr(begin, end - begin));
      if (id >= 0) offer(end, id, scores_[static_cast<std::size_t>(id)]);
      is_known = is_known || (id >= 0 && end == first_end);
      if (end == piece.size()) break;
    }
    if (!is_known) offer(first_end, unknown_, unknown_score_);
  }
  std::vector<Id> backwards;
  for (std::size_t end = piece.size(); end > 0; end = best[end].begin) {
    // What is unknown is one token, however long.
    if (best[end].id == unknown_ && !backwards.empty() && backwards.back() == unknown_) continue;
    backwards.push_back(best[end].id);
  }
  ids.insert(ids.end(), backwards.rbegin(), backwards.rend());
}

}  // namespace updraft::pair
