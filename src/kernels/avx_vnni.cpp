#include "kernels/avx_vnni.h"

#include "kernels/instruction_sets.h"

namespace updraft::kernels {
namespace {

// clang 14's __builtin_cpu_supports knows no "avxvnni".
bool supported() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return has_avx2() && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & 1U << 4U) != 0;
}

}  // namespace

constinit const Kernels avx_vnni_kernels = make_kernels<AvxVnni>("avx_vnni", supported);

}  // namespace updraft::kernels
