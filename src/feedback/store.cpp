#include <vector>

#include "feedback/appeals.h"
#include "feedback/backend.h"

namespace updraft {

Result<FeedbackStore> FeedbackStore::open(const std::string& place) {
  if (place.empty()) {
    return fail(ErrorCode::invalid_argument, "a store of feedback is a file, or postgresql://user@host/database");
  }
  const bool is_url = place.starts_with("postgresql://") || place.starts_with("postgres://");
  auto backend = is_url ? feedback::open_postgres(place) : feedback::open_sqlite(place);
  if (!backend) return tl::unexpected(backend.error());
  return FeedbackStore(*std::move(backend));
}

FeedbackStore::FeedbackStore(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}
FeedbackStore::FeedbackStore(FeedbackStore&&) noexcept = default;
FeedbackStore& FeedbackStore::operator=(FeedbackStore&&) noexcept = default;
FeedbackStore::~FeedbackStore() = default;

Result<FeedbackStored> FeedbackStore::add(std::span<const FeedbackEvent> events) {
  if (events.empty()) return FeedbackStored();
  if (events.size() > max_feedback_events) {
    return fail(ErrorCode::invalid_argument,
                "more than " + std::to_string(max_feedback_events) + " events at once; send them in parts");
  }
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  std::vector<FeedbackEvent> dated(events.begin(), events.end());
  for (std::size_t i = 0; i < dated.size(); ++i) {
    if (auto good = check(dated[i]); !good) {
      return fail(good.error().code, "event " + std::to_string(i + 1) + ": " + good.error().message);
    }
    if (dated[i].at == FeedbackTime()) dated[i].at = now;
  }
  return backend_->add(dated);
}

Result<std::uint64_t> FeedbackStore::delete_user(std::string_view user) {
  // A user whom no event can name has none.
  const FeedbackEvent probe = {.id = "x", .user = std::string(user), .intent = "x", .prompt = "x"};
  if (user.empty()) return fail(ErrorCode::invalid_argument, "the user is empty");
  if (auto good = check(probe); !good) return tl::unexpected(good.error());
  return backend_->delete_user(user);
}

Result<> FeedbackStore::each(const std::function<bool(const FeedbackEvent&)>& visit, FeedbackTime since) const {
  return backend_->each(visit, since);
}

Result<FeedbackStats> FeedbackStore::stats() const { return backend_->stats(); }

Result<Appeals> FeedbackStore::appeals() const {
  feedback::AssetTally tally;
  const auto read = backend_->asset_showings([&](const feedback::AssetShowings& showings) { tally.add(showings); });
  if (!read) return tl::unexpected(read.error());
  return tally.judge();
}

std::string FeedbackStore::place() const { return backend_->place(); }

}  // namespace updraft
