#include "vision/features.h"

#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

#include "corpus/hash.h"
#include "files/mapping.h"
#include "gguf/convert.h"
#include "image/decode.h"
#include "vision/views.h"

namespace updraft::vision {
namespace {

constexpr int drawn_side = 288;  // a little more than the encoder looks at: views are cut out of it

// The file: this, then records of a place (u32, its highest bit set where the drawing cannot be drawn) and the values
// of all its views.
struct Header {
  std::array<char, 8> magic = {'u', 'p', 'd', 'r', 'f', 't', 'v', '1'};
  std::uint64_t of = 0;  // hash of the drawings and the encoder
  std::uint32_t first_view = 0, views = 0, values = 0, reserved = 0;
  friend bool operator==(const Header&, const Header&) = default;
};
constexpr std::uint32_t undrawable = 0x80000000U;

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, Closer>;

tl::unexpected<Error> wrong(const FeatureOptions& options, ErrorCode code, const char* what) {
  return fail(code, options.cache.string() + ": " + what);
}

// Of one drawing: [views, values]; nothing where it cannot be drawn.
Result<std::vector<std::uint16_t>> look_at(const eval::Drawing& drawing, const encode::ImageEncoder& encoder,
                                           const FeatureOptions& options) {
  std::vector<std::uint16_t> values;
  const auto file = files::Mapping::open(drawing.path);
  if (!file) return tl::unexpected(file.error());
  const auto picture = image::decode(file->bytes(), {.side = drawn_side, .seconds = 4});
  if (!picture) return values;
  for (int v = options.first_view; v < options.first_view + options.views; ++v) {
    const View view = view_of(*picture, v, corpus::hash(drawing.id));
    const auto seen = encoder.encode(view.pixels());
    if (!seen) return tl::unexpected(seen.error());
    for (const auto* part : {&seen->features, &seen->inner}) {
      for (const float x : *part) values.push_back(gguf::f32_to_f16(x));
    }
  }
  return values;
}

Result<> complete(std::span<const eval::Drawing> drawings, std::size_t done, std::size_t n_values,
                  const gguf::File& encoder, const FeatureOptions& options, std::FILE* out) {
  const std::size_t all = std::min(drawings.size(), options.stop_after);
  std::atomic<std::size_t> next = done;
  std::mutex mutex;
  Result<> result;
  std::size_t written = done;
  std::vector<std::optional<std::vector<std::uint16_t>>> ready(all);  // written in their order
  const auto work = [&] {
    const auto own = encode::ImageEncoder::load(encoder, {.threads = 1});
    while (true) {
      const std::size_t i = next++;
      if (i >= all) return;
      auto values =
          own ? look_at(drawings[i], *own, options) : Result<std::vector<std::uint16_t>>(tl::unexpected(own.error()));
      const std::scoped_lock lock(mutex);
      if (!result) return;
      if (!values) {
        result = tl::unexpected(values.error());
        return;
      }
      ready[i] = std::move(*values);
      for (; written < all && ready[written]; ++written) {
        auto& row = *ready[written];
        const std::uint32_t place = static_cast<std::uint32_t>(written) | (row.empty() ? undrawable : 0);
        row.resize(n_values);
        if (std::fwrite(&place, sizeof place, 1, out) != 1 || std::fwrite(row.data(), 2, n_values, out) != n_values ||
            std::fflush(out) != 0) {
          result = wrong(options, ErrorCode::io, "cannot be written");
          return;
        }
        ready[written].reset();
        if (options.on_progress) options.on_progress(written + 1, all);
      }
    }
  };
  std::vector<std::thread> threads;
  const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  for (int t = 0; t < (options.threads > 0 ? options.threads : cores); ++t) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  return result;
}

}  // namespace

Result<gguf::Contents> with_inner_features(const gguf::File& base) {
  auto contents = gguf::copy_metadata(base);
  if (!contents) return contents;
  std::erase_if(contents->metadata, [](const auto& entry) { return entry.first == "efficientnet-lite.inner"; });
  contents->metadata.emplace_back("efficientnet-lite.inner",
                                  std::vector<std::uint32_t>(inner_blocks.begin(), inner_blocks.end()));
  for (const gguf::Tensor& tensor : base.tensors()) {
    if (tensor.name.starts_with("hidden.") || tensor.name.starts_with("projection.")) continue;
    contents->tensors.push_back(
        {std::string(tensor.name), tensor.type, tensor.shape, {tensor.data.begin(), tensor.data.end()}});
  }
  return contents;
}

Result<Features> features_of(std::span<const eval::Drawing> drawings, const gguf::File& encoder,
                             const FeatureOptions& options) {
  const auto probe = encode::ImageEncoder::load(encoder, {.threads = 1});
  if (!probe) return tl::unexpected(probe.error());
  const std::size_t values = static_cast<std::size_t>(probe->features()) + static_cast<std::size_t>(probe->inner());
  const std::size_t n_values = values * static_cast<std::size_t>(options.views);
  Header header{.first_view = static_cast<std::uint32_t>(options.first_view),
                .views = static_cast<std::uint32_t>(options.views),
                .values = static_cast<std::uint32_t>(values)};
  header.of = corpus::hash("");
  for (const eval::Drawing& drawing : drawings) header.of = corpus::hash(drawing.id + '\n', header.of);
  const std::size_t record = sizeof(std::uint32_t) + 2 * n_values;

  OpenFile file(std::fopen(options.cache.c_str(), "r+b"));
  if (!file) file.reset(std::fopen(options.cache.c_str(), "w+b"));
  if (!file) return wrong(options, ErrorCode::io, "cannot be opened");
  Header found;
  std::size_t done = 0;
  if (std::fread(&found, sizeof found, 1, file.get()) == 1) {
    if (!(found == header)) return wrong(options, ErrorCode::corrupt, "is of other drawings or views; delete it");
    std::fseek(file.get(), 0, SEEK_END);
    done = (static_cast<std::size_t>(std::ftell(file.get())) - sizeof header) / record;
  } else {
    std::rewind(file.get());
    if (std::fwrite(&header, sizeof header, 1, file.get()) != 1)
      return wrong(options, ErrorCode::io, "cannot be written");
  }
  std::fseek(file.get(), static_cast<long>(sizeof header + done * record), SEEK_SET);
  if (auto good = complete(drawings, done, n_values, encoder, options, file.get()); !good) {
    return tl::unexpected(good.error());
  }

  Features features{static_cast<std::size_t>(options.views), values, {}, {}};
  std::fseek(file.get(), sizeof header, SEEK_SET);
  std::vector<std::uint16_t> row(n_values);
  std::uint32_t place = 0;
  while (features.drawings.size() < options.stop_after && std::fread(&place, sizeof place, 1, file.get()) == 1 &&
         std::fread(row.data(), 2, n_values, file.get()) == n_values) {
    if ((place & undrawable) != 0 || place >= drawings.size()) continue;
    features.drawings.push_back(place);
    features.f16.insert(features.f16.end(), row.begin(), row.end());
  }
  return features;
}

}  // namespace updraft::vision
