// kernels.inl for avx2 (flags: CMakeLists.txt).
#include "kernels.inl"

namespace maze {
const Kernels kKernelsAvx2 = {"avx2", kLanes, project, lstm, nullptr, head, cumulate};
}  // namespace maze
