// Bindings: the agent and its evaluations.
#include <algorithm>
#include <mutex>
#include <vector>

#include "bindings.hpp"
#include "original.hpp"
#include "rollouts.hpp"

namespace maze {
namespace {

using Seeds = nb::ndarray<const std::uint64_t, nb::shape<-1>, nb::c_contig, nb::device::cpu>;
using Hidden = nb::ndarray<const float, nb::shape<-1, kHidden>, nb::c_contig, nb::device::cpu>;
using Tensor = nb::ndarray<const float, nb::c_contig, nb::device::cpu>;

constexpr int kMostEpisodes = 30000;
// The kernels count the numbers of all rows in an int.
constexpr std::size_t kMostRows = 1 << 20;
constexpr int kMostViews = 1 << 24;

// A dict of new arrays; fill(name, shape) adds one and returns its memory.
class Results {
 public:
  template <typename T>
  T *add(const char *name, std::initializer_list<std::size_t> shape) {
    T *data;
    dict[name] = make_array<T>(shape, &data);
    return data;
  }
  nb::dict dict;
};

// What rollouts of either kind report: per level (n), or per level and episode (e).
template <class R>
void add_results(R &r, Results &out, std::size_t n, std::size_t e, bool turns) {
  r.start = out.add<std::int16_t>("start", {n});
  r.goal = out.add<std::int16_t>("goal", {n});
  r.distance = out.add<std::int16_t>("optimal_path_length", {n});
  r.reachable = out.add<std::int16_t>("n_reachable", {n});
  r.length = out.add<std::uint16_t>("length", {n, e});
  r.left = out.add<std::uint16_t>("left_turns", {n, e});
  r.right = out.add<std::uint16_t>("right_turns", {n, e});
  r.distinct = out.add<std::uint16_t>("distinct_cells", {n, e});
  r.success = out.add<std::uint8_t>("success", {n, e});
  r.direction = out.add<std::uint8_t>("initial_direction", {n, e});
  r.occupancy = out.add<std::uint32_t>("occupancy", {n, kSide, kSide});
  r.turns = turns ? out.add<std::uint32_t>("turns", {n, 2, kSide, kSide}) : nullptr;
}

std::string described(const Tensor &array) {
  std::string text = "(";
  for (std::size_t i = 0; i < array.ndim(); ++i)
    text += (i ? ", " : "") + std::to_string(array.shape(i));
  return text + ")";
}

// The memory of a tensor of the dict, which keeps it: a conversion would make an array that is
// gone as soon as this returns.
const float *tensor(const nb::dict &weights, const char *name,
                    std::initializer_list<std::size_t> shape) {
  if (!weights.contains(name)) throw std::invalid_argument(std::string(name) + " is missing");
  const nb::object value = weights[name];
  Tensor array;
  if (!nb::try_cast(value, array, false) || !is_aligned(array))
    throw std::invalid_argument(std::string(name) + " is no contiguous array of float32");
  bool fits = array.ndim() == shape.size();
  std::size_t axis = 0;
  for (std::size_t n : shape) fits = fits && array.shape(axis++) == n;
  if (!fits)
    throw std::invalid_argument(std::string(name) + " has another shape: " + described(array));
  return array.data();
}

Weights read_weights(const nb::dict &w) {
  Weights out;
  out.conv_weight = tensor(w, "image_conv.0.weight", {16, 3, 3, 3});
  out.conv_bias = tensor(w, "image_conv.0.bias", {16});
  out.scalar_weight = tensor(w, "scalar_embed.weight", {5, 4});
  out.scalar_bias = tensor(w, "scalar_embed.bias", {5});
  out.weight_ih = tensor(w, "rnn.rnn.weight_ih_l0", {kGates, 149});
  out.weight_hh = tensor(w, "rnn.rnn.weight_hh_l0", {kGates, kHidden});
  out.bias_ih = tensor(w, "rnn.rnn.bias_ih_l0", {kGates});
  out.bias_hh = tensor(w, "rnn.rnn.bias_hh_l0", {kGates});
  out.actor_hidden = tensor(w, "actor.0.0.weight", {kHead, kHidden});
  out.actor_hidden_bias = tensor(w, "actor.0.0.bias", {kHead});
  out.actor_out = tensor(w, "actor.1.linear.weight", {kActions, kHead});
  out.actor_out_bias = tensor(w, "actor.1.linear.bias", {kActions});
  out.critic_hidden = tensor(w, "critic.0.0.weight", {kHead, kHidden});
  out.critic_hidden_bias = tensor(w, "critic.0.0.bias", {kHead});
  out.critic_out = tensor(w, "critic.1.weight", {1, kHead});
  out.critic_out_bias = tensor(w, "critic.1.bias", {1});
  return out;
}

// The agent: a network and the tables that its evaluations share.
class Agent {
 public:
  Agent(const nb::dict &weights, const std::string &isa, bool bf16, int cached_views)
      : network_(read_weights(weights), isa, bf16),
        inputs_(network_, true, checked(cached_views)),
        image_inputs_(network_, false, cached_views) {}

