#include "image/written.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace updraft::image::test {

void append(Bytes& to, const void* data, std::size_t n) {
  const std::size_t at = to.size();
  to.resize(at + n);
  if (n > 0) std::memcpy(to.data() + at, data, n);
}

Bytes bytes_of(std::string_view text) {
  Bytes bytes;
  append(bytes, text.data(), text.size());
  return bytes;
}

Bytes exif(int orientation, bool big) {
  Bytes out = bytes_of(big ? "MM" : "II");
  const auto number = [&](std::uint64_t value, int n) { append_number(out, value, n, big); };
  number(42, 2), number(8, 4), number(1, 2);                                            // header, one entry
  number(0x0112, 2), number(3, 2), number(1, 4), number(orientation, 2), number(0, 2);  // a short
  number(0, 4);
  return out;
}

Bytes png(const Quarters& quarters, PngOptions options) {
  Bytes out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &out,
      [](png_structp p, png_bytep data, png_size_t n) { append(*static_cast<Bytes*>(png_get_io_ptr(p)), data, n); },
      [](png_structp) {});
  png_set_IHDR(png, info, static_cast<png_uint_32>(quarters.width), static_cast<png_uint_32>(quarters.height),
               options.bits, options.colour, options.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (options.colour == PNG_COLOR_TYPE_PALETTE) {
    const std::array<png_color, 4> palette = {png_color{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {128, 128, 128}};
    const std::array<png_byte, 4> alpha = {255, 255, 255, 128};
    png_set_PLTE(png, info, palette.data(), 4);
    png_set_tRNS(png, info, alpha.data(), 4, nullptr);
  }
  Bytes orientation = exif(options.orientation);
  if (options.orientation != 1) {
    png_set_eXIf_1(png, info, static_cast<png_uint_32>(orientation.size()),
                   reinterpret_cast<png_bytep>(orientation.data()));
  }
  png_write_info(png, info);
  if (options.bits < 8) png_set_packing(png);
  std::vector<std::vector<png_byte>> rows;
  for (int y = 0; y < quarters.height; ++y) {
    auto& row = rows.emplace_back();
    for (int x = 0; x < quarters.width; ++x) {
      const auto pixel = quarters.at(x, y);
      const int quarter = (x >= quarters.width / 2 ? 1 : 0) + (y >= quarters.height / 2 ? 2 : 0);
      std::vector<png_byte> samples;
      for (std::size_t c = 0; c < png_get_channels(png, info); ++c) samples.push_back(pixel[c]);
      if (options.colour == PNG_COLOR_TYPE_PALETTE) samples.front() = static_cast<png_byte>(quarter);
      if (options.colour == PNG_COLOR_TYPE_GRAY && options.bits < 8)
        samples.front() = static_cast<png_byte>(samples.front() >> (8 - options.bits));
      for (const png_byte sample : samples) {
        row.push_back(sample);
        if (options.bits == 16) row.push_back(sample);
      }
    }
  }
  std::vector<png_bytep> pointers;
  for (auto& row : rows) pointers.push_back(row.data());
  png_write_image(png, pointers.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return out;
}

Bytes jpeg(const Quarters& quarters, const JpegOptions& options) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* data = nullptr;
  unsigned long n = 0;
  jpeg_mem_dest(&info, &data, &n);
  info.image_width = static_cast<JDIMENSION>(quarters.width);
  info.image_height = static_cast<JDIMENSION>(quarters.height);
  info.in_color_space = options.colours;
  info.input_components = options.colours == JCS_CMYK ? 4 : options.colours == JCS_GRAYSCALE ? 1 : 3;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 95, TRUE);
  if (options.progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  if (options.orientation != 1) {
    Bytes marker = bytes_of(std::string_view("Exif\0\0", 6));
    const Bytes data_of = exif(options.orientation);
    append(marker, data_of.data(), data_of.size());
    jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(marker.data()),
                      static_cast<unsigned>(marker.size()));
  }
  for (int y = 0; y < quarters.height; ++y) {
    std::vector<JSAMPLE> row;
    for (int x = 0; x < quarters.width; ++x) {
      const auto pixel = quarters.at(x, y);
      if (options.colours == JCS_CMYK) {  // as Adobe's programs do, inverted
        for (std::size_t c = 0; c < 3; ++c) row.push_back(pixel[c]);
        row.push_back(255);
      } else {
        for (int c = 0; c < info.input_components; ++c) row.push_back(pixel[static_cast<std::size_t>(c)]);
      }
    }
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&info, &pointer, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  Bytes out;
  append(out, data, n);
  std::free(data);  // NOLINT: libjpeg's malloc
  return out;
}

Bytes webp(const Quarters& quarters, bool lossless, int orientation) {
  const auto pixels = quarters.rgba();
  std::uint8_t* data = nullptr;
  const std::size_t n =
      lossless ? WebPEncodeLosslessRGBA(pixels.data(), quarters.width, quarters.height, 4 * quarters.width, &data)
               : WebPEncodeRGBA(pixels.data(), quarters.width, quarters.height, 4 * quarters.width, 95, &data);
  Bytes out;
  append(out, data, n);
  WebPFree(data);
  if (orientation != 1) {
    WebPMux* mux = WebPMuxNew();
    const WebPData image{reinterpret_cast<const std::uint8_t*>(out.data()), out.size()};
    WebPMuxSetImage(mux, &image, 1);
    const Bytes chunk = exif(orientation, true);
    const WebPData chunk_data{reinterpret_cast<const std::uint8_t*>(chunk.data()), chunk.size()};
    WebPMuxSetChunk(mux, "EXIF", &chunk_data, 1);
    WebPData assembled{};
    WebPMuxAssemble(mux, &assembled);
    out.clear();
    append(out, assembled.bytes, assembled.size);
    WebPDataClear(&assembled);
    WebPMuxDelete(mux);
  }
  return out;
}

Bytes animated_webp(const Quarters& quarters) {
  WebPAnimEncoder* encoder = WebPAnimEncoderNew(quarters.width, quarters.height, nullptr);
  WebPConfig config;
  WebPConfigInit(&config);
  config.lossless = 1;
  for (int i = 0; i < 3; ++i) {
    WebPPicture picture;
    WebPPictureInit(&picture);
    picture.use_argb = 1, picture.width = quarters.width, picture.height = quarters.height;
    auto pixels = quarters.rgba();
    for (std::size_t p = 0; i > 0 && p < pixels.size(); p += 4) pixels[p] = pixels[p + 1] = 0, pixels[p + 2] = 255;
    WebPPictureImportRGBA(&picture, pixels.data(), 4 * quarters.width);
    WebPAnimEncoderAdd(encoder, &picture, 100 * i, &config);
    WebPPictureFree(&picture);
  }
  WebPAnimEncoderAdd(encoder, nullptr, 300, nullptr);
  WebPData data{};
  WebPAnimEncoderAssemble(encoder, &data);
  Bytes out;
  append(out, data.bytes, data.size);
  WebPDataClear(&data);
  WebPAnimEncoderDelete(encoder);
  return out;
}

Bytes gif(const Quarters& quarters, int n_frames, bool transparent, bool interlaced) {
  Bytes out;
  int error = 0;
  GifFileType* gif = EGifOpen(
      &out,
      [](GifFileType* g, const GifByteType* data, int n) {
        append(*static_cast<Bytes*>(g->UserData), data, static_cast<std::size_t>(n));
        return n;
      },
      &error);
  const std::array<GifColorType, 4> colours = {GifColorType{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {128, 128, 128}};
  ColorMapObject* map = GifMakeMapObject(4, colours.data());
  EGifSetGifVersion(gif, true);
  EGifPutScreenDesc(gif, quarters.width, quarters.height, 8, 0, map);
  for (int frame = 0; frame < n_frames; ++frame) {
    const GraphicsControlBlock control{DISPOSE_DO_NOT, false, 5, transparent ? 3 : NO_TRANSPARENT_COLOR};
    std::array<GifByteType, 4> block{};
    EGifGCBToExtension(&control, block.data());
    EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, 4, block.data());
    EGifPutImageDesc(gif, 0, 0, quarters.width, quarters.height, interlaced, nullptr);
    std::vector<int> lines;
    const std::vector<std::pair<int, int>> passes =
        interlaced ? std::vector<std::pair<int, int>>{{0, 8}, {4, 8}, {2, 4}, {1, 2}}
                   : std::vector<std::pair<int, int>>{{0, 1}};
    for (const auto& [first, step] : passes) {
      for (int y = first; y < quarters.height; y += step) lines.push_back(y);
    }
    for (const int y : lines) {
      std::vector<GifPixelType> line;
      for (int x = 0; x < quarters.width; ++x) {
        line.push_back(static_cast<GifPixelType>(
            frame > 0 ? 2 : (x >= quarters.width / 2 ? 1 : 0) + (y >= quarters.height / 2 ? 2 : 0)));
      }
      EGifPutLine(gif, line.data(), quarters.width);
    }
  }
  GifFreeMapObject(map);
  EGifCloseFile(gif, nullptr);
  return out;
}

Bytes bmp(std::int32_t width, std::int32_t height, int bits, std::uint32_t compression, const Bytes& tables,
          const Bytes& pixels) {
  Bytes out = bytes_of("BM");
  const std::size_t at = 14 + 40 + tables.size();
  append_number(out, at + pixels.size(), 4), append_number(out, 0, 4), append_number(out, at, 4);
  append_number(out, 40, 4), append_number(out, static_cast<std::uint32_t>(width), 4);
  append_number(out, static_cast<std::uint32_t>(height), 4), append_number(out, 1, 2);
  append_number(out, static_cast<std::uint64_t>(bits), 2), append_number(out, compression, 4);
  for (int i = 0; i < 5; ++i) append_number(out, 0, 4);
  append(out, tables.data(), tables.size());
  append(out, pixels.data(), pixels.size());
  return out;
}

Bytes bmp(const Quarters& quarters) {
  Bytes pixels;
  for (int y = quarters.height - 1; y >= 0; --y) {
    for (int x = 0; x < quarters.width; ++x) {
      const auto pixel = quarters.at(x, y);
      append_number(pixels, static_cast<std::uint64_t>(pixel[2] | pixel[1] << 8 | pixel[0] << 16), 3);
    }
    append_number(pixels, 0, (4 - 3 * quarters.width % 4) % 4);
  }
  return bmp(quarters.width, quarters.height, 24, 0, {}, pixels);
}

Bytes tiff(const Quarters& quarters, const TiffOptions& options) {
  struct Target {
    Bytes bytes;
    std::size_t at = 0;
  } target;
  const auto write = [](thandle_t handle, void* data, tmsize_t n) -> tmsize_t {
    auto& t = *static_cast<Target*>(handle);
    const auto size = static_cast<std::size_t>(n);
    t.bytes.resize(std::max(t.bytes.size(), t.at + size));
    std::memcpy(t.bytes.data() + t.at, data, size);
    t.at += size;
    return n;
  };
  const auto read = [](thandle_t handle, void* data, tmsize_t n) -> tmsize_t {
    auto& t = *static_cast<Target*>(handle);
    const std::size_t got = std::min(static_cast<std::size_t>(n), t.bytes.size() - std::min(t.at, t.bytes.size()));
    if (got > 0) std::memcpy(data, t.bytes.data() + t.at, got);
    t.at += got;
    return static_cast<tmsize_t>(got);
  };
  const auto seek = [](thandle_t handle, toff_t offset, int whence) -> toff_t {
    auto& t = *static_cast<Target*>(handle);
    t.at = (whence == SEEK_SET ? 0 : whence == SEEK_CUR ? t.at : t.bytes.size()) + offset;
    return t.at;
  };
  TIFF* tiff = TIFFClientOpen(
      "test", "wm", &target, read, write, seek, [](thandle_t) { return 0; },
      [](thandle_t handle) -> toff_t { return static_cast<Target*>(handle)->bytes.size(); }, nullptr, nullptr);
  const auto width = static_cast<std::uint32_t>(quarters.width), height = static_cast<std::uint32_t>(quarters.height);
  const int channels = options.alpha != 0 ? 4 : 3;
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, channels);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, options.compression);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, options.orientation);
  if (options.alpha != 0) TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &options.alpha);
  const auto pixels = channels == 4 ? quarters.rgba() : quarters.rgb();
  if (options.tile != 0) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, options.tile);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, options.tile);
    std::vector<std::uint8_t> tile(static_cast<std::size_t>(options.tile) * options.tile *
                                   static_cast<std::size_t>(channels));
    for (std::uint32_t top = 0; top < height; top += options.tile) {
      for (std::uint32_t left = 0; left < width; left += options.tile) {
        const auto n_channels = static_cast<std::size_t>(channels);
        for (std::size_t y = 0; y < options.tile && top + y < height; ++y) {
          const std::size_t n = std::min(options.tile, width - left) * n_channels;
          std::copy_n(pixels.data() + ((top + y) * width + left) * n_channels, n,
                      tile.data() + y * options.tile * n_channels);
        }
        TIFFWriteTile(tiff, tile.data(), left, top, 0, 0);
      }
    }
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, options.rows_per_strip);
    for (std::uint32_t y = 0; y < height; ++y) {
      std::vector<std::uint8_t> row(pixels.begin() + static_cast<std::ptrdiff_t>(y * width) * channels,
                                    pixels.begin() + static_cast<std::ptrdiff_t>((y + 1) * width) * channels);
      TIFFWriteScanline(tiff, row.data(), y, 0);
    }
  }
  TIFFClose(tiff);
  return target.bytes;
}

Bytes svg(std::string_view content) {
  return bytes_of(
      "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='40' height='24'>" +
      std::string(content) + "</svg>");
}

Bytes svg() {
  return svg(
      "<rect width='20' height='12' fill='#f00'/><rect x='20' width='20' height='12' fill='#0f0'/>"
      "<rect y='12' width='20' height='12' fill='#00f'/><rect x='20' y='12' width='20' height='12' fill='#808080'/>");
}

}  // namespace updraft::image::test
