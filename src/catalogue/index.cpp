// Bringing a catalogue in line with a source.
#include <chrono>
#include <optional>
#include <vector>

#include "catalogue/backend.h"
#include "catalogue/encoder.h"
#include "catalogue/picture_file.h"
#include "catalogue/pictures.h"
#include "catalogue/source.h"
#include "text/utf8.h"
#include "updraft/catalogue.h"

namespace updraft {
namespace {

using namespace catalogue;
namespace fs = std::filesystem;

// Assets that are encoded together. A picture takes some twenty times as long as a text: of few at a time a run that is
// killed loses little, and can tell how far it is.
constexpr std::size_t batch_of_texts = 256, batch_of_pictures = 16;

class Indexing {
 public:
  // Pictures are looked for in `folder`.
  Indexing(Source& source, fs::path folder, Update& update, const std::optional<Encoder>& encoder,
           const std::optional<Pictures>& pictures, const IndexOptions& options)
      : source_(source),
        folder_(std::move(folder)),
        update_(update),
        encoder_(encoder),
        pictures_(pictures),
        options_(options) {}

  Result<IndexReport> run() {
    if (auto done = choose_encoder(); !done) return tl::unexpected(done.error());
    if (auto done = read_source(); !done) return tl::unexpected(done.error());
    if (n_read_ == report_.refused) {
      return fail(ErrorCode::invalid_argument,
                  report_.refused == 0 ? "the source holds no assets" : "the source holds no asset that is good");
    }
    if (auto done = settle_unmarked(); !done) return tl::unexpected(done.error());
    const auto about = update_.commit();
    if (!about) return tl::unexpected(about.error());
    report_.assets = about->assets;
    report_.seconds = seconds();
    tell_progress(1);
    return report_;
  }

 private:
  struct Waiting {
    std::size_t line = 0;  // of the source; 0: none
    Asset asset = {};
    Fingerprint fingerprint = {};
    std::optional<fs::path> picture = {};   // to be looked at
    bool has_point = true;                  // else it is found by its words alone
    std::optional<Fingerprint> known = {};  // what the catalogue holds under its id
  };

  // With its picture, where its url names one that can be opened: another picture of the same name has another point.
  Waiting prepared(std::size_t line, Asset asset) {
    Waiting one{.line = line, .asset = std::move(asset)};
    const auto file = picture_file(one.asset.url, folder_);
    if (file && *file) show_where(one.asset);
    one.fingerprint = fingerprint(one.asset);
    if (!pictures_ || (file && !*file)) return one;
    const auto meaning = file ? pictures_->fingerprint(**file, one.fingerprint.meaning)
                              : Result<std::uint64_t>(tl::unexpected(file.error()));
    if (meaning) {
      one.fingerprint.meaning = *meaning;
      one.picture = *file;
    } else {
      leave_unseen(one, meaning.error());
    }
    return one;
  }

  // Whoever shows the picture knows nothing of the source.
  void show_where(Asset& asset) const {
    std::string path = (folder_ / asset.url).lexically_normal().string();
    if (path.size() <= max_url_bytes && text::is_valid_utf8(path)) asset.url = std::move(path);
  }

  void leave_unseen(Waiting& one, const Error& why) {
    ++report_.unseen;
    if (options_.on_unseen) options_.on_unseen({one.line, why.message});
    one.picture.reset();
    one.has_point = pictures_->place_unseen();
    one.fingerprint.meaning = pictures_->fingerprint_of_unseen(fingerprint(one.asset).meaning);
  }

  Result<> choose_encoder() {
    const About about = update_.about();
    if (encoder_) {
      const std::uint64_t fingerprint = encoder_->fingerprint();
      if (about.encoder == fingerprint && about.dimension == encoder_->dimension()) return {};
      return update_.use_encoder(encoder_->dimension(), fingerprint);
    }
    if (about.dimension == 0) return {};
    return fail(ErrorCode::invalid_argument,
                "the catalogue was indexed with a text encoder or a pair, which is not named");
  }

  Result<> read_source() {
    while (true) {
      auto item = source_.next();
      if (!item) return tl::unexpected(item.error());
      if (!item->has_value()) break;
      ++n_read_;
      const std::size_t before = report_.encoded;
      if (auto done = take(std::move(**item)); !done) return done;
      if (n_read_ % batch_of_texts == 0 || report_.encoded != before) tell_progress(source_.share());
    }
    return flush();
  }

  Result<> take(Item item) {
    if (!item.wrong.empty()) return refuse(item.line, std::move(item.wrong));
    const auto mark = update_.mark(item.asset.id);
    if (!mark) return tl::unexpected(mark.error());
    if (*mark == Update::Mark::again) return refuse(item.line, "the id '" + item.asset.id + "' was given before");
    return bring_in(prepared(item.line, std::move(item.asset)));
  }

  Result<> refuse(std::size_t line, std::string reason) {
    ++report_.refused;
    if (options_.on_refusal) options_.on_refusal({line, std::move(reason)});
    return {};
  }

  Result<> bring_in(Waiting one) {
    const auto known = update_.find(one.asset.id);
    if (!known) return tl::unexpected(known.error());
    one.known = *known;
    if (one.known == one.fingerprint) {
      ++report_.unchanged;
      return {};
    }
    ++(one.known ? report_.changed : report_.added);
    if (!encoder_ || (one.known && one.known->meaning == one.fingerprint.meaning)) {
      return update_.put(one.asset, one.fingerprint, {});
    }
    return wait(std::move(one));
  }

