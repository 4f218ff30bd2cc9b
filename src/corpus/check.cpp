#include "corpus/check.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "corpus/alike.h"
#include "corpus/rules.h"
#include "files/mapping.h"
#include "text/phrase.h"
#include "text/unicode.h"
#include "text/utf8.h"
#include "text/words.h"

namespace updraft::corpus {
namespace {

using nlohmann::json;

constexpr std::array<Kind, 20> all_kinds = {{
    {"json", "lines that cannot be read"},
    {"field", "fields that are missing, unknown or of another kind"},
    {"category", "categories that are not in the list"},
    {"goal", "goals that are not in the list"},
    {"count", "too few or too many of them"},
    {"length", "words outside the task's range"},
    {"full-stop", "prompts are no sentences: no full stop"},
    {"characters", "characters that do not belong in plain text"},
    {"dangling-end", "does not end as a whole phrase"},
    {"article", "a or an"},
    {"doubled-word", "the same word twice in a row"},
    {"tripled-letter", "the same letter three times in a row"},
    {"spelling", "words that stand once, one edit away from a frequent one"},
    {"sibling", "prompts of one record that say the same"},
    {"duplicate-intent", "intents that stand there twice"},
    {"near-intent", "intents that say nearly the same"},
    {"duplicate-prompt", "prompts that stand there twice"},
    {"near-prompt", "prompts that say nearly the same"},
    {"leaked-intent", "held-out intents that training sees, or nearly"},
    {"leaked-prompt", "prompts of held-out intents that training sees, or nearly"},
}};

std::string quote(std::string_view text) { return "'" + std::string(text) + "'"; }

template <class List>
bool contains(const List& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

// ---- one text ----

class TextCheck {
 public:
  TextCheck(std::string_view text, std::vector<Finding>& findings) : text_(text), findings_(findings) {}

  void written(Task task) const {
    length(task);
    characters();
    words();
    if (task == Task::intent) return;
    if (text_.ends_with('.')) add("full-stop", "take the full stop away");
    if (!ends_well()) add("dangling-end", "ends in " + quote(text_.substr(text_.find_last_of(' ') + 1)));
  }
  void utterance() const {  // typed by people, so slips are wanted
    if (text_.empty()) add("length", "an utterance is empty");
    if (!text::is_valid_utf8(text_)) add("characters", "is not valid UTF-8");
  }

 private:
  void add(std::string kind, std::string why) const {
    findings_.push_back({{}, 0, std::move(kind), std::string(text_), std::move(why)});
  }

  void length(Task task) const {
    const auto range = trained_words(task);
    const auto count = text::count_words(text_);
    if (count < static_cast<std::size_t>(range.min) || count > static_cast<std::size_t>(range.max)) {
      add("length", std::string(name(task)) + " has " + std::to_string(count) + " words, not " +
                        std::to_string(range.min) + " to " + std::to_string(range.max));
    }
  }

  void characters() const {
    if (!text::is_valid_utf8(text_)) return add("characters", "is not valid UTF-8");
    if (text_.starts_with(' ') || text_.ends_with(' ')) add("characters", "begins or ends with a space");
    if (text_.find("  ") != std::string_view::npos) add("characters", "two spaces in a row");
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t begin = at;
      const char32_t c = text::next_codepoint(text_, at);
      const bool plain =
          c < 0x80 ? c >= ' ' && c < 0x7F && std::string_view("<>[]{}|\\^~_`*").find(char(c)) == std::string_view::npos
                   : text::char_class(c) == text::CharClass::letter || is_combining(c);
      if (plain) continue;
      constexpr std::string_view digits = "0123456789ABCDEF";
      std::string code;
      for (int shift = 20; shift >= 0; shift -= 4) {
        if (shift < 16 || c >> shift != 0) code += digits[c >> shift & 15];
      }
      return add("characters", (c < ' ' || c == 0x7F ? "" : quote(text_.substr(begin, at - begin)) + " ") + "(U+" +
                                   code + ") is not plain text");
    }
  }
  static bool is_combining(char32_t c) { return c >= 0x300 && c < 0x370; }

  // A phrase can end in "seen from behind" or "to put a name on", but not in "with" or "and".
  [[nodiscard]] bool ends_well() const {
    if (text::is_whole(text_) || text_.ends_with(" A") || text_.ends_with("q and a")) return true;  // a letter
    if (text_.size() > 1 && text_.back() == '+' && text_[text_.size() - 2] >= '0' && text_[text_.size() - 2] <= '9') {
      return true;  // "for ages 8+"
    }
    constexpr std::array<std::string_view, 22> adverbs = {
        "in",      "into",   "on",     "by",      "to",     "under",  "over",   "above", "near",    "between", "beside",
        "through", "across", "around", "against", "behind", "toward", "inside", "onto",  "towards", "at",      "her"};
    const auto all = plain_words(text_);
    const bool whole_mark = text_.empty() || std::string_view(",;:-(&/+").find(text_.back()) == std::string_view::npos;
    const auto count = [&](char c) { return std::count(text_.begin(), text_.end(), c); };
    return whole_mark && count('(') == count(')') && count('"') % 2 == 0 && !all.empty() &&
           contains(adverbs, all.back());
  }

  void words() const {
    std::vector<std::string_view> parts;  // between spaces
    for (std::size_t begin = 0; begin < text_.size();) {
      const std::size_t end = std::min(text_.find(' ', begin), text_.size());
      if (end > begin) parts.push_back(text_.substr(begin, end - begin));
      begin = end + 1;
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      tripled(parts[i]);
      if (i == 0) continue;
      doubled(parts[i - 1], parts[i]);
      article(parts[i - 1], parts[i], i == 1);
    }
  }

  void tripled(std::string_view part) const {
    for (const std::string& word : plain_words(part)) {
      for (std::size_t i = 2; i < word.size(); ++i) {
        const bool letter = word[i] >= 'a' && word[i] <= 'z';
        if (!letter || word[i] != word[i - 1] || word[i] != word[i - 2]) continue;
        // "www", and numerals and sizes such as "viii" and "xxxl"
        if (word.find_first_not_of(word[i]) == std::string::npos) break;
        if (word.find_first_not_of("ivxlcm") == std::string::npos) break;
        add("tripled-letter", quote(word));
        break;
      }
    }
  }

  void doubled(std::string_view left, std::string_view right) const {
    const auto a = plain_words(left), b = plain_words(right);
    if (a.size() != 1 || b.size() != 1 || a != b) return;
    if (text::char_class(static_cast<unsigned char>(left.back())) == text::CharClass::other) return;  // "night, night"
    // Names and words of children
    constexpr std::array<std::string_view, 25> twice = {
        "gado",  "great", "fifty", "puff", "twinkle", "bora", "cha", "choo",  "ha", "ho",  "hula", "knock", "mahi",
        "night", "no",    "pom",   "so",   "tsk",     "tuk",  "tut", "walla", "yo", "yum", "win",  "woof"};
    if (!contains(twice, a[0])) add("doubled-word", quote(a[0] + ' ' + b[0]));
  }

  void article(std::string_view left, std::string_view right, bool first) const {
    const bool an = left == "an" || left == "An" || left == "AN";
    // "A" inside a text is a letter: "alphabet card A apple"
    if (!an && left != "a" && !(first && left == "A")) return;
    const auto next = plain_words(right);
    const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (next.empty() || (right.size() > 1 && is_capital(right[0]) && is_capital(right[1]))) return;  // "SUV"
    if (const auto sound = first_sound(next[0]); sound && *sound != (an ? Sound::vowel : Sound::consonant)) {
      add("article", quote(std::string(left) + ' ' + std::string(right)));
    }
  }

  enum class Sound { vowel, consonant };
  // nullopt where spelling does not tell: "SMS" is spelt out by some and read as a word by others.
  static std::optional<Sound> first_sound(std::string_view word) {
    const auto begins = [&](const auto& list) {
      return std::any_of(list.begin(), list.end(), [&](std::string_view start) { return word.starts_with(start); });
    };
    const char c = word[0];
    if (c >= '0' && c <= '9') {
      const auto digits = word.find_first_not_of("0123456789");
      const auto number = word.substr(0, digits);
      // eight, eleven, eighteen, the 1890s; but one hundred and eighteen
      const bool teen = (number.starts_with("11") || number.starts_with("18")) && number.size() % 3 != 0;
      const bool vowel = c == '8' || teen;
      return vowel ? Sound::vowel : Sound::consonant;
    }
    if (c < 'a' || c > 'z') return std::nullopt;
    constexpr std::array<std::string_view, 12> after_a_letter = {"in", "is", "on",  "of", "and", "or",
                                                                 "as", "at", "are", "it", "if",  "to"};
    if (contains(after_a_letter, word)) return std::nullopt;  // "vitamin a in food"
    const bool no_vowel = word.find_first_of("aeiouy") == std::string_view::npos;
    constexpr std::array<std::string_view, 5> spelt = {"led", "sos", "rsvp", "html", "us"};
    if (word.size() < 2 || (word.size() <= 4 && no_vowel) || contains(spelt, word)) return std::nullopt;
    constexpr std::array<std::string_view, 3> either = {"herb", "histor", "homage"};
    if (begins(either)) return std::nullopt;
    constexpr std::array<std::string_view, 5> silent_h = {"hour", "honest", "honor", "honour", "heir"};
    if (begins(silent_h)) return Sound::vowel;
    constexpr std::array<std::string_view, 27> like_you_or_one = {
        "unic", "unif", "unio", "uniq", "unis", "unit", "univ", "use", "usa", "usu", "usb", "uti",  "uto",  "eu",
        "ewe",  "one",  "once", "uk",   "uv",   "ufo",  "ubi",  "ura", "url", "ui",  "ux",  "ugan", "ouija"};
    if (begins(like_you_or_one)) return Sound::consonant;
    return std::string_view("aeiou").find(c) != std::string_view::npos ? Sound::vowel : Sound::consonant;
  }

  std::string_view text_;
  std::vector<Finding>& findings_;
};

// ---- one record ----

class RecordCheck {
 public:
  explicit RecordCheck(std::vector<Finding>& findings) : findings_(findings) {}

