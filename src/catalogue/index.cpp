// Bringing a catalogue in line with a source.
#include <chrono>
#include <future>
#include <optional>
#include <utility>
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
    if (auto done = store_what_is_encoded(); !done) return done;
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

  // Assets that get their points together.
  struct Batch {
    std::vector<Waiting> assets = {};
    std::size_t pictures = 0;               // to be looked at
    std::vector<float> points = {};         // [assets, dimension]
    std::vector<std::size_t> missing = {};  // those whose points are computed
    std::future<Result<std::vector<float>>> encoded = {};

    [[nodiscard]] bool is_full() const { return assets.size() == batch_of_texts || pictures == batch_of_pictures; }
    [[nodiscard]] std::span<float> point(std::size_t i) {
      const std::size_t dimension = points.size() / assets.size();
      return std::span(points).subspan(i * dimension, dimension);
    }
  };

  Result<> wait(Waiting one) {
    if (one.picture) ++waiting_.pictures;
    waiting_.assets.push_back(std::move(one));
    return waiting_.is_full() ? encode_waiting() : Result<>();
  }

  // Has the texts of those that wait, some, encoded beside what follows: reading on, and storing the batch before.
  Result<> encode_waiting() {
    Batch batch = std::exchange(waiting_, {});
    batch.points.resize(batch.assets.size() * static_cast<std::size_t>(encoder_->dimension()));
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < batch.assets.size(); ++i) {
      const Waiting& one = batch.assets[i];
      if (!one.has_point) continue;
      // What the batch before has is not there yet: that is computed again, to the same.
      const auto recalled = update_.recall(one.fingerprint.meaning, batch.point(i));
      if (!recalled) return tl::unexpected(recalled.error());
      if (*recalled) continue;
      batch.missing.push_back(i);
      texts.push_back(meaning_text(one.asset));
    }
    if (encoding_.encoded.valid()) encoding_.encoded.wait();  // one at a time
    // Where no thread can be had, or is needed, when it is asked for.
    const auto policy = texts.empty() ? std::launch::deferred : std::launch::async | std::launch::deferred;
    batch.encoded = std::async(policy, [this, texts = std::move(texts)]() -> Result<std::vector<float>> {
      return texts.empty() ? std::vector<float>() : encoder_->encode(texts);
    });
    return store(std::exchange(encoding_, std::move(batch)));
  }

  Result<> flush() {
    if (!waiting_.assets.empty()) {
      if (auto done = encode_waiting(); !done) return done;
    }
    return store(std::exchange(encoding_, {}));
  }

  // So that a run that is killed loses little of what was computed.
  Result<> store_what_is_encoded() {
    const auto& encoded = encoding_.encoded;
    const bool ready = encoded.valid() && encoded.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    return ready ? store(std::exchange(encoding_, {})) : Result<>();
  }

  Result<> store(Batch batch) {
    if (batch.assets.empty()) return {};
    const auto encoded = batch.encoded.get();
    if (!encoded) return tl::unexpected(encoded.error());
    auto from = encoded->begin();
    std::vector<std::uint64_t> meanings;
    std::vector<float> fresh;
    for (const std::size_t i : batch.missing) {
      Waiting& one = batch.assets[i];
      const std::span<float> its = batch.point(i);
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
    if (!meanings.empty()) {
      if (auto done = update_.set_aside(meanings, fresh); !done) return done;
    }
    for (std::size_t i = 0; i < batch.assets.size(); ++i) {
      const Waiting& one = batch.assets[i];
      if (auto done = put(one, one.has_point ? batch.point(i) : std::span<float>()); !done) return done;
    }
    return {};
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
  Batch waiting_, encoding_;
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
