// WebP by libwebp, which makes it smaller while it decodes.
#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "image/job.h"
#include "image/orientation.h"
#include "image/reducer.h"

namespace updraft::image {
namespace {

constexpr std::size_t piece = std::size_t{16} << 10U;  // bytes between two looks at the clock

struct Frame {
  WebPIterator iterator{};
  Frame() = default;
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  ~Frame() { WebPDemuxReleaseIterator(&iterator); }
};

struct Decoding {
  WebPDecoderConfig config{};
  Decoding() = default;
  Decoding(const Decoding&) = delete;
  Decoding& operator=(const Decoding&) = delete;
  ~Decoding() { WebPFreeDecBuffer(&config.output); }
};

int orientation_of(const WebPDemuxer* demuxer) {
  WebPChunkIterator chunk{};
  int orientation = 1;
  if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk) != 0) {
    orientation = read_orientation(std::as_bytes(std::span(chunk.chunk.bytes, chunk.chunk.size)));
  }
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

}  // namespace

Result<Decoded> decode_webp(const Job& job) {
  const WebPData data{job.data(), job.file().size()};
  const std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer(WebPDemux(&data), WebPDemuxDelete);
  if (demuxer == nullptr) return fail(ErrorCode::corrupt, "it is damaged or ends too early");
  Frame frame;
  if (WebPDemuxGetFrame(demuxer.get(), 1, &frame.iterator) == 0) return fail(ErrorCode::corrupt, "it has no frame");
  const WebPData& bytes = frame.iterator.fragment;

  Decoding decoding;
  WebPDecoderConfig& config = decoding.config;
  if (WebPInitDecoderConfig(&config) == 0) return fail(ErrorCode::unsupported, "another version of libwebp");
  if (WebPGetFeatures(bytes.bytes, bytes.size, &config.input) != VP8_STATUS_OK) {
    return fail(ErrorCode::corrupt, "it is damaged");
  }
  // Lossy pictures are held as a few rows, their alpha as a whole; lossless ones as a whole.
  const std::uint64_t width = static_cast<std::uint64_t>(config.input.width),
                      height = static_cast<std::uint64_t>(config.input.height);
  constexpr int lossless = 2;
  const std::uint64_t held = config.input.format == lossless ? 4 : config.input.has_alpha != 0 ? 1 : 0;
  if (const auto ok = job.check_size(width, height, held * width * height); !ok) return tl::unexpected(ok.error());

  const int factor = job.factor(config.input.width, config.input.height);
  config.output.colorspace = MODE_RGBA;
  config.options.use_scaling = factor > 1 ? 1 : 0;
  config.options.scaled_width = (config.input.width + factor - 1) / factor;
  config.options.scaled_height = (config.input.height + factor - 1) / factor;
  {
    const std::unique_ptr<WebPIDecoder, decltype(&WebPIDelete)> decoder(WebPIDecode(nullptr, 0, &config), WebPIDelete);
    if (decoder == nullptr) return fail(ErrorCode::io, "out of memory");
    VP8StatusCode status = VP8_STATUS_SUSPENDED;
    for (std::size_t given = 0; given < bytes.size && status == VP8_STATUS_SUSPENDED;) {
      if (job.is_late()) return job.late();
      given = std::min(given + piece, bytes.size);
      status = WebPIUpdate(decoder.get(), bytes.bytes, given);
    }
    if (status != VP8_STATUS_OK) return fail(ErrorCode::corrupt, "it is damaged or ends too early");
  }

  const WebPRGBABuffer& out = config.output.u.RGBA;
  Reducer reducer(config.output.width, config.output.height, 1);
  for (int y = 0; y < config.output.height; ++y)
    reducer.add_rgba(out.rgba + static_cast<std::ptrdiff_t>(y) * out.stride);
  Decoded decoded{.picture = reducer.take(), .orientation = orientation_of(demuxer.get())};
  decoded.picture.source_width = config.input.width;
  decoded.picture.source_height = config.input.height;
  return decoded;
}

}  // namespace updraft::image
