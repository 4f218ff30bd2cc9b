#include "image/svg.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "image/job.h"
#include "image/process.h"

namespace updraft::image {
namespace {

constexpr std::string_view spaces = " \t\r\n";
constexpr std::uint64_t renderer_bytes = 512U << 20U;  // address space of its libraries, threads and fonts

std::string_view without_spaces(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
  return text;
}

std::string_view local(std::string_view name) { return name.substr(name.find(':') + 1); }

struct Tag {
  std::string_view name;        // as written; "?xml-stylesheet" and "!ENTITY" are names as well; empty: an end tag
  std::string_view attributes;  // up to '>'
};

// The tags of markup, one after the other. It need not be well formed: the renderer's parser is the judge of that.
class Tags {
 public:
  explicit Tags(std::string_view markup) : rest_(markup) {}

  std::optional<Tag> next() {
    for (;;) {
      const std::size_t start = rest_.find('<');
      if (start == std::string_view::npos) return {};
      rest_.remove_prefix(start + 1);
      if (skip("!--", "-->") || skip("![CDATA[", "]]>")) continue;
      const std::size_t name_end = std::min(rest_.find_first_of(" \t\r\n/>[<"), rest_.size());
      Tag tag{.name = rest_.substr(0, name_end), .attributes = {}};
      rest_.remove_prefix(name_end);
      // A '>' in quotes does not end the tag, nor does a '[' that opens a document type's own declarations.
      std::size_t end = 0;
      for (char quote = 0; end < rest_.size(); ++end) {
        const char c = rest_[end];
        if (quote != 0) {
          if (c == quote) quote = 0;
        } else if (c == '"' || c == '\'') {
          quote = c;
        } else if (c == '>' || c == '<' || (c == '[' && tag.name.starts_with('!'))) {
          break;
        }
      }
      tag.attributes = rest_.substr(0, end);
      rest_.remove_prefix(end);
      return tag;
    }
  }

 private:
  bool skip(std::string_view opening, std::string_view closing) {
    if (!rest_.starts_with(opening)) return false;
    const std::size_t end = rest_.find(closing, opening.size());
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + closing.size());
    return true;
  }

  std::string_view rest_;
};

bool stays_inside(std::string_view reference) {
  reference = without_spaces(reference);
  return reference.empty() || reference.starts_with('#') || reference.starts_with("data:");
}

tl::unexpected<Error> refused(std::string_view what) {
  return fail(ErrorCode::unsupported, "it " + std::string(what) + "; only pictures that stand alone are drawn");
}

// `href="..."` with or without a prefix.
Result<> check_references(std::string_view attributes) {
  while (!attributes.empty()) {
    attributes = without_spaces(attributes);
    const std::size_t name_end = std::min(attributes.find_first_of(" \t\r\n=/"), attributes.size());
    const std::string_view name = attributes.substr(0, name_end);
    attributes = without_spaces(attributes.substr(name_end));
    if (!attributes.starts_with('=')) {
      if (name.empty() && !attributes.empty()) attributes.remove_prefix(1);
      continue;
    }
    attributes = without_spaces(attributes.substr(1));
    std::string_view value;
    if (attributes.starts_with('"') || attributes.starts_with('\'')) {
      const std::size_t end = attributes.find(attributes.front(), 1);
      value = attributes.substr(1, end == std::string_view::npos ? end : end - 1);
      attributes.remove_prefix(end == std::string_view::npos ? attributes.size() : end + 1);
    }
    if (local(name) == "href" && !stays_inside(value)) {
      return refused("refers to something outside: '" + std::string(value.substr(0, 80)) + "'");
    }
  }
  return {};
}

Result<> check_styles(std::string_view markup) {
  if (markup.find("@import") != std::string_view::npos) return refused("imports a style sheet");
  constexpr std::string_view opening = "url(";
  for (std::size_t at = markup.find(opening); at != std::string_view::npos; at = markup.find(opening, at + 1)) {
    std::string_view reference = without_spaces(markup.substr(at + opening.size(), 200));
    for (const std::string_view quote : {"'", "\"", "&quot;", "&apos;"}) {
      if (reference.starts_with(quote)) reference.remove_prefix(quote.size());
    }
    if (!stays_inside(reference)) {
      return refused("refers to something outside: '" +
                     std::string(reference.substr(0, reference.find(')')).substr(0, 80)) + "'");
    }
  }
  return {};
}

}  // namespace

bool looks_like_svg(std::string_view file) {
  if (file.starts_with("\xef\xbb\xbf")) file.remove_prefix(3);
  file = without_spaces(file);
  if (!file.starts_with('<')) return false;
  Tags tags(file.substr(0, std::size_t{64} << 10U));
  while (const auto tag = tags.next()) {
    if (tag->name.starts_with('?') || tag->name.starts_with('!')) continue;
    return local(tag->name) == "svg";
  }
  return false;
}

Result<> check_svg(std::string_view markup) {
  if (markup.find('\0') != std::string_view::npos) return fail(ErrorCode::corrupt, "its text has zeros in it");
  if (markup.find("http://www.w3.org/2001/XInclude") != std::string_view::npos) return refused("includes other files");
  Tags tags(markup);
  while (const auto tag = tags.next()) {
    const std::string_view element = local(tag->name);
    if (element == "script") return refused("has a script");
    if (tag->name == "?xml-stylesheet") return refused("has a style sheet elsewhere");
    if (tag->name == "!ENTITY" && (tag->attributes.find("SYSTEM") != std::string_view::npos ||
                                   tag->attributes.find("PUBLIC") != std::string_view::npos)) {
      return refused("has an external entity");
    }
    if (element == "a") continue;  // for a reader to click on
    if (auto inside = check_references(tag->attributes); !inside) return inside;
  }
  return check_styles(markup);
}

Result<Decoded> decode_svg(const Job& job) {
  const std::string_view markup(reinterpret_cast<const char*>(job.data()), job.file().size());
  if (auto allowed = check_svg(markup); !allowed) return tl::unexpected(allowed.error());

  const std::string side = std::to_string(job.limits().side);
  const auto pixels = static_cast<std::uint64_t>(job.limits().side) * static_cast<std::uint64_t>(job.limits().side);
  auto drawn =
      run({.arguments = {"rsvg-convert", "--format=png", "--keep-aspect-ratio", "--width=" + side, "--height=" + side},
           .input = job.file(),
           .seconds = job.seconds_left(),
           .memory_bytes = renderer_bytes + job.limits().memory_bytes,
           .output_bytes = (std::uint64_t{1} << 20U) + 5 * pixels});
  if (!drawn) {
    Error error = std::move(drawn.error());
    if (error.code == ErrorCode::unsupported) error.message += " (Debian: librsvg2-bin), which draws SVG";
    return tl::unexpected(std::move(error));
  }
  Limits limits = job.limits();
  limits.seconds = std::max(job.seconds_left(), 0.0);
  return decode_png(Job(*drawn, limits));
}

}  // namespace updraft::image
