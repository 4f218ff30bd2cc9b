#include "eval/report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "eval/table.h"
#include "plot/chart.h"
#include "text/words.h"

namespace updraft::eval {
namespace {

using Json = nlohmann::ordered_json;

// ---- what is told of a system: the same columns in JSON and in tables ----

struct Column {
  const char* title;  // in tables
  const char* key;    // in JSON
  const char* format;
  Mean TextScores::*mean;
};
constexpr std::array text_columns = {
    Column{"texts", "texts_a_request", "%.1f", &TextScores::texts},
    Column{"relevance", "relevance", "%.3f", &TextScores::relevance},
    Column{"honoured", "constraints_honoured", "%.3f", &TextScores::honoured},
    Column{"kept", "constraints_kept", "%.3f", &TextScores::kept},
    Column{"distinct-2", "distinct_2", "%.3f", &TextScores::distinct_2},
    Column{"self-BLEU", "self_bleu", "%.3f", &TextScores::self_bleu},
    Column{"spread", "embedding_spread", "%.3f", &TextScores::spread},
    Column{"fluency", "fluency", "%.3f", &TextScores::fluency},
    Column{"reward", "reward", "%.3f", &TextScores::reward},
    Column{"return", "return", "%.2f", &TextScores::ret},
};

// Either one task, or the mean over those that have something to tell: each counts the same.
struct Places {
  std::size_t begin = 0;
  std::size_t end = prompt_tasks.size();
};
template <class Measure>  // const Mean&(std::size_t task), or a Mean
Mean over(Places places, const Measure& measure) {
  Mean all;
  for (std::size_t t = places.begin; t < places.end; ++t) {
    const Mean mean = measure(t);
    if (mean.n > 0) all.add(mean.value());
  }
  return all;
}
Mean over(const SystemReport& system, Places places, TextScores TaskScores::*which, const Column& column) {
  return over(places, [&](std::size_t t) { return system.scores[t].*which.*column.mean; });
}
Mean over(const SystemReport& system, Places places, Mean WordHits::*mean) {
  return over(places, [&](std::size_t t) { return system.word_hits(t).*mean; });
}

// ---- JSON ----

// What was not measured is null.
Json number(double value) { return std::isfinite(value) ? Json(std::round(value * 1e4) / 1e4) : Json(); }
Json number(const Mean& mean) { return mean.n > 0 ? number(mean.value()) : Json(); }

Json to_json(const SystemReport& system, Places places, TextScores TaskScores::*which) {
  Json json;
  for (const Column& column : text_columns) json[column.key] = number(over(system, places, which, column));
  return json;
}

Json to_json(const SystemReport& system, Places places) {
  return {{"as_many_as_the_teacher", to_json(system, places, &TaskScores::as_many)},
          {"all_texts", to_json(system, places, &TaskScores::all)},
          {"requests_with_n_different",
           number(over(places, [&](std::size_t t) { return system.scores[t].all_different; }))},
          {"unforced_words",
           {{"mean_error", number(over(system, places, &WordHits::error))},
            {"exact", number(over(system, places, &WordHits::exact))},
            {"within_1", number(over(system, places, &WordHits::within_one))},
            {"in_range", number(over(system, places, &WordHits::in_range))}}}};
}

Json to_json(const std::vector<Outcome>& returns) {
  Json achieved = Json::array();
  for (const auto& [asked, mean] : means_by_asked(returns)) achieved.push_back(number(mean));
  return achieved;
}

// ---- tables ----

std::string cell(const char* format, const Mean& mean) { return mean.n > 0 ? print(format, mean.value()) : ""; }
std::string cell(const char* format, double value) { return value > 0 ? print(format, value) : ""; }

std::string texts_table(const Report& report, Places places, TextScores TaskScores::*which) {
  std::vector<Row> rows = {{"system"}};
  for (const Column& column : text_columns) rows.front().emplace_back(column.title);
  for (const SystemReport& system : report.systems) {
    Row& row = rows.emplace_back(Row{system.name});
    for (const Column& column : text_columns) row.push_back(cell(column.format, over(system, places, which, column)));
  }
  return table(rows);
}

std::string lengths_table(const Report& report) {
  std::vector<Row> rows = {{"system", "words off", "exact", "within 1"}};
  for (const Task task : prompt_tasks) rows.front().push_back(std::string(name(task)) + " within 1");
  for (const SystemReport& system : report.systems) {
    if (over(system, {}, &WordHits::error).n == 0) continue;
    Row& row = rows.emplace_back(Row{system.name});
    row.push_back(cell("%.2f", over(system, {}, &WordHits::error)));
    row.push_back(percent(over(system, {}, &WordHits::exact)));
    row.push_back(percent(over(system, {}, &WordHits::within_one)));
    for (std::size_t t = 0; t < prompt_tasks.size(); ++t) row.push_back(percent(system.word_hits(t).within_one));
  }
  return rows.size() > 1 ? table(rows) : "none\n";
}

std::string cost_table(const Report& report) {
  std::vector<Row> rows = {{"system", "tokens/s", "seconds an intent", "memory, MB", "n different"}};
  for (const SystemReport& system : report.systems) {
    if (system.seconds.sum == 0) continue;
    rows.push_back({system.name, cell("%.0f", system.tokens_per_second()), cell("%.2f", system.seconds),
                    cell("%.0f", system.memory_mb),
                    percent(over({}, [&](std::size_t t) { return system.scores[t].all_different; }))});
  }
  return rows.size() > 1 ? table(rows) : "none\n";
}

std::string steering_table(const Report& report) {
  std::vector<Row> rows = {{"system", "task", "perplexity", "Spearman of means", "of texts"}};
  for (int ret = 0; ret <= suggest::best_return; ++ret) rows.front().push_back("asked " + std::to_string(ret));
  for (const SystemReport& system : report.systems) {
    if (!system.steering) continue;
    for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
      const TaskSteering& task = (*system.steering)[t];
      Row& row = rows.emplace_back(Row{system.name, std::string(name(prompt_tasks[t]))});
      row.push_back(print("%.1f", perplexity(task.teacher_loss.a_token)));
      row.push_back(print("%.3f", spearman_of_means(task.returns)));
      row.push_back(print("%.3f", spearman(task.returns)));
      const auto means = means_by_asked(task.returns);
      for (int ret = 0; ret <= suggest::best_return; ++ret) {
        row.push_back(means.contains(ret) ? print("%.2f", means.at(ret).value()) : "");
      }
    }
  }
  return rows.size() > 1 ? table(rows) : "none\n";
}

// ---- pictures ----

std::string means_chart(const Steering& steering, const char* title, std::vector<Outcome> TaskSteering::*outcomes) {
  plot::Chart chart{title, "asked", "achieved, mean", {}, /*diagonal=*/true};
  for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
    plot::Series line{std::string(name(prompt_tasks[t])), {}};
    for (const auto& [asked, mean] : means_by_asked(steering[t].*outcomes)) {
      line.points.push_back({static_cast<double>(asked), mean.value()});
    }
    chart.series.push_back(std::move(line));
  }
  return plot::to_svg(chart);
}

