#include "learn/trainer.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <numbers>
#include <numeric>
#include <random>

#include <unistd.h>

#include "learn/checkpoint.h"
#include "learn/weights_io.h"

namespace updraft::learn {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Every token that the corpus' texts use, every single byte (so that any text can be written), then the base's most
// common tokens.
std::vector<text::TokenId> make_shortlist(const corpus::Corpus& corpus, const text::Tokenizer& tokenizer,
                                          std::int64_t size) {
  std::vector<char> chosen(tokenizer.size(), 0);
  const auto take = [&](std::string_view text) {
    for (const text::TokenId token : tokenizer.encode(text)) chosen[token] = 1;
  };
  for (const auto* records : {&corpus.train, &corpus.held_out}) {
    for (const Record& record : *records) {
      take(record.intent);
      for (const auto& prompts : record.prompts) std::for_each(prompts.begin(), prompts.end(), take);
    }
  }
  chosen[tokenizer.eos()] = 1;
  const auto n_tokens = static_cast<text::TokenId>(tokenizer.size());
  for (text::TokenId token = 0; token < n_tokens; ++token) {
    if (tokenizer.bytes(token).size() == 1) chosen[token] = 1;
  }
  auto count = std::count(chosen.begin(), chosen.end(), 1);
  for (text::TokenId token = 0; token < n_tokens && count < size; ++token) {
    if (chosen[token] == 0 && !tokenizer.is_control(token)) chosen[token] = 1, ++count;
  }
  std::vector<text::TokenId> shortlist;
  for (text::TokenId token = 0; token < n_tokens; ++token) {
    if (chosen[token] != 0) shortlist.push_back(token);
  }
  return shortlist;
}

OutputRows output_rows(const std::vector<text::TokenId>& shortlist, std::int64_t n_vocab, std::int64_t negatives,
                       std::mt19937_64& random) {
  OutputRows rows{shortlist, std::vector<std::int32_t>(static_cast<std::size_t>(n_vocab), -1)};
  for (std::size_t row = 0; row < shortlist.size(); ++row)
    rows.row_of_token[shortlist[row]] = static_cast<std::int32_t>(row);
  for (std::int64_t i = 0; i < negatives; ++i) {
    const auto token = static_cast<text::TokenId>(random() % static_cast<std::uint64_t>(n_vocab));
    if (rows.row_of_token[token] >= 0) continue;
    rows.row_of_token[token] = static_cast<std::int32_t>(rows.tokens.size());
    rows.tokens.push_back(token);
  }
  return rows;
}

// Which records stand in which step: whole epochs, each shuffled by its own seed, so that a resumed run goes on as if
// never stopped.
class Schedule {
 public:
  Schedule(std::vector<std::int64_t> sizes, std::int64_t tokens_a_step, std::uint64_t seed)
      : sizes_(std::move(sizes)), tokens_a_step_(tokens_a_step), seed_(seed) {}

  std::vector<std::size_t> next() {
    std::vector<std::size_t> indices;
    for (std::int64_t tokens = 0; tokens < tokens_a_step_;) {
      if (at_ == order_.size()) shuffle();
      tokens += sizes_[order_[at_]];
      indices.push_back(order_[at_++]);
    }
    return indices;
  }
  [[nodiscard]] double epochs() const {
    return static_cast<double>(epoch_) - 1 + static_cast<double>(at_) / static_cast<double>(sizes_.size());
  }