  std::optional<Record> read(std::string_view line) {
    const json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) {
      add("json", "line", "not a JSON object");
      return std::nullopt;
    }
    Record record;
    unknown_fields(object);
    if (const auto intent = string(object, "intent")) {
      record.intent = *intent;
      check_text(Task::intent, *intent, findings_);
    }
    if (const auto category = string(object, "category")) {
      record.category = *category;
      if (!contains(categories, *category)) add("category", *category, "not in the list of categories");
    }
    facets_of(object);
    utterances(object, record);
    for (const Task task : prompt_tasks) prompts(object, task, record);
    siblings(record);
    if (record.intent.empty()) return std::nullopt;
    return record;
  }

 private:
  void add(std::string kind, std::string_view text, std::string why) {
    findings_.push_back({{}, 0, std::move(kind), std::string(text), std::move(why)});
  }

  // A text of a sane length.
  std::optional<std::string> text_of(const json& value, std::string_view field) {
    const auto* text = value.get_ptr<const json::string_t*>();
    if (text == nullptr) {
      add("field", field, "not a string");
    } else if (text->empty()) {
      add("field", field, "empty");
    } else if (text->size() > max_text_bytes) {
      add("field", field, "longer than " + std::to_string(max_text_bytes) + " bytes");
    } else {
      return *text;
    }
    return std::nullopt;
  }

