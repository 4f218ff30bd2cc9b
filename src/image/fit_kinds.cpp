// updraft-fit-kinds FOLDER > src/image/kind_model.h
// Fits the regression of kind.h to pictures in FOLDER/photo, FOLDER/icon and so on. Pictures whose names agree up to
// the first
// '-' (crops and sizes of one) stay together when accuracy is measured: five times, on a fifth that the rest was fitted
// without.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "files/mapping.h"
#include "image/decode.h"
#include "image/kind.h"

using namespace updraft;
using namespace updraft::image;

namespace {

constexpr std::size_t n_folds = 5;

struct Sample {
  Features features{};
  std::size_t kind = 0, fold = 0;
};

std::vector<Sample> read_samples(const std::filesystem::path& folder) {
  std::vector<Sample> samples;
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    for (const auto& entry : std::filesystem::directory_iterator(folder / name(kinds[kind]))) {
      const auto file = files::Mapping::open(entry.path());
      if (!file) continue;
      const auto picture = decode(file->bytes(), {.side = 512});
      if (!picture) {
        std::cerr << entry.path() << ": " << picture.error().message << '\n';
        continue;
      }
      const std::string stem = entry.path().stem().string();
      const std::size_t fold = std::hash<std::string>()(stem.substr(0, stem.find('-'))) % n_folds;
      samples.push_back({features_of(*picture), kind, fold});
    }
  }
  return samples;
}

// Gradient descent over all but one fold; kinds count the same, however many pictures there are of each.
KindModel fit(const std::vector<Sample>& samples, std::size_t left_out) {
  constexpr int steps = 1500;
  constexpr double rate = 0.3, decay = 1e-3;
  KindModel model;
  std::array<double, kinds.size()> n_of{};
  double n = 0;
  for (const Sample& s : samples) {
    if (s.fold == left_out) continue;
    for (std::size_t i = 0; i < n_features; ++i) model.mean[i] += s.features[i];
    ++n_of[s.kind], ++n;
  }
  for (double& mean : model.mean) mean /= n;
  Features variance{};
  for (const Sample& s : samples) {
    for (std::size_t i = 0; s.fold != left_out && i < n_features; ++i)
      variance[i] += std::pow(s.features[i] - model.mean[i], 2);
  }
  for (std::size_t i = 0; i < n_features; ++i) model.scale[i] = 1 / std::sqrt(variance[i] / n + 1e-9);

  for (int step = 0; step < steps; ++step) {
    std::array<Terms, kinds.size()> gradient{};
    for (const Sample& s : samples) {
      if (s.fold == left_out) continue;
      const Terms terms = terms_of(model, s.features);
      const auto p = kind_probabilities(model, s.features);
      for (std::size_t k = 0; k < kinds.size(); ++k) {
        const double error = (p[k] - (k == s.kind ? 1 : 0)) / (n_of[s.kind] * kinds.size());
        for (std::size_t t = 0; t < n_terms; ++t) gradient[k][t] += error * terms[t];
      }
    }
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      for (std::size_t t = 0; t < n_terms; ++t) {
        model.weights[k][t] -= rate * (gradient[k][t] + (t + 1 < n_terms ? decay * model.weights[k][t] : 0));
      }
    }
  }
  return model;
}

void print_table(const char* indent, std::span<const double> values) {
  for (std::size_t i = 0; i < values.size(); ++i) std::printf("%s%.4g,", i % 10 == 0 ? indent : " ", values[i]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: updraft-fit-kinds FOLDER\n";
    return 2;
  }
  const std::vector<Sample> samples = read_samples(argv[1]);
  std::array<std::array<int, kinds.size()>, kinds.size()> confusion{};
  for (std::size_t fold = 0; fold < n_folds; ++fold) {
    const KindModel model = fit(samples, fold);
    for (const Sample& s : samples) {
      if (s.fold != fold) continue;
      const auto p = kind_probabilities(model, s.features);
      ++confusion[s.kind][static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin())];
    }
  }
  int right = 0;
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    right += confusion[k][k];
    std::fprintf(stderr, "%-12s", std::string(name(kinds[k])).c_str());
    for (const int n : confusion[k]) std::fprintf(stderr, " %5d", n);
    std::fprintf(stderr, "\n");
  }
  std::fprintf(stderr, "%d of %zu right\n", right, samples.size());

  const KindModel model = fit(samples, n_folds);
  std::printf(
      "// Written by updraft-fit-kinds.\n#pragma once\n\n#include \"image/kind.h\"\n\nnamespace updraft::image {\n\n"
      "inline constexpr KindModel kind_model = {\n    .mean = {");
  print_table("\n        ", model.mean);
  std::printf("},\n    .scale = {");
  print_table("\n        ", model.scale);
  std::printf("},\n    .weights = {{");
  for (const Terms& row : model.weights) {
    std::printf("\n        {");
    print_table("\n         ", row);
    std::printf("},");
  }
  std::printf("\n    }},\n};\n\n}  // namespace updraft::image\n");
  return 0;
}
