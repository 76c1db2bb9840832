// Body of kernels_*.cpp. Includes no standard template: a copy compiled here for a newer
// instruction set could otherwise be the one that the linker keeps for everybody.
#include "kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace maze {
namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
constexpr int kBlock = 6;   // rows at a time: 6 x 4 accumulators of 32 registers
#elif defined(__AVX2__)
constexpr int kLanes = 8;
constexpr int kBlock = 3;   // 3 x 4 accumulators of 16 registers
#else
constexpr int kLanes = 4;
constexpr int kBlock = 3;
#endif
constexpr int kPanel = 4 * kLanes;
constexpr int kPanels = kHidden / kLanes;

typedef float Vec __attribute__((vector_size(4 * kLanes)));
typedef int Int __attribute__((vector_size(4 * kLanes)));

inline Vec load(const float *p) {
  Vec v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

inline void store(float *p, Vec v) { __builtin_memcpy(p, &v, sizeof v); }

inline Vec splat(float x) { return x - Vec{}; }

// a * b + c in one rounding. Spelled out, and contraction is off elsewhere, so that no compiler
// decides where a rounding happens. (A CPU without FMA rounds twice: there the last bits differ.)
inline Vec fma(Vec a, Vec b, Vec c) {
#if defined(__AVX512F__)
  return (Vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__)
  return (Vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__)
  return (Vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

inline Vec clamp(Vec x, float limit) {
  const Vec high = splat(limit), low = splat(-limit);
  x = x < high ? x : high;
  return x > low ? x : low;
}

// exp(r) on |r| <= ln 2 / 2, interpolated at Chebyshev nodes; relative error 2e-8.
constexpr float kExp1 = 1.0f;
constexpr float kExp2 = 0.5f;
constexpr float kExp3 = 0.16666415333747864f;
constexpr float kExp4 = 0.04166635125875473f;
constexpr float kExp5 = 0.008375134319067001f;
constexpr float kExp6 = 0.0013941118959337473f;

// exp(x) for |x| <= 87, relative error about 1e-7: x = n ln 2 + r, polynomial in r, exponent n.
inline Vec exponential(Vec x) {
  const Vec shift = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const Vec t = fma(x, splat(1.44269504088896341f), shift);
  const Vec n = t - shift;
  Vec r = fma(n, splat(-0.693359375f), x);
  r = fma(n, splat(2.12194440e-4f), r);
  Vec p = splat(kExp6);
  p = fma(p, r, splat(kExp5));
  p = fma(p, r, splat(kExp4));
  p = fma(p, r, splat(kExp3));
  p = fma(p, r, splat(kExp2));
  p = fma(p, r, splat(kExp1));
  p = fma(p, r, splat(1.0f));
  return (Vec)((Int)p + ((Int)t << 23));
}

inline Vec hyperbolic_tangent(Vec x) {
  const Vec e = exponential(clamp(x, 12.0f) * splat(-2.0f));
  return (splat(1.0f) - e) / (splat(1.0f) + e);
}

// c' = sigmoid(f) c + sigmoid(i) tanh(g); h' = sigmoid(o) tanh(c'). The quotients are brought over
// one denominator each: two divisions instead of five.
inline Vec gates(const Vec z[4], Vec &cell) {
  const Vec one = splat(1.0f);
  const Vec i = one + exponential(-clamp(z[0], 25.0f));
  const Vec f = one + exponential(-clamp(z[1], 25.0f));
  const Vec g = exponential(clamp(z[2], 12.0f) * splat(-2.0f));
  const Vec o = one + exponential(-clamp(z[3], 25.0f));
  const Vec ig = i * (one + g);
  cell = fma(cell, ig, (one - g) * f) / (f * ig);
  const Vec e = exponential(clamp(cell, 12.0f) * splat(-2.0f));
  return (one - e) / ((one + e) * o);
}

inline void prefetch_rows(const float *const *rows, int count, int offset) {
  for (int r = 0; r < count; ++r)
    for (int line = 0; line < kPanel; line += 16)
      __builtin_prefetch(rows[r] + offset + line);
}

// sums[r][gate] += sum over k of vectors[r][k] * weight[k][gate], k ascending.
//
// Not inlined: the compiler would hoist the constants of the gates over this loop and then has too
// few registers left for the sums (AVX2: half the speed).
template <int R, int K>
__attribute__((noinline)) void multiply(const float *weight, const float *vectors, int stride,
                                        Vec sums[R][4]) {
  Vec acc[R][4];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int g = 0; g < 4; ++g) acc[r][g] = sums[r][g];
  for (int k = 0; k < K; ++k) {
    Vec a[R];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) a[r] = splat(vectors[r * stride + k]);
#pragma GCC unroll 4
    for (int g = 0; g < 4; ++g) {
      const Vec b = load(weight + k * kPanel + g * kLanes);
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) acc[r][g] = fma(a[r], b, acc[r][g]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int g = 0; g < 4; ++g) sums[r][g] = acc[r][g];
}

template <int R>
inline void start(const float *const *first, int offset, Vec acc[R][4]) {
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int g = 0; g < 4; ++g) acc[r][g] = load(first[r] + offset + g * kLanes);
}

template <int R>
void project_block(const float *weight, int panel, const float *features,
                   const float *const *first, float *out) {
  Vec acc[R][4];
  start<R>(first, panel * kPanel, acc);
  multiply<R, kFeatures>(weight + panel * kFeatures * kPanel, features, kFeatures, acc);
  for (int r = 0; r < R; ++r)
    for (int g = 0; g < 4; ++g)
      store(out + r * kGates + panel * kPanel + g * kLanes, acc[r][g]);
}

template <int R>
void lstm_block(const float *weight, int panel, const float *hidden, const float *const *input,
                float *cell, float *next) {
  Vec acc[R][4];
  start<R>(input, panel * kPanel, acc);
  multiply<R, kHidden>(weight + panel * kHidden * kPanel, hidden, kHidden, acc);
  for (int r = 0; r < R; ++r) {
    const int at = r * kHidden + panel * kLanes;
    Vec c = load(cell + at);
    store(next + at, gates(acc[r], c));
    store(cell + at, c);
  }
}

// Calls block(integral constant R, first row) for all rows, R = kBlock as long as possible.
template <int R>
struct Rows {
  static constexpr int value = R;
};

template <typename Block>
inline void in_blocks(int rows, Block block) {
  int r = 0;
  for (; r + kBlock <= rows; r += kBlock) block(Rows<kBlock>{}, r);
  switch (rows - r) {
    case 1: block(Rows<1>{}, r); break;
    case 2: block(Rows<2>{}, r); break;
#if defined(__AVX512F__)
    case 3: block(Rows<3>{}, r); break;
    case 4: block(Rows<4>{}, r); break;
    case 5: block(Rows<5>{}, r); break;
#endif
    default: break;
  }
}

void project(const float *weight, int rows, const float *features, const float *const *first,
             float *out) {
  for (int panel = 0; panel < kPanels; ++panel)
    in_blocks(rows, [=](auto size, int r) {
      project_block<decltype(size)::value>(weight, panel, features + r * kFeatures, first + r,
                                           out + r * kGates);
    });
}

void lstm(const float *weight, int rows, const float *hidden, const float *const *input,
          float *cell, float *next) {
  // Panels outside, rows inside: the weights (1 MB) are read once per step, not once per row.
  for (int panel = 0; panel < kPanels; ++panel)
    in_blocks(rows, [=](auto size, int r) {
      const int ahead = rows - r - size.value;
      prefetch_rows(input + r + size.value, ahead < kBlock ? ahead : kBlock, panel * kPanel);
      lstm_block<decltype(size)::value>(weight, panel, hidden + r * kHidden, input + r,
                                        cell + r * kHidden, next + r * kHidden);
    });
}

#if defined(__AVX512BF16__)
template <int R>
void lstm_bf16_block(const std::uint16_t *weight, int panel, const std::uint16_t *hidden,
                     const float *const *input, float *cell, float *next,
                     std::uint16_t *next_bf16) {
  Vec acc[R][4];
  start<R>(input, panel * kPanel, acc);
  const std::uint16_t *w = weight + panel * kHidden * kPanel;
  for (int k = 0; k < kHidden; k += 2) {
    __m512bh b[4];
#pragma GCC unroll 4
    for (int g = 0; g < 4; ++g)
      b[g] = (__m512bh)_mm512_loadu_si512(w + k * kPanel + 2 * kLanes * g);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      int pair;
      __builtin_memcpy(&pair, hidden + r * kHidden + k, sizeof pair);
      const __m512bh a = (__m512bh)_mm512_set1_epi32(pair);
#pragma GCC unroll 4
      for (int g = 0; g < 4; ++g) acc[r][g] = (Vec)_mm512_dpbf16_ps((__m512)acc[r][g], a, b[g]);
    }
  }
  for (int r = 0; r < R; ++r) {
    const int at = r * kHidden + panel * kLanes;
    Vec c = load(cell + at);
    const Vec h = gates(acc[r], c);
    store(next + at, h);
    store(cell + at, c);
    const __m256bh rounded = _mm512_cvtneps_pbh((__m512)h);
    __builtin_memcpy(next_bf16 + at, &rounded, sizeof rounded);
  }
}