  std::string isa() const { return network_.isa(); }

  nb::dict rollouts(Levels levels, Seeds seeds, int episodes, int rows, int in_flight, bool share,
                    bool turns) {
    const std::size_t n = check(levels, seeds, episodes), e = static_cast<std::size_t>(episodes);
    if (rows < 1 || in_flight < 1)
      throw std::invalid_argument("rows and levels_in_flight must be at least 1");
    if (std::min(n, static_cast<std::size_t>(in_flight)) * e > kMostRows)
      throw std::invalid_argument("levels_in_flight times episodes is more than 1048576");
    Results out;
    RolloutResults r;
    add_results(r, out, n, e, turns);
    const RolloutOptions options{episodes, rows, in_flight, share};
    std::uint64_t computed;
    {
      nb::gil_scoped_release release;
      const std::lock_guard<std::mutex> turn(busy_);
      computed = run_rollouts(network_, inputs_, n, levels.data(), seeds.data(), options, r);
    }
    out.dict["network_rows"] = computed;
    return out.dict;
  }

  nb::dict original(Levels levels, Seeds seeds, int episodes, int rows, bool turns) {
    const std::size_t n = check(levels, seeds, episodes);
    if (rows < 1 || static_cast<std::size_t>(rows) > kMostRows)
      throw std::invalid_argument("rows must be 1 to 1048576");
    Results out;
    OriginalResults r = original_results(out, n, episodes, turns);
    std::uint64_t computed;
    {
      nb::gil_scoped_release release;
      const std::lock_guard<std::mutex> turn(busy_);
      computed = run_original(network_, image_inputs_, n, levels.data(), seeds.data(), episodes,
                              rows, r);
    }
    out.dict["network_rows"] = computed;
    return out.dict;
  }

  nb::dict replay_original(
      Level level, int episodes,
      nb::ndarray<const std::uint8_t, nb::shape<-1, kEnvironments>, nb::c_contig, nb::device::cpu>
          actions,
      std::size_t noted) {
    check_levels(level.data(), 1);
    check_episodes(episodes);
    check_actions(actions.data(), actions.size());
    const std::size_t steps = actions.shape(0);
    if (noted > steps) noted = steps;
    Results out;
    OriginalResults r = original_results(out, 1, episodes, true);
    OriginalTape tape;
    tape.actions = actions.data();
    tape.steps = steps;
    tape.directions = out.add<std::uint8_t>("directions", {steps, kEnvironments});
    tape.logits = out.add<float>("logits", {noted, kEnvironments, kActions});
    tape.noted = noted;
    std::size_t played;
    {
      nb::gil_scoped_release release;
      const std::lock_guard<std::mutex> turn(busy_);
      played = maze::replay_original(network_, image_inputs_, level.data(), episodes, tape, r);
    }
    out.dict["steps"] = played;
    return out.dict;
  }