  const json* member(const json& object, std::string_view field) {
    const auto found = object.find(std::string(field));
    if (found != object.end()) return &*found;
    add("field", field, "missing");
    return nullptr;
  }

  std::optional<std::string> string(const json& object, std::string_view field) {
    const json* value = member(object, field);
    return value == nullptr ? std::nullopt : text_of(*value, field);
  }

  const json* list(const json& object, std::string_view field, Count allowed) {
    const json* value = member(object, field);
    if (value == nullptr) return nullptr;
    if (!value->is_array()) {
      add("field", field, "not a list");
      return nullptr;
    }
    if (value->size() < allowed.min || value->size() > allowed.max) {
      add("count", field,
          std::to_string(value->size()) + " of them, not " + std::to_string(allowed.min) + " to " +
              std::to_string(allowed.max));
    }
    return value->size() > allowed.max ? nullptr : value;
  }

  void unknown_fields(const json& object) {
    for (const auto& [field, value] : object.items()) {
      constexpr std::array<std::string_view, 4> others = {"intent", "category", "facets", "raw"};
      const auto task = task_from_name(field);
      if (contains(others, field) || (task && *task != Task::intent)) continue;
      add("field", field.substr(0, 80), "unknown");
    }
  }

  void facets_of(const json& object) {
    const json* value = member(object, "facets");
    if (value == nullptr) return;
    if (!value->is_object()) return add("field", "facets", "not an object");
    for (const auto& [facet, content] : value->items()) {
      const std::string field = "facets." + facet.substr(0, 80);
      if (!contains(facets, facet)) {
        add("field", field, "unknown");
      } else if (facet != "colors") {
        (void)text_of(content, field);
      } else if (!content.is_array() || content.empty() || content.size() > 16) {
        add("field", field, "not a list of 1 to 16 colours");
      } else {
        for (const json& color : content) (void)text_of(color, field);
      }
    }
  }

