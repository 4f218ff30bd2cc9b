// How fast this machine can multiply bfloat16 at best, in GFLOP/s of all threads together.
#pragma once

namespace updraft::bench {

// VDPBF16PS on registers alone: what the processor can do at its clock of now. 0: it has no such instruction.
[[nodiscard]] double instruction_peak();

// A large product in LibTorch, [4096, 4096] by [4096, 4096].
[[nodiscard]] double matmul_peak();

}  // namespace updraft::bench
