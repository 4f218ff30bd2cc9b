// JPEG by libjpeg-turbo, made smaller in the frequency domain, where 1/8 of a side costs 1/64 of the work.
#include <csetjmp>
#include <cstdio>  // before jpeglib.h, which needs FILE

#include <jpeglib.h>

#include <jerror.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "image/job.h"
#include "image/orientation.h"
#include "image/reducer.h"

namespace updraft::image {
namespace {

// A picture that builds up has some ten scans. Each one costs a pass over all coefficients, however short it is.
constexpr int max_scans = 100;

// All that a jump out of libjpeg must leave intact; the functions that it jumps over hold nothing else.
struct Reading {
  const Job& job;
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf jump{};
  std::string message;
  bool late = false;
  std::vector<std::uint8_t> row, rgb;
  std::optional<Reducer> reducer;

  explicit Reading(const Job& j) : job(j) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() { jpeg_destroy_decompress(&info); }
};

Reading& reading_of(j_common_ptr info) { return *static_cast<Reading*>(info->client_data); }

[[noreturn]] void give_up(j_common_ptr info) {
  Reading& reading = reading_of(info);
  if (reading.message.empty()) {
    char text[JMSG_LENGTH_MAX] = {};
    info->err->format_message(info, text);
    reading.message = text;
  }
  std::longjmp(reading.jump, 1);
}

// Warnings are told of data that can be shown all the same, but for that of a file which ends too early.
void on_message(j_common_ptr info, int level) {
  if (level >= 0 || info->err->msg_code != JWRN_JPEG_EOF) return;
  reading_of(info).message = "it ends too early";
  give_up(info);
}

void on_progress(j_common_ptr info) {
  Reading& reading = reading_of(info);
  reading.late = reading.job.is_late();
  if (reading.late) {
    reading.message = reading.job.late_message();
  } else if (reading.info.input_scan_number > max_scans) {
    reading.message = "it builds up in more than " + std::to_string(max_scans) + " scans";
  } else {
    return;
  }
  give_up(info);
}

bool read_header(Reading& reading) {
  if (setjmp(reading.jump) != 0) return false;
  jpeg_create_decompress(&reading.info);
  reading.info.mem->max_memory_to_use = static_cast<long>(reading.job.limits().memory_bytes);
  reading.info.progress = &reading.progress;
  jpeg_mem_src(&reading.info, reading.job.data(), static_cast<unsigned long>(reading.job.file().size()));
  jpeg_save_markers(&reading.info, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(&reading.info, TRUE);
  return true;
}

bool start(Reading& reading) {
  if (setjmp(reading.jump) != 0) return false;
  jpeg_start_decompress(&reading.info);
  return true;
}

// Adobe's programs write the inks inverted; so do all that write their marker.
void ink_to_rgb(const Reading& reading, std::uint8_t* rgb) {
  const unsigned flip = reading.info.saw_Adobe_marker != 0 ? 0 : 255;
  const std::uint8_t* inks = reading.row.data();
  for (std::size_t x = 0; x < reading.info.output_width; ++x, inks += 4, rgb += 3) {
    const unsigned black = inks[3] ^ flip;
    for (std::size_t c = 0; c < 3; ++c) rgb[c] = static_cast<std::uint8_t>(((inks[c] ^ flip) * black + 127) / 255);
  }
}

bool read_rows(Reading& reading) {
  if (setjmp(reading.jump) != 0) return false;
  JSAMPROW row = reading.row.data();
  while (reading.info.output_scanline < reading.info.output_height) {
    on_progress(reinterpret_cast<j_common_ptr>(&reading.info));
    if (jpeg_read_scanlines(&reading.info, &row, 1) != 1) return false;
    if (reading.info.output_components == 4) {
      ink_to_rgb(reading, reading.rgb.data());
      reading.reducer->add_rgb(reading.rgb.data());
    } else {
      reading.reducer->add_rgb(row);
    }
  }
  return true;
}

}  // namespace

Result<Decoded> decode_jpeg(const Job& job) {
  Reading reading(job);
  reading.info.err = jpeg_std_error(&reading.errors);
  reading.info.client_data = &reading;
  reading.errors.error_exit = give_up;
  reading.errors.emit_message = on_message;
  reading.progress.progress_monitor = on_progress;
  const auto failure = [&] { return fail(reading.late ? ErrorCode::cancelled : ErrorCode::corrupt, reading.message); };

  if (!read_header(reading)) return failure();
  jpeg_decompress_struct& info = reading.info;
  // What builds up is held as coefficients of two bytes.
  std::uint64_t held = 0;
  if (jpeg_has_multiple_scans(&info) != 0) {
    held = 2 * static_cast<std::uint64_t>(info.image_width) * info.image_height *
           static_cast<unsigned>(info.num_components);
    for (int c = 0; c < info.num_components; ++c) {  // 4:2:0 has half as many
      if (c > 0 && info.comp_info[c].h_samp_factor * info.comp_info[c].v_samp_factor <
                       info.max_h_samp_factor * info.max_v_samp_factor) {
        held -= static_cast<std::uint64_t>(info.image_width) * info.image_height;
      }
    }
  }
  if (const auto ok = job.check_size(info.image_width, info.image_height, held); !ok) return tl::unexpected(ok.error());

  const int width = static_cast<int>(info.image_width), height = static_cast<int>(info.image_height);
  const int factor = job.factor(width, height);
  info.scale_num = 1;
  info.scale_denom = factor >= 8 ? 8 : factor >= 4 ? 4 : factor >= 2 ? 2 : 1;
  const bool inks = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  info.out_color_space = inks ? JCS_CMYK : JCS_RGB;
  if (!start(reading)) return failure();

  if (info.output_components != (inks ? 4 : 3)) return fail(ErrorCode::unsupported, "unknown colours");
  reading.row.resize(static_cast<std::size_t>(info.output_components) * info.output_width);
  if (inks) reading.rgb.resize(3 * static_cast<std::size_t>(info.output_width));
  const int out_width = static_cast<int>(info.output_width), out_height = static_cast<int>(info.output_height);
  reading.reducer.emplace(out_width, out_height, job.factor(out_width, out_height));
  if (!read_rows(reading)) return failure();

  Decoded decoded{.picture = reading.reducer->take()};
  decoded.picture.source_width = width;
  decoded.picture.source_height = height;
  for (const jpeg_marker_struct* marker = info.marker_list; marker != nullptr; marker = marker->next) {
    const int orientation = read_orientation(std::as_bytes(std::span(marker->data, marker->data_length)));
    if (orientation != 1) decoded.orientation = orientation;
  }
  return decoded;
}

}  // namespace updraft::image