  void utterances(const json& object, Record& record) {
    const json* raw = list(object, "raw", utterances_a_record);
    if (raw == nullptr) return;
    for (const json& item : *raw) {
      if (!item.is_object()) {
        add("field", "raw", "not an object with text and goal");
        continue;
      }
      const auto goal = string(item, "goal");
      if (goal && !contains(goals, *goal)) {
        add("goal", *goal, "not search, template, generate or recommend");
      }
      if (const auto text = string(item, "text")) {
        TextCheck(*text, findings_).utterance();
        record.utterances.push_back({*text, goal.value_or(std::string())});
      }
    }
  }

  void prompts(const json& object, Task task, Record& record) {
    const json* items = list(object, name(task), prompts_a_task);
    if (items == nullptr) return;
    for (const json& item : *items) {
      const auto text = text_of(item, name(task));
      if (!text) continue;
      check_text(task, *text, findings_);
      record.prompts[static_cast<std::size_t>(task)].push_back(*text);
    }
  }

  // An adjacent idea that repeats a query is none.
  void siblings(const Record& record) {
    std::vector<std::string> texts;  // by id
    AlikeTexts seen;
    for (const Task task : prompt_tasks) {
      const Task as = task == Task::related ? Task::query : task;
      for (const std::string& text : record.prompts[static_cast<std::size_t>(task)]) {
        if (const auto match = seen.most_alike(as, text))
          add("sibling", text, "says the same as " + quote(texts[match->id]));
        seen.add(as, text, texts.size());
        texts.push_back(text);
      }
    }
  }

