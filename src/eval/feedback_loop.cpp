#include "eval/feedback_loop.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "corpus/hash.h"
#include "decode/random.h"
#include "eval/evaluate.h"
#include "eval/table.h"

namespace updraft::eval {
namespace {

// What is shown for an intent.
struct Shown {
  std::vector<Suggestion> items;
  std::vector<double> relevance;
};

Result<Shown> ask(const Loop& loop, const corpus::Record& record, const LoopOptions& options) {
  auto items = loop.suggest(record.intent, seed_of(record.intent, options.seed));
  if (!items) return tl::unexpected(items.error());
  Shown shown{*std::move(items), {}};
  std::vector<std::string_view> texts;
  for (const Suggestion& item : shown.items) texts.push_back(item.text);
  const reward::Assessment assessment = loop.scorer.assess(record.intent, options.task, texts);
  for (std::size_t i = 0; i < texts.size(); ++i) shown.relevance.push_back(assessment.alone(i).relevance);
  return shown;
}

// The order in which a person sees n prompts.
std::vector<std::size_t> order_of(std::size_t n, std::string_view intent, std::uint64_t person,
                                  const LoopOptions& options) {
  std::vector<std::size_t> order(n);
  for (std::size_t i = 0; i < n; ++i) order[i] = i;
  auto random = decode::Random::of(options.seed + 2, corpus::hash(intent), person);
  if (n >= 2 && random.uniform() < options.swapped) {
    const std::size_t a = random.below(n), b = random.below(n - 1);
    std::swap(order[a], order[b >= a ? b + 1 : b]);
  }
  return order;
}

std::vector<Reaction> reactions(const Loop& loop, const corpus::Record& record, const Shown& shown,
                                std::span<const std::size_t> order, std::uint64_t person) {
  std::vector<std::string> prompts;
  std::vector<double> relevance;
  for (const std::size_t i : order) {
    prompts.push_back(shown.items[i].text);
    relevance.push_back(shown.relevance[i]);
  }
  return loop.population.react(record.intent, record.category, prompts, relevance, person);
}

}  // namespace

Result<> show(const Loop& loop, std::span<const corpus::Record> records, const LoopOptions& options,
              const std::function<Result<>(std::span<const FeedbackEvent>)>& tell) {
  for (std::size_t r = 0; r < records.size(); ++r) {
    const auto shown = ask(loop, records[r], options);
    if (!shown) return tl::unexpected(shown.error());
    for (std::uint64_t person = 0; person < options.people; ++person) {
      const auto order = order_of(shown->items.size(), records[r].intent, person, options);
      const auto done = reactions(loop, records[r], *shown, order, person);
      std::vector<FeedbackEvent> events;
      for (std::size_t k = 0; k < order.size(); ++k) {
        const Suggestion& item = shown->items[order[k]];
        const std::string where =
            options.round + "-" + std::to_string(r) + "-" + std::to_string(person) + "-" + std::to_string(k) + "-";
        const auto add = [&](FeedbackKind kind) {
          events.push_back({.id = where + std::string(name(kind)),
                            .kind = kind,
                            .user = "person-" + std::to_string(person),
                            .session = options.round + "-" + std::to_string(r),
                            .intent = records[r].intent,
                            .task = options.task,
                            .prompt = item.text,
                            .position = static_cast<int>(k),
                            .words = std::clamp(item.words, 1, max_words),
                            .ret = 9});
        };
        add(FeedbackKind::impression);
        if (done[k].clicks) add(FeedbackKind::click);
        if (done[k].likes) add(FeedbackKind::like);
        if (done[k].dismisses) add(FeedbackKind::dismiss);
      }
      if (auto told = tell(events); !told) return told;
    }
    loop.on_progress(r + 1, records.size());
  }
  return {};
}

Result<std::vector<ClickThrough>> measure(const Loop& loop, std::span<const corpus::Record> records,
                                          const LoopOptions& options) {
  LoopOptions in_order = options;
  in_order.swapped = 0;
  std::vector<ClickThrough> all;
  for (const corpus::Record& record : records) {
    const auto shown = ask(loop, record, in_order);
    if (!shown) return tl::unexpected(shown.error());
    const std::size_t n = shown->items.size();
    const auto order = order_of(n, record.intent, 0, in_order);
    ClickThrough& through = all.emplace_back();
    through.shown = n * options.people;
    for (std::uint64_t person = 0; person < options.people; ++person) {
      for (const Reaction& reaction : reactions(loop, record, *shown, order, person)) {
        through.clicked += reaction.clicks ? 1 : 0;
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      through.relevance += shown->relevance[i] / static_cast<double>(n);
      const bool liked = loop.population.appeal(record.category, shown->items[i].text) > 0.3;
      through.liked_style += liked ? 1 / static_cast<double>(n) : 0;
    }
    loop.on_progress(all.size(), records.size());
  }
  return all;
}

double rate(std::span<const ClickThrough> all) {
  std::uint64_t shown = 0, clicked = 0;
  for (const ClickThrough& one : all) {
    shown += one.shown;
    clicked += one.clicked;
  }
  return shown == 0 ? 0 : static_cast<double>(clicked) / static_cast<double>(shown);
}

Interval lift(std::span<const ClickThrough> before, std::span<const ClickThrough> after, std::uint64_t seed) {
  constexpr std::size_t samples = 10'000;
  const auto ratio = [](double old_rate, double new_rate) { return old_rate > 0 ? new_rate / old_rate - 1 : 0; };
  Interval interval{.value = ratio(rate(before), rate(after))};
  if (before.empty()) return interval;
  std::vector<double> lifts;
  decode::Random random(seed);
  for (std::size_t s = 0; s < samples; ++s) {
    ClickThrough old_sum, new_sum;
    for (std::size_t i = 0; i < before.size(); ++i) {
      const std::size_t drawn = random.below(before.size());
      old_sum.shown += before[drawn].shown;
      old_sum.clicked += before[drawn].clicked;
      new_sum.shown += after[drawn].shown;
      new_sum.clicked += after[drawn].clicked;
    }
    lifts.push_back(ratio(rate(std::span(&old_sum, 1)), rate(std::span(&new_sum, 1))));
  }
  interval.low = quantile(lifts, 0.025);
  interval.high = quantile(std::move(lifts), 0.975);
  return interval;
}

namespace {

struct Figures {
  double rate = 0;
  Mean relevance, liked_style;
};

Figures figures_of(std::span<const ClickThrough> all) {
  Figures figures{.rate = rate(all), .relevance = {}, .liked_style = {}};
  for (const ClickThrough& one : all) {
    figures.relevance.add(one.relevance);
    figures.liked_style.add(one.liked_style);
  }
  return figures;
}

}  // namespace

std::string to_text(const LoopReport& report) {
  std::vector<Row> rows = {{"weights", "click-through", "in a style that is liked", "relevance"}};
  const auto add = [&](const char* name, std::span<const ClickThrough> all) {
    const Figures figures = figures_of(all);
    rows.push_back({name, print("%.2f %%", 100 * figures.rate), percent(figures.liked_style),
                    print("%.3f", figures.relevance.value())});
  };
  add("frozen", report.before);
  add("after feedback", report.after);
  return std::to_string(report.before.size()) + " new intents, " + std::to_string(report.people) + " people each\n\n" +
         table(rows) + "\n" +
         print("click-through: %+.1f %% (95 %% of bootstrap samples: %+.1f %% to %+.1f %%)\n", 100 * report.lift.value,
               100 * report.lift.low, 100 * report.lift.high);
}

std::string to_json(const LoopReport& report) {
  const auto object = [](std::span<const ClickThrough> all) {
    const Figures figures = figures_of(all);
    return nlohmann::ordered_json{{"click_through", figures.rate},
                                  {"liked_style", figures.liked_style.value()},
                                  {"relevance", figures.relevance.value()}};
  };
  const nlohmann::ordered_json all = {
      {"intents", report.before.size()},
      {"people", report.people},
      {"frozen", object(report.before)},
      {"after_feedback", object(report.after)},
      {"lift", {{"value", report.lift.value}, {"low", report.lift.low}, {"high", report.lift.high}}}};
  return all.dump(2) + '\n';
}

}  // namespace updraft::eval
