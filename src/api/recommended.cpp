#include "api/recommended.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/json.h"
#include "catalogue/events.h"

namespace updraft::api {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t told_reasons = 2;
constexpr double least_share = 0.25;  // of a second reason that is worth telling
constexpr double told_appeal = 0.6;   // one and a half times the average

std::string_view name(ReasonKind kind) {
  switch (kind) {
    case ReasonKind::text:
      return "text";
    case ReasonKind::query:
      return "query";
    case ReasonKind::picture:
      return "picture";
    case ReasonKind::like:
      return "like";
    case ReasonKind::event:
      break;
  }
  return "event";
}

std::string_view verb(EventKind kind) {
  switch (kind) {
    case EventKind::view:
      return "you looked at";
    case EventKind::click:
      return "you clicked on";
    case EventKind::like:
      return "you liked";
    case EventKind::buy:
      return "you bought";
    case EventKind::dismiss:
      break;
  }
  return "you dismissed";
}

// The id of the asset that a reason names; empty: it names none.
std::string asset_of(const Recommended& recommended, const Reason& reason) {
  if (reason.kind == ReasonKind::like) return recommended.options.like[reason.index];
  if (reason.kind == ReasonKind::event) return recommended.options.events[reason.index].asset;
  return {};
}

std::string told(const Recommended& recommended, const Reason& reason) {
  const RecommendOptions& options = recommended.options;
  const auto title = [&](std::size_t i, const std::string& id) {
    return "'" + (recommended.titles[i].empty() ? id : recommended.titles[i]) + "'";
  };
  switch (reason.kind) {
    case ReasonKind::text:
      return "you asked for '" + options.text + "'";
    case ReasonKind::query:
      return "'" + options.queries[reason.index] + "' goes with it";
    case ReasonKind::picture:
      return "it looks like the picture";
    case ReasonKind::like:
      return "it is like " + title(reason.index, options.like[reason.index]);
    case ReasonKind::event:
      break;
  }
  const Event& event = options.events[reason.index];
  return std::string(verb(event.kind)) + " " + title(options.like.size() + reason.index, event.asset);
}

// Of the assets that are named; those that are gone have none.
std::vector<std::string> titles_of(const Catalogue& catalogue, const RecommendOptions& options,
                                   const RecommendAnswer& answer) {
  std::vector<bool> is_told(options.events.size(), false);
  for (const Recommendation& item : answer.items) {
    for (const Reason& reason : item.reasons) {
      if (reason.kind == ReasonKind::event) is_told[reason.index] = true;
    }
  }
  std::vector<std::string> titles;
  const auto add = [&](const std::string& id) {
    const auto asset = catalogue.asset(id);
    titles.push_back(asset ? asset->title : std::string());
  };
  for (const std::string& id : options.like) add(id);
  for (std::size_t i = 0; i < options.events.size(); ++i) {
    if (is_told[i]) {
      add(options.events[i].asset);
    } else {
      titles.emplace_back();
    }
  }
  return titles;
}

}  // namespace

Recommended recommended(const Catalogue& catalogue, RecommendOptions options, RecommendAnswer answer) {
  auto titles = titles_of(catalogue, options, answer);
  return {std::move(options), std::move(titles), std::move(answer)};
}

std::string because(const Recommended& recommended, const Recommendation& item) {
  std::string out;
  for (std::size_t i = 0; i < std::min(item.reasons.size(), told_reasons); ++i) {
    if (i > 0 && item.reasons[i].share < least_share) break;
    out.append(i == 0 ? "because " : ", and ").append(told(recommended, item.reasons[i]));
  }
  if (!out.empty() && item.appeal.value_or(0) >= told_appeal) out += ", and people often choose it";
  return out;
}

ordered_json to_json(const Recommended& recommended) {
  const RecommendOptions& options = recommended.options;
  const RecommendAnswer& answer = recommended.answer;
  ordered_json items = ordered_json::array();
  for (const Recommendation& item : answer.items) {
    ordered_json reasons = ordered_json::array();
    for (const Reason& reason : item.reasons) {
      ordered_json line = {{"kind", name(reason.kind)}, {"share", rounded(reason.share)}};
      if (reason.kind == ReasonKind::query) line["query"] = options.queries[reason.index];
      if (reason.kind == ReasonKind::event) line["event"] = catalogue::name(options.events[reason.index].kind);
      const std::string id = asset_of(recommended, reason);
      if (!id.empty()) line["asset"] = id;
      reasons.push_back(std::move(line));
    }
    ordered_json line = to_json(item.asset);
    line["score"] = item.score;
    line["reasons"] = std::move(reasons);
    line["because"] = because(recommended, item);
    if (item.appeal) line["appeal"] = rounded(*item.appeal);
    items.push_back(std::move(line));
  }
  return {{"text", options.text},
          {"queries", options.queries},
          {"like", options.like},
          {"corrections", to_json(answer.corrections)},
          {"unknown", answer.unknown},
          {"recommendations", std::move(items)},
          {"timings", {{"encode_ms", rounded(answer.encode_ms)}, {"total_ms", rounded(answer.total_ms)}}}};
}

}  // namespace updraft::api
