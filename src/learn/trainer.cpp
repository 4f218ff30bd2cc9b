#include "learn/trainer.h"

#include <ATen/Parallel.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <optional>
#include <random>
#include <thread>

#include "decode/random.h"
#include "files/replacement.h"
#include "learn/actor.h"
#include "learn/checkpoint.h"
#include "learn/feedback.h"
#include "learn/reporter.h"
#include "learn/schedule.h"
#include "learn/vocabulary.h"
#include "learn/weights_io.h"

namespace updraft::learn {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// The first of the held-out intents, in batches of about a step's size; under the returns that they have, where there
// is a judge.
std::vector<Batch> validation_batches(const BatchBuilder& builder, const std::vector<Record>& held_out,
                                      const Judge* judge, std::int64_t tokens) {
  constexpr std::size_t n_intents = 64;
  std::vector<Batch> batches;
  for (std::size_t i = 0; i < held_out.size() && i < n_intents; ++i) {
    if (batches.empty() || static_cast<std::int64_t>(batches.back().tokens.size()) > tokens) batches.emplace_back();
    std::optional<Returns> returns;
    if (judge != nullptr) returns = judge->of(held_out[i]);
    builder.add_teacher(batches.back(), held_out[i], returns ? &*returns : nullptr);
  }
  return batches;
}

double mean_loss(Model& model, const std::vector<Batch>& batches, const OutputRows& rows) {
  LossSum sum;
  for (const Batch& batch : batches) {
    const LossSum part = model.loss(batch, rows);
    sum.nats += part.nats;
    sum.terms += part.terms;
  }
  return sum.nats / static_cast<double>(std::max<std::int64_t>(1, sum.terms));
}

Result<double> summed(Team& team, double value) {
  at::Tensor cell = at::full({1}, value, at::kDouble);
  if (auto done = team.sum(cell); !done) return tl::unexpected(done.error());
  return cell.item<double>();
}

Result<Shape> new_shape(const TrainOptions& options, const text::Tokenizer& tokenizer) {
  if (options.from_scratch != "gpt2")
    return fail(ErrorCode::invalid_argument, "from scratch there is gpt2, no '" + options.from_scratch + "'");
  return gpt2_shape(static_cast<std::int64_t>(tokenizer.size()), options.layers, options.width, options.heads,
                    options.context);
}

// Tokens of each intent's tree, by one draw of its prompts: another has some more or fewer.
std::vector<std::int64_t> sizes_of(const Feedback& feedback, const BatchBuilder& builder) {
  std::vector<std::int64_t> sizes;
  std::mt19937_64 random;
  for (std::size_t i = 0; i < feedback.intents().size(); ++i) {
    Batch batch;
    builder.add(batch, feedback.intents()[i], feedback.examples(i, random));
    sizes.push_back(std::max<std::int64_t>(1, static_cast<std::int64_t>(batch.tokens.size())));
  }
  return sizes;
}

}  // namespace

