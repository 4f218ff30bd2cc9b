#include "intent/confidence.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "reward/relevance.h"
#include "reward/tokens.h"

namespace updraft::intent {
namespace {

// Fitted to the shipped model by `updraft eval intent --fit`.
constexpr Signs weights = {-2.701, 1.201, 0.059, 0.260, 0.539, -0.679, 2.458, 0.654, -1.284, -1.268, -1.045};

double log_odds(double probability) {
  constexpr double least = 1e-3;
  const double p = std::clamp(probability, least, 1 - least);
  return std::log(p / (1 - p));
}

double share_of_letters(std::string_view text) {
  double letters = 0, all = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isspace(byte) != 0) continue;
    ++all;
    if (std::isalpha(byte) != 0 || byte >= 0x80) ++letters;
  }
  return all == 0 ? 0 : letters / all;
}

// One of the words of a list stands in the text.
bool names_one(const std::vector<reward::Token>& tokens, std::string_view list) {
  return std::any_of(tokens.begin(), tokens.end(),
                     [&](const reward::Token& token) { return reward::contains(list, token.stem); });
}

}  // namespace

bool holds_address(std::string_view text) {
  for (const std::string_view mark : {"://", "www.", "</", "/>", "{\"", "();", "=>", "&&", "SELECT ", "DROP TABLE",
                                      "../", "#include", "function(", "def ", "%20"}) {
    if (text.find(mark) != std::string_view::npos) return true;
  }
  for (const std::string_view end : {".com", ".org", ".net", ".html", ".php", ".io/", ".js"}) {
    if (text.find(end) != std::string_view::npos && text.find(' ') == std::string_view::npos) return true;
  }
  return text.starts_with("/") && text.find(' ') == std::string_view::npos;
}

bool gives_orders(std::string_view text) {
  const std::vector<reward::Token> tokens = reward::all_tokens_of(text);
  const bool overrides = names_one(tokens, "ignore disregard forget override bypass reveal repeat pretend jailbreak");
  const bool machine = names_one(tokens,
                                 "instruction prompt rule guideline system developer assistant ai above previous "
                                 "unrestricted filter");
  if (overrides && machine) return true;
  return text.find("system prompt") != std::string_view::npos || text.find("<|") != std::string_view::npos ||
         text.find("[INST]") != std::string_view::npos;
}

Signs signs_of(const text::Tokenizer& tokenizer, std::string_view utterance, const Intent& answer) {
  const reward::Wording typed = reward::wording_of(utterance), answered = reward::wording_of(answer.text);
  const auto n_tokens = static_cast<double>(std::max<std::size_t>(1, tokenizer.encode(utterance).size()));
  Signs signs{};
  const auto set = [&](Sign sign, double value) { signs[static_cast<std::size_t>(sign)] = value; };
  set(Sign::always, 1);
  set(Sign::likelihood, log_odds(answer.likelihood));
  set(Sign::goal, log_odds(answer.goals.front().probability));
  set(Sign::category, log_odds(answer.categories.front().probability));
  set(Sign::bytes, std::min(6.0, static_cast<double>(utterance.size()) / n_tokens) - 4);
  set(Sign::typed, reward::repetition(answered, typed).share);
  set(Sign::answered, reward::repetition(typed, answered).share);
  set(Sign::words, std::log1p(static_cast<double>(typed.content.size())));
  set(Sign::letters, share_of_letters(utterance));
  set(Sign::address, holds_address(utterance) ? 1 : 0);
  set(Sign::order, gives_orders(utterance) ? 1 : 0);
  return signs;
}

double confidence(const Signs& signs) {
  double sum = 0;
  for (std::size_t i = 0; i < n_signs; ++i) sum += weights[i] * signs[i];
  return 1 / (1 + std::exp(-sum));
}

}  // namespace updraft::intent
