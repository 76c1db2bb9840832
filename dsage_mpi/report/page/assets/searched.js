// The surrogate's archive: what it believed when the newest solutions were chosen, and what
// simulating those gave.

class SearchedData {
  /** @param {RunData} run Whose surrogate it is. */
  constructor(run) {
    this.run = run;
    this.axes = run.axes;
    this.dims = run.dims;
    this.cells = run.cells;
    this.grid = run.grid;
    this.centres = run.centres;
    this.iteration = 0;
    /** @type {Float64Array} */ this.cell = new Float64Array(0);
    /** @type {Float64Array} -1: not chosen. */ this.evaluation = new Float64Array(0);
    /** @type {Float64Array[]} */ this.predicted = [];
    /** @type {Float64Array[]} */ this.real = [];
    /** @type {Quantity[]} */ this.quantities = [];
  }

  /** @param {any} content */
  async read(content) {
    this.iteration = content.iteration;
    this.cell = await numbersOf(content.cell);
    this.evaluation = await numbersOf(content.evaluation);
    for (const column of content.predicted) this.predicted.push(await numbersOf(column));
    for (const column of content.real) this.real.push(await numbersOf(column));
    const named = ["objective", ...this.axes.map((axis) => axis.name)];
    const errors = [];
    for (const [k, name] of named.entries()) {
      const { label, unit } = this.run.quantity(name) ?? { label: name, unit: "" };
      const values = this.predicted[k], real = this.real[k];
      this.quantities.push({ name, label: `predicted ${label}`, unit, values });
      errors.push({ name: `error:${name}`, label: `error of predicted ${label}`, unit,
        values: values.map((value, row) => Math.abs(value - real[row])) });
    }
    const values = this.evaluation.map((number) => (number < 0 ? NaN : number));
    const number = { name: "evaluation", label: "evaluation that simulates it", unit: "", values };
    this.quantities.push(number, ...errors);
  }

  /** @param {string} name @returns {Quantity | undefined} */
  quantity(name) {
    return this.quantities.find((one) => one.name === name);
  }

  /** @param {boolean} chosen Only what was chosen. @returns {Map<number, number>} Cell -> row. */
  holders(chosen) {
    const held = new Map();
    for (let k = 0; k < this.cell.length; k++)
      if (!chosen || this.evaluation[k] >= 0) held.set(this.cell[k], k);
    return held;
  }

  /** @param {HTMLElement} parent */
  showCards(parent) {
    const sum = this.predicted[0].reduce((all, value) => all + value, 0);
    const chosen = this.evaluation.filter((number) => number >= 0).length;
    fill(parent, ...[[shown(this.iteration), "outer iteration"],
      [grouped(this.cell.length), "cells in the surrogate's archive"],
      [shown(sum), "QD-score that it predicts"],
      [grouped(chosen), "chosen to be simulated"]].map(([value, what]) => {
      const card = element("div", undefined, "card");
      card.append(element("b", value), element("span", what));
      return card;
    }));
  }

  /**
   * @param {number} row -1: none. @param {number} cell
   * @param {(event: number) => void} go Shows an elite of the real archive.
   */
  show(row, cell, go) {
    const box = byId("detail"), simulated = byId("origin");
    box.dataset.belief = "yes";
    box.classList.toggle("none", row < 0);
    const where = cell < 0 ? "" : `Cell ${cellName(cell, this.dims)}`;
    byId("what").textContent = row >= 0 ? `${where}, as the surrogate predicts it`
      : cell < 0 ? "Choose a cell: click the map, or use the arrow keys on it."
        : `${where}: nothing of this archive is in it.`;
    if (row < 0) return;
    const body = element("tbody"), head = element("tr");
    head.append(element("th", ""), element("th", "predicted"), element("th", "simulated"));
    ["objective", ...this.axes.map((axis) => axis.name)].forEach((name, k) => {
      const line = element("tr"), what = this.run.quantity(name);
      line.append(element("th", what ? labelled(what) : name),
        element("td", shown(this.predicted[k][row])), element("td", this.told(row, k)));
      body.append(line);
    });
    fill(byId("numbers"), head, body);
    byId("commands").replaceChildren();
    fill(simulated, ...this.fate(row, go));
  }

  /** @param {number} row @param {number} k */
  told(row, k) {
    const value = this.real[k][row];
    return Number.isFinite(value) ? shown(value) : "";
  }

  /** What became of it. @param {number} row @param {(event: number) => void} go
   * @returns {HTMLElement[]} */
  fate(row, go) {
    const number = this.evaluation[row], named = `evaluation ${grouped(number)}`;
    if (number < 0) return [element("span", "It was not chosen to be simulated.")];
    if (number >= this.run.evaluations)
      return [element("span", this.run.content.state === "done"
        ? "It was chosen, but the budget ended before it."
        : `It was chosen, to be simulated as ${named}.`)];
    const event = this.run.evaluation.indexOf(number);
    if (event < 0) {
      const failed = !Number.isFinite(this.real[0][row]);
      return [element("span", `It was chosen and simulated as ${named}, which ${failed
        ? "failed" : "was no better than what its cell held"}.`)];
    }
    const link = element("button", named);
    link.addEventListener("click", () => go(event));
    return [element("span", "It was chosen, and became an elite: "), link];
  }
}
