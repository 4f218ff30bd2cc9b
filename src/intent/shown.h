// From what was seen on a picture to what is wanted (updraft/picture.h).
#pragma once

#include "updraft/picture.h"

namespace updraft::intent {

// 0..1: how likely at least one of the tags that speak for the picture is true of it.
[[nodiscard]] double sight_confidence(const Seen& seen);

}  // namespace updraft::intent
