#include "catalogue/asset.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_set>

#include "corpus/hash.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace updraft::catalogue {
namespace {

constexpr std::size_t max_meaning_bytes = 1000;  // some 256 tokens: the encoder reads no more

bool is_blank(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || text::char_class(c) == text::CharClass::space;
}

// Invalid bytes stay for check() to find.
std::string tidied(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  bool blank = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    if (is_blank(text::next_codepoint(text, at))) {
      blank = true;
      continue;
    }
    if (blank && !out.empty()) out += ' ';
    blank = false;
    out.append(text, begin, at - begin);
  }
  return out;
}

Result<> check_text(const char* what, const std::string& text, std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    return fail(ErrorCode::invalid_argument, std::string("the ") + what + " has " + std::to_string(text.size()) +
                                                 " bytes, more than " + std::to_string(max_bytes));
  }
  if (!text::is_valid_utf8(text)) {
    return fail(ErrorCode::invalid_argument, std::string("the ") + what + " is not valid UTF-8");
  }
  return {};
}

Result<> check_count(const char* what, std::size_t n, std::size_t max) {
  if (n <= max) return {};
  return fail(ErrorCode::invalid_argument, std::to_string(n) + " " + what + ", more than " + std::to_string(max));
}

// Fields of any content, told apart.
class Hash {
 public:
  void add(std::string_view field) {
    value_ = corpus::hash(field, value_);
    value_ = corpus::hash(std::string_view("\0", 1), value_);
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = corpus::hash("");
};

void append_beginning(std::string& out, std::string_view text) {
  if (text.empty() || out.size() >= max_meaning_bytes) return;
  if (!out.empty()) out += out.ends_with('.') ? " " : ". ";
  std::size_t end = std::min(text.size(), max_meaning_bytes);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  out += text.substr(0, end);
}

}  // namespace

void tidy(Asset& asset) {
  for (std::string* text : {&asset.id, &asset.title, &asset.description, &asset.url}) *text = tidied(*text);
  std::unordered_set<std::string> seen;
  std::vector<std::string> tags;
  for (const std::string& tag : asset.tags) {
    std::string tidy_tag = tidied(tag);
    if (!tidy_tag.empty() && seen.insert(tidy_tag).second) tags.push_back(std::move(tidy_tag));
  }
  asset.tags = std::move(tags);
  for (Facet& facet : asset.facets) facet = {tidied(facet.name), tidied(facet.value)};
  std::erase_if(asset.facets, [](const Facet& facet) { return facet.name.empty() || facet.value.empty(); });
}

Result<> check(const Asset& asset) {
  if (asset.id.empty()) return fail(ErrorCode::invalid_argument, "it has no id");
  if (asset.title.empty() && asset.description.empty() && asset.tags.empty()) {
    return fail(ErrorCode::invalid_argument, "it has no title, description or tags");
  }
  if (!std::isfinite(asset.popularity) || asset.popularity < 0) {
    return fail(ErrorCode::invalid_argument, "the popularity is not a number of at least 0");
  }
  Result<> good = check_text("id", asset.id, max_id_bytes);
  if (good) good = check_text("title", asset.title, max_title_bytes);
  if (good) good = check_text("description", asset.description, max_description_bytes);
  if (good) good = check_text("url", asset.url, max_url_bytes);
  if (good) good = check_count("tags", asset.tags.size(), max_tags);
  if (good) good = check_count("custom fields", asset.facets.size(), max_facets);
  for (std::size_t i = 0; good && i < asset.tags.size(); ++i) good = check_text("tag", asset.tags[i], max_tag_bytes);
  for (std::size_t i = 0; good && i < asset.facets.size(); ++i) {
    good = check_text("name of a custom field", asset.facets[i].name, max_facet_name_bytes);
    if (good) good = check_text("value of a custom field", asset.facets[i].value, max_facet_value_bytes);
  }
  return good;
}

Fingerprint fingerprint(const Asset& asset) {
  Hash meaning;
  meaning.add(meaning_text(asset));
  Hash content;
  for (const std::string* text : {&asset.id, &asset.title, &asset.description, &asset.url}) content.add(*text);
  content.add(std::to_string(asset.tags.size()));
  for (const std::string& tag : asset.tags) content.add(tag);
  for (const Facet& facet : asset.facets) {
    content.add(facet.name);
    content.add(facet.value);
  }
  content.add(std::to_string(std::bit_cast<std::uint64_t>(asset.popularity)));
  return {content.value(), meaning.value()};
}

std::string meaning_text(const Asset& asset) {
  std::string out;
  append_beginning(out, asset.title);
  std::string tags;
  for (const std::string& tag : asset.tags) tags.append(tags.empty() ? "" : ", ").append(tag);
  append_beginning(out, tags);
  // Many descriptions only say the title again.
  if (asset.description != asset.title) append_beginning(out, asset.description);
  return out;
}

}  // namespace updraft::catalogue