  // One pass for n views of tile kinds with direction sets, states given and returned.
  nb::dict forward(
      nb::ndarray<const std::uint8_t, nb::shape<-1, kWindowCells>, nb::c_contig, nb::device::cpu>
          views,
      Bytes codes, Hidden hidden, Hidden cell) {
    const std::size_t n = views.shape(0);
    if (codes.shape(0) != n || hidden.shape(0) != n || cell.shape(0) != n)
      throw std::invalid_argument("views, codes, hidden and cell need the same number of rows");
    if (n == 0) throw std::invalid_argument("forward needs at least one row");
    check_aligned(hidden, "hidden");
    check_aligned(cell, "cell");
    Aligned<float> features(n * kFeatures), gates(n * kGates), outputs(n * kOutputs);
    std::vector<const float *> first(n), input(n);
    Rows rows;
    rows.grow(n, network_.bf16());
    if (network_.bf16()) throw std::invalid_argument("forward is for precision \"fp32\"");
    for (std::size_t i = 0; i < n; ++i) {
      for (int k = 0; k < kWindowCells; ++k)
        if (views(i, k) > kGoalTile) throw std::invalid_argument("tile kinds are 0, 1 and 2");
      if (codes(i) > 15) throw std::invalid_argument("direction sets are 0 to 15");
      network_.features(&views(i, 0), features.data() + i * kFeatures);
      first[i] = network_.direction(codes(i));
      input[i] = gates.data() + i * kGates;
    }
    std::memcpy(rows.hidden.data(), hidden.data(), n * kHidden * sizeof(float));
    std::memcpy(rows.cell.data(), cell.data(), n * kHidden * sizeof(float));
    network_.project(static_cast<int>(n), features.data(), first.data(), gates.data());
    network_.step(static_cast<int>(n), input.data(), rows);
    Results out;
    std::memcpy(out.add<float>("h", {n, kHidden}), rows.next.data(), n * kHidden * sizeof(float));
    std::memcpy(out.add<float>("c", {n, kHidden}), rows.cell.data(), n * kHidden * sizeof(float));
    float *logits = out.add<float>("logits", {n, kActions});
    float *value = out.add<float>("value", {n});
    network_.logits(static_cast<int>(n), rows.next.data(), outputs.data());
    for (std::size_t i = 0; i < n; ++i)
      std::memcpy(logits + i * kActions, outputs.data() + i * kOutputs, kActions * sizeof(float));
    network_.values(static_cast<int>(n), rows.next.data(), outputs.data());
    for (std::size_t i = 0; i < n; ++i) value[i] = outputs[i * kOutputs];
    return out.dict;
  }

 private:
  static std::size_t check(const Levels &levels, const Seeds &seeds, int episodes) {
    if (levels.shape(0) != seeds.shape(0))
      throw std::invalid_argument("there must be one seed per level");
    check_aligned(seeds, "seeds");
    check_episodes(episodes);
    check_levels(levels.data(), levels.shape(0));
    return levels.shape(0);
  }

  static void check_episodes(int episodes) {
    if (episodes < 1 || episodes > kMostEpisodes)
      throw std::invalid_argument("episodes must be 1 to 30000");
  }

  static int checked(int cached_views) {
    if (cached_views < 1 || cached_views > kMostViews)
      throw std::invalid_argument("cached_views must be 1 to 16777216");
    return cached_views;
  }

  static OriginalResults original_results(Results &out, std::size_t n, int episodes, bool turns) {
    const auto e = static_cast<std::size_t>(episodes);
    OriginalResults r;
    add_results(r, out, n, e, turns);
    r.repeated = out.add<std::uint32_t>("repeated", {n});
    return r;
  }

  Network network_;
  InputCache inputs_, image_inputs_;
  std::mutex busy_;   // the tables change in every call: threads take turns
};

}  // namespace

void bind_agent(nb::module_ &m) {
  m.def("supported_isas", &supported_isas);
  nb::class_<Agent>(m, "Agent")
      .def(nb::init<const nb::dict &, const std::string &, bool, int>(), nb::arg("weights"),
           nb::arg("isa") = "auto", nb::arg("bf16") = false,
           nb::arg("cached_views") = 6144)   // 24 MB
      .def_prop_ro("isa", &Agent::isa)
      .def("rollouts", &Agent::rollouts, exact("levels"), exact("seeds"), nb::arg("episodes"),
           nb::arg("rows") = 128, nb::arg("levels_in_flight") = 32, nb::arg("share") = true,
           nb::arg("turns") = false)
      .def("original", &Agent::original, exact("levels"), exact("seeds"), nb::arg("episodes"),
           nb::arg("rows") = 200, nb::arg("turns") = false)
      .def("replay_original", &Agent::replay_original, exact("level"), nb::arg("episodes"),
           exact("actions"), nb::arg("noted") = 0)
      .def("forward", &Agent::forward, exact("views"), exact("codes"), exact("hidden"),
           exact("cell"));
}

}  // namespace maze
