// Another program, run for a moment with its hands tied: it gets bytes and gives bytes, within limits of time, memory
// and output that the kernel keeps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "updraft/result.h"

namespace updraft::image {

// How much longer than alone a program may take on a machine that is busy with others.
inline constexpr double patience = 3;

struct Command {
  std::vector<std::string> arguments;        // the program's name, looked up in PATH, then its arguments
  std::span<const std::byte> input;          // its standard input
  double seconds = 1;                        // of processor time, rounded up; `patience` times as long by the clock
  std::uint64_t memory_bytes = 512U << 20U;  // of address space
  std::uint64_t output_bytes = 16U << 20U;   // of standard output, and of whatever else it would write
};

// Its standard output. Safe beside other threads: nothing of ours runs between fork and exec, and no signal is raised
// in this process. Input and output are files in memory, so neither side waits for the other. The program sees none of
// our environment and of our open files.
//
// Errors: unsupported (no such program), cancelled (out of time), corrupt (it failed: the first line that it said on
// standard error), io.
[[nodiscard]] Result<std::vector<std::byte>> run(const Command& command);

}  // namespace updraft::image
