// The Python module dsage_mpi.search._native.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <stdexcept>

#include "placement.hpp"
#include "smallest.hpp"

namespace nb = nanobind;

namespace search {
namespace {

template <typename T, typename Shape>
using In = nb::ndarray<const T, Shape, nb::c_contig, nb::device::cpu>;
template <typename T, typename Shape>
using Out = nb::ndarray<T, Shape, nb::c_contig, nb::device::cpu>;
using Line = nb::shape<-1>;
using Table = nb::shape<-1, -1>;

void require(bool met, const char *what) {
  if (!met) throw std::invalid_argument(what);
}

// A grid archive whose objectives and occupancy are NumPy arrays that somebody else may change.
class GridView {
 public:
  GridView(In<std::int32_t, Line> cells, In<double, Line> low, In<double, Line> high,
           double epsilon, In<bool, Line> occupied, In<double, Line> objective)
      : occupied_(occupied), objective_(objective) {
    require(low.shape(0) == cells.shape(0) && high.shape(0) == cells.shape(0),
            "there must be two bounds per measure");
    std::size_t all = 1;
    for (std::size_t k = 0; k < cells.shape(0); ++k) {
      require(cells(k) > 0 && low(k) < high(k), "a measure needs cells, and low < high");
      grid_.axes.push_back({cells(k), low(k), high(k)});
      all *= static_cast<std::size_t>(cells(k));
    }
    require(all < (std::size_t{1} << 31), "too many cells");
    require(occupied.shape(0) == all && objective.shape(0) == all, "one entry per cell");
    grid_.epsilon = epsilon;
    grid_.occupied = occupied.data();
    grid_.objective = objective.data();
  }

  std::ptrdiff_t place(In<double, Line> objective, In<double, Table> measures,
                       Out<std::int32_t, Line> cell, Out<std::int32_t, Line> status,
                       Out<double, Line> value, Out<std::int64_t, Line> winners) const {
    const std::size_t n = objective.shape(0);
    require(measures.shape(0) == n && measures.shape(1) == grid_.axes.size(),
            "measures do not fit");
    require(cell.shape(0) == n && status.shape(0) == n && value.shape(0) == n &&
                winners.shape(0) == n && n < (std::size_t{1} << 32),
            "outputs do not fit");
    return search::place(grid_, {n, objective.data(), measures.data()},
                         {cell.data(), status.data(), value.data(), winners.data()});
  }

 private:
  Grid grid_;
  // Keep the memory.
  In<bool, Line> occupied_;
  In<double, Line> objective_;
};

void bound_smallest(In<float, Table> keys, Out<std::int64_t, Table> positions,
                    Out<bool, Line> tied) {
  const std::size_t count = positions.shape(1);
  require(positions.shape(0) == keys.shape(0) && tied.shape(0) == keys.shape(0),
          "one row of positions per row of keys");
  require(count > 0 && count <= keys.shape(1), "there must be as many keys as positions");
  smallest({keys.shape(0), keys.shape(1), keys.data()}, count, positions.data(), tied.data());
}

auto exact(const char *name) { return nb::arg(name).noconvert(); }

}  // namespace
}  // namespace search

NB_MODULE(_native, m) {
  using search::exact;
  nb::class_<search::GridView>(m, "GridView")
      .def(nb::init<search::In<std::int32_t, search::Line>, search::In<double, search::Line>,
                    search::In<double, search::Line>, double, search::In<bool, search::Line>,
                    search::In<double, search::Line>>(),
           exact("cells"), exact("low"), exact("high"), nb::arg("epsilon"), exact("occupied"),
           exact("objective"))
      .def("place", &search::GridView::place, exact("objective"), exact("measures"),
           exact("cell"), exact("status"), exact("value"), exact("winners"));
  m.def("smallest", &search::bound_smallest, exact("keys"), exact("positions"), exact("tied"));
}
