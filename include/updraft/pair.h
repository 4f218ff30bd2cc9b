// A pair of encoders of the user's own that share one space, such as a CLIP or a SigLIP exported to ONNX: it stands in
// for updraft's own text and image encoder in a catalogue. docs/pictures.md tells what its folder holds.
#pragma once

#include <filesystem>

namespace updraft {

struct PairFiles {
  std::filesystem::path folder = {};  // that holds pair.json and what it names; empty: no pair
  // ONNX Runtime's libonnxruntime.so, which is loaded when a pair is opened; empty: where the system has it. The first
  // one that a process loads stays.
  std::filesystem::path runtime = {};
};

}  // namespace updraft
