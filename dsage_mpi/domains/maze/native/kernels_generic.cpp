// kernels.inl for the compiler's default instruction set (flags: CMakeLists.txt).
#include "kernels.inl"

namespace maze {
const Kernels kKernelsGeneric = {"generic", kLanes, project, lstm, nullptr, head, cumulate};
}  // namespace maze
