// AVX2 with FMA and F16C (Haswell, Zen and later).
#include "kernels/avx2.h"

#include "kernels/instruction_sets.h"

namespace updraft::kernels {

constinit const Kernels avx2_kernels = make_kernels<Avx2>("avx2", has_avx2);

}  // namespace updraft::kernels
