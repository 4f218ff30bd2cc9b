#include "kernels/kernels.h"

#include <array>

#include "kernels/instruction_sets.h"

namespace updraft::kernels {
namespace {

constexpr std::array all = {
#if defined(__x86_64__)
    &avx512_vnni_kernels,
    &avx_vnni_kernels,
    &avx2_kernels,
#elif defined(__aarch64__)
    &neon_dotprod_kernels,
#endif
    &portable_kernels,
};

}  // namespace

std::span<const Kernels* const> all_kernels() { return all; }

const Kernels& best_kernels() {
  for (const Kernels* kernels : all) {
    if (kernels->supported_by_runtime_system()) return *kernels;
  }
  return portable_kernels;
}

const Kernels* find_kernels(std::string_view name) {
  for (const Kernels* kernels : all) {
    if (kernels->name == name && kernels->supported_by_runtime_system()) return kernels;
  }
  return nullptr;
}

}  // namespace updraft::kernels
