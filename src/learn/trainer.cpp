#include "learn/trainer.h"

#include <ATen/Parallel.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <random>
#include <sstream>
#include <thread>

#include "decode/random.h"
#include "files/replacement.h"
#include "learn/checkpoint.h"
#include "learn/schedule.h"
#include "learn/vocabulary.h"
#include "learn/weights_io.h"
#include "plot/chart.h"

namespace updraft::learn {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string clock_text(double seconds) {
  char text[32];
  const auto whole = static_cast<long>(seconds);
  std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  return text;
}

std::string three_decimals(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

// What there is to say about a step.
struct StepReport {
  double loss = 0;
  double validation_loss = NAN;  // of the last validation
  bool validated = false;        // in this step
  double rate = 0;
  double gradient_norm = 0;
  double epochs = 0;
};

// A line a step on stderr (on a terminal, one line that changes) and in <run>/log.jsonl, and a picture of the losses,
// <run>/loss.svg, with each validation.
class Reporter {
 public:
  // Goes on with the log up to `progress`: what a killed run logged after its last checkpoint will come again.
  static Result<Reporter> open(const TrainOptions& options, const Progress& progress) {
    Reporter reporter(options, progress);
    const auto path = options.run / "log.jsonl";
    std::string kept;
    std::ifstream old(path);
    for (std::string line; std::getline(old, line);) {
      const auto entry = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
      if (!entry.is_object() || entry.value("step", progress.step + 1) > progress.step) continue;
      reporter.remember(entry);
      kept += line + "\n";
    }
    old.close();
    if (auto done = files::replace(path, kept); !done) return tl::unexpected(done.error());
    reporter.log_.open(path, std::ios::app);
    return reporter;
  }

  void report(const Progress& progress, const StepReport& step) {
    const bool last = progress.step == steps_;
    const double per_step = seconds_since(start_) / static_cast<double>(progress.step - first_step_);
    const std::string validation = std::isnan(step.validation_loss) ? "not yet" : three_decimals(step.validation_loss);
    std::fprintf(stderr,
                 "%sstep %lld/%lld  epoch %.2f  loss %.3f (%.3f)  validation %s  rate %.1e  norm %.2f  %.0f tokens/s "
                 " %s left%s",
                 on_terminal_ ? "\r\033[K" : "", static_cast<long long>(progress.step), static_cast<long long>(steps_),
                 step.epochs, step.loss, smooth_, validation.c_str(), step.rate, step.gradient_norm,
                 static_cast<double>(progress.tokens) / progress.seconds,
                 clock_text(per_step * static_cast<double>(steps_ - progress.step)).c_str(),
                 on_terminal_ && !last ? "" : "\n");
    nlohmann::ordered_json entry = {{"step", progress.step}, {"tokens", progress.tokens}, {"loss", step.loss}};
    if (step.validated) entry["validation_loss"] = step.validation_loss;
    entry["rate"] = step.rate;
    entry["norm"] = step.gradient_norm;
    entry["seconds"] = progress.seconds;
    log_ << entry.dump() << std::endl;
    remember(entry);
    if (step.validated) draw();
  }

 private:
  Reporter(const TrainOptions& options, const Progress& progress)
      : run_(options.run), steps_(options.steps), first_step_(progress.step) {}

  template <class Json>
  void remember(const Json& entry) {
    const double step = entry.value("step", 0.0), loss = entry.value("loss", 0.0);
    smooth_ = std::isnan(smooth_) ? loss : 0.9 * smooth_ + 0.1 * loss;
    training_.push_back({step, smooth_});
    if (entry.contains("validation_loss")) validation_.push_back({step, entry.value("validation_loss", NAN)});
  }

  // A picture that could not be written is no reason to stop.
  void draw() const {
    static_cast<void>(files::replace(run_ / "loss.svg",
                                     plot::to_svg({.title = "Cross-entropy of a prompt token",
                                                   .x_label = "step",
                                                   .y_label = "nats",
                                                   .series = {{"training", training_}, {"validation", validation_}}})));
  }

  std::filesystem::path run_;
  std::int64_t steps_;
  std::int64_t first_step_;
  std::ofstream log_;
  double smooth_ = NAN;
  std::vector<plot::Point> training_, validation_;
  bool on_terminal_ = isatty(fileno(stderr)) != 0;
  Clock::time_point start_ = Clock::now();
};

// The first of the held-out intents, in batches of about a step's size.
std::vector<Batch> validation_batches(const BatchBuilder& builder, const std::vector<Record>& held_out,
                                      std::int64_t tokens) {
  constexpr std::size_t n_intents = 64;
  std::vector<Batch> batches;
  for (std::size_t i = 0; i < held_out.size() && i < n_intents; ++i) {
    if (batches.empty() || static_cast<std::int64_t>(batches.back().tokens.size()) > tokens) batches.emplace_back();
    builder.add_teacher(batches.back(), held_out[i]);
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

// The model acts, and what it wrote is judged and remembered: by the leader, who tells the others.
class Actor {
 public:
  // Nothing without a text encoder, which judges.
  static Result<std::unique_ptr<Actor>> open(const TrainOptions& options, Team& team, std::int64_t step) {
    if (options.minilm.empty()) {
      if (options.act_every > 0)
        return fail(ErrorCode::invalid_argument, "acting needs the text encoder: --minilm models/minilm-l6-q8_0.gguf");
      return nullptr;
    }
    auto encoder = encode::TextEncoder::load(options.minilm, {.threads = options.threads});
    if (!encoder) return tl::unexpected(encoder.error());
    // Only the leader's buffer is on disk.
    const auto path = team.leads() ? options.run / "replay.jsonl" : std::filesystem::path();
    auto replay = ReplayBuffer::open(path, static_cast<std::size_t>(options.replay_capacity), step);
    if (!replay) return tl::unexpected(replay.error());
    std::unique_ptr<Actor> actor(new Actor(options, *std::move(encoder), *std::move(replay)));
    const auto all = actor->replay_.all();
    auto remembered = told(team, {all.begin(), all.end()});
    if (!remembered) return tl::unexpected(remembered.error());
    if (!team.leads()) {
      if (auto done = actor->replay_.add(*std::move(remembered)); !done) return tl::unexpected(done.error());
    }
    return actor;
  }

  [[nodiscard]] const Judge& judge() const { return judge_; }
  [[nodiscard]] const ReplayBuffer& replay() const { return replay_; }

  // `export_model` writes the model that acts to a path.
  Result<> act(Team& team, const std::vector<Record>& records, std::int64_t step,
               const std::function<Result<>(const std::filesystem::path&)>& export_model) {
    std::vector<Experience> experiences;
    if (team.leads()) {
      const auto model = options_.run / "acting.gguf";
      if (auto done = export_model(model); !done) return done;
      auto acted = learn::act(model, records, judge_, replay_,
                              {.intents = options_.act_intents,
                               .samples = options_.act_samples,
                               .explore_share = options_.explore_share,
                               .seed = options_.seed,
                               .threads = options_.threads},
                              step);
      std::error_code ignored;
      std::filesystem::remove(model, ignored);
      if (!acted) return tl::unexpected(acted.error());
      experiences = *std::move(acted);
      report(experiences);
      draw(experiences);
    }
    auto all = told(team, std::move(experiences));
    return all ? replay_.add(*std::move(all)) : tl::unexpected(all.error());
  }

 private:
  Actor(const TrainOptions& options, encode::TextEncoder encoder, ReplayBuffer replay)
      : options_(options), encoder_(std::move(encoder)), judge_(encoder_), replay_(std::move(replay)) {}

  // The leader's experiences, on every rank.
  static Result<std::vector<Experience>> told(Team& team, std::vector<Experience> experiences) {
    if (team.size() == 1) return experiences;
    std::string lines;
    for (const Experience& experience : experiences) lines += to_line(experience) + '\n';
    if (auto done = team.spread(lines); !done) return tl::unexpected(done.error());
    if (team.leads()) return experiences;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) {
      auto experience = parse_experience(line);
      if (!experience) return tl::unexpected(experience.error());
      experiences.push_back(*std::move(experience));
    }
    return experiences;
  }

  static void report(const std::vector<Experience>& experiences) {
    double achieved = 0, hits = 0, n = 0;
    for (const Experience& experience : experiences) {
      hits += std::abs(experience.achieved.words - experience.asked.words) <= 1 ? 1 : 0;
      if (experience.asked.ret < suggest::best_return) continue;
      achieved += experience.achieved.ret;
      ++n;
    }
    std::fprintf(stderr,
                 "acted: %zu prompts, %.1f %% within one word of the asked; asked for return 9, achieved %.2f\n",
                 experiences.size(), 100 * hits / std::max(1.0, static_cast<double>(experiences.size())),
                 achieved / std::max(1.0, n));
  }

  // What came of what was asked for, in this act: one series a task.
  void draw(const std::vector<Experience>& experiences) const {
    plot::Chart words{"Words", "asked", "achieved", {}, /*diagonal=*/true};
    plot::Chart returns{"Return", "asked", "achieved, mean", {}, /*diagonal=*/true};
    for (const Task task : prompt_tasks) {
      plot::Series dots{std::string(name(task)), {}, plot::Mark::dots};
      std::map<int, std::vector<int>> by_asked;
      for (const Experience& experience : experiences) {
        if (experience.asked.task != task) continue;
        dots.points.push_back(
            {static_cast<double>(experience.asked.words), static_cast<double>(experience.achieved.words)});
        by_asked[experience.asked.ret].push_back(experience.achieved.ret);
      }
      plot::Series means{std::string(name(task)), {}};
      for (const auto& [asked, achieved] : by_asked) {
        const double sum = std::accumulate(achieved.begin(), achieved.end(), 0.0);
        means.points.push_back({static_cast<double>(asked), sum / static_cast<double>(achieved.size())});
      }
      words.series.push_back(std::move(dots));
      returns.series.push_back(std::move(means));
    }
    // A picture that could not be written is no reason to stop.
    static_cast<void>(files::replace(options_.run / "words.svg", plot::to_svg(words)));
    static_cast<void>(files::replace(options_.run / "returns.svg", plot::to_svg(returns)));
  }

  TrainOptions options_;
  encode::TextEncoder encoder_;
  Judge judge_;
  ReplayBuffer replay_;
};

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

}  // namespace

Result<> train(const TrainOptions& options, Team& team, const std::function<bool()>& stop) {
  // LibTorch's own count is 1 on some virtual machines.
  at::set_num_threads(options.threads > 0 ? options.threads
                                          : static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  auto corpus = corpus::read(options.data);
  if (!corpus) return tl::unexpected(corpus.error());
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

  const auto shortlist = make_shortlist(*corpus, *tokenizer, options.shortlist_size);
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
  std::vector<Returns> returns;
  if (*actor != nullptr) {
    if (team.leads()) std::fprintf(stderr, "measuring the returns of the corpus\n");
    for (const Record& record : corpus->train) returns.push_back((*actor)->judge().of(record));
  }
  const Source source{.records = corpus->train,
                      .returns = returns,
                      .judge = *actor == nullptr ? nullptr : &(*actor)->judge(),
                      .replay = *actor == nullptr ? nullptr : &(*actor)->replay()};
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

  Schedule schedule(sizes, options.tokens_a_step, options.seed);
  for (std::int64_t step = 0; step < progress.step; ++step) static_cast<void>(schedule.next());
  const RateSchedule rates{options.learning_rate, options.steps, options.warmup_steps, options.decay_share};
  const auto first_quantized =
      static_cast<std::int64_t>((1 - options.quantized_share) * static_cast<double>(options.steps));
  std::mt19937_64 none;
  const OutputRows shortlist_rows = output_rows(shortlist, shape->n_vocab, 0, none);
  const auto validation = validation_batches(builder, corpus->held_out, options.tokens_a_step);

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
    const auto indices = schedule.next();
    for (std::size_t i = 0; i < indices.size(); ++i) {
      if (i % static_cast<std::size_t>(team.size()) != static_cast<std::size_t>(team.rank())) continue;
      std::mt19937_64 random(drawn(i + 1));
      builder.add_training(batch, source, indices[i], random);
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
