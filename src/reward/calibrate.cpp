// Prints what reward.cpp's table of thresholds is made of: totals of the teacher's prompts for their own intents, for
// another intent of the same category and for any other one.
//   updraft-calibrate-reward CORPUS MINILM [INTENTS]
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <string>
#include <vector>

#include "corpus/corpus.h"
#include "decode/random.h"
#include "reward/reward.h"

namespace updraft {
namespace {

struct Totals {
  std::vector<double> totals;
  std::array<std::size_t, 10> returns = {};

  void add(const reward::Scorer& scorer, const std::string& intent, Task task,
           const std::vector<std::string>& prompts) {
    const std::vector<std::string_view> siblings(prompts.begin(), prompts.end());
    for (const reward::Reward& reward : scorer.score(intent, task, siblings)) {
      totals.push_back(reward.total);
      ++returns[static_cast<std::size_t>(scorer.return_of(reward, task))];
    }
  }

  void print(const char* name) {
    std::sort(totals.begin(), totals.end());
    std::printf("  %-14s quantiles", name);
    for (const double q : {0.1, 0.2, 0.35, 0.5, 0.75, 0.9}) {
      const auto at = static_cast<std::size_t>(q * static_cast<double>(totals.size()));
      std::printf(" %3.0f%%: %.2f", q * 100, totals.empty() ? 0 : totals[std::min(at, totals.size() - 1)]);
    }
    std::printf("  returns 0..9 in %%:");
    for (const std::size_t n : returns) {
      std::printf(" %.0f", totals.empty() ? 0 : 100.0 * static_cast<double>(n) / static_cast<double>(totals.size()));
    }
    std::printf("\n");
  }
};

int run(const std::string& data, const std::string& minilm, std::size_t n_intents) {
  const auto corpus = corpus::read(data);
  if (!corpus) return std::fprintf(stderr, "%s\n", corpus.error().message.c_str()), 1;
  const auto scorer = reward::Scorer::load(minilm, {.threads = 1});
  if (!scorer) return std::fprintf(stderr, "%s\n", scorer.error().message.c_str()), 1;
  const std::vector<corpus::Record>& all = corpus->train;
  if (all.size() < 2) return std::fprintf(stderr, "the corpus has no intents\n"), 1;

  std::array<std::array<Totals, 3>, prompt_tasks.size()> totals;
  decode::Random random(1);
  const auto any = [&] { return random.below(all.size()); };
  for (std::size_t i = 0; i < n_intents; ++i) {
    const corpus::Record& own = all[any()];
    const corpus::Record& other = all[any()];
    const corpus::Record* same = &all[any()];
    for (int tries = 0; tries < 1000 && (same->category != own.category || same == &own); ++tries) same = &all[any()];
    for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
      const Task task = prompt_tasks[t];
      const auto index = static_cast<std::size_t>(task);
      totals[t][0].add(*scorer, own.intent, task, own.prompts[index]);
      totals[t][1].add(*scorer, own.intent, task, same->prompts[index]);
      totals[t][2].add(*scorer, own.intent, task, other.prompts[index]);
    }
  }
  for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
    std::printf("%s\n", std::string(name(prompt_tasks[t])).c_str());
    totals[t][0].print("teacher");
    totals[t][1].print("same category");
    totals[t][2].print("any other");
  }
  return 0;
}

}  // namespace
}  // namespace updraft

int main(int argc, char** argv) {
  std::size_t n_intents = 300;
  const std::string n = argc == 4 ? argv[3] : "300";
  const auto [end, error] = std::from_chars(n.data(), n.data() + n.size(), n_intents);
  if (argc < 3 || argc > 4 || error != std::errc() || end != n.data() + n.size()) {
    std::fprintf(stderr, "usage: updraft-calibrate-reward CORPUS MINILM [INTENTS]\n");
    return 2;
  }
  return updraft::run(argv[1], argv[2], n_intents);
}
