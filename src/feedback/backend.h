// Where events are kept.
#pragma once

#include <memory>

#include "feedback/showing.h"

namespace updraft {

// What FeedbackStore promises, of events that are checked and have a time. Functions may be called by any number of
// threads.
class FeedbackStore::Backend {
 public:
  virtual ~Backend() = default;
  virtual Result<FeedbackStored> add(std::span<const FeedbackEvent> events) = 0;
  virtual Result<std::uint64_t> delete_user(std::string_view user) = 0;
  virtual Result<> each(const std::function<bool(const FeedbackEvent&)>& visit, FeedbackTime since) = 0;
  virtual Result<FeedbackStats> stats() = 0;
  // What was shown and done with assets, by asset, person, session and position; those that are alike at once.
  virtual Result<> asset_showings(const std::function<void(const feedback::AssetShowings&)>& visit) = 0;
  [[nodiscard]] virtual std::string place() const = 0;
};

namespace feedback {

[[nodiscard]] Result<std::unique_ptr<FeedbackStore::Backend>> open_sqlite(const std::string& path);
[[nodiscard]] Result<std::unique_ptr<FeedbackStore::Backend>> open_postgres(const std::string& url);

}  // namespace feedback
}  // namespace updraft
