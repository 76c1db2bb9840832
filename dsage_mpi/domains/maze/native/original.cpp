#include "original.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <vector>

#include "endpoints.hpp"
#include "random.hpp"

namespace maze {
namespace {

// One of the ten environments of an evaluation.
struct Environment {
  explicit Environment(const Philox &stream) : random(stream) {}

  Philox random;                  // samples its actions
  std::size_t position = 0;       // in the direction stream that all environments share
  Board visited;
  std::int16_t state = 0;
  std::uint8_t direction = 0;     // at the start of the running episode
  std::uint16_t steps = 0, left = 0, right = 0;
  std::vector<std::int16_t> path, ended;   // states of the running and of the last episode
};

// A level under evaluation: ten environments, stopped when enough episodes have ended.
class Evaluation {
 public:
  Evaluation(std::size_t number, std::uint64_t seed, const Board &free, const Endpoints &ends,
             int episodes, DirectionStream &stream, OriginalResults &results)
      : number_(number), free_(free), ends_(ends), episodes_(episodes), stream_(stream),
        results_(results) {
    world_.build(free, ends.goal);
    for (int i = 0; i < kEnvironments; ++i) {
      environments_.emplace_back(Philox(seed, static_cast<std::uint64_t>(i)));
      Environment &env = environments_.back();
      stream_.below(4, env.position);   // drawn at construction, discarded
      reset(env);
    }
  }

  const World &world() const { return world_; }
  LevelInputs &inputs() { return inputs_; }
  int state(int i) const { return environments_[i].state; }
  bool finished() const { return ended_ == episodes_; }
  Philox &random(int i) { return environments_[i].random; }

  // Bit d is set if any environment looks in direction d: the network's direction input.
  int direction_union() const {
    int code = 0;
    for (const Environment &env : environments_) code |= 1 << (env.state & 3);
    return code;
  }

  // One action per environment; afterwards restarted[i] tells whose hidden state is to be zeroed.
  void step(const int actions[kEnvironments], bool restarted[kEnvironments]) {
    bool done[kEnvironments], success[kEnvironments];
    std::uint16_t length[kEnvironments];
    std::uint8_t direction[kEnvironments];
    for (int i = 0; i < kEnvironments; ++i) {
      Environment &env = environments_[i];
      count(env, actions[i]);
      const int target = world_.step(env.state, actions[i]);
      ++env.steps;
      length[i] = env.steps;
      direction[i] = env.direction;
      success[i] = target == World::kGoal;
      done[i] = success[i] || env.steps == kMaxSteps;
      restarted[i] = done[i];
      if (!success[i]) env.state = static_cast<std::int16_t>(target);
      if (success[i]) respawn(env);
      if (done[i]) {
        env.ended.swap(env.path);
        reset(env);
      }
    }
    for (int i = 0; i < kEnvironments && !finished(); ++i)
      if (done[i]) note(environments_[i], length[i], direction[i], success[i]);
  }

 private:
  void count(Environment &env, int action) {
    const int cell = env.state >> 2;
    if (results_.trace) env.path.push_back(env.state);
    std::uint32_t *turns = results_.turns ? results_.turns + number_ * 2 * kCells : nullptr;
    if (action == kTurnLeft) {
      ++env.left;
      if (turns) ++turns[cell];
    } else if (action == kTurnRight) {
      ++env.right;
      if (turns) ++turns[kCells + cell];
    }
    ++results_.occupancy[number_ * kCells + cell];
    if (env.visited.has(cell))
      ++results_.repeated[number_];
    else
      env.visited = env.visited | Board::single(cell);
  }

  // The dummy respawn at a success: cells are drawn until one is empty, then a direction.
  void respawn(Environment &env) {
    for (;;) {
      const int x = stream_.below(kSide + 2, env.position);
      const int y = stream_.below(kSide + 2, env.position);
      if (x < 1 || x > kSide || y < 1 || y > kSide) continue;
      const int cell = kSide * (y - 1) + x - 1;
      if (free_.has(cell) && cell != ends_.goal) break;
    }
    stream_.below(4, env.position);
  }