std::string systems_chart(const Report& report) {
  plot::Chart chart{"Relevance and spread, a dot a task", "embedding spread", "relevance", {}};
  for (const SystemReport& system : report.systems) {
    plot::Series dots{system.name, {}, plot::Mark::dots};
    for (const TaskScores& task : system.scores) {
      if (task.as_many.spread.n == 0) continue;
      dots.points.push_back({task.as_many.spread.value(), task.as_many.relevance.value()});
    }
    chart.series.push_back(std::move(dots));
  }
  return plot::to_svg(chart);
}

}  // namespace

std::string to_json(const Report& report) {
  Json systems;
  for (const SystemReport& system : report.systems) {
    Json& json = systems[system.name];
    json["mean_of_tasks"] = to_json(system, {});
    Mean correlation;
    for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
      Json& task = json["tasks"][std::string(name(prompt_tasks[t]))] = to_json(system, {t, t + 1});
      if (!system.steering) continue;
      const TaskSteering& steering = (*system.steering)[t];
      task["perplexity"] = number(perplexity(steering.teacher_loss.a_token));
      task["prompt_tokens"] = steering.teacher_loss.a_token.n;
      task["tokens_outside_shortlist"] = steering.teacher_loss.n_outside;
      task["achieved_by_asked_return"] = to_json(steering.returns);
      task["spearman_of_means"] = number(spearman_of_means(steering.returns));
      correlation.add(spearman_of_means(steering.returns));
      task["spearman_of_texts"] = number(spearman(steering.returns));
    }
    if (system.steering) json["mean_of_tasks"]["spearman_of_means"] = number(correlation);
    json["tokens"] = system.tokens;
    json["tokens_per_second"] = system.seconds.sum > 0 ? number(system.tokens_per_second()) : Json();
    json["seconds_an_intent"] = system.seconds.sum > 0 ? number(system.seconds) : Json();
    json["memory_mb"] = system.memory_mb > 0 ? number(system.memory_mb) : Json();
  }
  const Json json = {{"intents", report.n_intents},
                     {"n", report.options.n},
                     {"seed", report.options.seed},
                     {"systems", std::move(systems)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string to_text(const Report& report) {
  std::string out = print("%zu held-out intents, %d texts a task, seed %llu\n", report.n_intents, report.options.n,
                          static_cast<unsigned long long>(report.options.seed));
  out += "\nAs many texts as the teacher wrote, mean of the four tasks\n\n";
  out += texts_table(report, {}, &TaskScores::as_many);
  for (std::size_t t = 0; t < prompt_tasks.size(); ++t) {
    out += print("\nThe same, %s\n\n", name(prompt_tasks[t]).data());
    out += texts_table(report, {t, t + 1}, &TaskScores::as_many);
  }
  out += "\nAll texts, mean of the four tasks\n\n";
  out += texts_table(report, {}, &TaskScores::all);
  out += "\nWords against words asked for, nothing forced\n\n" + lengths_table(report);
  out += "\nCost\n\n" + cost_table(report);
  out += "\nThe teacher's prompts under their commands; returns achieved when each return is asked for\n\n";
  out += steering_table(report);
  return out;
}

std::vector<Picture> pictures(const Report& report) {
  std::vector<Picture> all;
  const auto steered = std::find_if(report.systems.begin(), report.systems.end(),
                                    [](const SystemReport& system) { return system.steering.has_value(); });
  if (steered != report.systems.end()) {
    all.push_back({"returns", means_chart(*steered->steering, "Return", &TaskSteering::returns)});
    all.push_back({"words", means_chart(*steered->steering, "Words", &TaskSteering::words)});
  }
  all.push_back({"systems", systems_chart(report)});
  return all;
}

}  // namespace updraft::eval
