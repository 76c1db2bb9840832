// The arithmetic of the network, compiled once per instruction set and chosen at run time.
//
// Every output element is a chain of fused multiply-adds over ascending k, whatever the vector
// width, the number of rows or a row's position: results are the same bits on every host with FMA.
#pragma once

#include <cstdint>

namespace maze {

constexpr int kHidden = 256;               // LSTM units
constexpr int kGates = 4 * kHidden;        // input, forget, cell, output
constexpr int kFeatures = 144;             // image features: 9 positions x 16 channels
constexpr int kHead = 32;                  // units of the policy's (and the critic's) hidden layer
constexpr int kActions = 7;
constexpr int kOutputs = 8;                // head outputs in memory, padded
constexpr int kHeadColumns = 16;           // columns of the packed output layer, padded

// Gate columns are stored in the order [unit / lanes][gate][unit % lanes], so that one panel of
// 4 * lanes columns holds all four gates of `lanes` units.
struct PackedHead {
  const float *hidden_weight;   // [kHidden][kHead]
  const float *hidden_bias;     // [kHead]
  const float *output_weight;   // [kHead][kHeadColumns]
  const float *output_bias;     // [kHeadColumns]
};

struct Kernels {
  const char *name;
  int lanes;

  // out[r] = first[r] + weight * features[r]; weight is [panel][kFeatures][4 * lanes].
  void (*project)(const float *weight, int rows, const float *features, const float *const *first,
                  float *out);

  // One LSTM step: z = input[r] + W h[r]; updates cell, writes next; weight [panel][kHidden][4l].
  void (*lstm)(const float *weight, int rows, const float *hidden, const float *const *input,
               float *cell, float *next);

  // The same with a bfloat16 product; weight [panel][kHidden / 2][4 * lanes][2], hidden in
  // bfloat16; also writes next as bfloat16. Null where there is no such instruction.
  void (*lstm_bf16)(const std::uint16_t *weight, int rows, const std::uint16_t *hidden,
                    const float *const *input, float *cell, float *next, std::uint16_t *next_bf16);

  // out[r][0..7] = output layer of tanh(hidden layer).
  void (*head)(const PackedHead &head, int rows, const float *hidden, float *out);

  // cumulative[r][a] = sum of exp(logits[r][b] - max) over b <= a.
  void (*cumulate)(int rows, const float *logits, float *cumulative);
};

extern const Kernels kKernelsGeneric;
#ifdef MAZE_X86
extern const Kernels kKernelsAvx2;
extern const Kernels kKernelsAvx512;
extern const Kernels kKernelsAvx512Bf16;
#endif

}  // namespace maze
