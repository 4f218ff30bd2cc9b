#include "eval/judged_set.h"

#include <algorithm>
#include <map>

#include "corpus/hash.h"
#include "eval/metrics.h"
#include "text/ascii.h"

namespace updraft::eval {
namespace {

constexpr std::size_t min_folders = 2;
constexpr std::size_t min_intents = 3;
constexpr std::size_t min_letters = 3;

using text::is_letter;

// Without a plural's ending.
std::string singular(std::string_view word) {
  const auto without_end = [&](std::size_t n) { return std::string(word.substr(0, word.size() - n)); };
  if (word.size() > 4 && word.ends_with("ies")) return without_end(3) + "y";
  if (word.size() > 4 && word.ends_with("es") && std::string_view("sxzh").find(word[word.size() - 3]) != word.npos) {
    return without_end(2);
  }
  if (word.size() > 3 && word.ends_with("s") && !word.ends_with("ss")) return without_end(1);
  return std::string(word);
}

// By their hashes: an order that has nothing to do with what they say.
void shuffle(std::vector<JudgedIntent>& intents) {
  std::sort(intents.begin(), intents.end(), [](const JudgedIntent& a, const JudgedIntent& b) {
    return std::pair(corpus::hash(a.text), a.text) < std::pair(corpus::hash(b.text), b.text);
  });
}

std::string folder_of(const std::string& id) { return id.substr(0, std::min(id.find('/'), id.size())); }

std::vector<JudgedIntent> vague_intents(std::span<const Asset> assets, std::span<const std::string> intents,
                                        const JudgedSetRules& rules) {
  std::map<std::string, std::size_t> asked;  // in how many intents
  for (const std::string& intent : intents) {
    const std::vector<std::string> words = words_of(intent);
    for (const std::string& word : std::set<std::string>(words.begin(), words.end())) ++asked[word];
  }
  std::map<std::string, std::set<std::string>> tagged;
  for (const Asset& asset : assets) {
    for (const std::string& tag : asset.tags) tagged[text::lower_case(tag)].insert(asset.id);
  }
  std::vector<JudgedIntent> out;
  for (const auto& [tag, ids] : tagged) {
    const auto known = asked.find(tag);
    if (ids.size() < rules.min_assets || ids.size() > rules.max_assets || tag.size() < min_letters) continue;
    if (!std::all_of(tag.begin(), tag.end(), is_letter) || known == asked.end() || known->second < min_intents)
      continue;
    std::set<std::string> folders;
    for (const std::string& id : ids) folders.insert(folder_of(id));
    if (folders.size() >= min_folders) out.push_back({tag, ids});
  }
  return out;
}

std::vector<JudgedIntent> exact_intents(std::span<const Asset> assets, const JudgedSetRules& rules) {
  std::map<std::string, std::set<std::string>> titled;
  for (const Asset& asset : assets) {
    const std::string title = text::lower_case(asset.title);
    const auto n_words = std::count(title.begin(), title.end(), ' ') + 1;
    const bool plain = std::all_of(title.begin(), title.end(), [](char c) { return is_letter(c) || c == ' '; });
    if (plain && n_words >= 2 && n_words <= 5) titled[title].insert(asset.id);
  }
  std::vector<JudgedIntent> out;
  for (const auto& [title, ids] : titled) {
    if (ids.size() <= rules.max_same_title) out.push_back({title, ids});
  }
  shuffle(out);
  out.resize(std::min(out.size(), rules.max_exact));
  return out;
}

std::string without_words(const std::string& text, std::span<const JudgedIntent> words) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_letter(text[end])) ++end;
    const std::string word = text::lower_case(text.substr(at, end - at));
    const bool is_out = std::any_of(words.begin(), words.end(),
                                    [&](const JudgedIntent& tested) { return same_word(word, tested.text); });
    if (end == at) {
      out += text[at++];
    } else {
      if (!is_out) out.append(text, at, end - at);
      at = end;
    }
  }
  return out;
}

bool has_words(const std::string& text) { return !words_of(text).empty(); }

}  // namespace

bool same_word(std::string_view a, std::string_view b) { return !a.empty() && singular(a) == singular(b); }

JudgedSet judge(std::span<const Asset> assets, std::span<const std::string> intents, const JudgedSetRules& rules) {
  std::vector<JudgedIntent> vague = vague_intents(assets, intents, rules);
  shuffle(vague);
  JudgedSet set;
  set.vague.resize(std::min(rules.folds, vague.size()));
  for (std::size_t i = 0; i < vague.size(); ++i) set.vague[i % set.vague.size()].push_back(std::move(vague[i]));
  set.exact = exact_intents(assets, rules);
  return set;
}

Asset without(const Asset& asset, std::span<const JudgedIntent> words) {
  Asset out = asset;
  out.title = without_words(asset.title, words);
  out.description = without_words(asset.description, words);
  for (std::string& tag : out.tags) tag = without_words(tag, words);
  std::erase_if(out.tags, [](const std::string& tag) { return !has_words(tag); });
  if (!has_words(out.title)) out.title = out.tags.empty() && !has_words(out.description) ? "untitled" : "";
  return out;
}

}  // namespace updraft::eval
