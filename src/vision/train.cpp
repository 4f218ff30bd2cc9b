#include "vision/train.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>

#include "corpus/hash.h"
#include "eval/calibration.h"
#include "eval/table.h"
#include "files/mapping.h"
#include "files/replacement.h"
#include "gguf/convert.h"

namespace updraft::vision {
namespace {

using eval::Drawing;
using eval::Part;

constexpr std::size_t classified = 1280;  // features that the classes are read from; inner ones follow
constexpr double averaging = 0.99;        // of the weights over the steps: what is kept

// Where the views of a drawing are.
struct Example {
  std::size_t drawing = 0;
  std::vector<std::span<const std::uint16_t>> views;
};

std::vector<Example> examples_of(std::span<const Features> groups) {
  std::map<std::uint32_t, Example> by_drawing;
  for (const Features& group : groups) {
    for (std::size_t i = 0; i < group.drawings.size(); ++i) {
      Example& example = by_drawing[group.drawings[i]];
      example.drawing = group.drawings[i];
      for (std::size_t v = 0; v < group.views; ++v) example.views.push_back(group.row(i, v));
    }
  }
  std::vector<Example> examples;
  for (auto& [place, example] : by_drawing) examples.push_back(std::move(example));
  return examples;
}

// Variants of what is said of a drawing, so that no wording is learnt by heart: title and tags together, either alone.
std::vector<std::string> texts_of(const Drawing& drawing) {
  std::vector<std::string> texts = {eval::text_of(drawing)};
  if (!drawing.title.empty() && !drawing.tags.empty()) {
    texts.push_back(drawing.title);
    texts.push_back(eval::text_of({.tags = drawing.tags}));
    texts.push_back(eval::text_of({.title = drawing.title, .tags = {drawing.tags.front()}}));
  }
  return texts;
}

// All of them in one order. They take minutes, so a file keeps them for the next run.
std::vector<float> points_of(std::span<const std::vector<std::string>> texts, const encode::TextEncoder& encoder,
                             const std::filesystem::path& cache) {
  std::uint64_t of = corpus::hash("");
  std::size_t n = 0;
  for (const auto& some : texts) {
    for (const std::string& text : some) of = corpus::hash(text + '\n', of);
    n += some.size() * static_cast<std::size_t>(encoder.dimension());
  }
  if (const auto file = files::Mapping::open(cache); file && file->bytes().size() == sizeof of + n * sizeof(float)) {
    std::uint64_t found = 0;
    std::vector<float> points(n);
    std::memcpy(&found, file->bytes().data(), sizeof found);
    std::memcpy(points.data(), file->bytes().data() + sizeof found, n * sizeof(float));
    if (found == of) return points;
  }
  std::vector<float> points;
  for (const auto& some : texts) {
    const auto fresh = encoder.encode(std::vector<std::string_view>(some.begin(), some.end()));
    points.insert(points.end(), fresh.begin(), fresh.end());
  }
  std::string bytes(sizeof of + n * sizeof(float), '\0');
  std::memcpy(bytes.data(), &of, sizeof of);
  std::memcpy(bytes.data() + sizeof of, points.data(), n * sizeof(float));
  if (!cache.empty()) static_cast<void>(files::replace(cache, bytes));  // without it, the next run takes longer
  return points;
}

class Training {
 public:
  Training(std::span<const Drawing> drawings, std::span<const Features> groups, const encode::TextEncoder& encoder,
           const TrainOptions& options)
      : drawings_(drawings), options_(options), random_(options.seed), examples_(examples_of(groups)) {
    learnt_.tags = vocabulary_of(drawings, options.least_drawings);
    learnt_.shape = {options.inner ? groups.front().values : classified, options.hidden,
                     static_cast<std::size_t>(encoder.dimension()), learnt_.tags.size()};
    for (std::size_t i = 0; i < examples_.size(); ++i) {
      of_part_[static_cast<std::size_t>(drawings[examples_[i].drawing].part())].push_back(i);
    }
    read_texts(encoder);
    measure_inputs();
  }

