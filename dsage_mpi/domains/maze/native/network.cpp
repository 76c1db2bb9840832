#include "network.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace maze {
namespace {

constexpr int kChannels = 16;
constexpr int kInputs = 149;
// Type, colour and state codes of the tile kinds empty, wall, goal (maze.md section 3).
constexpr int kCode[3][3] = {{1, 0, 0}, {2, 5, 0}, {8, 1, 0}};

std::vector<const Kernels *> supported() {
  std::vector<const Kernels *> found;
#ifdef MAZE_X86
  __builtin_cpu_init();
  const bool fma = __builtin_cpu_supports("fma");
  const bool avx512 = fma && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
#ifdef MAZE_BF16
  if (avx512 && __builtin_cpu_supports("avx512bf16")) found.push_back(&kKernelsAvx512Bf16);
#endif
  if (avx512) found.push_back(&kKernelsAvx512);
  if (fma && __builtin_cpu_supports("avx2")) found.push_back(&kKernelsAvx2);
#endif
  found.push_back(&kKernelsGeneric);
  return found;
}

const Kernels *choose(const std::string &isa, bool bf16) {
  for (const Kernels *kernels : supported()) {
    if (isa != "auto" && isa != kernels->name) continue;
    if (bf16 && !kernels->lstm_bf16) continue;
    return kernels;
  }
  if (bf16)
    throw std::invalid_argument(
        "precision \"bf16\" needs a CPU with AVX512_BF16 (Intel Cooper Lake or Sapphire Rapids, "
        "AMD Zen 4, or newer); this one runs " + supported_isas() +
        ". Use precision = \"fp32\"");
  throw std::invalid_argument("instruction set \"" + isa +
                              "\" is not available here; this CPU runs " + supported_isas());
}

// Nearest bfloat16, ties to even.
std::uint16_t to_bf16(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

}  // namespace

std::string supported_isas() {
  std::string names;
  for (const Kernels *kernels : supported())
    names += (names.empty() ? "" : ", ") + std::string(kernels->name);
  return names;
}

void Rows::grow(std::size_t rows, bool bf16) {
  if (rows * kHidden <= hidden.size()) return;
  hidden.grow(rows * kHidden);
  next.grow(rows * kHidden);
  cell.grow(rows * kHidden);
  if (bf16) {
    hidden_bf16.grow(rows * kHidden);
    next_bf16.grow(rows * kHidden);
  }
}

void Rows::copy_stepped(std::size_t from, std::size_t to, bool bf16) {
  const std::size_t a = from * kHidden, b = to * kHidden;
  std::memcpy(next.data() + b, next.data() + a, kHidden * sizeof(float));
  std::memcpy(cell.data() + b, cell.data() + a, kHidden * sizeof(float));
  if (bf16)
    std::memcpy(next_bf16.data() + b, next_bf16.data() + a, kHidden * sizeof(std::uint16_t));
}

void Rows::clear(std::size_t row, bool bf16) {
  std::memset(hidden.data() + row * kHidden, 0, kHidden * sizeof(float));
  std::memset(cell.data() + row * kHidden, 0, kHidden * sizeof(float));
  if (bf16)
    std::memset(hidden_bf16.data() + row * kHidden, 0, kHidden * sizeof(std::uint16_t));
}

void Rows::swap() {
  hidden.swap(next);
  hidden_bf16.swap(next_bf16);
}

Network::Network(const Weights &weights, const std::string &isa, bool bf16)
    : kernels_(choose(isa, bf16)), bf16_(bf16) {
  for (int place = 0; place < 9; ++place)
    for (int tile = 0; tile < 3; ++tile)
      for (int out = 0; out < kChannels; ++out) {
        double sum = 0.0;
        for (int c = 0; c < 3; ++c)
          sum += static_cast<double>(weights.conv_weight[(out * 3 + c) * 9 + place]) *
                 static_cast<float>(kCode[tile][c] / 10.0);
        conv_tile_[place][tile][out] = static_cast<float>(sum);
      }
  std::copy(weights.conv_bias, weights.conv_bias + kChannels, conv_bias_);
  pack_input(weights);
  pack_recurrent(weights);
  actor_ = pack_head(weights.actor_hidden, weights.actor_hidden_bias, weights.actor_out,
                     weights.actor_out_bias, kActions, actor_memory_);
  critic_ = pack_head(weights.critic_hidden, weights.critic_hidden_bias, weights.critic_out,
                      weights.critic_out_bias, 1, critic_memory_);
}

// Place of a gate of a unit in the packed column order.
int Network::column(int gate, int unit) const {
  const int lanes = kernels_->lanes;
  return unit / lanes * 4 * lanes + gate * lanes + unit % lanes;
}

void Network::pack_input(const Weights &weights) {
  const int panel = 4 * kernels_->lanes;
  input_weight_.grow(static_cast<std::size_t>(kGates) * kFeatures);
  direction_.grow(16 * kGates);
  blank_.grow(kGates);
  for (int gate = 0; gate < 4; ++gate)
    for (int unit = 0; unit < kHidden; ++unit) {
      const int row = gate * kHidden + unit, to = column(gate, unit);
      const float *from = weights.weight_ih + row * kInputs;
      // Features are ours in the order [place][channel], the checkpoint's [channel][place].
      for (int place = 0; place < 9; ++place)
        for (int c = 0; c < kChannels; ++c)
          input_weight_[(to / panel * kFeatures + place * kChannels + c) * panel + to % panel] =
              from[c * 9 + place];
      for (int code = 0; code < 16; ++code) {
        double sum = static_cast<double>(weights.bias_ih[row]) + weights.bias_hh[row];
        for (int e = 0; e < 5; ++e) {
          double embedding = weights.scalar_bias[e];
          for (int d = 0; d < 4; ++d)
            if (code >> d & 1) embedding += weights.scalar_weight[4 * e + d];
          sum += from[kFeatures + e] * embedding;
        }
        direction_[code * kGates + to] = static_cast<float>(sum);
      }
    }
}

void Network::pack_recurrent(const Weights &weights) {
  const int panel = 4 * kernels_->lanes;
  const std::size_t size = static_cast<std::size_t>(kGates) * kHidden;
  if (bf16_)
    recurrent_bf16_.grow(size);
  else
    recurrent_weight_.grow(size);
  for (int gate = 0; gate < 4; ++gate)
    for (int unit = 0; unit < kHidden; ++unit) {
      const int to = column(gate, unit);
      const float *from = weights.weight_hh + (gate * kHidden + unit) * kHidden;
      for (int k = 0; k < kHidden; ++k) {
        const int base = to / panel * kHidden * panel;
        if (bf16_)
          recurrent_bf16_[base + k / 2 * 2 * panel + to % panel * 2 + k % 2] = to_bf16(from[k]);
        else
          recurrent_weight_[base + k * panel + to % panel] = from[k];
      }
    }
}

PackedHead Network::pack_head(const float *hidden, const float *hidden_bias, const float *out,
                              const float *out_bias, int outputs, Aligned<float> &memory) {
  memory.grow(kHidden * kHead + kHead + kHead * kHeadColumns + kHeadColumns);
  float *hidden_weight = memory.data();
  float *first_bias = hidden_weight + kHidden * kHead;
  float *output_weight = first_bias + kHead;
  float *output_bias = output_weight + kHead * kHeadColumns;
  for (int i = 0; i < kHead; ++i) {
    for (int k = 0; k < kHidden; ++k) hidden_weight[k * kHead + i] = hidden[i * kHidden + k];
    first_bias[i] = hidden_bias[i];
    for (int a = 0; a < outputs; ++a) output_weight[i * kHeadColumns + a] = out[a * kHead + i];
  }
  std::copy(out_bias, out_bias + outputs, output_bias);
  return {hidden_weight, first_bias, output_weight, output_bias};
}

void Network::features(const std::uint8_t tile[kWindowCells], float *out) const {
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) {
      float sum[kChannels];
      std::copy(conv_bias_, conv_bias_ + kChannels, sum);
      for (int place = 0; place < 9; ++place) {
        const float *part = conv_tile_[place][tile[kWindow * (i + place / 3) + j + place % 3]];
        for (int c = 0; c < kChannels; ++c) sum[c] += part[c];
      }
      float *to = out + (3 * i + j) * kChannels;
      for (int c = 0; c < kChannels; ++c) to[c] = sum[c] > 0.0f ? sum[c] : 0.0f;
    }
}

void Network::step(int rows, const float *const *input, Rows &state) const {
  if (bf16_)
    kernels_->lstm_bf16(recurrent_bf16_.data(), rows, state.hidden_bf16.data(), input,
                        state.cell.data(), state.next.data(), state.next_bf16.data());
  else
    kernels_->lstm(recurrent_weight_.data(), rows, state.hidden.data(), input, state.cell.data(),
                   state.next.data());
}

}  // namespace maze
