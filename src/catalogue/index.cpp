// Bringing a catalogue in line with a source.
#include <chrono>
#include <optional>
#include <vector>

#include "catalogue/backend.h"
#include "catalogue/encoder.h"
#include "catalogue/pictures.h"
#include "catalogue/source.h"
#include "updraft/catalogue.h"

namespace updraft {
namespace {

using namespace catalogue;

// Assets that are encoded together. A picture takes some twenty times as long as a text: of few at a time a run that is
// killed loses little, and can tell how far it is.
constexpr std::size_t batch_of_texts = 256, batch_of_pictures = 16;

class Indexing {
 public:
  Indexing(Source& source, Update& update, const std::optional<Encoder>& encoder,
           const std::optional<Pictures>& pictures, const IndexOptions& options)
      : source_(source),
        update_(update),
        encoder_(encoder),
        pictures_(pictures),
        options_(options),
        batch_size_(pictures ? batch_of_pictures : batch_of_texts) {}

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
    Asset asset;
    Fingerprint fingerprint;
  };

  // Another picture under the same name has another point.
  [[nodiscard]] Fingerprint fingerprint_of(const Asset& asset) const {
    Fingerprint fingerprint = catalogue::fingerprint(asset);
    if (pictures_) fingerprint.meaning = pictures_->fingerprint(asset, fingerprint.meaning);
    return fingerprint;
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
      if (auto done = take(std::move(**item)); !done) return done;
      if (n_read_ % batch_size_ == 0) tell_progress(source_.share());
    }
    return flush();
  }

  Result<> take(Item item) {
    if (!item.wrong.empty()) return refuse(item.line, std::move(item.wrong));
    const auto mark = update_.mark(item.asset.id);
    if (!mark) return tl::unexpected(mark.error());
    if (*mark == Update::Mark::again) return refuse(item.line, "the id '" + item.asset.id + "' was given before");
    return bring_in(std::move(item.asset));
  }

  Result<> refuse(std::size_t line, std::string reason) {
    ++report_.refused;
    if (options_.on_refusal) options_.on_refusal({line, std::move(reason)});
    return {};
  }

  Result<> bring_in(Asset asset) {
    const Fingerprint fingerprint = fingerprint_of(asset);
    const auto known = update_.find(asset.id);
    if (!known) return tl::unexpected(known.error());
    if (*known && **known == fingerprint) {
      ++report_.unchanged;
      return {};
    }
    ++(*known ? report_.changed : report_.added);
    if (!encoder_ || (*known && (**known).meaning == fingerprint.meaning)) return update_.put(asset, fingerprint, {});
    waiting_.push_back({std::move(asset), fingerprint});
    return waiting_.size() < batch_size_ ? Result<>() : flush();
  }

  // Gives those that wait their points and puts them in.
  Result<> flush() {
    if (waiting_.empty()) return {};
    const auto dimension = static_cast<std::size_t>(encoder_->dimension());
    std::vector<float> points(waiting_.size() * dimension);
    const auto point = [&](std::size_t i) { return std::span(points).subspan(i * dimension, dimension); };
    std::vector<std::size_t> missing;
    std::vector<std::string> texts;
    std::vector<std::uint64_t> meanings;
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      const auto recalled = update_.recall(waiting_[i].fingerprint.meaning, point(i));
      if (!recalled) return tl::unexpected(recalled.error());
      if (*recalled) continue;
      missing.push_back(i);
      texts.push_back(meaning_text(waiting_[i].asset));
      meanings.push_back(waiting_[i].fingerprint.meaning);
    }
    if (!missing.empty()) {
      auto encoded = encoder_->encode(texts);
      if (!encoded) return tl::unexpected(encoded.error());
      std::vector<float>& fresh = *encoded;
      for (std::size_t m = 0; pictures_ && m < missing.size(); ++m) {
        pictures_->add(waiting_[missing[m]].asset, std::span(fresh).subspan(m * dimension, dimension));
      }
      if (auto done = update_.set_aside(meanings, fresh); !done) return done;
      for (std::size_t m = 0; m < missing.size(); ++m) {
        std::copy_n(fresh.begin() + static_cast<std::ptrdiff_t>(m * dimension), dimension, point(missing[m]).begin());
      }
      report_.encoded += missing.size();
    }
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      if (auto done = update_.put(waiting_[i].asset, waiting_[i].fingerprint, point(i)); !done) return done;
    }
    waiting_.clear();
    return {};
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
      const Fingerprint fingerprint = fingerprint_of(*asset);
      waiting_.push_back({std::move(*asset), fingerprint});
      if (waiting_.size() < batch_size_) continue;
      if (auto done = flush(); !done) return done;
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
  Update& update_;
  const std::optional<Encoder>& encoder_;
  const std::optional<Pictures>& pictures_;
  const IndexOptions& options_;
  const std::size_t batch_size_;
  std::vector<Waiting> waiting_;
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
  std::error_code ignored;
  const bool is_named = !options.image_encoder.empty() || !options.pair.folder.empty();
  const bool of_pictures = std::filesystem::is_directory(source, ignored) && is_named && *encoder;
  auto pictures =
      of_pictures ? Pictures::open(options, (**encoder).dimension()) : Result<std::optional<Pictures>>(std::nullopt);
  if (!pictures) return tl::unexpected(pictures.error());
  const auto backend = open_backend(catalogue, Access::write);
  if (!backend) return tl::unexpected(backend.error());
  const auto update = (*backend)->update();
  if (!update) return tl::unexpected(update.error());
  auto report = Indexing(**opened, **update, *encoder, *pictures, options).run();
  if (!report && report.error().code == ErrorCode::invalid_argument) {
    return fail(report.error().code, source.string() + ": " + report.error().message);
  }
  return report;
}

}  // namespace updraft
