// The tables of all instruction sets, one file each. Which of them a build has depends on its processor family.
#pragma once

#include "kernels/kernels.h"

namespace updraft::kernels {

#if defined(__x86_64__)
extern const Kernels avx512_vnni_kernels;
extern const Kernels avx_vnni_kernels;
extern const Kernels avx2_kernels;
#elif defined(__aarch64__)
extern const Kernels neon_dotprod_kernels;
#endif
extern const Kernels portable_kernels;

}  // namespace updraft::kernels
