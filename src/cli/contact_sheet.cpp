#include "cli/contact_sheet.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "api/media_type.h"
#include "cli/terminal.h"
#include "files/mapping.h"
#include "text/base64.h"

namespace updraft::cli {
namespace {

constexpr std::size_t max_picture_bytes = std::size_t{512} << 10;
constexpr std::size_t max_page_bytes = std::size_t{32} << 20;
constexpr std::size_t shown_tags = 8;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// "/a b.svg" as "file:///a%20b.svg"
std::string file_url(const std::filesystem::path& path) {
  std::error_code code;
  const std::string absolute = std::filesystem::absolute(path, code).lexically_normal().generic_string();
  std::string out = "file://";
  for (const char c : absolute) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-_.~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out.append("%").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
  }
  return out;
}

bool is_file(const std::string& url) {
  std::error_code code;
  return !url.empty() && std::filesystem::is_regular_file(url, code);
}

// The picture as a data URL, or as the place of its file where that is larger than `space`; empty: there is none. As an
// image, an SVG file runs no scripts.
std::string picture(const std::string& url, std::size_t space) {
  const std::filesystem::path path(url);
  const std::string type = api::media_type(path);
  if (type.empty() || !is_file(url)) return {};
  std::error_code code;
  const auto bytes = std::filesystem::file_size(path, code);
  if (code) return {};
  if (bytes > std::min(max_picture_bytes, space)) return file_url(path);
  const auto file = files::Mapping::open(path);
  if (!file) return {};
  return "data:" + type + ";base64," + text::to_base64(file->text());
}

constexpr std::string_view page_head = R"html(<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data: file:; style-src 'unsafe-inline'">
<style>
  :root { --page: #f4f5f7; --card: #fff; --line: #e1e4ea; --text: #1b222c; --faint: #5b6675; --mat: #fff }
  @media (prefers-color-scheme: dark) {
    :root { --page: #14171c; --card: #1d2229; --line: #2d343e; --text: #e8ebf0; --faint: #9aa5b4; --mat: #f4f5f7 }
  }
  * { box-sizing: border-box }
  body { margin: 0 auto; max-width: 84rem; padding: 2.5rem 1.5rem 4rem; color: var(--text); background: var(--page);
    font: 14px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif }
  header { margin-bottom: 1.75rem }
  h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -.01em; margin: 0 0 .4rem; overflow-wrap: anywhere }
  header p { margin: .1rem 0; color: var(--faint) }
  ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 1rem;
    grid-template-columns: repeat(auto-fill, minmax(12.5rem, 1fr)) }
  li { display: flex; flex-direction: column; background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
    overflow: hidden; overflow-wrap: anywhere }
  .picture { position: relative; aspect-ratio: 4 / 3; display: grid; place-items: center; padding: 1rem;
    background: var(--mat); border-bottom: 1px solid var(--line); color: #7b8695 }
  .picture img { position: absolute; inset: 1rem; width: calc(100% - 2rem); height: calc(100% - 2rem); object-fit: contain }
  .about { padding: .7rem .85rem .85rem }
  h2 { font-size: .95rem; font-weight: 600; margin: 0; display: flex; gap: .45rem }
  h2 span { color: var(--faint); font-weight: 400; font-variant-numeric: tabular-nums }
  a { color: inherit; text-decoration: none }
  a:hover { text-decoration: underline }
  .about p { margin: .25rem 0 0; color: var(--faint); font-size: .8rem }
  .about p.note { color: var(--text) }
  @media print { body { padding: 0 } li { break-inside: avoid } }
</style>
)html";

std::string link_to(const Asset& asset) {
  const std::string title = escaped(title_of(asset));
  const std::string address = api::is_on_the_web(asset.url) ? asset.url : is_file(asset.url) ? file_url(asset.url) : "";
  if (address.empty()) return title;
  return "<a rel=\"noreferrer\" href=\"" + escaped(address) + "\">" + title + "</a>";
}

}  // namespace

const std::string& title_of(const Asset& asset) { return asset.title.empty() ? asset.id : asset.title; }

std::string tags_of(const Asset& asset) {
  std::string tags;
  for (std::size_t i = 0; i < std::min(asset.tags.size(), shown_tags); ++i) {
    tags.append(tags.empty() ? "" : ", ").append(asset.tags[i]);
  }
  return tags;
}

std::string to_html(const ContactSheet& sheet) {
  std::string out = "<!doctype html>\n<html lang=\"en\">\n";
  out.append(page_head).append("<title>").append(escaped(sheet.title)).append("</title>\n<header>\n<h1>");
  out.append(escaped(sheet.title)).append("</h1>\n");
  for (const std::string& remark : sheet.remarks) out += "<p>" + escaped(remark) + "</p>\n";
  out += "</header>\n<ol>\n";
  std::size_t place = sheet.first;
  for (const Card& card : sheet.cards) {
    const std::string source = picture(card.asset.url, max_page_bytes - std::min(max_page_bytes, out.size()));
    out += "<li><div class=\"picture\">";
    out += source.empty() ? "no picture" : "<img alt=\"\" src=\"" + source + "\">";
    out +=
        "</div><div class=\"about\"><h2><span>" + std::to_string(place++) + "</span> " + link_to(card.asset) + "</h2>";
    if (!card.note.empty()) out += "<p class=\"note\">" + escaped(card.note) + "</p>";
    if (!card.asset.tags.empty()) out += "<p>" + escaped(tags_of(card.asset)) + "</p>";
    out += "</div></li>\n";
  }
  return out + "</ol>\n</html>\n";
}

}  // namespace updraft::cli
