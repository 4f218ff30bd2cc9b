#include "feedback/appeals.h"

#include "feedback/click_model.h"

namespace updraft::feedback {
namespace {

// The mean before anything is known, and of how many looks it is.
constexpr double usual_mean = 0.05, usual_looks = 100;
constexpr double least_mean = 0.01;

// What was done was shown.
Done done_with_one(const AssetShowings& showings) {
  Counts counts = showings.counts;
  const auto of = [&](FeedbackKind kind) -> std::uint64_t& { return counts[static_cast<std::size_t>(kind)]; };
  const std::uint64_t wanted = std::max(of(FeedbackKind::click), of(FeedbackKind::like) + of(FeedbackKind::insert));
  of(FeedbackKind::impression) = std::max(of(FeedbackKind::impression), of(FeedbackKind::dismiss) + wanted);
  return done_with(counts, showings.is_one);
}

}  // namespace

void AssetTally::add(const AssetShowings& showings) {
  const Done done = done_with_one(showings);
  if (done.shown <= 0) return;
  const std::size_t position = counted_position(showings.position);
  std::vector<At>& places = assets_[showings.asset];
  auto place = std::find_if(places.begin(), places.end(), [&](const At& at) { return at.position == position; });
  if (place == places.end()) place = places.insert(places.end(), {position, {}});
  place->done.add(done, static_cast<double>(showings.times));
}

Appeals AssetTally::judge(const AppealOptions& options) const {
  std::vector<Shown> cells;
  std::size_t n_positions = 0, n_assets = 0;
  for (const auto& [asset, places] : assets_) {
    for (const At& at : places) {
      cells.push_back({n_assets, at.position, at.done.shown, at.done.acted});
      n_positions = std::max(n_positions, at.position + 1);
    }
    ++n_assets;
  }
  const std::vector<double> look =
      options.correct_position ? estimate_looks(cells, n_assets, n_positions) : std::vector<double>(n_positions, 1.0);
  struct Worth {
    const std::string& asset;
    double looks = 0, value = 0;
  };
  std::vector<Worth> assets;
  double looks = usual_looks, value = usual_looks * usual_mean;
  for (const auto& [asset, places] : assets_) {
    Worth worth{asset};
    for (const At& at : places) {
      worth.looks += at.done.shown * look[at.position];
      worth.value += at.done.value;
    }
    looks += worth.looks;
    value += worth.value;
    assets.push_back(worth);
  }
  const double mean = std::max(least_mean, value / looks);
  Appeals appeals;
  for (const Worth& worth : assets) {
    const double smoothed = (options.prior * mean + worth.value) / (options.prior + worth.looks);
    const double ratio = std::max(0.0, smoothed / mean);
    appeals.emplace(worth.asset, ratio / (1 + ratio));
  }
  return appeals;
}

}  // namespace updraft::feedback