  void reset(Environment &env) {
    env.direction = static_cast<std::uint8_t>(stream_.below(4, env.position));
    env.state = static_cast<std::int16_t>(4 * ends_.start + env.direction);
    env.steps = 0;
    env.path.clear();
  }

  void note(Environment &env, std::uint16_t length, std::uint8_t direction, bool success) {
    const std::size_t at = number_ * episodes_ + ended_++;
    results_.length[at] = length;
    results_.success[at] = success;
    results_.direction[at] = direction;
    results_.distinct[at] = static_cast<std::uint16_t>(env.visited.count());
    results_.left[at] = env.left;
    results_.right[at] = env.right;
    if (results_.trace)
      std::copy(env.ended.begin(), env.ended.end(), results_.trace + at * kMaxSteps);
    env.left = env.right = 0;
    env.visited = Board{};
  }

  std::size_t number_;
  Board free_;
  Endpoints ends_;
  int episodes_;
  DirectionStream &stream_;
  OriginalResults &results_;
  World world_;
  LevelInputs inputs_;
  std::vector<Environment> environments_;
  int ended_ = 0;
};

// Evaluations that are stepped together; evaluation b has rows 10 b to 10 b + 9.
class Batch {
 public:
  Batch(const Network &network, InputCache &inputs) : network_(network), inputs_(inputs) {}

  std::vector<std::unique_ptr<Evaluation>> evaluations;

  void clear(std::size_t row) { state_.clear(row, network_.bf16()); }

  void reserve(std::size_t count) {
    state_.grow(count * kEnvironments, network_.bf16());
    gates_.grow(count * kEnvironments * kGates);
    logits_.grow(count * kEnvironments * kOutputs);
    cumulative_.grow(count * kEnvironments * kOutputs);
  }

  void forward() {
    const int rows = static_cast<int>(evaluations.size()) * kEnvironments;
    slot_.resize(rows);
    input_.resize(rows);
    inputs_.begin(rows);
    for (int r = 0; r < rows; ++r) {
      Evaluation &evaluation = *evaluations[r / kEnvironments];
      slot_[r] = inputs_.want(evaluation.world(), evaluation.inputs(),
                              evaluation.state(r % kEnvironments));
    }
    inputs_.finish();
    for (int r = 0; r < rows; ++r) {
      const float *image = inputs_.at(slot_[r]);
      const float *direction =
          network_.direction(evaluations[r / kEnvironments]->direction_union());
      float *sum = gates_.data() + static_cast<std::size_t>(r) * kGates;
      for (int i = 0; i < kGates; ++i) sum[i] = image[i] + direction[i];
      input_[r] = sum;
    }
    network_.step(rows, input_.data(), state_);
    network_.logits(rows, state_.next.data(), logits_.data());
    network_.cumulate(rows, logits_.data(), cumulative_.data());
    state_.swap();
  }

  const float *logits(std::size_t row) const { return logits_.data() + row * kOutputs; }

  int sample(std::size_t row, Philox &random) const {
    const float *cumulative = cumulative_.data() + row * kOutputs;
    const double threshold = random.uniform() * cumulative[kActions - 1];
    int action = 0;
    while (action < kActions - 1 && !(threshold < cumulative[action])) ++action;
    return action;
  }

  void take(std::size_t b, const int actions[kEnvironments]) {
    bool restarted[kEnvironments];
    evaluations[b]->step(actions, restarted);
    for (int i = 0; i < kEnvironments; ++i)
      if (restarted[i]) clear(b * kEnvironments + i);
  }

