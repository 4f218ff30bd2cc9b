#include "encode/word_piece.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>

#include "files/mapping.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace updraft::encode {
namespace {

constexpr std::size_t max_vocabulary_bytes = 16 << 20;
constexpr std::size_t max_vocabulary_tokens = 1 << 20;
constexpr std::size_t max_word_characters = 100;  // a longer word is unknown

// What tells a piece inside a word from one that begins it: the former, in lines; the latter, in GGUF.
constexpr std::string_view continuation = "##", beginning = "\xe2\x96\x81";
bool continues(std::string_view token) { return token.starts_with(continuation) && token.size() > continuation.size(); }

struct SpecialToken {
  std::string_view name, key;  // of its id in GGUF; "seperator" is how the format spells it
};
const SpecialToken* special_token(std::string_view token) {
  static constexpr std::array<SpecialToken, 5> all = {{{"[PAD]", "tokenizer.ggml.padding_token_id"},
                                                       {"[UNK]", "tokenizer.ggml.unknown_token_id"},
                                                       {"[CLS]", "tokenizer.ggml.cls_token_id"},
                                                       {"[SEP]", "tokenizer.ggml.seperator_token_id"},
                                                       {"[MASK]", "tokenizer.ggml.mask_token_id"}}};
  const auto* found = std::find_if(all.begin(), all.end(), [&](const SpecialToken& s) { return s.name == token; });
  return found == all.end() ? nullptr : found;
}

utf8proc_category_t category(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

bool is_dropped(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  if (c == 0 || c == 0xFFFD) return true;
  switch (category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
      return true;
    default:
      return false;
  }
}

bool is_space(char32_t c) { return text::char_class(c) == text::CharClass::space; }

// Chinese characters are words of their own. (The reference leaves 0x2B820 to 0x2B91F out.)
bool is_chinese(char32_t c) {
  constexpr std::array<std::pair<char32_t, char32_t>, 8> blocks = {{{0x4E00, 0x9FFF},
                                                                    {0x3400, 0x4DBF},
                                                                    {0x20000, 0x2A6DF},
                                                                    {0x2A700, 0x2B73F},
                                                                    {0x2B740, 0x2B81F},
                                                                    {0x2B920, 0x2CEAF},
                                                                    {0xF900, 0xFAFF},
                                                                    {0x2F800, 0x2FA1F}}};
  return std::any_of(blocks.begin(), blocks.end(), [c](auto block) { return c >= block.first && c <= block.second; });
}

bool is_punctuation(char32_t c) {
  if (c < 0x80)
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
  switch (category(c)) {
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return true;
    default:
      return false;
  }
}

// Control characters gone, white space plain, Chinese characters between spaces.
std::string clean(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = text::next_codepoint(text, at);
    if (is_dropped(c)) continue;
    if (is_space(c)) {
      out += ' ';
    } else if (is_chinese(c)) {
      out += ' ';
      text::append_utf8(out, c);
      out += ' ';
    } else {
      text::append_utf8(out, c);
    }
  }
  return out;
}

// Characters of the normal form D.
std::vector<utf8proc_int32_t> decompose(const std::string& text) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto length = static_cast<utf8proc_ssize_t>(text.size());
  std::vector<utf8proc_int32_t> characters(text.size());
  for (;;) {
    const auto room = static_cast<utf8proc_ssize_t>(characters.size());
    const auto needed = utf8proc_decompose(bytes, length, characters.data(), room, UTF8PROC_DECOMPOSE);
    characters.resize(static_cast<std::size_t>(std::max<utf8proc_ssize_t>(needed, 0)));
    if (needed <= room) return characters;
  }
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

Result<WordPiece> WordPiece::open(const std::filesystem::path& path) {
  return files::parse_file(path, [](const files::Mapping& file) { return parse(file.text()); });
}

Result<WordPiece> WordPiece::parse(std::string_view vocabulary) {
  if (vocabulary.size() > max_vocabulary_bytes) return fail(ErrorCode::corrupt, "the vocabulary is too large");
  std::vector<std::string> tokens;
  while (!vocabulary.empty()) {
    const std::size_t end = std::min(vocabulary.find('\n'), vocabulary.size());
    std::string_view token = vocabulary.substr(0, end);
    vocabulary.remove_prefix(std::min(end + 1, vocabulary.size()));
    if (token.ends_with('\r')) token.remove_suffix(1);
    tokens.emplace_back(token);
  }
  return of(std::move(tokens));
}

Result<WordPiece> WordPiece::of(std::vector<std::string> tokens) {
  WordPiece out;
  out.tokens_ = std::move(tokens);
  for (std::size_t i = 0; i < out.tokens_.size(); ++i) {
    const std::string_view token = out.tokens_[i];
    out.longest_ = std::max(out.longest_, token.size());
    Ids& ids = continues(token) ? out.continuations_ : out.beginnings_;
    if (!ids.emplace(token.substr(continues(token) ? continuation.size() : 0), static_cast<TokenId>(i)).second) {
      return fail(ErrorCode::corrupt, "the vocabulary has token " + std::to_string(i) + " twice");
    }
  }
  const auto special = [&](std::string_view name) {
    const auto found = out.beginnings_.find(name);
    return found == out.beginnings_.end() ? -1 : found->second;
  };
  out.cls_ = special("[CLS]");
  out.sep_ = special("[SEP]");
  out.unknown_ = special("[UNK]");
  if (out.cls_ < 0 || out.sep_ < 0 || out.unknown_ < 0) {
    return fail(ErrorCode::corrupt, "not a vocabulary of BERT's: [CLS], [SEP] or [UNK] is missing");
  }
  return out;
}

Result<WordPiece> WordPiece::from(const gguf::File& file) {
  const auto kind = file.string("tokenizer.ggml.model");
  if (!kind) return tl::unexpected(kind.error());
  if (*kind != "bert") return file.fail(ErrorCode::unsupported, "its tokenizer is not BERT's");
  const auto stored = file.strings("tokenizer.ggml.tokens");
  if (!stored) return tl::unexpected(stored.error());
  if (stored->size() > max_vocabulary_tokens) return file.fail(ErrorCode::corrupt, "the vocabulary is too large");
  std::vector<std::string> tokens;
  for (const std::string_view token : *stored) {
    if (token.starts_with(beginning)) {
      tokens.emplace_back(token.substr(beginning.size()));
    } else {
      tokens.push_back(special_token(token) != nullptr ? std::string(token) : std::string(continuation).append(token));
    }
  }
  auto out = of(std::move(tokens));
  if (!out) return file.fail(out.error().code, out.error().message);
  return out;
}

std::vector<std::pair<std::string, gguf::WriteValue>> WordPiece::metadata() const {
  constexpr std::int32_t normal = 1, control = 3;  // as the format numbers the kinds of tokens
  std::vector<std::string> tokens;
  std::vector<std::int32_t> kinds;
  std::vector<std::pair<std::string, gguf::WriteValue>> out = {{"tokenizer.ggml.model", std::string("bert")}};
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const std::string& token = tokens_[i];
    const SpecialToken* special = special_token(token);
    kinds.push_back(special != nullptr ? control : normal);
    if (special != nullptr) {
      tokens.push_back(token);
      out.emplace_back(special->key, static_cast<std::uint32_t>(i));
    } else if (continues(token)) {
      tokens.push_back(token.substr(continuation.size()));
    } else {
      tokens.push_back(std::string(beginning).append(token));
    }
  }
  out.emplace_back("tokenizer.ggml.bos_token_id", static_cast<std::uint32_t>(cls_));  // llama.cpp begins texts with it
  out.emplace_back("tokenizer.ggml.tokens", std::move(tokens));
  out.emplace_back("tokenizer.ggml.token_type", std::move(kinds));
  return out;
}