Result<> train(const TrainOptions& options, Team& team, const std::function<bool()>& stop) {
  // LibTorch's own count is 1 on some virtual machines.
  at::set_num_threads(options.threads > 0 ? options.threads
                                          : static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  auto corpus = corpus::read(options.data);
  if (!corpus) return tl::unexpected(corpus.error());
  auto utterances = corpus::read_utterances(options.data);
  if (!utterances) return tl::unexpected(utterances.error());
  auto base = gguf::File::open(options.base);
  if (!base) return tl::unexpected(base.error());
  std::error_code code;
  std::filesystem::create_directories(options.run, code);
  if (code) return fail(ErrorCode::io, options.run.string() + ": " + code.message());

  auto tokenizer = text::Tokenizer::from(*base);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  const bool from_scratch = !options.from_scratch.empty();
  auto shape = from_scratch ? new_shape(options, *tokenizer) : shape_of(*base);
  if (!shape) return tl::unexpected(shape.error());
  if (static_cast<std::int64_t>(tokenizer->size()) > shape->n_vocab)
    return base->fail(ErrorCode::corrupt, "the vocabulary has more tokens than the embedding");
  auto model = Model(*shape);
  if (from_scratch) {
    model.parameters().initialize(options.seed);
  } else if (auto loaded = load_weights(*base, model); !loaded) {
    return loaded;
  }
  auto controls = control_token_ids(*base);
  if (!controls) return tl::unexpected(controls.error());
  const auto encoder = suggest::CommandEncoder::from(*tokenizer, *controls);
  if (!encoder) return tl::unexpected(encoder.error());
  if (!from_scratch && !has_control_tokens(*tokenizer, *controls)) initialize_controls(*tokenizer, *controls, model);

  const auto shortlist = make_shortlist(std::array{&*corpus, &*utterances}, *tokenizer, options.shortlist_size);
  const BatchBuilder builder(*tokenizer, *encoder, shape->n_positions);
  std::vector<std::int64_t> sizes;
  for (const Record& record : corpus->train) {
    Batch batch;
    builder.add_teacher(batch, record);
    sizes.push_back(static_cast<std::int64_t>(batch.tokens.size()));
  }
  const auto tokens_an_epoch = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  if (tokens_an_epoch == 0)
    return fail(ErrorCode::invalid_argument, "the corpus has no intent that the model has enough positions for");
  if (team.leads()) {
    std::fprintf(
        stderr,
        "model: %s, %.1fM parameters\n"
        "corpus: %zu intents to train on, %zu held out; %lld tokens an epoch; shortlist of %zu; processes: %d\n",
        options.name.c_str(), static_cast<double>(model.parameters().value.numel()) / 1e6, corpus->train.size(),
        corpus->held_out.size(), static_cast<long long>(tokens_an_epoch), shortlist.size(), team.size());
  }

  // Only the leader needs the checkpoint's file: the others get what it holds.
  AdamW optimizer(model.parameters().value.numel());
  const auto checkpoint = options.run / "checkpoint.bin";
  Progress progress;
  if (team.leads()) files::remove_leftovers(checkpoint);
  if (team.leads() && std::filesystem::exists(checkpoint)) {
    const auto resumed = load_checkpoint(checkpoint, model.parameters(), optimizer);
    if (!resumed) return tl::unexpected(resumed.error());
    progress = *resumed;
    std::fprintf(stderr, "resumed at step %lld\n", static_cast<long long>(progress.step));
  }
  at::Tensor counts = at::tensor({progress.step, progress.tokens}, at::kLong);
  for (const at::Tensor& tensor : {model.parameters().value, optimizer.mean, optimizer.variance, counts}) {
    if (auto done = team.spread(tensor); !done) return done;
  }
  progress.step = counts[0].item<std::int64_t>();
  progress.tokens = counts[1].item<std::int64_t>();
  auto actor = Actor::open(options, team, progress.step);
  if (!actor) return tl::unexpected(actor.error());
  const Source source{.records = corpus->train,
                      .utterances = utterances->train,
                      .judge = *actor == nullptr ? nullptr : &(*actor)->judge(),
                      .replay = *actor == nullptr ? nullptr : &(*actor)->replay(),
                      .understandings = options.understandings};
  const auto export_to = [&](const std::filesystem::path& path, gguf::TensorType type, const std::string& about) {
    return export_weights(path, *base, model, shortlist, {type, options.name, about, from_scratch});
  };
  const auto save = [&] { return save_checkpoint(checkpoint, model.parameters(), optimizer, progress); };
  // When another process is gone, what was learnt until then is kept.
  const auto abandoned = [&](const Error& error) -> Result<> {
    const std::string what = "stopped after step " + std::to_string(progress.step) + ": " + error.message;
    if (!team.leads()) return fail(error.code, what + "; the same commands go on from the leader's last checkpoint");
    if (auto saved = save(); !saved) return saved;
    return fail(error.code, what + "; the same commands go on from there");
  };

  std::optional<Feedback> feedback;
  std::vector<std::int64_t> feedback_sizes;
  if (!options.feedback.empty()) {
    auto opened = Feedback::open(options.feedback);
    if (!opened) return tl::unexpected(opened.error());
    feedback.emplace(*std::move(opened));
    feedback_sizes = sizes_of(*feedback, builder);
    if (team.leads()) {
      std::fprintf(stderr, "feedback: %zu prompts for %zu intents\n", feedback->prompts(), feedback->intents().size());
    }
  }
  const auto feedback_tokens =
      feedback ? static_cast<std::int64_t>(options.feedback_share * static_cast<double>(options.tokens_a_step)) : 0;
  Schedule schedule(sizes, options.tokens_a_step - feedback_tokens, options.seed);
  Schedule feedback_schedule(feedback_sizes, feedback_tokens, options.seed + 1);
  for (std::int64_t step = 0; step < progress.step; ++step) {
    static_cast<void>(schedule.next());
    static_cast<void>(feedback_schedule.next());
  }
  const RateSchedule rates{options.learning_rate, options.steps, options.warmup_steps, options.decay_share};
  const auto first_quantized =
      static_cast<std::int64_t>((1 - options.quantized_share) * static_cast<double>(options.steps));
  std::mt19937_64 none;
  const OutputRows shortlist_rows = output_rows(shortlist, shape->n_vocab, 0, none);
  const auto validation = validation_batches(builder, corpus->held_out, source.judge, options.tokens_a_step);

  std::optional<Reporter> reporter;
  if (team.leads()) {
    auto opened = Reporter::open(options, progress);
    if (!opened) return tl::unexpected(opened.error());
    reporter.emplace(*std::move(opened));
  }
  StepReport now;
  const auto start = Clock::now();
  auto last_save = start;
  const double seconds_before = progress.seconds;
  while (progress.step < options.steps) {
    const std::int64_t step = progress.step + 1;
    const bool last = step == options.steps;
    if (options.act_every > 0 && progress.step % options.act_every == 0) {
      const auto done = (*actor)->act(team, corpus->train, progress.step, [&](const std::filesystem::path& path) {
        return export_to(path, gguf::TensorType::q4_0, "acting");
      });
      if (!done) return abandoned(done.error());
    }
    // Each record has a random sequence of its own, so that its examples are the same whichever process builds them.
    const auto drawn = [&](std::uint64_t what) {
      return decode::Random::of(options.seed, static_cast<std::uint64_t>(step), what).next();
    };
    Batch batch;
    const auto indices = schedule.next(), of_feedback = feedback_schedule.next();
    for (std::size_t i = 0; i < indices.size() + of_feedback.size(); ++i) {
      if (i % static_cast<std::size_t>(team.size()) != static_cast<std::size_t>(team.rank())) continue;
      std::mt19937_64 random(drawn(i + 1));
      if (i < indices.size()) {
        builder.add_training(batch, source, indices[i], random);
      } else {
        const std::size_t intent = of_feedback[i - indices.size()];
        builder.add(batch, feedback->intents()[intent], feedback->examples(intent, random));
      }
    }
    // What the model wrote can read back as other tokens than it was written with, which the output may not have.
    std::erase_if(batch.loss, [&](const LossTerm& term) { return shortlist_rows.row_of_token[term.target] < 0; });
    const auto n_tokens = static_cast<double>(batch.tokens.size());
    pad(batch, tokens_multiple);
    std::mt19937_64 random(drawn(0));
    const OutputRows rows = output_rows(shortlist, shape->n_vocab, options.negatives, random);

    const auto terms = summed(team, static_cast<double>(batch.loss.size()));
    if (!terms) return abandoned(terms.error());
    const bool quantized = step > first_quantized;
    model.parameters().refresh_halves(quantized);
    const LossSum own = model.loss(batch, rows, static_cast<std::int64_t>(*terms));
    at::Tensor sums = at::tensor({own.nats, n_tokens, stop() ? 1.0 : 0.0}, at::kDouble);
    for (const at::Tensor& tensor : {sums, model.parameters().grad}) {
      if (auto done = team.sum(tensor); !done) return abandoned(done.error());
    }
    now.loss = sums[0].item<double>() / *terms;
    if (!std::isfinite(now.loss))
      return fail(ErrorCode::io,
                  "the loss is not a number at step " + std::to_string(step) + ": lower the learning rate");
    now.rate = rates.at(step);
    now.gradient_norm = optimizer.update(model.parameters().value, model.parameters().grad, now.rate, step);
    now.epochs = schedule.epochs();
    progress.step = step;
    progress.tokens += static_cast<std::int64_t>(sums[1].item<double>());
    progress.seconds = seconds_before + seconds_since(start);
    const bool stopping = sums[2].item<double>() > 0;

    if (team.leads()) {
      now.validated = step % options.validate_every == 0 || last;
      if (now.validated) {
        model.parameters().refresh_halves(quantized);
        now.validation_loss = mean_loss(model, validation, shortlist_rows);
      }
      reporter->report(progress, now);
      if (last || stopping || seconds_since(last_save) > 60 * options.checkpoint_minutes) {
        if (auto saved = save(); !saved) return saved;
        last_save = Clock::now();
      }
    }
    if (stopping && !last)
      return fail(ErrorCode::cancelled,
                  "stopped at step " + std::to_string(step) + "; the same command goes on from there");
  }

  if (!team.leads()) return {};
  const std::string about = "distilled from the corpus in data/ under UDRL commands: " + std::to_string(progress.step) +
                            " steps, " + std::to_string(progress.tokens) + " tokens, validation loss " +
                            std::to_string(now.validation_loss);
  for (const auto type : {gguf::TensorType::q4_0, gguf::TensorType::f16}) {
    const auto path = options.run / (options.name + "-" + std::string(gguf::traits(type).name) + ".gguf");
    if (auto done = export_to(path, type, about); !done) return done;
    std::fprintf(stderr, "wrote %s\n", path.c_str());
  }
  return {};
}

}  // namespace updraft::learn