  // Removes evaluation b; the last one takes its rows.
  void remove(std::size_t b) {
    const std::size_t last = evaluations.size() - 1;
    if (b != last) {
      state_.swap();   // copy_stepped works on the buffer that the next step reads
      for (int i = 0; i < kEnvironments; ++i)
        state_.copy_stepped(last * kEnvironments + i, b * kEnvironments + i, network_.bf16());
      state_.swap();
      evaluations[b] = std::move(evaluations[last]);
    }
    evaluations.pop_back();
  }

 private:
  const Network &network_;
  InputCache &inputs_;
  Rows state_;
  std::vector<int> slot_;
  std::vector<const float *> input_;
  Aligned<float> gates_, logits_, cumulative_;
};

Endpoints note_endpoints(std::size_t number, const Board &free, OriginalResults &results) {
  const Endpoints ends = find_endpoints(free);
  results.start[number] = static_cast<std::int16_t>(ends.start);
  results.goal[number] = static_cast<std::int16_t>(ends.goal);
  results.distance[number] = static_cast<std::int16_t>(ends.distance);
  results.reachable[number] = static_cast<std::int16_t>(ends.reachable.count());
  return ends;
}

}  // namespace

std::uint64_t run_original(const Network &network, InputCache &inputs, std::size_t n,
                           const std::uint8_t *levels, const std::uint64_t *seeds, int episodes,
                           int rows, OriginalResults &results) {
  DirectionStream stream;
  Batch batch(network, inputs);
  std::uint64_t computed = 0;
  std::size_t queued = 0;
  for (;;) {
    while (queued < n && static_cast<int>(batch.evaluations.size()) * kEnvironments < rows) {
      const std::size_t number = queued++;
      Board free;
      free_cells(levels + number * kCells, free);
      const Endpoints ends = note_endpoints(number, free, results);
      if (ends.start < 0) continue;
      batch.evaluations.push_back(std::make_unique<Evaluation>(number, seeds[number], free, ends,
                                                               episodes, stream, results));
      const std::size_t count = batch.evaluations.size();
      batch.reserve(count);
      for (std::size_t r = (count - 1) * kEnvironments; r < count * kEnvironments; ++r)
        batch.clear(r);
    }
    if (batch.evaluations.empty()) return computed;
    batch.forward();
    computed += batch.evaluations.size() * kEnvironments;
    for (std::size_t b = batch.evaluations.size(); b-- > 0;) {
      int actions[kEnvironments];
      for (int i = 0; i < kEnvironments; ++i)
        actions[i] = batch.sample(b * kEnvironments + i, batch.evaluations[b]->random(i));
      batch.take(b, actions);
      if (batch.evaluations[b]->finished()) batch.remove(b);
    }
  }
}

std::size_t replay_original(const Network &network, InputCache &inputs, const std::uint8_t *level,
                            int episodes, const OriginalTape &tape, OriginalResults &results) {
  DirectionStream stream;
  Board free;
  free_cells(level, free);
  const Endpoints ends = note_endpoints(0, free, results);
  if (ends.start < 0) return 0;
  Batch batch(network, inputs);
  batch.evaluations.push_back(
      std::make_unique<Evaluation>(0, 0, free, ends, episodes, stream, results));
  batch.reserve(1);
  Evaluation &evaluation = *batch.evaluations[0];
  for (std::size_t step = 0; step < tape.steps; ++step) {
    if (step < tape.noted) {
      batch.forward();
      for (int i = 0; i < kEnvironments; ++i)
        std::memcpy(tape.logits + (step * kEnvironments + i) * kActions, batch.logits(i),
                    kActions * sizeof(float));
    }
    int actions[kEnvironments];
    for (int i = 0; i < kEnvironments; ++i) {
      tape.directions[step * kEnvironments + i] =
          static_cast<std::uint8_t>(evaluation.state(i) & 3);
      actions[i] = tape.actions[step * kEnvironments + i];
    }
    batch.take(0, actions);
    if (evaluation.finished()) return step + 1;
  }
  throw std::invalid_argument("the tape ends before the evaluation does");
}

}  // namespace maze