  Learnt run() {
    const NetShape& shape = learnt_.shape;
    Weights weights = Weights::chance(shape, random_), gradient = Weights::zeros(shape);
    learnt_.weights = weights;
    Adam adam(shape);
    std::vector<std::size_t> order = part(Part::train);
    const std::size_t batch_size = std::min(options_.batch, order.size());
    const std::size_t steps_an_epoch = order.size() / batch_size;
    const auto steps = static_cast<double>(steps_an_epoch) * options_.epochs;
    say(eval::print("%zu drawings to train on, %zu dev, %zu held out; %zu tags, %zu inputs", order.size(),
                    part(Part::dev).size(), part(Part::held_out).size(), shape.tags, shape.inputs));
    double step = 0;
    for (int epoch = 0; epoch < options_.epochs; ++epoch) {
      for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random_.below(i)]);
      Losses sum;
      for (std::size_t s = 0; s < steps_an_epoch; ++s, ++step) {
        const Batch batch = batch_of(std::span(order).subspan(s * batch_size, batch_size));
        const Losses losses = backward(
            shape, weights, batch,
            {.hidden_dropout = options_.hidden_dropout, .tag_weight = options_.tag_weight, .soft = options_.soft},
            random_, gradient);
        sum.contrast += losses.contrast / static_cast<double>(steps_an_epoch);
        sum.tags += losses.tags / static_cast<double>(steps_an_epoch);
        const double warm = std::min(1.0, (step + 1) / 20), cool = 0.5 * (1 + std::cos(3.14159265 * step / steps));
        adam.step(weights, gradient, options_.rate * warm * cool, options_.decay);
        weights.temperature[0] = std::clamp(weights.temperature[0], 1.0F, 4.0F);
        const auto keep = static_cast<float>(std::min(averaging, step / (step + 10)));
        Weights::for_each(
            [&](std::vector<float>& mean, const std::vector<float>& now) {
              for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = keep * mean[i] + (1 - keep) * now[i];
            },
            learnt_.weights, weights);
      }
      if ((epoch + 1) % 10 == 0 || epoch + 1 == options_.epochs) tell(epoch + 1, sum);
    }
    calibrate();
    tell_tags(Part::dev);
    tell_tags(Part::held_out);
    return std::move(learnt_);
  }

 private:
  [[nodiscard]] const std::vector<std::size_t>& part(Part p) const { return of_part_[static_cast<std::size_t>(p)]; }
  void say(const std::string& line) const {
    if (options_.on_line) options_.on_line(line);
  }

  void read_texts(const encode::TextEncoder& encoder) {
    std::vector<std::vector<std::string>> texts;
    for (const Example& example : examples_) texts.push_back(texts_of(drawings_[example.drawing]));
    const std::vector<float> points = points_of(texts, encoder, options_.text_cache);
    std::size_t at = 0;
    for (std::size_t i = 0; i < examples_.size(); ++i) {
      const Example& example = examples_[i];
      const std::size_t n = texts[i].size() * learnt_.shape.points;
      texts_.emplace_back(points.begin() + static_cast<std::ptrdiff_t>(at),
                          points.begin() + static_cast<std::ptrdiff_t>(at + n));
      at += n;
      const auto is_true = eval::true_tags(drawings_[example.drawing], learnt_.tags);
      labels_.emplace_back(is_true.begin(), is_true.end());
    }
  }

  void measure_inputs() {
    const std::size_t n = learnt_.shape.inputs;
    std::vector<double> sum(n), squares(n);
    for (const std::size_t i : part(Part::train)) {
      for (std::size_t c = 0; c < n; ++c) {
        const double x = gguf::f16_to_f32(examples_[i].views.front()[c]);
        sum[c] += x;
        squares[c] += x * x;
      }
    }
    const auto count = static_cast<double>(std::max<std::size_t>(1, part(Part::train).size()));
    double typical = 0;
    std::vector<double> deviation(n);
    for (std::size_t c = 0; c < n; ++c) {
      const double mean = sum[c] / count;
      deviation[c] = std::sqrt(std::max(squares[c] / count - mean * mean, 0.0));
      typical += deviation[c] / static_cast<double>(n);
      learnt_.mean.push_back(static_cast<float>(mean));
    }
    // Features that hardly ever change are not blown up.
    for (const double d : deviation) learnt_.scale.push_back(static_cast<float>(1 / (d + 0.3 * typical + 1e-6)));
  }