// The longest piece that fits, again and again; when none does, the whole word is unknown.
void WordPiece::append_word(std::string_view word, std::vector<TokenId>& ids) const {
  if (count_characters(word) > max_word_characters) return ids.push_back(unknown_);
  const std::size_t before = ids.size();
  for (std::size_t at = 0; at < word.size();) {
    const Ids& pieces = at == 0 ? beginnings_ : continuations_;
    std::size_t length = std::min(word.size() - at, longest_);
    auto found = pieces.find(word.substr(at, length));
    while (found == pieces.end() && length > 1) found = pieces.find(word.substr(at, --length));
    if (found == pieces.end()) {
      ids.resize(before);
      return ids.push_back(unknown_);
    }
    ids.push_back(found->second);
    at += length;
  }
}

std::vector<TokenId> WordPiece::encode(std::string_view text, std::size_t max_tokens) const {
  std::vector<TokenId> ids = {cls_};
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) append_word(word, ids);
    word.clear();
  };
  for (const utf8proc_int32_t decomposed : decompose(clean(text))) {
    if (ids.size() >= max_tokens) break;
    if (utf8proc_category(decomposed) == UTF8PROC_CATEGORY_MN) continue;  // accents
    const auto c = static_cast<char32_t>(utf8proc_tolower(decomposed));
    if (is_space(c)) {
      finish();
    } else if (is_punctuation(c)) {
      finish();
      text::append_utf8(word, c);
      finish();
    } else {
      text::append_utf8(word, c);
    }
  }
  finish();
  ids.resize(std::min(ids.size(), max_tokens - 1));
  ids.push_back(sep_);
  return ids;
}

}  // namespace updraft::encode