  std::vector<Finding>& findings_;
};

// ---- the whole corpus ----

void for_each_text(const Entry& entry, const std::function<void(Task, const std::string&)>& visit) {
  visit(Task::intent, entry.record.intent);
  for (const Task task : prompt_tasks) {
    for (const std::string& text : entry.record.prompts[static_cast<std::size_t>(task)]) visit(task, text);
  }
}

// Calls `visit` with each word that is one edit away: a letter left out, added, replaced, or two swapped. The first
// letter stays: slips there are rare, and other words many.
void for_each_edit(const std::string& word, const std::function<void(const std::string&)>& visit) {
  for (std::size_t i = 1; i < word.size(); ++i) {
    std::string edit = word;
    edit.erase(i, 1);
    visit(edit);
    if (i + 1 < word.size() && word[i] != word[i + 1]) {
      edit = word;
      std::swap(edit[i], edit[i + 1]);
      visit(edit);
    }
  }
  for (std::size_t i = 1; i <= word.size(); ++i) {
    for (char letter = 'a'; letter <= 'z'; ++letter) {
      std::string edit = word;
      edit.insert(i, 1, letter);
      visit(edit);
      if (i == word.size() || word[i] == letter) continue;
      edit = word;
      edit[i] = letter;
      visit(edit);
    }
  }
}

// Spellings of two countries, and endings: "colour", "organize", "travelled"; "print" and "printy" are told apart by no
// list of ours.
bool are_forms(const std::string& a, const std::string& b) {
  const std::string& longer = a.size() < b.size() ? b : a;
  const std::string& shorter = a.size() < b.size() ? a : b;
  const auto differ = std::mismatch(shorter.begin(), shorter.end(), longer.begin()).first - shorter.begin();
  const auto at = static_cast<std::size_t>(differ);
  if (a.size() == b.size()) {
    return at + 1 >= a.size() || (a[at] == 's' && b[at] == 'z') || (a[at] == 'z' && b[at] == 's');
  }
  if (at == shorter.size()) return std::string_view("sdrynelai").find(longer.back()) != std::string_view::npos;
  if (longer[at] == 'u' && at > 0 && longer[at - 1] == 'o' && longer[at + 1] == 'r') return true;
  return longer[at] == 'l' && at > 0 && longer[at - 1] == 'l';
}

// The same letters in another order, or one more or fewer of a double one: what fingers do, and other words seldom are.
bool is_slip_of_fingers(const std::string& a, const std::string& b) {
  const auto differ = static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), b.begin()).first -
      a.begin());
  if (a.size() == b.size()) return differ + 1 < a.size() && a[differ] == b[differ + 1] && a[differ + 1] == b[differ];
  const std::string& longer = a.size() < b.size() ? b : a;
  return differ > 0 && differ < longer.size() && longer[differ] == longer[differ - 1];
}

// Words of the corpus, and pairs of neighbours.
struct Vocabulary {
  struct Word {
    std::size_t count = 0;
    // Where it stands first, its neighbours there ("" at the ends).
    const Entry* entry = nullptr;
    std::string text, before, after;
  };
  std::unordered_map<std::string, Word> words;
  std::unordered_map<std::string, std::size_t> pairs;  // "birthday card"

  explicit Vocabulary(std::span<const Entry> entries) {
    for (const Entry& entry : entries) {
      for_each_text(entry, [&](Task, const std::string& text) { add(entry, text); });
    }
  }
  [[nodiscard]] std::size_t count(const std::string& word) const {
    const auto found = words.find(word);
    return found == words.end() ? 0 : found->second.count;
  }
  [[nodiscard]] bool is_pair(const std::string& left, const std::string& right) const {
    return left.size() > 3 && right.size() > 3 && pairs.contains(left + ' ' + right);  // "with the" proves nothing
  }
  // "caves" is a word where "cave" is one.
  [[nodiscard]] bool has_stem(const std::string& word) const {
    for (const std::string_view ending : {"s", "es", "d", "ed", "ing", "r", "er", "ers", "y", "ly"}) {
      if (!word.ends_with(ending)) continue;
      const std::string stem = word.substr(0, word.size() - ending.size());
      const bool doubled = stem.size() > 2 && stem.back() == stem[stem.size() - 2];
      if (stem.size() > 2 && (words.contains(stem) || words.contains(stem + 'e'))) return true;
      if (doubled && words.contains(stem.substr(0, stem.size() - 1))) return true;  // "chopped"
    }
    return words.contains(word + 's');
  }