 private:
  void shuffle() {
    order_.resize(sizes_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::mt19937_64 random(seed_ * 1000003 + epoch_++);
    std::shuffle(order_.begin(), order_.end(), random);
    at_ = 0;
  }

  std::vector<std::int64_t> sizes_;
  std::int64_t tokens_a_step_;
  std::uint64_t seed_;
  std::uint64_t epoch_ = 0;
  std::size_t at_ = 0;
  std::vector<std::size_t> order_;
};

double learning_rate(const TrainOptions& options, std::int64_t step) {
  constexpr double floor = 0.05;
  const double warm =
      std::min(1.0, static_cast<double>(step) / static_cast<double>(std::max<std::int64_t>(1, options.warmup_steps)));
  const double decay_steps = options.decay_share * static_cast<double>(options.steps);
  const double done =
      (static_cast<double>(step) - (static_cast<double>(options.steps) - decay_steps)) / std::max(1.0, decay_steps);
  const double cosine = done <= 0 ? 1.0 : 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, done)));
  return options.learning_rate * warm * (floor + (1 - floor) * cosine);
}

std::string clock_text(double seconds) {
  char text[32];
  const auto whole = static_cast<long>(seconds);
  std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  return text;
}

}  // namespace

Result<> train(const TrainOptions& options, const std::function<bool()>& stop) {
  if (options.threads > 0) at::set_num_threads(options.threads);
  auto corpus = corpus::read(options.data);
  if (!corpus) return tl::unexpected(corpus.error());
  auto base = gguf::File::open(options.base);
  if (!base) return tl::unexpected(base.error());
  std::error_code code;
  std::filesystem::create_directories(options.run, code);
  if (code) return fail(ErrorCode::io, options.run.string() + ": " + code.message());

  auto shape = shape_of(*base);
  if (!shape) return tl::unexpected(shape.error());
  auto model = Model(*shape);
  if (auto loaded = load_weights(*base, model); !loaded) return loaded;
  auto tokenizer = text::Tokenizer::from(*base);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  auto controls = control_token_ids(*base);
  if (!controls) return tl::unexpected(controls.error());
  const auto encoder = suggest::CommandEncoder::from(*tokenizer, *controls);
  if (!encoder) return tl::unexpected(encoder.error());
  initialize_controls(*tokenizer, *controls, model);

  const auto shortlist = make_shortlist(*corpus, *tokenizer, options.shortlist_size);
  const BatchBuilder builder(*tokenizer, *encoder);
  std::vector<std::int64_t> sizes;
  for (const Record& record : corpus->train) {
    Batch batch;
    builder.add_teacher(batch, record);
    sizes.push_back(static_cast<std::int64_t>(batch.tokens.size()));
  }
  std::vector<Batch> validation;
  for (std::size_t i = 0; i < corpus->held_out.size() && i < 64; ++i) {
    if (validation.empty() || static_cast<std::int64_t>(validation.back().tokens.size()) > options.tokens_a_step)
      validation.emplace_back();
    builder.add_teacher(validation.back(), corpus->held_out[i]);
  }
  std::fprintf(stderr, "corpus: %zu intents to train on, %zu held out; %lld tokens an epoch; shortlist of %zu\n",
               corpus->train.size(), corpus->held_out.size(),
               static_cast<long long>(std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0})), shortlist.size());

  AdamW optimizer(model.parameters().value.numel());
  const auto checkpoint = options.run / "checkpoint.bin";
  Progress progress;
  if (std::filesystem::exists(checkpoint)) {
    const auto resumed = load_checkpoint(checkpoint, model.parameters(), optimizer);
    if (!resumed) return tl::unexpected(resumed.error());
    progress = *resumed;
    std::fprintf(stderr, "resumed at step %lld\n", static_cast<long long>(progress.step));
  }
  Schedule schedule(sizes, options.tokens_a_step, options.seed);
  for (std::int64_t step = 0; step < progress.step; ++step) schedule.next();

  std::ofstream log(options.run / "log.jsonl", std::ios::app);
  const auto first_quantized =
      static_cast<std::int64_t>((1 - options.quantized_share) * static_cast<double>(options.steps));
  const auto validate = [&]() {
    LossSum sum;
    std::mt19937_64 none(0);
    const OutputRows rows = output_rows(shortlist, shape->n_vocab, 0, none);
    for (const Batch& batch : validation) {
      const LossSum part = model.loss(batch, rows, /*gradients=*/false);
      sum.nats += part.nats;
      sum.terms += part.terms;
    }
    return sum.nats / static_cast<double>(std::max<std::int64_t>(1, sum.terms));
  };
  const auto start = Clock::now();
  auto last_save = start;
  double validation_loss = NAN, smooth = NAN;
  const std::int64_t first_step = progress.step;
  const double seconds_before = progress.seconds;
  const bool terminal = isatty(fileno(stderr)) != 0;

  while (progress.step < options.steps) {
    const std::int64_t step = progress.step + 1;
    std::mt19937_64 random(options.seed * 7919 + static_cast<std::uint64_t>(step));
    Batch batch;
    for (const std::size_t index : schedule.next()) builder.add_training(batch, corpus->train, index, random);
    model.parameters().refresh_halves(step > first_quantized);
    const OutputRows rows = output_rows(shortlist, shape->n_vocab, options.negatives, random);
    const LossSum sum = model.loss(batch, rows, /*gradients=*/true);
    const double loss = sum.nats / static_cast<double>(sum.terms);
    if (!std::isfinite(loss))
      return fail(ErrorCode::io,
                  "the loss is not a number at step " + std::to_string(step) + ": lower the learning rate");
    const double rate = learning_rate(options, step);
    const double norm = optimizer.update(model.parameters().value, model.parameters().grad, rate, step);
    smooth = std::isnan(smooth) ? loss : 0.9 * smooth + 0.1 * loss;
    progress.step = step;
    progress.tokens += static_cast<std::int64_t>(batch.tokens.size());
    progress.seconds = seconds_before + seconds_since(start);
    const bool last = step == options.steps;
    if (step % options.validate_every == 0 || last) {
      model.parameters().refresh_halves(step >= first_quantized);
      validation_loss = validate();
    }
    const double per_step = seconds_since(start) / static_cast<double>(step - first_step);
    const double speed = static_cast<double>(progress.tokens) / progress.seconds;
    std::fprintf(stderr,
                 "%sstep %lld/%lld  epoch %.2f  loss %.3f (%.3f)  validation %.3f  rate %.1e  norm %.2f  %.0f tokens/s "
                 " %s left%s",
                 terminal ? "\r\033[K" : "", static_cast<long long>(step), static_cast<long long>(options.steps),
                 schedule.epochs(), loss, smooth, validation_loss, rate, norm, speed,
                 clock_text(per_step * static_cast<double>(options.steps - step)).c_str(),
                 terminal && !last ? "" : "\n");
    log << "{\"step\":" << step << ",\"tokens\":" << progress.tokens << ",\"loss\":" << loss;
    if (step % options.validate_every == 0 || last) log << ",\"validation_loss\":" << validation_loss;
    log << ",\"rate\":" << rate << ",\"norm\":" << norm << ",\"seconds\":" << progress.seconds << "}" << std::endl;
    const bool stopping = stop();
    if (last || stopping || seconds_since(last_save) > 60 * options.checkpoint_minutes) {
      if (auto saved = save_checkpoint(checkpoint, model.parameters(), optimizer, progress); !saved) return saved;
      last_save = Clock::now();
    }
    if (stopping && !last)
      return fail(ErrorCode::cancelled,
                  "stopped at step " + std::to_string(step) + "; the same command goes on from there");
  }

  const std::string about = "distilled from the corpus in data/ under UDRL commands: " + std::to_string(progress.step) +
                            " steps, " + std::to_string(progress.tokens) + " tokens, validation loss " +
                            std::to_string(validation_loss);
  for (const auto type : {gguf::TensorType::q4_0, gguf::TensorType::f16}) {
    const auto path = options.run / ("updraft-135m-" + std::string(gguf::traits(type).name) + ".gguf");
    if (auto done = export_weights(path, *base, model, shortlist, {type, about}); !done) return done;
    std::fprintf(stderr, "wrote %s\n", path.c_str());
  }
  return {};
}

}  // namespace updraft::learn
