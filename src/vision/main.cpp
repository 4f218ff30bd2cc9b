// updraft-train-vision: what pictures show, learnt from drawings that say what they are.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>

#include "encode/convert_image.h"
#include "sight/tags.h"
#include "vision/train.h"

namespace {

using namespace updraft;

struct Arguments {
  std::string drawings = "/usr/share/openclipart/svg";
  std::string encoder = ".cache/efficientnet";
  std::string minilm = "models/minilm-l6-q8_0.gguf";
  std::string cache;
  std::string out;
  std::size_t groups = 3, stop_after = SIZE_MAX;
  int threads = 0;
  bool only_features = false;
  vision::TrainOptions train;
};

Result<std::vector<std::byte>> encoder_of(const std::string& folder) {
  const auto converted = encode::convert_image_encoder(folder, gguf::TensorType::q8_0);
  if (!converted) return tl::unexpected(converted.error());
  const auto bytes = gguf::to_bytes(*converted);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto file = gguf::File::parse(*bytes);
  if (!file) return tl::unexpected(file.error());
  const auto with_inner = vision::with_inner_features(*file);
  if (!with_inner) return tl::unexpected(with_inner.error());
  return gguf::to_bytes(*with_inner);
}

// The views of all drawings, as they are first: a run that is stopped goes on where it was.
Result<std::vector<vision::Features>> look(const Arguments& typed, std::span<const eval::Drawing> drawings,
                                           const gguf::File& encoder) {
  struct Group {
    int first_view, views;
  };
  constexpr std::array<Group, 3> groups = {{{0, 1}, {1, 2}, {3, 3}}};
  std::vector<vision::Features> all;
  for (std::size_t group = 0; group < std::min(groups.size(), typed.groups); ++group) {
    const auto on_progress = [](std::size_t done, std::size_t of) {
      if (done % 100 == 0 || done == of) std::fprintf(stderr, "%zu of %zu drawings\n", done, of);
    };
    auto features = vision::features_of(drawings, encoder,
                                        {.cache = typed.cache + "/features-" + std::to_string(group) + ".bin",
                                         .first_view = groups[group].first_view,
                                         .views = groups[group].views,
                                         .threads = typed.threads,
                                         .stop_after = typed.stop_after,
                                         .on_progress = on_progress});
    if (!features) return tl::unexpected(features.error());
    all.push_back(std::move(*features));
  }
  return all;
}

Result<> write(const Arguments& typed, const gguf::File& encoder, const vision::Learnt& learnt) {
  const auto classes = encoder.strings("efficientnet-lite.classes");
  if (!classes) return tl::unexpected(classes.error());
  const auto contents = vision::with_projection(encoder, learnt);
  if (!contents) return tl::unexpected(contents.error());
  if (auto done = gguf::write(typed.out + "/image-encoder-q8_0.gguf", *contents); !done) return done;
  const std::vector<std::string> names(classes->begin(), classes->end());
  const auto tags = sight::Tags::contents(learnt.tags, learnt.weights.w3, learnt.weights.b3, names);
  if (!tags) return tl::unexpected(tags.error());
  return gguf::write(typed.out + "/image-tags-q8_0.gguf", *tags);
}

Result<> run(const Arguments& typed) {
  const auto drawings = eval::read_drawings(typed.drawings);
  if (!drawings) return tl::unexpected(drawings.error());
  const auto bytes = encoder_of(typed.encoder);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto encoder = gguf::File::parse(*bytes);
  if (!encoder) return tl::unexpected(encoder.error());
  const auto groups = look(typed, *drawings, *encoder);
  if (!groups) return tl::unexpected(groups.error());
  if (typed.only_features) return {};
  const auto text_encoder = encode::TextEncoder::load(typed.minilm, {.threads = typed.threads});
  if (!text_encoder) return tl::unexpected(text_encoder.error());
  vision::TrainOptions options = typed.train;
  options.on_line = [](const std::string& line) { std::printf("%s\n", line.c_str()), std::fflush(stdout); };
  options.text_cache = typed.cache + "/texts.bin";
  const vision::Learnt learnt = vision::train(*drawings, *groups, *text_encoder, options);
  return typed.out.empty() ? Result<>() : write(typed, *encoder, learnt);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments typed;
  vision::TrainOptions& train = typed.train;
  CLI::App program("Learns what pictures show from drawings that say what they are.", "updraft-train-vision");
  program.add_option("--drawings", typed.drawings, "Folder of drawings (/usr/share/openclipart/svg)");
  program.add_option("--encoder", typed.encoder, "What tools/fetch efficientnet left (.cache/efficientnet)");
  program.add_option("--minilm", typed.minilm, "Text encoder (models/minilm-l6-q8_0.gguf)");
  program.add_option("--cache", typed.cache, "Folder for features, some 320 MB")->required();
  program.add_option("--out", typed.out, "Folder for image-encoder-q8_0.gguf and image-tags-q8_0.gguf (none)");
  program.add_option("--groups", typed.groups, "1: the drawings as they are; 2, 3: more views of them (3)");
  program.add_option("--stop-after", typed.stop_after, "Only so many drawings (all)");
  program.add_flag("--only-features", typed.only_features, "Compute what is missing of them, and end");
  program.add_option("--hidden", train.hidden, "Units before the projection, a multiple of 32");
  program.add_option("--inner", train.inner, "Read features from inside of the encoder, too (true)");
  program.add_option("--batch", train.batch, "Drawings a step");
  program.add_option("--epochs", train.epochs, "Passes over the drawings");
  program.add_option("--rate", train.rate, "Of learning");
  program.add_option("--decay", train.decay, "Of weights");
  program.add_option("--input-dropout", train.input_dropout, "Share of features left out");
  program.add_option("--hidden-dropout", train.hidden_dropout, "Share of hidden units left out");
  program.add_option("--tag-weight", train.tag_weight, "Of the tags' loss beside the contrast's");
  program.add_option("--soft", train.soft, "Share of the target that goes to texts alike");
  program.add_option("--least-drawings", train.least_drawings, "That a tag needs");
  program.add_option("--seed", train.seed, "Of chance");
  program.add_option("--threads", typed.threads, "Threads; 0: one a core (0)");
  CLI11_PARSE(program, argc, argv);
  if (const auto done = run(typed); !done) {
    std::fprintf(stderr, "updraft-train-vision: %s\n", done.error().message.c_str());
    return 1;
  }
  return 0;
}
