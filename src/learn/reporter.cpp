#include "learn/reporter.h"

#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "files/replacement.h"

namespace updraft::learn {
namespace {

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

}  // namespace

Reporter::Reporter(const TrainOptions& options, const Progress& progress)
    : run_(options.run), steps_(options.steps), first_step_(progress.step), on_terminal_(isatty(fileno(stderr)) != 0) {}

Result<Reporter> Reporter::open(const TrainOptions& options, const Progress& progress) {
  Reporter reporter(options, progress);
  const auto path = options.run / "log.jsonl";
  std::string kept;
  std::ifstream old(path);
  for (std::string line; std::getline(old, line);) {
    const auto entry = nlohmann::ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!entry.is_object() || entry.value("step", progress.step + 1) > progress.step) continue;
    reporter.remember(entry);
    kept += line + "\n";
  }
  old.close();
  if (auto done = files::replace(path, kept); !done) return tl::unexpected(done.error());
  reporter.log_.open(path, std::ios::app);
  return reporter;
}

void Reporter::report(const Progress& progress, const StepReport& step) {
  const bool last = progress.step == steps_;
  const double per_step = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count() /
                          static_cast<double>(progress.step - first_step_);
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

void Reporter::remember(const nlohmann::ordered_json& entry) {
  const double step = entry.value("step", 0.0), loss = entry.value("loss", 0.0);
  smooth_ = std::isnan(smooth_) ? loss : 0.9 * smooth_ + 0.1 * loss;
  training_.push_back({step, smooth_});
  if (entry.contains("validation_loss")) validation_.push_back({step, entry.value("validation_loss", NAN)});
}

// A picture that could not be written is no reason to stop.
void Reporter::draw() const {
  static_cast<void>(files::replace(run_ / "loss.svg",
                                   plot::to_svg({.title = "Cross-entropy of a prompt token",
                                                 .x_label = "step",
                                                 .y_label = "nats",
                                                 .series = {{"training", training_}, {"validation", validation_}}})));
}

}  // namespace updraft::learn
