// kernels.inl for avx512 (flags: CMakeLists.txt).
#include "kernels.inl"

namespace maze {
const Kernels kKernelsAvx512 = {"avx512", kLanes, project, lstm, nullptr, head, cumulate};
}  // namespace maze
