#include "pair/description.h"

#include <algorithm>
#include <vector>

#include "corpus/hash.h"
#include "files/mapping.h"
#include "text/fields.h"
#include "text/json_object.h"

namespace updraft::pair {
namespace {

using nlohmann::json;
using text::Fields;

constexpr std::size_t max_description_bytes = 65536;
constexpr std::size_t max_name = 256;  // characters of a file's, an input's or an output's
constexpr double least_deviation = 1e-6;

// Whether the name of a file stays inside its folder. (It may be a link to elsewhere, as in Hugging Face's cache.)
bool stays_inside(const std::string& name) {
  const std::filesystem::path path(name);
  return !path.is_absolute() && name.find('\0') == std::string::npos &&
         std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

void read_file_name(Fields& fields, std::string_view name, std::string& file) {
  if (auto given = fields.wanted_text(name, max_name)) file = *std::move(given);
  if (!stays_inside(file)) fields.wrong(name, "is not the name of a file in the pair's folder");
}

void read_name(Fields& fields, std::string_view name, std::string& to) {
  if (auto given = fields.wanted_text(name, max_name)) to = *std::move(given);
}

// A number for each colour.
std::array<float, 3> read_colours(Fields& fields, std::string_view name, double least) {
  std::array<float, 3> colours = {};
  const json* list = fields.array(name, colours.size());
  fields.require(name, list != nullptr);
  if (list == nullptr) return colours;
  const bool good = list->size() == colours.size() && std::all_of(list->begin(), list->end(), [&](const json& x) {
                      return x.is_number() && x.get<double>() >= least && x.get<double>() <= 256;
                    });
  if (!good) {
    fields.wrong(name, "is not three numbers, of red, green and blue from 0 to 1, such as [0.5, 0.5, 0.5]");
    return colours;
  }
  std::transform(list->begin(), list->end(), colours.begin(), [](const json& x) { return x.get<float>(); });
  return colours;
}

// One of two names.
template <class T>
void read_choice(Fields& fields, std::string_view name, std::string_view first, std::string_view second, T& value) {
  const std::array<std::string_view, 2> names = {first, second};
  if (const auto chosen = fields.choice(name, names)) value = *chosen == first ? T{0} : T{1};
}

ImageSide read_image(Fields fields, Fields& outer) {
  ImageSide image;
  read_file_name(fields, "model", image.model);
  fields.require("model", !image.model.empty());
  read_name(fields, "input", image.input);
  read_name(fields, "output", image.output);
  const auto size = fields.integer("size", 1, 1024);
  fields.require("size", size.has_value());
  image.size = static_cast<int>(size.value_or(0));
  read_choice(fields, "fit", "crop", "stretch", image.fit);
  read_choice(fields, "filter", "bilinear", "bicubic", image.filter);
  read_choice(fields, "layout", "nchw", "nhwc", image.layout);
  image.mean = read_colours(fields, "mean", -256);
  image.deviation = read_colours(fields, "std", least_deviation);
  outer.take(std::move(fields));
  return image;
}

TextSide read_text(Fields fields, Fields& outer) {
  TextSide text;
  read_file_name(fields, "model", text.model);
  fields.require("model", !text.model.empty());
  read_file_name(fields, "tokenizer", text.tokenizer);
  const auto max_tokens = fields.integer("max_tokens", 3, 1024);
  fields.require("max_tokens", max_tokens.has_value());
  text.max_tokens = static_cast<std::size_t>(max_tokens.value_or(0));
  text.pad = fields.integer("pad", 0, INT32_MAX);
  read_name(fields, "ids", text.ids);
  text.mask = fields.wanted_text("mask", max_name);
  text.kinds = fields.wanted_text("types", max_name);
  read_name(fields, "output", text.output);
  outer.take(std::move(fields));
  return text;
}

// The size of a file and some sixty places of it: weights that were trained on differ everywhere, and reading a
// gigabyte would hold each search up.
Result<std::uint64_t> sample(const std::filesystem::path& path, std::uint64_t before) {
  constexpr std::size_t places = 64, length = 1024;
  const auto file = files::Mapping::open(path);
  if (!file) return tl::unexpected(file.error());
  const std::string_view all = file->text();
  std::uint64_t hash = corpus::hash(std::to_string(all.size()), before);
  if (all.size() <= places * length) return corpus::hash(all, hash);
  for (std::size_t i = 0; i < places; ++i) {
    hash = corpus::hash(all.substr((all.size() - length) / (places - 1) * i, length), hash);
  }
  return hash;
}

}  // namespace

Result<Description> parse_description(std::string_view json_text) {
  if (json_text.size() > max_description_bytes) return fail(ErrorCode::invalid_argument, "it is too large");
  auto object = text::parse_object(json_text);
  if (!object) return tl::unexpected(object.error());
  json depends_on = *object;
  depends_on.erase("least_cosine");
  Fields fields(*std::move(object), "");
  Description description;
  const json* image = fields.object("image");
  fields.require("image", image != nullptr);
  if (image != nullptr) description.image = read_image(Fields(*image, "image."), fields);
  const json* text_side = fields.object("text");
  fields.require("text", text_side != nullptr);
  if (text_side != nullptr) description.text = read_text(Fields(*text_side, "text."), fields);
  if (const auto least = fields.number("least_cosine", -1, 1)) description.least_cosine = *least;
  if (auto done = fields.finish(); !done) return tl::unexpected(done.error());
  description.settings = corpus::hash(depends_on.dump());  // in the order of names, whatever the order in the file
  return description;
}

Result<Description> read_description(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "pair.json";
  const auto file = files::Mapping::open(path);
  if (!file) {
    if (file.error().code != ErrorCode::not_found) return tl::unexpected(file.error());
    return fail(ErrorCode::not_found,
                path.string() + ": No such file; docs/pictures.md tells what the folder of a pair holds");
  }
  auto description = parse_description(file->text());
  if (!description) return fail(description.error().code, path.string() + ": " + description.error().message);
  return description;
}

Result<std::uint64_t> fingerprint(const std::filesystem::path& folder, const Description& description) {
  std::uint64_t hash = description.settings;
  for (const std::string& name : {description.image.model, description.text.model, description.text.tokenizer}) {
    auto with = sample(folder / name, hash);
    if (!with) return tl::unexpected(with.error());
    hash = *with;
    // Where exporters put the weights that have no room in the model's file.
    for (const char* suffix : {"_data", ".data"}) {
      if (const auto more = sample((folder / name).string() + suffix, hash)) hash = *more;
    }
  }
  return std::max<std::uint64_t>(hash, 1);
}

}  // namespace updraft::pair
