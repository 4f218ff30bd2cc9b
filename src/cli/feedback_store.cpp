#include "cli/feedback_store.h"

#include <filesystem>

namespace updraft::cli {

Result<FeedbackStore> open_existing_store(const std::string& place) {
  std::error_code ignored;
  if (place.find("://") == std::string::npos && !std::filesystem::exists(place, ignored)) {
    return fail(ErrorCode::not_found, place + ": there is no such store; updraft feedback import makes one");
  }
  return FeedbackStore::open(place);
}

}  // namespace updraft::cli
