// How much people want assets: what a store of feedback tells recommendations.
#pragma once

#include <string>
#include <unordered_map>

namespace updraft {

// By an asset's id, 0..1: 0 is what nobody wants, 0.5 what people want as much as they want assets on average, 1 what
// they want more than anything. An asset that is not there is one that nothing is known of, which counts as 0.5.
using Appeals = std::unordered_map<std::string, double>;

}  // namespace updraft
