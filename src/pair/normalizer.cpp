#include "pair/normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "pair/vocabulary.h"
#include "text/base64.h"
#include "text/pre_tokenizer.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace updraft::pair {
namespace {

using nlohmann::json;

constexpr std::size_t max_rules_bytes = std::size_t{4} << 20;
constexpr std::size_t max_steps = 32;
constexpr std::size_t max_replacement = 64;  // bytes

// The beginning of the text, without a part of a character.
void cut(std::string& text) {
  if (text.size() <= max_text_bytes) return;
  std::size_t end = max_text_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
}

bool is_space(char32_t c) { return text::char_class(c) == text::CharClass::space; }

// The characters of "[...]", where none has a meaning of its own; nullopt: some may have.
std::optional<std::set<char32_t>> characters_of_class(std::string_view inner) {
  std::set<char32_t> characters;
  for (std::size_t at = 0; at < inner.size();) {
    const bool is_first = at == 0;
    char32_t c = text::next_codepoint(inner, at);
    if (c == '\\') {
      if (at == inner.size()) return std::nullopt;
      c = text::next_codepoint(inner, at);
      if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return std::nullopt;
    } else if (c == '[' || c == ']' || c == '&' || (c == '^' && is_first)) {
      if (c != '&' || inner.substr(at).starts_with('&')) return std::nullopt;
    } else if (c == '-' && !is_first && at != inner.size()) {
      return std::nullopt;  // a range
    }
    characters.insert(c);
  }
  if (characters.empty()) return std::nullopt;
  return characters;
}

}  // namespace

Result<Normalizer> Normalizer::from(const json& described) {
  Normalizer normalizer;
  if (auto done = normalizer.add(described, 0); !done) return tl::unexpected(done.error());
  return normalizer;
}

std::string Normalizer::operator()(std::string text) const {
  cut(text);
  text = text::repair_utf8(text);
  for (const Step& step : steps_) {
    text = std::visit([&](const auto& kind) { return apply(kind, std::move(text)); }, step);
    cut(text);
  }
  return text;
}

Result<> Normalizer::add(const json& described, int depth) {
  if (described.is_null()) return {};
  if (!described.is_object() || steps_.size() == max_steps) {
    return fail(ErrorCode::corrupt, "the normalizer cannot be read");
  }
  const std::string type = text_of(described, "type");
  if (type == "Sequence" && depth == 0) {
    const auto all = described.find("normalizers");
    if (all == described.end() || !all->is_array()) return fail(ErrorCode::corrupt, "the normalizer has no parts");
    for (const json& one : *all) {
      if (auto done = add(one, depth + 1); !done) return done;
    }
    return {};
  }
  constexpr int compose = UTF8PROC_STABLE | UTF8PROC_COMPOSE, decompose = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;
  if (type == "NFC") {
    steps_.emplace_back(Form{compose});
  } else if (type == "NFD") {
    steps_.emplace_back(Form{decompose});
  } else if (type == "NFKC") {
    steps_.emplace_back(Form{compose | UTF8PROC_COMPAT});
  } else if (type == "NFKD") {
    steps_.emplace_back(Form{decompose | UTF8PROC_COMPAT});
  } else if (type == "Lowercase") {
    steps_.emplace_back(LowerCase{});
  } else if (type == "Strip") {
    steps_.emplace_back(Strip{flag_of(described, "strip_left", true), flag_of(described, "strip_right", true)});
  } else if (type == "Prepend") {
    steps_.emplace_back(Prepend{text_of(described, "prepend").substr(0, max_replacement)});
  } else if (type == "Replace") {
    return add_replacement(described);
  } else if (type == "Precompiled") {
    return add_rules(described);
  } else {
    return fail(ErrorCode::unsupported, "a normalizer of the kind '" + type + "' is not known here");
  }
  return {};
}

Result<> Normalizer::add_replacement(const json& described) {
  const std::string by = text_of(described, "content");
  const auto pattern = described.find("pattern");
  if (pattern == described.end() || !pattern->is_object()) {
    return fail(ErrorCode::corrupt, "a replacement without a pattern");
  }
  if (by.size() > max_replacement) return fail(ErrorCode::unsupported, "a replacement by a long text");
  const std::string what = text_of(*pattern, "String"), expression = text_of(*pattern, "Regex");
  if (!what.empty()) {
    steps_.emplace_back(ReplaceText{what, by});
    return {};
  }
  if (expression == "\\s+") {
    steps_.emplace_back(ReplaceRuns{.of = {}, .by = by});
    return {};
  }
  if (expression == " {2,}") {
    steps_.emplace_back(ReplaceRuns{.of = {U' '}, .least = 2, .by = by});
    return {};
  }
  const bool runs = expression.ends_with("]+"), each = expression.ends_with(']');
  if (expression.starts_with('[') && (runs || each)) {
    const std::size_t end = expression.size() - (runs ? 2 : 1);
    if (auto of = characters_of_class(std::string_view(expression).substr(1, end - 1))) {
      steps_.emplace_back(ReplaceRuns{.of = *std::move(of), .one_by_one = !runs, .by = by});
      return {};
    }
  }
  return fail(ErrorCode::unsupported, "the pattern '" + expression.substr(0, 60) + "' is not known here");
}

