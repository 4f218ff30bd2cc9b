#include "image/dublin_core.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "text/utf8.h"

namespace updraft::image {
namespace {

constexpr std::size_t max_depth = 64;
constexpr std::size_t max_text = 65536;  // of one element
constexpr std::size_t max_found = 256;

std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

bool ends_name(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '/' || c == '>'; }

// "&amp;" and the like. What is no entity of XML stays as it is.
std::string decode(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> named = {
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
  std::string out;
  while (!text.empty()) {
    const std::size_t ampersand = std::min(text.find('&'), text.size());
    out += text.substr(0, ampersand);
    text.remove_prefix(ampersand);
    if (text.empty()) break;
    const std::size_t end = text.substr(0, 12).find(';');
    const std::string_view entity = end == std::string_view::npos ? std::string_view() : text.substr(1, end - 1);
    std::size_t length = 1;
    bool known = false;
    if (entity.starts_with('#')) {
      const bool hex = entity.starts_with("#x");
      const std::string_view digits = entity.substr(hex ? 2 : 1);
      std::uint32_t code = 0;
      const auto [last, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
      known = error == std::errc() && last == digits.data() + digits.size() && code > 0 && code <= 0x10FFFF &&
              (code < 0xD800 || code > 0xDFFF);
      if (known) text::append_utf8(out, static_cast<char32_t>(code));
    }
    for (const auto& [name, character] : named) {
      if (entity == name) {
        out += character;
        known = true;
      }
    }
    if (known) length = end + 1;
    if (!known) out += '&';
    text.remove_prefix(length);
  }
  return out;
}

// Walks through the elements, with the names of those that are open.
class Walk {
 public:
  explicit Walk(std::string_view markup) : rest_(markup) {}

  Metadata run() {
    while (!rest_.empty()) {
      const std::size_t open = std::min(rest_.find('<'), rest_.size());
      add_text(decode(rest_.substr(0, open)));
      rest_.remove_prefix(open);
      if (!rest_.empty()) markup();
    }
    if (found_.title.empty()) found_.title = std::move(drawing_.title);
    if (found_.description.empty()) found_.description = std::move(drawing_.description);
    return std::move(found_);
  }

 private:
  void markup() {
    if (rest_.starts_with("<!--")) return skip_past("-->", 4);
    if (rest_.starts_with("<![CDATA[")) {
      const std::size_t end = std::min(rest_.find("]]>"), rest_.size());
      if (end > 9) add_text(std::string(rest_.substr(9, end - 9)));
      return skip_past("]]>", 9);
    }
    if (rest_.starts_with("<?")) return skip_past("?>", 2);
    if (rest_.starts_with("<!")) return skip_past(">", 2);
    const std::string_view tag = rest_.substr(0, std::min(tag_length(), rest_.size()));
    if (tag.starts_with("</")) {
      close();
    } else {
      std::size_t end = 1;
      while (end < tag.size() && !ends_name(tag[end])) ++end;
      open(local_name(tag.substr(1, end - 1)));
      if (tag.ends_with("/>")) close();
    }
    rest_.remove_prefix(tag.size());
  }

  void skip_past(std::string_view end, std::size_t from) {
    const std::size_t at = rest_.find(end, std::min(from, rest_.size()));
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + end.size());
  }

  // To the '>' that is not in an attribute's value.
  [[nodiscard]] std::size_t tag_length() const {
    char quote = 0;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        return i + 1;
      }
    }
    return rest_.size();
  }

  void open(std::string_view name) {
    ++depth_;
    if (depth_ <= max_depth) path_.push_back(name);
    text_.clear();
  }

  void close() {
    if (depth_ == 0) return;
    if (depth_ == path_.size()) {
      keep();
      path_.pop_back();
    }
    --depth_;
    text_.clear();
  }

  void add_text(std::string_view text) {
    if (text_.size() + text.size() <= max_text) text_ += text;
  }

  [[nodiscard]] bool inside(std::string_view name) const {
    return std::find(path_.begin(), path_.end() - 1, name) != path_.end() - 1;
  }

  // The text of the innermost element, which ends here. Latin-1, which editors write now and then, is none.
  void keep() {
    if (text_.find_first_not_of(" \t\r\n") == std::string::npos || !text::is_valid_utf8(text_)) return;
    const std::string_view name = path_.back();
    const bool is_packet = path_.front() == "xmpmeta" || path_.front() == "RDF";
    if (is_packet || inside("metadata")) {
      if (name == "li") keep_item();
      const bool of_agent = inside("Agent");
      if (name == "title" && !of_agent) found_.title = text_;
      if (name == "title" && of_agent && inside("creator")) found_.creator = text_;
      if (name == "description" && !of_agent) found_.description = text_;
    } else if (path_.size() == 2) {  // of the picture itself, not of a shape in it
      if (name == "title" && drawing_.title.empty()) drawing_.title = text_;
      if (name == "desc" && drawing_.description.empty()) drawing_.description = text_;
    }
  }

  // Of a list. XMP has lists of languages, whose first one is the default, and of creators; and lists in lists, which
  // tell of the pictures that this one was made of.
  void keep_item() {
    if (path_.size() < 3 || inside("li")) return;
    const std::string_view of = path_[path_.size() - 3];
    if (of == "subject" && found_.tags.size() < max_found) found_.tags.push_back(text_);
    std::string* const text = of == "title"         ? &found_.title
                              : of == "description" ? &found_.description
                              : of == "creator"     ? &found_.creator
                                                    : nullptr;
    if (text != nullptr && text->empty()) *text = text_;
  }

  std::string_view rest_;
  std::vector<std::string_view> path_;
  std::size_t depth_ = 0;
  std::string text_;
  Metadata drawing_, found_;
};

}  // namespace

Metadata read_dublin_core(std::string_view markup) { return Walk(markup).run(); }

}  // namespace updraft::image