  void append(std::span<const std::uint16_t> view, std::vector<float>& x) const {
    for (std::size_t c = 0; c < learnt_.shape.inputs; ++c) {
      x.push_back((gguf::f16_to_f32(view[c]) - learnt_.mean[c]) * learnt_.scale[c]);
    }
  }

  Batch batch_of(std::span<const std::size_t> chosen) {
    Batch batch{.n = chosen.size(), .x = {}, .texts = {}, .labels = {}};
    const std::size_t d = learnt_.shape.points;
    const auto kept = static_cast<float>(1 / (1 - options_.input_dropout));
    for (const std::size_t i : chosen) {
      const std::size_t at = batch.x.size();
      append(examples_[i].views[random_.below(examples_[i].views.size())], batch.x);
      for (std::size_t c = at; c < batch.x.size(); ++c) {
        batch.x[c] *= random_.uniform() < options_.input_dropout ? 0.0F : kept;
      }
      // The whole text half of the time.
      const std::size_t variants = texts_[i].size() / d;
      const std::size_t variant = random_.uniform() < 0.5 ? 0 : random_.below(variants);
      const auto text = std::span(texts_[i]).subspan(variant * d, d);
      batch.texts.insert(batch.texts.end(), text.begin(), text.end());
      batch.labels.insert(batch.labels.end(), labels_[i].begin(), labels_[i].end());
    }
    return batch;
  }

  // Of all examples as they are.
  [[nodiscard]] Outputs look() const {
    Outputs all;
    for (std::size_t first = 0; first < examples_.size(); first += 512) {
      std::vector<float> x;
      for (std::size_t i = first; i < std::min(first + 512, examples_.size()); ++i)
        append(examples_[i].views.front(), x);
      const Outputs some = forward(learnt_.shape, learnt_.weights, x);
      all.points.insert(all.points.end(), some.points.begin(), some.points.end());
      all.tags.insert(all.tags.end(), some.tags.begin(), some.tags.end());
    }
    return all;
  }

  void tell(int epoch, const Losses& losses) const {
    const Outputs seen = look();
    eval::Points points{learnt_.shape.points, seen.points, {}};
    for (const auto& texts : texts_) {
      points.texts.insert(points.texts.end(), texts.begin(),
                          texts.begin() + static_cast<std::ptrdiff_t>(points.dimension));
    }
    for (const Part p : {Part::dev, Part::held_out}) {
      const auto f = eval::measure_found(points, part(p), part(Part::train));
      say(eval::print(
          "epoch %d, contrast %.3f, tags %.3f; %s: text to picture %.3f, without hubs %.3f (same text %.3f); "
          "picture to text %.3f, without hubs %.3f",
          epoch, losses.contrast, losses.tags, p == Part::dev ? "dev" : "held out", f.text_to_picture.value(),
          f.text_to_picture_no_hubs.value(), f.same_text.value(), f.picture_to_text.value(),
          f.picture_to_text_no_hubs.value()));
    }
  }

  // Log odds become a a + b: what the likeliest tags of drawings that were not trained on are worth.
  void calibrate() {
    const Outputs seen = look();
    std::vector<std::vector<double>> features;
    std::vector<bool> right;
    const std::size_t n = learnt_.shape.tags;
    for (const std::size_t i : part(Part::dev)) {
      std::vector<std::size_t> order(n);
      std::iota(order.begin(), order.end(), std::size_t{0});
      const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(10, n));
      std::partial_sort(order.begin(), end, order.end(),
                        [&](std::size_t a, std::size_t b) { return seen.tags[i * n + a] > seen.tags[i * n + b]; });
      for (auto at = order.begin(); at != end; ++at) {
        features.push_back({seen.tags[i * n + *at], 1});
        right.push_back(labels_[i][*at] != 0);
      }
    }
    if (features.empty()) return;
    const auto fitted = eval::fit_logistic(features, right);
    for (float& w : learnt_.weights.w3) w *= static_cast<float>(fitted[0]);
    for (float& b : learnt_.weights.b3) b = static_cast<float>(b * fitted[0] + fitted[1]);
    say(eval::print("log odds of tags: times %.3f, plus %.3f", fitted[0], fitted[1]));
  }

  void tell_tags(Part p) const {
    const Outputs seen = look();
    const std::size_t n = learnt_.shape.tags;
    std::vector<Drawing> drawings;
    std::vector<std::vector<SeenTag>> tags;
    for (const std::size_t i : part(p)) {
      drawings.push_back(drawings_[examples_[i].drawing]);
      std::vector<SeenTag> all;
      for (std::size_t t = 0; t < n; ++t) {
        all.push_back({learnt_.tags[t], 1 / (1 + std::exp(-double{seen.tags[i * n + t]}))});
      }
      std::sort(all.begin(), all.end(), [](const SeenTag& a, const SeenTag& b) { return a.score > b.score; });
      all.resize(std::min<std::size_t>(10, n));
      tags.push_back(std::move(all));
    }
    const auto f = eval::measure_tags(drawings, tags, learnt_.tags);
    say(eval::print("%s: tags recall@10 %.3f (of all own tags %.3f), first right %.3f, calibration error %.3f",
                    p == Part::dev ? "dev" : "held out", f.recall_10.value(), f.recall_10_all.value(),
                    f.right_1.value(), f.calibration_error));
  }

  std::span<const Drawing> drawings_;
  const TrainOptions& options_;
  decode::Random random_;
  std::vector<Example> examples_;
  std::array<std::vector<std::size_t>, 3> of_part_;  // places in examples_
  std::vector<std::vector<float>> texts_;            // of each example [variants, dimension]
  std::vector<std::vector<std::uint8_t>> labels_;
  Learnt learnt_;
};

}  // namespace

