#include "intent/shown.h"

#include <algorithm>

#include "text/typed.h"
#include "text/words.h"

namespace updraft {
namespace {

// A tag that is likely enough to speak of; the first is told in any case.
constexpr double worth_naming = 0.15;
constexpr double worth_a_search = 0.3;
constexpr std::size_t most_named = 5, most_colours = 3;
constexpr double least_share = 0.08;       // of the picture, for a colour that is told
constexpr std::size_t most_written = 120;  // bytes of what is written
// So few words are what a picture is for, "holiday sale 50% off"; more are a page. Rarely is it misread.
constexpr std::size_t most_said = 8;
constexpr double read_rightly = 0.8;

std::vector<std::string> named_tags(const Seen& seen) {
  std::vector<std::string> names;
  for (const SeenTag& tag : seen.tags) {
    if (names.size() < most_named && (names.empty() || tag.score >= worth_naming)) names.push_back(tag.name);
  }
  return names;
}

// White, black and grey are what most drawings stand on: they are told where there is nothing else.
std::vector<std::string> named_colours(const Seen& seen) {
  std::vector<std::string> names, plain;
  for (const SeenColour& colour : seen.palette) {
    if (colour.share < least_share) continue;
    const bool is_plain = colour.name == "white" || colour.name == "black" || colour.name == "grey";
    (is_plain ? plain : names).push_back(colour.name);
  }
  if (names.empty()) names = plain;
  if (names.size() > most_colours) names.resize(most_colours);
  return names;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : ", ").append(part);
  return text;
}

// What is told of a picture, and what was typed beside it.
std::string beside(std::string told, std::string_view words) {
  constexpr std::string_view between = "; ";
  if (words.empty()) return told;
  if (told.size() + between.size() + words.size() > max_utterance_bytes) return std::string(words);
  return told.append(between).append(words);
}

// One line, without what would end it early.
std::string one_line(std::string_view written) {
  std::size_t end = std::min(written.size(), most_written);
  while (end < written.size() && end > 0 && (static_cast<unsigned char>(written[end]) & 0xC0U) == 0x80U) --end;
  std::string line(written.substr(0, end));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == ';' || c == '\''; }, ' ');
  return line;
}

// What a picture says in a few words; empty: nothing, or more than that. On photos letters are those of things.
std::string said_by(const Seen& seen) {
  const std::size_t n = text::count_words(seen.written);
  return seen.kind == "photo" || n > most_said ? "" : one_line(seen.written);
}

}  // namespace

namespace intent {

double sight_confidence(const Seen& seen) {
  double all_wrong = 1;
  const std::size_t n = named_tags(seen).size();
  for (std::size_t i = 0; i < n; ++i) all_wrong *= 1 - std::clamp(seen.tags[i].score, 0.0, 1.0);
  if (!said_by(seen).empty()) all_wrong *= 1 - read_rightly;
  return 1 - all_wrong;
}

}  // namespace intent

std::string shown(const Seen& seen) {
  const std::string tags = joined(named_tags(seen));
  return tags.empty() ? seen.kind : seen.kind + " of " + tags;
}

std::string search_text(const Seen& seen) {
  std::string text;
  for (const SeenTag& tag : seen.tags) {
    if (text.empty() || tag.score >= worth_a_search) text.append(text.empty() ? "" : " ").append(tag.name);
  }
  return text.empty() ? seen.kind : text;
}

std::string described(const Seen& seen, std::string_view words) {
  const auto tags = named_tags(seen), colours = named_colours(seen);
  std::string text;
  const auto add = [&](const std::string& part) { text.append(text.empty() ? "" : "; ").append(part); };
  if (!tags.empty()) add("tags: " + joined(tags));
  if (!seen.kind.empty()) add("kind: " + seen.kind);
  if (!seen.written.empty()) add("text: '" + one_line(seen.written) + "'");
  if (!colours.empty()) add("colors: " + joined(colours));
  return beside(std::move(text), words);
}

std::string utterance_of(const Seen& seen, std::string_view words) {
  const std::string said = said_by(seen);
  if (said.empty()) return beside(shown(seen), words);
  // What it says tells more than the second tag: of lettering, tags are "sign", "symbol", "flag".
  std::string told = seen.tags.empty() ? seen.kind : seen.kind + " of " + seen.tags.front().name;
  return beside(beside(std::move(told), said), words);
}

Intent with_seen(Intent detected, const Seen& seen, std::string_view words) {
  Intent intent = std::move(detected);
  // Right if the picture was seen rightly and what it is for was understood.
  intent.confidence *= intent::sight_confidence(seen);
  if (intent.text.empty() || intent.confidence < least_confidence) intent.text = described(seen, words);
  // What is seen fills what the words leave open.
  const auto has = [&](std::string_view name) {
    return std::any_of(intent.facets.begin(), intent.facets.end(), [&](const Facet& f) { return f.name == name; });
  };
  const auto colours = named_colours(seen);
  if (!colours.empty() && !has("colors")) intent.facets.push_back({"colors", joined(colours)});
  if (!has("format") && !seen.kind.empty()) intent.facets.push_back({"format", seen.kind});
  if (!seen.tags.empty() && !has("subject")) intent.facets.push_back({"subject", seen.tags.front().name});
  return intent;
}

Result<Intent> intent_of(const Seen& seen, std::string_view words, const IntentDetector* detector) {
  if (!words.empty()) {
    if (auto good = text::check_typed("text", words, max_utterance_bytes); !good) return tl::unexpected(good.error());
  }
  Intent detected;
  detected.language = "und";
  detected.confidence = words.empty() ? 1 : 0;  // without a detector nobody knows what the words mean
  if (detector != nullptr) {
    auto intent = detector->detect(utterance_of(seen, words));
    if (!intent) return intent;
    detected = *std::move(intent);
  }
  return with_seen(std::move(detected), seen, words);
}

}  // namespace updraft
