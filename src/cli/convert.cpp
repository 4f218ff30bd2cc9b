// updraft convert: the same model in another tensor type, or an encoder of texts or pictures as a GGUF file.
#include "gguf/convert.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "cli/arguments.h"
#include "cli/outcome.h"
#include "cli/subcommand.h"
#include "encode/convert.h"
#include "encode/convert_image.h"

namespace updraft::cli {
namespace {

constexpr std::array<std::string_view, 6> types = {"q4_0", "q4_1", "q8_0", "f16", "bf16", "f32"};

struct Arguments {
  std::string in;
  std::string out;
  std::string type;
  std::vector<int> without_layers;
};

Result<> convert(const Arguments& arguments) {
  if (std::find(types.begin(), types.end(), arguments.type) == types.end()) {
    return fail(ErrorCode::invalid_argument, "there is no tensor type " + quote(arguments.type) +
                                                 did_you_mean(arguments.type, types) +
                                                 " (q4_0, q4_1, q8_0, f16, bf16, f32)");
  }
  const auto type = gguf::type_from_name(arguments.type);
  if (!type) return tl::unexpected(type.error());
  // The input is mapped: it must outlive the writing, and must not be what is written.
  std::error_code ignored;
  if (std::filesystem::equivalent(arguments.in, arguments.out, ignored)) {
    return fail(ErrorCode::invalid_argument, "the output is the input itself; name another file");
  }
  if (std::filesystem::is_directory(arguments.in, ignored)) {
    if (!arguments.without_layers.empty()) {
      return fail(ErrorCode::invalid_argument,
                  "--without-layers is for GGUF files, and " + quote(arguments.in) + " is a folder");
    }
    const bool of_pictures = std::filesystem::exists(std::filesystem::path(arguments.in) / "classes.txt", ignored);
    const auto contents =
        of_pictures ? encode::convert_image_encoder(arguments.in, *type) : encode::convert(arguments.in, *type);
    if (!contents) return tl::unexpected(contents.error());
    return gguf::write(arguments.out, *contents);
  }
  const auto file = gguf::File::open(arguments.in);
  if (!file) return tl::unexpected(file.error());
  auto contents = gguf::convert(*file, *type);
  if (!contents) return tl::unexpected(contents.error());
  if (!arguments.without_layers.empty()) {
    if (auto done = gguf::leave_out_layers(*contents, arguments.without_layers); !done) return done;
  }
  return gguf::write(arguments.out, *contents);
}

}  // namespace

Subcommand add_convert(CLI::App& program) {
  CLI::App* app = program.add_subcommand("convert", "Write a model file in another tensor type");
  auto arguments = std::make_shared<Arguments>();
  app->add_option("IN", arguments->in,
                  "GGUF file to read, the more precise, the better; or an encoder's folder, see below")
      ->required()
      ->type_name("FILE");
  app->add_option("OUT", arguments->out, "GGUF file to write")->required()->type_name("FILE");
  app->add_option("--type", arguments->type, "Tensor type of the matrices")
      ->required()
      ->type_name("q4_0|q4_1|q8_0|f16|bf16|f32")
      ->take_last();
  app->add_option("--without-layers", arguments->without_layers,
                  "Leave out these layers, counted from 0: a smaller base to train on")
      ->delimiter(',')
      ->type_name("N,...");
  app->footer(
      "A BERT text encoder is read from a folder that holds model.safetensors and vocab.txt, an EfficientNet-Lite\n"
      "image encoder from one that holds model.safetensors, classes.txt and perhaps projection.safetensors.\n"
      "\n"
      "Examples:\n"
      "  updraft convert updraft-135m-f32.gguf updraft-135m-q4_0.gguf --type q4_0\n"
      "  updraft convert updraft-135m-f16.gguf shallow.gguf --type f16 --without-layers 21,23\n"
      "  updraft convert .cache/minilm minilm-l6-q8_0.gguf --type q8_0\n"
      "  updraft convert .cache/efficientnet efficientnet-lite0-q8_0.gguf --type q8_0");
  return {app, [arguments] { return finish(convert(*arguments)); }};
}

}  // namespace updraft::cli
