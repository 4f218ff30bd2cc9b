#include "eval/understanding.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "corpus/hash.h"
#include "corpus/rules.h"
#include "eval/kinds.h"
#include "eval/table.h"
#include "intent/understanding.h"
#include "reward/relevance.h"

namespace updraft::eval {
namespace {

std::set<std::string> stems_of(std::string_view text) { return reward::wording_of(text).content; }

// Those that the teacher has no word for are not counted.
bool is_of_corpus(std::string_view name) {
  return std::find(corpus::facets.begin(), corpus::facets.end(), name) != corpus::facets.end();
}

// By name; "" holds all.
using HitsByName = std::map<std::string, FacetHits>;

HitsByName hits_of(const std::vector<corpus::Facet>& meant, const std::vector<Facet>& understood) {
  HitsByName hits;
  const auto value_of = [](const auto& facets, const auto& is_it) {
    const auto found = std::find_if(facets.begin(), facets.end(), is_it);
    return found == facets.end() ? std::set<std::string>() : stems_of(found->value);
  };
  const auto count = [&](const std::string& name, std::size_t FacetHits::*what) {
    ++(hits[name].*what);
    ++(hits[""].*what);
  };
  for (const corpus::Facet& facet : meant) {
    const auto value = value_of(understood, [&](const Facet& other) { return other.name == facet.key; });
    count(facet.key, value == stems_of(facet.value) ? &FacetHits::right : &FacetHits::missed);
  }
  for (const Facet& facet : understood) {
    if (!is_of_corpus(facet.name)) continue;
    const auto value = value_of(meant, [&](const corpus::Facet& other) { return other.key == facet.name; });
    if (value != stems_of(facet.value)) count(facet.name, &FacetHits::wrong);
  }
  return hits;
}

struct Agreement {
  bool goal, category, equal, paraphrase;
  double cosine;
};

Agreement agreement_of(const Intent& understood, const intent::Understanding& meant,
                       const encode::TextEncoder& encoder) {
  const bool equal = stems_of(understood.text) == stems_of(meant.intent);
  const std::array<std::string_view, 2> texts = {understood.text, meant.intent};
  const std::vector<float> points = encoder.encode(texts);
  const auto both = std::span(points);
  const double cosine = encode::cosine(both.first(points.size() / 2), both.last(points.size() / 2));
  return {.goal = understood.goals.front().name == meant.goal,
          .category = understood.categories.front().name == meant.category,
          .equal = equal,
          .paraphrase = equal || cosine > paraphrase_cosine,
          .cosine = cosine};
}

double share_below(const std::vector<double>& values, double limit) {
  Mean share;
  for (const double value : values) share.add(value < limit ? 1 : 0);
  return share.value();
}

double share_above(const std::vector<double>& values, double limit) {
  Mean share;
  for (const double value : values) share.add(value > limit ? 1 : 0);
  return share.value();
}

}  // namespace

double FacetHits::f1() const {
  const std::size_t all = 2 * right + wrong + missed;
  return all == 0 ? 1 : 2 * static_cast<double>(right) / static_cast<double>(all);
}

FacetHits& FacetHits::operator+=(const FacetHits& other) {
  right += other.right;
  wrong += other.wrong;
  missed += other.missed;
  return *this;
}

bool is_for_fitting(std::string_view utterance) { return corpus::hash(utterance) % 2 == 0; }

void add(UnderstandingReport& report, const corpus::Record& record, const corpus::Utterance& utterance,
         const Intent& understood, const encode::TextEncoder& encoder, const corpus::Record* second,
         const reward::Lexicon* lexicon) {
  const intent::Understanding meant = intent::understanding_of(record, utterance);
  const Agreement agreement = agreement_of(understood, meant, encoder);
  report.goal.add(agreement.goal ? 1 : 0);
  report.category.add(agreement.category ? 1 : 0);
  report.equal.add(agreement.equal ? 1 : 0);
  report.paraphrase.add(agreement.paraphrase ? 1 : 0);
  report.cosine.add(agreement.cosine);
  if (second != nullptr) {
    const Agreement other =
        agreement_of(understood, intent::understanding_of(*second, second->utterances.front()), encoder);
    report.goal_of_either.add(agreement.goal || other.goal ? 1 : 0);
    report.category_of_either.add(agreement.category || other.category ? 1 : 0);
    report.paraphrase_of_either.add(agreement.paraphrase || other.paraphrase ? 1 : 0);
  }
  HitsByName hits = hits_of(meant.facets, understood.facets);
  for (const auto& [name, of_name] : hits) report.facets[name] += of_name;
  for (const std::string_view kind : kinds_of(utterance.text, lexicon)) {
    KindFigures& figures = report.kinds[std::string(kind)];
    figures.goal.add(agreement.goal ? 1 : 0);
    figures.category.add(agreement.category ? 1 : 0);
    figures.paraphrase.add(agreement.paraphrase ? 1 : 0);
    figures.facets += hits[""];
  }
  if (is_for_fitting(utterance.text)) {
    report.signs.push_back(understood.signs);
    report.right.push_back(agreement.paraphrase);
  } else {
    report.confidence.push_back({understood.confidence, agreement.paraphrase});
    report.of_meaningful.push_back(understood.confidence);
  }
  report.milliseconds.push_back(understood.total_ms);
}

Intent as_understood(const corpus::Record& read) {
  const intent::Understanding meant = intent::understanding_of(read, read.utterances.front());
  Intent intent;
  intent.text = meant.intent;
  intent.goals = {{meant.goal, 1}};
  intent.categories = {{meant.category, 1}};
  for (const corpus::Facet& facet : meant.facets) intent.facets.push_back({facet.key, facet.value});
  return intent;
}

void add_meaningless(UnderstandingReport& report, std::string_view text, const Intent& understood) {
  if (is_for_fitting(text)) {
    report.signs_of_meaningless.push_back(understood.signs);
  } else {
    report.confidence.push_back({understood.confidence, false});
    report.of_meaningless.push_back(understood.confidence);
  }
}

void add_query(UnderstandingReport& report, std::string_view text, const Intent& understood) {
  if (is_for_fitting(text)) {
    report.signs_of_queries.push_back(understood.signs);
  } else {
    report.of_queries.push_back(understood.confidence);
  }
}

std::string to_text(const UnderstandingReport& report, const UnderstandingReport& second) {
  std::string out = std::to_string(report.goal.n) + " held-out utterances, " +
                    std::to_string(report.of_meaningless.size()) + " texts that mean nothing\n\n";
  const bool compared = second.goal.n > 0;
  std::vector<Row> rows = {{"", "updraft", "a second reader"}};
  const auto add_row = [&](std::string name, std::string value, std::string of_second = "") {
    rows.push_back({std::move(name), std::move(value), std::move(of_second)});
  };
  const auto add_means = [&](const char* name, Mean UnderstandingReport::*mean) {
    add_row(name, percent(report.*mean), percent(second.*mean));
  };
  add_means("goal", &UnderstandingReport::goal);
  add_means("category", &UnderstandingReport::category);
  add_means("canonical intent, equal", &UnderstandingReport::equal);
  add_means("canonical intent, equal or a paraphrase (cosine above 0.8)", &UnderstandingReport::paraphrase);
  add_row("cosine to the canonical intent, mean", print("%.3f", report.cosine.value()),
          compared ? print("%.3f", second.cosine.value()) : "");
  for (const auto& [name, hits] : report.facets) {
    const auto other = second.facets.find(name);
    add_row(name.empty() ? "facets, F1" : "facet " + name + ", F1", print("%.3f", hits.f1()),
            other == second.facets.end() ? "" : print("%.3f", other->second.f1()));
  }
  if (report.goal_of_either.n > 0) {
    add_row("goal, the teacher's or the second reader's", percent(report.goal_of_either));
    add_row("category, either", percent(report.category_of_either));
    add_row("canonical intent, a paraphrase of either", percent(report.paraphrase_of_either));
  }
  add_row("confidence, expected calibration error", print("%.3f", calibration_error(report.confidence)));
  const auto add_confidences = [&](const std::string& of, const std::vector<double>& confidences) {
    if (confidences.empty()) return;
    add_row(of + ": confidence below " + print("%.2f", least_confidence),
            print("%.1f %%", 100 * share_below(confidences, least_confidence)));
    add_row(of + ": confidence above " + print("%.2f", likelier_than_not),
            print("%.1f %%", 100 * share_above(confidences, likelier_than_not)));
  };
  add_confidences("utterances", report.of_meaningful);
  add_confidences("queries of one to three words", report.of_queries);
  add_confidences("texts that mean nothing", report.of_meaningless);
  add_row("milliseconds, median", print("%.1f", quantile(report.milliseconds, 0.5)));
  add_row("milliseconds, 95 %", print("%.1f", quantile(report.milliseconds, 0.95)));
  if (!compared) {
    for (Row& row : rows) row.pop_back();
  }
  return out + table(rows);
}

std::string kinds_table(const UnderstandingReport& report) {
  std::string out =
      "| kind | utterances | goal | category | equal or a paraphrase | facets, F1 |\n|---|---|---|---|---|---|\n";
  for (const auto& [kind, figures] : report.kinds) {
    out += "| " + kind + " | " + std::to_string(figures.goal.n) + " | " + percent(figures.goal) + " | " +
           percent(figures.category) + " | " + percent(figures.paraphrase) + " | " +
           print("%.2f", figures.facets.f1()) + " |\n";
  }
  return out;
}

std::string to_json(const UnderstandingReport& report) {
  using Json = nlohmann::ordered_json;
  const auto rounded = [](double value) { return std::round(value * 1e4) / 1e4; };
  Json facets = Json::object();
  for (const auto& [name, hits] : report.facets) facets[name.empty() ? "all" : name] = rounded(hits.f1());
  return Json{{"utterances", report.goal.n},
              {"meaningless", report.of_meaningless.size()},
              {"goal_accuracy", rounded(report.goal.value())},
              {"category_accuracy", rounded(report.category.value())},
              {"intent_equal", rounded(report.equal.value())},
              {"intent_paraphrase", rounded(report.paraphrase.value())},
              {"intent_cosine", rounded(report.cosine.value())},
              {"goal_of_either", rounded(report.goal_of_either.value())},
              {"category_of_either", rounded(report.category_of_either.value())},
              {"intent_paraphrase_of_either", rounded(report.paraphrase_of_either.value())},
              {"facet_f1", std::move(facets)},
              {"calibration_error", rounded(calibration_error(report.confidence))},
              {"below_least_confidence", rounded(share_below(report.of_meaningful, least_confidence))},
              {"likelier_than_not", rounded(share_above(report.of_meaningful, likelier_than_not))},
              {"queries_below_least_confidence", rounded(share_below(report.of_queries, least_confidence))},
              {"queries_likelier_than_not", rounded(share_above(report.of_queries, likelier_than_not))},
              {"meaningless_below_least_confidence", rounded(share_below(report.of_meaningless, least_confidence))},
              {"meaningless_likelier_than_not", rounded(share_above(report.of_meaningless, likelier_than_not))},
              {"median_ms", rounded(quantile(report.milliseconds, 0.5))},
              {"p95_ms", rounded(quantile(report.milliseconds, 0.95))}}
             .dump(2) +
         "\n";
}

}  // namespace updraft::eval
