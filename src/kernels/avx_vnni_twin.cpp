// For tests: AVX-VNNI's kernels in the encoding of AVX-512.
#include "kernels/avx_vnni.h"

namespace updraft::kernels {
namespace {

bool supported() { return has_avx2() && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"); }

}  // namespace

extern const Kernels avx_vnni_twin;
constinit const Kernels avx_vnni_twin = make_kernels<AvxVnni>("avx_vnni_twin", supported);

}  // namespace updraft::kernels