Result<> Normalizer::add_rules(const json& described) {
  const auto corrupt = [] { return fail(ErrorCode::corrupt, "the precompiled_charsmap is damaged"); };
  const auto map = described.find("precompiled_charsmap");
  if (map == described.end() || map->is_null()) return {};
  if (!map->is_string()) return corrupt();
  const auto bytes = text::from_base64(map->get_ref<const std::string&>());
  if (!bytes || bytes->size() > max_rules_bytes) return corrupt();
  if (bytes->empty()) return {};
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8U | static_cast<unsigned char>((*bytes)[at + i]);
    return value;
  };
  if (bytes->size() < 4 || number(0) > bytes->size() - 4 || number(0) % 4 != 0) return corrupt();
  Rules rules;
  for (std::size_t at = 4; at < 4 + std::size_t{number(0)}; at += 4) rules.trie.push_back(number(at));
  rules.texts = bytes->substr(4 + number(0));
  if (rules.trie.empty() || !rules.texts.ends_with('\0') || !text::is_valid_utf8(rules.texts)) return corrupt();
  steps_.emplace_back(std::move(rules));
  return {};
}

std::pair<std::ptrdiff_t, std::size_t> Normalizer::Rules::longest(std::string_view text) const {
  // A unit holds a label in its lowest 8 bits (and the highest, which no label has), whether a value hangs below it in
  // the next bit, and how far its children are in the others, 8 bits further left where bit 9 says so.
  const auto offset = [](std::uint32_t unit) { return (unit >> 10U) << ((unit & 0x200U) >> 6U); };
  std::pair<std::ptrdiff_t, std::size_t> best = {-1, 0};
  std::uint32_t at = offset(trie[0]);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    at ^= byte;
    if (at >= trie.size() || (trie[at] & 0x800000FFU) != byte) break;
    const std::uint32_t unit = trie[at];
    at ^= offset(unit);
    if ((unit & 0x100U) == 0) continue;
    if (at >= trie.size()) break;
    const std::uint32_t place = trie[at] & 0x7FFFFFFFU;
    if (place < texts.size()) best = {static_cast<std::ptrdiff_t>(place), i + 1};
  }
  return best;
}

std::string Normalizer::apply(const Form& form, std::string text) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &mapped, static_cast<utf8proc_option_t>(form.options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (length < 0) return text;  // out of memory: the text is valid
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length)};
}

std::string Normalizer::apply(const LowerCase& /*lower*/, std::string text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<utf8proc_int32_t>(text::next_codepoint(text, at));
    text::append_utf8(out, static_cast<char32_t>(utf8proc_tolower(c)));
    if (c == 0x130) out += "\xCC\x87";  // a dotted capital I: the one letter whose small one is two characters
  }
  return out;
}

std::string Normalizer::apply(const Strip& strip, std::string text) {
  std::size_t begin = 0, end = 0;
  bool is_inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t here = at;
    if (is_space(text::next_codepoint(text, at))) continue;
    if (!std::exchange(is_inside, true)) begin = here;
    end = at;
  }
  if (!is_inside) begin = text.size();
  if (!strip.left) begin = 0;
  if (!strip.right) end = text.size();
  return begin < end ? text.substr(begin, end - begin) : std::string();
}

std::string Normalizer::apply(const Prepend& prepend, std::string text) {
  return text.empty() ? text : prepend.what + text;
}

std::string Normalizer::apply(const ReplaceText& replace, std::string text) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t found = text.find(replace.what, at);
    if (found == std::string::npos) return out += text.substr(at);
    out.append(text, at, found - at).append(replace.by);
    at = found + replace.what.size();
  }
}

std::string Normalizer::apply(const ReplaceRuns& replace, std::string text) {
  const auto is_meant = [&](char32_t c) { return replace.of.empty() ? is_space(c) : replace.of.contains(c); };
  std::string out;
  std::size_t n = 0, begin = 0;
  const auto finish = [&](std::size_t end) {
    if (n >= replace.least) {
      for (std::size_t i = 0; i < (replace.one_by_one ? n : 1); ++i) out += replace.by;
    } else {
      out.append(text, begin, end - begin);
    }
    n = 0;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t here = at;
    if (is_meant(text::next_codepoint(text, at))) {
      if (n++ == 0) begin = here;
      continue;
    }
    if (n > 0) finish(here);
    out.append(text, here, at - here);
  }
  if (n > 0) finish(text.size());
  return out;
}

std::string Normalizer::apply(const Rules& rules, std::string text) {
  std::string out;
  for (std::string_view rest = text; !rest.empty() && out.size() <= max_text_bytes;) {
    const auto [place, length] = rules.longest(rest);
    if (place >= 0) {
      out += rules.texts.c_str() + place;  // up to its NUL
      rest.remove_prefix(length);
      continue;
    }
    std::size_t at = 0;
    (void)text::next_codepoint(rest, at);
    out += rest.substr(0, at);
    rest.remove_prefix(at);
  }
  return out;
}

}  // namespace updraft::pair