 private:
  void add(const Entry& entry, const std::string& text) {
    auto found = plain_words(text);
    for (std::string& word : found) {
      if (word.ends_with("'s")) word.resize(word.size() - 2);
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (i > 0) ++pairs[found[i - 1] + ' ' + found[i]];
      Word& word = words[found[i]];
      if (++word.count > 1) continue;
      word.entry = &entry, word.text = text;
      if (i > 0) word.before = found[i - 1];
      if (i + 1 < found.size()) word.after = found[i + 1];
    }
  }
};

// Most words that stand once are rare words. A slip shows by what fingers do, by its length, or by neighbours that the
// right word has elsewhere.
void check_spelling(std::span<const Entry> entries, std::vector<Finding>& findings) {
  constexpr std::size_t often = 20;
  constexpr std::size_t shortest = 5;  // of four letters, nearly all are words
  constexpr std::size_t long_word = 9;
  const Vocabulary vocabulary(entries);
  for (const auto& known_word : vocabulary.words) {
    const auto& word = known_word.first;
    const auto& seen = known_word.second;
    const bool letters = word.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
    if (seen.count != 1 || word.size() < shortest || !letters) continue;
    const bool known = vocabulary.has_stem(word);
    std::string best;
    std::size_t best_count = often - 1;
    for_each_edit(word, [&](const std::string& edit) {
      const std::size_t count = vocabulary.count(edit);
      if (count <= best_count || are_forms(word, edit)) return;
      const bool likely =
          word.size() >= long_word || vocabulary.is_pair(seen.before, edit) || vocabulary.is_pair(edit, seen.after);
      if (!is_slip_of_fingers(word, edit) && (known || !likely)) return;
      best = edit, best_count = count;
    });
    if (best.empty()) continue;
    findings.push_back({seen.entry->file, seen.entry->line, "spelling", seen.text,
                        quote(word) + " may be " + quote(best) + " (" + std::to_string(best_count) + " times)"});
  }
}

// Training first, so that a held-out text finds its likes there: that is a leak, which says more than a duplicate.
void check_duplicates(std::span<const Entry> entries, std::vector<Finding>& findings) {
  struct Text {
    const Entry* entry;
    std::string text;
  };
  std::vector<Text> texts;  // by id
  AlikeTexts train, held_out;
  for (const bool side : {false, true}) {
    for (const Entry& entry : entries) {
      if (entry.held_out != side) continue;
      std::vector<std::pair<Task, std::size_t>> own;
      for_each_text(entry, [&](Task task, const std::string& text) {
        own.emplace_back(task, texts.size());
        texts.push_back({&entry, text});
      });
      for (const auto& one : own) {
        const Task task = one.first;
        const std::size_t id = one.second;
        const std::string& text = texts[id].text;
        const std::string what = task == Task::intent ? "intent" : "prompt";
        const auto tell = [&](const Match& match, const std::string& leak) {
          const Text& other = texts[match.id];
          const bool same = plain_words(other.text) == plain_words(text);
          findings.push_back({entry.file, entry.line, (leak.empty() ? same ? "duplicate-" : "near-" : leak) + what,
                              text,
                              std::string(name(task)) + (same ? ", also in " : ", near " + quote(other.text) + " in ") +
                                  other.entry->file + ":" + std::to_string(other.entry->line)});
        };
        if (const auto leak = side ? train.most_alike(task, text) : std::nullopt) {
          tell(*leak, "leaked-");
        } else if (const auto match = (side ? held_out : train).most_alike(task, text)) {
          tell(*match, "");
        }
      }
      // Only now: siblings are the record's own matter.
      for (const auto& [task, id] : own) (side ? held_out : train).add(task, texts[id].text, id);
    }
  }
}

std::size_t rank(std::string_view kind) {
  const auto found = std::find_if(all_kinds.begin(), all_kinds.end(), [&](const Kind& k) { return k.name == kind; });
  return static_cast<std::size_t>(found - all_kinds.begin());
}

