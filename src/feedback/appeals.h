// How much people want assets: from what was shown and done to appeals, 0..1, as recommendations take them.
//
// A showing is one asset at one position to one person in one session, whatever prompts found it there and however
// often it is reported; where neither user nor session is known, each impression is one. Its value v is that of a
// prompt's showing (showing.h). Otherwise than for returns, what somebody did something with was shown to them,
// reported or not.
//
// People look less at lower positions. look[k] (click_model.h) is how likely they do at position k of a list of assets,
// and values are set against the looks that they came of, as clicks over expected clicks (Zhang and Jones 2007, in
// click_model.h) and returns (returns.h) are. A Beta prior, Beta(prior * mean, prior * (1 - mean)) where nothing is
// done but clicks, keeps assets of little evidence near the mean (Wang, Li, Cui, Zhang and Mao 2011, "Click-through
// rate estimation for rare events in online advertising"):
//
//     mean   = max(0.01, (100 * 0.05 + sum of v) / (100 + sum of look[k]))            over all showings of all assets
//     value  = (prior * mean + sum of v) / (prior + sum of look[k])                   over those of the asset
//     appeal = r / (1 + r), r = max(0, value / mean)
//
// So an asset that is worth twice the mean has 2/3, one that is worth half of it 1/3, and after `prior` looks what
// people did with an asset counts as much as what they do on average. The mean begins with 100 looks of which every
// tenth ends in a click, so that the first few events of a store are no verdict.
#pragma once

#include <unordered_map>
#include <vector>

#include "feedback/showing.h"
#include "updraft/appeals.h"

namespace updraft::feedback {

struct AppealOptions {
  double prior = 20;             // looks
  bool correct_position = true;  // false: as if all positions were looked at alike, to see what that is worth
};

// Takes showings in any order. Holds what was done with each asset at each position.
class AssetTally {
 public:
  void add(const AssetShowings& showings);
  [[nodiscard]] Appeals judge(const AppealOptions& options = {}) const;

 private:
  struct At {
    std::size_t position = 0;
    Done done;
  };
  std::unordered_map<std::string, std::vector<At>> assets_;
};

}  // namespace updraft::feedback
