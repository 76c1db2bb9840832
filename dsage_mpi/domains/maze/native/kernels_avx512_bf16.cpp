// kernels.inl for avx512_bf16 (flags: CMakeLists.txt).
#include "kernels.inl"

namespace maze {
const Kernels kKernelsAvx512Bf16 = {"avx512_bf16", kLanes, project, lstm,
                                    lstm_bf16,     head,   cumulate};
}  // namespace maze
