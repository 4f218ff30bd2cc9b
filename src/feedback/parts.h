// Events on their way into a store, in parts of as many as it takes at once.
#pragma once

#include <span>
#include <vector>

#include "updraft/feedback.h"

namespace updraft::feedback {

class Parts {
 public:
  explicit Parts(FeedbackStore& store) : store_(store) {}  // which must outlive it

  // At most max_feedback_events, which are stored together. Errors: those of the store.
  [[nodiscard]] Result<> add(std::span<const FeedbackEvent> events) {
    if (part_.size() + events.size() > max_feedback_events) {
      if (auto stored = flush(); !stored) return stored;
    }
    part_.insert(part_.end(), events.begin(), events.end());
    return {};
  }
  // Stores what waits. To be called at the end.
  [[nodiscard]] Result<> flush() {
    const auto stored = store_.add(part_);
    if (!stored) return tl::unexpected(stored.error());
    all_.stored += stored->stored;
    all_.known += stored->known;
    part_.clear();
    return {};
  }
  [[nodiscard]] const FeedbackStored& all() const { return all_; }

 private:
  FeedbackStore& store_;
  std::vector<FeedbackEvent> part_;
  FeedbackStored all_;
};

}  // namespace updraft::feedback