std::vector<std::string> vocabulary_of(std::span<const Drawing> drawings, std::size_t least_drawings) {
  std::map<std::string, std::size_t> counts;
  for (const Drawing& drawing : drawings) {
    if (drawing.part() != Part::train) continue;
    for (const std::string& tag : drawing.tags) {
      const bool plain = tag.size() > 2 && std::all_of(tag.begin(), tag.end(), [](unsigned char c) {
                           return (c >= 'a' && c <= 'z') || c == ' ' || c == '-';
                         });
      if (plain) ++counts[tag];
    }
  }
  std::vector<std::pair<std::size_t, std::string>> frequent;
  for (const auto& [tag, n] : counts) {
    if (n >= least_drawings) frequent.emplace_back(n, tag);
  }
  std::sort(frequent.begin(), frequent.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  std::vector<std::string> names;
  for (auto& [n, tag] : frequent) names.push_back(std::move(tag));
  return names;
}

Learnt train(std::span<const Drawing> drawings, std::span<const Features> groups,
             const encode::TextEncoder& text_encoder, const TrainOptions& options) {
  return Training(drawings, groups, text_encoder, options).run();
}

Result<gguf::Contents> with_projection(const gguf::File& encoder, const Learnt& learnt) {
  const NetShape& s = learnt.shape;
  auto contents = with_inner_features(encoder);
  if (!contents) return contents;
  if (s.inputs == classified) {
    std::erase_if(contents->metadata, [](const auto& entry) { return entry.first == "efficientnet-lite.inner"; });
  }
  std::vector<float> w1 = learnt.weights.w1, b1 = learnt.weights.b1;
  for (std::size_t h = 0; h < s.hidden; ++h) {
    double shift = 0;
    for (std::size_t c = 0; c < s.inputs; ++c) {
      float& w = w1[h * s.inputs + c];
      w *= learnt.scale[c];
      shift += double{w} * learnt.mean[c];
    }
    b1[h] -= static_cast<float>(shift);
  }
  const auto add = [&](const char* name, std::vector<std::uint64_t> shape, const std::vector<float>& values,
                       gguf::TensorType type) -> Result<> {
    auto tensor =
        gguf::convert({name, gguf::TensorType::f32, std::move(shape), std::as_bytes(std::span(values))}, type);
    if (!tensor) return tl::unexpected(tensor.error());
    contents->tensors.push_back(std::move(*tensor));
    return {};
  };
  using gguf::TensorType;
  auto done = add("hidden.weight", {s.hidden, s.inputs}, w1, TensorType::q8_0);
  if (done) done = add("hidden.bias", {s.hidden}, b1, TensorType::f32);
  if (done) done = add("projection.weight", {s.points, s.hidden}, learnt.weights.w2, TensorType::q8_0);
  if (done) done = add("projection.bias", {s.points}, learnt.weights.b2, TensorType::f32);
  if (!done) return tl::unexpected(done.error());
  return contents;
}

}  // namespace updraft::vision
