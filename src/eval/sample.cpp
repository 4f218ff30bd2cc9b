#include "eval/sample.h"

#include <algorithm>
#include <numeric>

#include "decode/random.h"
#include "eval/evaluate.h"

namespace updraft::eval {
namespace {

// Shown as it is, in one cell.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ') {
      out += ' ';
    } else {
      if (std::string_view("\\|*_`<>[]#~").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::vector<std::size_t> places(std::size_t n, bool shuffled, decode::Random& random) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = n; shuffled && i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

std::string letter(std::size_t i) { return std::string(1, static_cast<char>('A' + i % 26)); }

}  // namespace

std::string sample(std::span<const corpus::Record> records, std::span<const Exhibit> exhibits,
                   const SampleOptions& options) {
  std::vector<std::size_t> chosen(records.size());
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  // The places stand for the records in the choice.
  decode::Random random(options.seed);
  for (std::size_t i = 0; i < chosen.size(); ++i) std::swap(chosen[i], chosen[i + random.below(chosen.size() - i)]);
  chosen.resize(std::min(options.intents, chosen.size()));
  std::sort(chosen.begin(), chosen.end());

  std::string out, key;
  for (const std::size_t r : chosen) {
    const std::string intent = escaped(records[r].intent);
    auto chance = decode::Random::of(seed_of(records[r].intent, options.seed), 1, 0);
    out += "### " + intent + "\n\n| |";
    for (const Task task : prompt_tasks) out += " " + std::string(name(task)) + " |";
    out += "\n|---|---|---|---|---|\n";
    key += "- " + intent + ":";
    const auto order = places(exhibits.size(), options.blind, chance);
    for (std::size_t row = 0; row < order.size(); ++row) {
      const Exhibit& exhibit = exhibits[order[row]];
      out += "| " + (options.blind ? letter(row) : exhibit.name) + " |";
      key += (row > 0 ? ", " : " ") + letter(row) + " " + exhibit.name;
      for (const std::vector<Text>& texts : exhibit.written[r].texts) {
        out += " " + (texts.empty() ? "(nothing)" : escaped(texts[chance.below(texts.size())].text)) + " |";
      }
      out += "\n";
    }
    out += "\n";
    key += "\n";
  }
  return options.blind ? out + "### Whose they are\n\n" + key : out;
}

}  // namespace updraft::eval