  Result<> wait(Waiting one) {
    if (one.picture) ++pictures_waiting_;
    waiting_.push_back(std::move(one));
    const bool is_full = waiting_.size() == batch_of_texts || pictures_waiting_ == batch_of_pictures;
    return is_full ? flush() : Result<>();
  }

  // Gives those that wait their points and puts them in.
  Result<> flush() {
    if (waiting_.empty()) return {};
    const auto dimension = static_cast<std::size_t>(encoder_->dimension());
    std::vector<float> points(waiting_.size() * dimension);
    const auto point = [&](std::size_t i) { return std::span(points).subspan(i * dimension, dimension); };
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      if (!waiting_[i].has_point) continue;
      const auto recalled = update_.recall(waiting_[i].fingerprint.meaning, point(i));
      if (!recalled) return tl::unexpected(recalled.error());
      if (!*recalled) missing.push_back(i);
    }
    if (auto done = compute(missing, point); !done) return done;
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      const auto its = waiting_[i].has_point ? point(i) : std::span<float>();
      if (auto done = put(waiting_[i], its); !done) return done;
    }
    waiting_.clear();
    pictures_waiting_ = 0;
    return {};
  }

  // point(i): where that of waiting_[i] belongs.
  template <class Point>
  Result<> compute(std::span<const std::size_t> missing, const Point& point) {
    if (missing.empty()) return {};
    std::vector<std::string> texts;
    for (const std::size_t i : missing) texts.push_back(meaning_text(waiting_[i].asset));
    const auto encoded = encoder_->encode(texts);
    if (!encoded) return tl::unexpected(encoded.error());
    auto from = encoded->begin();
    std::vector<std::uint64_t> meanings;
    std::vector<float> fresh;
    for (const std::size_t i : missing) {
      Waiting& one = waiting_[i];
      const std::span<float> its = point(i);
      std::copy_n(from, its.size(), its.begin());
      from += static_cast<std::ptrdiff_t>(its.size());
      if (one.picture) {
        const auto seen = pictures_->add(one.asset, *one.picture, its);
        if (!seen) leave_unseen(one, seen.error());
      }
      if (!one.has_point) continue;
      meanings.push_back(one.fingerprint.meaning);
      fresh.insert(fresh.end(), its.begin(), its.end());
    }
    report_.encoded += meanings.size();
    return update_.set_aside(meanings, fresh);
  }

  Result<> put(const Waiting& one, std::span<const float> point) {
    if (one.known == one.fingerprint) {  // its picture still cannot be looked at
      --report_.changed;
      ++report_.unchanged;
      return {};
    }
    if (!one.has_point && one.known) {  // nor may it keep the point that it had
      if (auto done = update_.erase(one.asset.id); !done) return done;
    }
    return update_.put(one.asset, one.fingerprint, point);
  }

  // What the source does not hold goes; but where something of it could not be read, that may be what is missing.
  Result<> settle_unmarked() {
    const auto ids = update_.unmarked();
    if (!ids) return tl::unexpected(ids.error());
    if (!options_.keep && report_.refused == 0) {
      report_.deleted = ids->size();
      for (const std::string& id : *ids) {
        if (auto done = update_.erase(id); !done) return done;
      }
      return {};
    }
    report_.kept = ids->size();
    const auto lost = update_.points_are_lost();
    if (!lost) return tl::unexpected(lost.error());
    if (!*lost || !encoder_) return {};
    for (const std::string& id : *ids) {
      auto asset = update_.asset(id);
      if (!asset) return tl::unexpected(asset.error());
      if (auto done = wait(prepared(0, std::move(*asset))); !done) return done;
    }
    return flush();
  }

  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  void tell_progress(double share) const {
    if (!options_.on_progress) return;
    IndexProgress progress{.assets = n_read_, .share = share, .seconds = seconds()};
    if (progress.seconds > 0) progress.assets_a_second = static_cast<double>(n_read_) / progress.seconds;
    if (share > 0) progress.seconds_left = progress.seconds * (1 - share) / share;
    options_.on_progress(progress);
  }

  Source& source_;
  const fs::path folder_;
  Update& update_;
  const std::optional<Encoder>& encoder_;
  const std::optional<Pictures>& pictures_;
  const IndexOptions& options_;
  std::vector<Waiting> waiting_;
  std::size_t pictures_waiting_ = 0;
  std::size_t n_read_ = 0;
  IndexReport report_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

Result<IndexReport> index(const std::filesystem::path& source, const std::filesystem::path& catalogue,
                          const IndexOptions& options) {
  auto opened = open_source(source);
  if (!opened) return tl::unexpected(opened.error());
  const auto encoder = Encoder::open(options.text_encoder, options.pair, options.threads);
  if (!encoder) return tl::unexpected(encoder.error());
  const bool is_named = !options.image_encoder.empty() || !options.pair.folder.empty();
  auto pictures = is_named && *encoder ? Pictures::open(options, (**encoder).dimension())
                                       : Result<std::optional<Pictures>>(std::nullopt);
  if (!pictures) return tl::unexpected(pictures.error());
  const auto backend = open_backend(catalogue, Access::write);
  if (!backend) return tl::unexpected(backend.error());
  const auto update = (*backend)->update();
  if (!update) return tl::unexpected(update.error());
  std::error_code ignored;  // it was opened
  const fs::path whole = fs::absolute(source, ignored);
  const fs::path folder = fs::is_directory(whole, ignored) ? whole : whole.parent_path();
  auto report = Indexing(**opened, folder, **update, *encoder, *pictures, options).run();
  if (!report && report.error().code == ErrorCode::invalid_argument) {
    return fail(report.error().code, source.string() + ": " + report.error().message);
  }
  return report;
}

}  // namespace updraft