void lstm_bf16(const std::uint16_t *weight, int rows, const std::uint16_t *hidden,
               const float *const *input, float *cell, float *next, std::uint16_t *next_bf16) {
  for (int panel = 0; panel < kPanels; ++panel)
    in_blocks(rows, [=](auto size, int r) {
      const int ahead = rows - r - size.value;
      prefetch_rows(input + r + size.value, ahead < kBlock ? ahead : kBlock, panel * kPanel);
      lstm_bf16_block<decltype(size)::value>(weight, panel, hidden + r * kHidden, input + r,
                                             cell + r * kHidden, next + r * kHidden,
                                             next_bf16 + r * kHidden);
    });
}
#endif

constexpr int kHeadVectors = kHead / kLanes;
constexpr int kOutputVectors = kLanes >= kOutputs ? 1 : kOutputs / kLanes;
constexpr int kHeadBlock = kLanes == 16 ? 4 : kLanes == 8 ? 2 : 1;

template <int R>
void head_block(const PackedHead &head, const float *hidden, float *out) {
  Vec acc[R][kHeadVectors];
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < kHeadVectors; ++v) acc[r][v] = load(head.hidden_bias + v * kLanes);
  for (int k = 0; k < kHidden; ++k) {
#pragma GCC unroll 8
    for (int v = 0; v < kHeadVectors; ++v) {
      const Vec b = load(head.hidden_weight + k * kHead + v * kLanes);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) acc[r][v] = fma(splat(hidden[r * kHidden + k]), b, acc[r][v]);
    }
  }
  for (int r = 0; r < R; ++r) {
    float middle[kHead];
    for (int v = 0; v < kHeadVectors; ++v)
      store(middle + v * kLanes, hyperbolic_tangent(acc[r][v]));
    Vec sum[kOutputVectors];
    for (int v = 0; v < kOutputVectors; ++v) sum[v] = load(head.output_bias + v * kLanes);
    for (int k = 0; k < kHead; ++k)
      for (int v = 0; v < kOutputVectors; ++v)
        sum[v] = fma(splat(middle[k]), load(head.output_weight + k * kHeadColumns + v * kLanes),
                     sum[v]);
    __builtin_memcpy(out + r * kOutputs, sum, kOutputs * sizeof(float));
  }
}

void head(const PackedHead &packed, int rows, const float *hidden, float *out) {
  int r = 0;
  for (; r + kHeadBlock <= rows; r += kHeadBlock)
    head_block<kHeadBlock>(packed, hidden + r * kHidden, out + r * kOutputs);
  for (; r < rows; ++r) head_block<1>(packed, hidden + r * kHidden, out + r * kOutputs);
}

void cumulate(int rows, const float *logits, float *cumulative) {
  for (int r = 0; r < rows; ++r) {
    const float *x = logits + r * kOutputs;
    float highest = x[0];
    for (int a = 1; a < kActions; ++a) highest = x[a] > highest ? x[a] : highest;
    float padded[kHeadColumns] = {};
    for (int a = 0; a < kActions; ++a)
      padded[a] = x[a] - highest < -80.0f ? -80.0f : x[a] - highest;
    for (int v = 0; v < kOutputVectors; ++v)
      store(padded + v * kLanes, exponential(load(padded + v * kLanes)));
    float sum = 0.0f;
    for (int a = 0; a < kActions; ++a) cumulative[r * kOutputs + a] = sum += padded[a];
    cumulative[r * kOutputs + kActions] = sum;
  }
}

}  // namespace

}  // namespace maze
