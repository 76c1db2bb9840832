// The agent's network (maze.md section 5), weights packed for one instruction set.
#pragma once

#include <string>

#include "aligned.hpp"
#include "kernels.hpp"
#include "simulator.hpp"

namespace maze {

// The sixteen tensors of a checkpoint, row-major.
struct Weights {
  const float *conv_weight, *conv_bias;        // (16,3,3,3), (16)
  const float *scalar_weight, *scalar_bias;    // (5,4), (5)
  const float *weight_ih, *weight_hh;          // (1024,149), (1024,256)
  const float *bias_ih, *bias_hh;              // (1024)
  const float *actor_hidden, *actor_hidden_bias, *actor_out, *actor_out_bias;
  const float *critic_hidden, *critic_hidden_bias, *critic_out, *critic_out_bias;
};

// Names of the instruction sets that this build has and this CPU runs, fastest first.
std::string supported_isas();

// Hidden state of many rows; row r is at r * kHidden. `next` becomes `hidden` after a step.
struct Rows {
  Aligned<float> hidden, next, cell;
  Aligned<std::uint16_t> hidden_bf16, next_bf16;

  void grow(std::size_t rows, bool bf16);
  // The next_* and cell values of row `from` to row `to` (between step and swap).
  void copy_stepped(std::size_t from, std::size_t to, bool bf16);
  void clear(std::size_t row, bool bf16);
  void swap();
};

class Network {
 public:
  // `isa` is "auto" or a name from supported_isas(); throws std::invalid_argument otherwise.
  Network(const Weights &weights, const std::string &isa, bool bf16);

  const char *isa() const { return kernels_->name; }
  bool bf16() const { return bf16_; }

  // Convolution of a view: kFeatures numbers.
  void features(const std::uint8_t tile[kWindowCells], float *out) const;

  // Input half of the gates for `rows` views, kGates numbers each, in this network's own column
  // order; first[r] is direction(code), blank(), ...
  void project(int rows, const float *features, const float *const *first, float *out) const {
    kernels_->project(input_weight_.data(), rows, features, first, out);
  }

  // Direction part plus both biases for a set of directions (bit d = direction d).
  const float *direction(int code) const { return direction_.data() + code * kGates; }
  const float *blank() const { return blank_.data(); }

  void step(int rows, const float *const *input, Rows &state) const;
  void logits(int rows, const float *hidden, float *out) const {
    kernels_->head(actor_, rows, hidden, out);
  }
  void values(int rows, const float *hidden, float *out) const {
    kernels_->head(critic_, rows, hidden, out);
  }
  void cumulate(int rows, const float *logits, float *cumulative) const {
    kernels_->cumulate(rows, logits, cumulative);
  }

 private:
  int column(int gate, int unit) const;
  void pack_input(const Weights &weights);
  void pack_recurrent(const Weights &weights);
  PackedHead pack_head(const float *hidden, const float *hidden_bias, const float *out,
                       const float *out_bias, int outputs, Aligned<float> &memory);

  const Kernels *kernels_;
  bool bf16_;
  float conv_tile_[9][3][16];    // contribution of a tile kind at a place of the 3x3 window
  float conv_bias_[16];
  Aligned<float> input_weight_, recurrent_weight_, direction_, blank_;
  Aligned<std::uint16_t> recurrent_bf16_;
  Aligned<float> actor_memory_, critic_memory_;
  PackedHead actor_, critic_;
};

}  // namespace maze