Result<> read_file(const std::filesystem::path& path, std::vector<Entry>& entries, CheckReport& report) {
  auto mapping = files::Mapping::open(path);
  if (!mapping) return tl::unexpected(mapping.error());
  const std::string file = path.filename().string();
  std::string_view rest = mapping->text();
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.empty()) continue;
    std::vector<Finding> findings;
    std::optional<Record> record;
    if (line.size() > max_line_bytes) {
      findings.push_back({{}, 0, "json", "line", "longer than 1 MiB"});
    } else {
      record = read_record(line, findings);
    }
    for (Finding& finding : findings) {
      finding.file = file, finding.line = number;
      report.findings.push_back(std::move(finding));
    }
    if (!record) continue;
    ++report.intents;
    for (const auto& prompts : record->prompts) report.prompts += prompts.size();
    const bool held_out = is_held_out(record->intent);
    entries.push_back({file, number, std::move(*record), held_out});
  }
  return {};
}

}  // namespace

std::span<const Kind> kinds() { return all_kinds; }

std::optional<Record> read_record(std::string_view line, std::vector<Finding>& findings) {
  return RecordCheck(findings).read(line);
}

void check_text(Task task, std::string_view text, std::vector<Finding>& findings) {
  TextCheck(text, findings).written(task);
}

std::vector<Check> standard_checks() { return {check_spelling, check_duplicates}; }

Result<CheckReport> check(const std::filesystem::path& folder, std::span<const Check> checks) {
  const auto files = files_of(folder);
  if (!files) return tl::unexpected(files.error());
  CheckReport report;
  std::vector<Entry> entries;
  for (const auto& file : *files) {
    if (auto read = read_file(file, entries, report); !read) return tl::unexpected(read.error());
  }
  for (const Check& run : checks) run(entries, report.findings);
  const auto key = [](const Finding& f) {
    return std::pair(rank(f.kind), std::tie(f.kind, f.file, f.line, f.text, f.why));
  };
  std::sort(report.findings.begin(), report.findings.end(),
            [&](const Finding& a, const Finding& b) { return key(a) < key(b); });
  return report;
}

std::string one_line(std::string_view text) {
  std::string line;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = text::next_codepoint(text, at);
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    const bool direction = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
    text::append_utf8(line, c == '\n' || c == '\t' || c == '\r' ? U' ' : control || direction ? U'\uFFFD' : c);
  }
  return line;
}

std::string to_text(const CheckReport& report, std::size_t most) {
  const auto& findings = report.findings;
  std::string out = std::to_string(report.intents) + " intents, " + std::to_string(report.prompts) + " prompts, " +
                    std::to_string(findings.size()) + " findings\n";
  for (std::size_t begin = 0, end = 0; begin < findings.size(); begin = end) {
    const std::string& kind = findings[begin].kind;
    while (end < findings.size() && findings[end].kind == kind) ++end;
    out += '\n' + one_line(kind) + " (" + std::to_string(end - begin) + ')';
    if (const std::size_t known = rank(kind); known < all_kinds.size()) {
      out += ": " + std::string(all_kinds[known].meaning);
    }
    out += '\n';
    for (std::size_t i = begin; i < std::min(end, begin + most); ++i) {
      const Finding& finding = findings[i];
      out += "  " + one_line(finding.file) + ':' + std::to_string(finding.line) + ": " + one_line(finding.text) + ": " +
             one_line(finding.why) + '\n';
    }
    if (end - begin > most) out += "  and " + std::to_string(end - begin - most) + " more\n";
  }
  return out;
}

std::string to_json(const CheckReport& report) {
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  for (const Finding& finding : report.findings) {
    findings.push_back({{"file", finding.file},
                        {"line", finding.line},
                        {"kind", finding.kind},
                        {"text", finding.text},
                        {"why", finding.why}});
  }
  const nlohmann::ordered_json object = {
      {"intents", report.intents}, {"prompts", report.prompts}, {"findings", std::move(findings)}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

}  // namespace updraft::corpus
