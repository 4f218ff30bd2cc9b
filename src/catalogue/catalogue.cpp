#include "updraft/catalogue.h"

#include <chrono>
#include <mutex>
#include <optional>

#include "catalogue/backend.h"
#include "catalogue/encoder.h"
#include "catalogue/recommend.h"
#include "catalogue/search.h"

namespace updraft {

using namespace catalogue;

struct Catalogue::State {
  std::unique_ptr<Backend> backend;
  std::optional<Encoder> encoder;
  std::mutex one_at_a_time;

  // The view of now, if its points are this encoder's.
  [[nodiscard]] Result<std::unique_ptr<View>> view() const {
    auto view = backend->view();
    if (!view) return view;
    if (encoder && (*view)->about().dimension > 0 && (*view)->about().encoder != encoder->fingerprint()) {
      return fail(ErrorCode::unsupported,
                  "the catalogue was indexed with another encoder, or another pair of them (--pair); name that one, or "
                  "updraft index makes its points anew");
    }
    return view;
  }

  // What `answer` gives of the view of now, with the time that it took, waiting included.
  template <class Answer>
  auto timed(const Answer& answer) -> decltype(answer(std::declval<View&>())) {
    const auto start = std::chrono::steady_clock::now();
    const std::scoped_lock lock(one_at_a_time);
    const auto view = this->view();
    if (!view) return tl::unexpected(view.error());
    auto given = answer(**view);
    if (given) {
      given->total_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    }
    return given;
  }
};

Catalogue::Catalogue(std::unique_ptr<State> state) : state_(std::move(state)) {}
Catalogue::Catalogue(Catalogue&&) noexcept = default;
Catalogue& Catalogue::operator=(Catalogue&&) noexcept = default;
Catalogue::~Catalogue() = default;

Result<Catalogue> Catalogue::open(const std::filesystem::path& directory, const CatalogueOptions& options) {
  auto state = std::make_unique<State>();
  auto backend = open_backend(directory, Access::read);
  if (!backend) return tl::unexpected(backend.error());
  state->backend = std::move(*backend);
  auto encoder = Encoder::open(options.text_encoder, options.pair, options.threads);
  if (!encoder) return tl::unexpected(encoder.error());
  state->encoder = std::move(*encoder);
  if (auto view = state->view(); !view) return tl::unexpected(view.error());
  return Catalogue(std::move(state));
}

Result<SearchAnswer> Catalogue::search(std::string_view text, const SearchOptions& options) const {
  return state_->timed([&](View& view) { return catalogue::search(view, state_->encoder, text, options); });
}

Result<RecommendAnswer> Catalogue::recommend(const RecommendOptions& options) const {
  return state_->timed([&](View& view) { return catalogue::recommend(view, state_->encoder, options); });
}

Result<Asset> Catalogue::asset(std::string_view id) const {
  auto found = assets({std::string(id)});
  if (!found) return tl::unexpected(found.error());
  return std::move(found->front());
}

Result<std::vector<Asset>> Catalogue::assets(const std::vector<std::string>& ids) const {
  const std::scoped_lock lock(state_->one_at_a_time);
  const auto view = state_->view();
  if (!view) return tl::unexpected(view.error());
  return (*view)->assets(ids);
}

Result<int> Catalogue::dimension() const {
  const std::scoped_lock lock(state_->one_at_a_time);
  const auto view = state_->view();
  if (!view) return tl::unexpected(view.error());
  return (*view)->about().dimension;
}

Result<std::size_t> Catalogue::size() const {
  const std::scoped_lock lock(state_->one_at_a_time);
  const auto view = state_->view();
  if (!view) return tl::unexpected(view.error());
  return (*view)->about().assets;
}

}  // namespace updraft
