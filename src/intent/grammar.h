// The form of an understanding (understanding.h) while it is being written.
#pragma once

#include <string_view>

namespace updraft::intent {

enum class Standing {
  outside,  // nothing that follows can make it an understanding
  begun,    // something must follow
  whole,    // an understanding, which may be carried on
};

[[nodiscard]] Standing standing(std::string_view text);

}  // namespace updraft::intent
