// What a page shows beside the archive: scores, curves, errors, times, failures, settings.

/** @param {RunData} run @returns {{x: number[], score: number[], coverage: number[],
 *   best: number[]}} The archive's scores, exact at each evaluation that changed it. */
function scoresOf(run) {
  const objective = run.quantity("objective")?.values ?? [];
  /** @type {Map<number, number>} */ const held = new Map();
  /** @type {{x: number[], score: number[], coverage: number[], best: number[]}} */
  const made = { x: [], score: [], coverage: [], best: [] };
  let score = 0, best = -Infinity;
  for (let k = 0; k < run.count; k++) {
    score += objective[k] - (held.get(run.cell[k]) ?? 0);
    held.set(run.cell[k], objective[k]);
    best = Math.max(best, objective[k]);
    made.x.push(run.evaluation[k] + 1);
    made.score.push(score);
    made.coverage.push((100 * held.size) / run.cells);
    made.best.push(best);
  }
  if (run.count && run.evaluations > made.x[run.count - 1]) {
    made.x.push(run.evaluations);
    for (const name of /** @type {const} */ (["score", "coverage", "best"]))
      made[name].push(made[name][run.count - 1]);
  }
  return made;
}

/** @param {RunData[]} runs @param {number} chosen @returns {HTMLElement[]} */
function scoreCharts(runs, chosen) {
  const scores = runs.map(scoresOf);
  const series = (/** @type {"score" | "coverage" | "best"} */ name) => runs.map((run, k) => ({
    label: run.name, x: scores[k].x, y: scores[k][name], steps: true,
    colour: SERIES_COLOURS[k % SERIES_COLOURS.length], dashed: k >= SERIES_COLOURS.length }));
  const rows = runs[chosen].content.rows, x = "real evaluations";
  const made = [
    chart({ title: "QD-score", x }, series("score")),
    chart({ title: "Coverage (%)", x }, series("coverage")),
    chart({ title: "Best objective", x }, series("best")),
  ];
  if (rows.yield)
    made.push(chart({ title: "New or better cells per evaluation", x }, [
      { label: "yield", x: rows.evaluations, y: rows.yield, colour: "--amber" }]));
  return made;
}

/** @param {RunData} run @returns {HTMLElement[]} */
function surrogateCharts(run) {
  const { rows, checked } = run.content, made = [];
  const names = ["objective", ...run.axes.map((axis) => axis.name), "occupancy"];
  const title = (/** @type {string} */ name) => name.replaceAll("_", " ");
  if (checked)
    checked.names.forEach((/** @type {string} */ name, /** @type {number} */ k) => made.push(
      chart({ title: `Predicted ${name}, then simulated`, x: "simulated", zero: false,
        y: checked.ends ? "predicted, 90 % interval" : "predicted", diagonal: true },
      [{ label: name, x: checked.real[k], y: checked.predicted[k], colour: "--blue",
        dots: true, ends: checked.ends?.[k] }])));
  for (const name of names) {
    const error = rows[`${name}_mae`];
    if (!error) continue;
    made.push(chart({ title: `Held-out error: ${title(name)}`, x: "real evaluations" }, [
      { label: "surrogate", x: rows.evaluations, y: error, colour: "--red" },
      ...(rows[`${name}_constant_mae`] ? [{ label: "always the mean so far", x: rows.evaluations,
        y: rows[`${name}_constant_mae`], colour: "--grey", dashed: true }] : [])]));
  }
  for (const name of names) {
    if (!rows[`${name}_r2`]) continue;
    const floor = (/** @type {(number | null)[]} */ values) =>
      values.map((value) => (value === null ? null : Math.max(-1, value)));
    made.push(chart({ title: `Held-out agreement: ${title(name)}`, x: "real evaluations", top: 1 },
      [{ label: "R²", x: rows.evaluations, y: floor(rows[`${name}_r2`]), colour: "--red" },
        ...(rows[`${name}_spearman`] ? [{ label: "rank correlation", x: rows.evaluations,
          y: floor(rows[`${name}_spearman`]), colour: "--blue" }] : [])]));
  }
  return made;
}

const PHASES = [["train_s", "train the surrogate", "--blue"], ["inner_s", "inner loop", "--green"],
  ["evaluate_s", "simulate", "--amber"], ["checkpoint_s", "checkpoints", "--purple"]];

/** @param {RunData} run @returns {HTMLElement[]} */
function timeCharts(run) {
  const { rows } = run.content, x = "outer iteration";
  if (!rows.iteration) return [];
  const of = (/** @type {string[][]} */ phases) => phases.filter(([name]) => rows[name]).map(
    ([name, label, colour]) => ({ label, x: rows.iteration, y: rows[name], colour }));
  const made = [chart({ title: "Seconds per outer iteration", x }, of(PHASES))];
  const sums = PHASES.map(([name, label, colour]) => ({ label, colour,
    seconds: sumOf(rows[name] ?? []) }));
  const other = sumOf(rows.total_s ?? []) - sums.reduce((sum, one) => sum + one.seconds, 0);
  sums.push({ label: "other", colour: "--grey", seconds: Math.max(0, other) });
  made.push(shareBars(sums));
  const percent = (/** @type {number | null} */ share) => (share === null ? null : 100 * share);
  if (rows.idle_share)
    made.push(chart({ title: "Simulating ranks idle (%)", x, top: 100 }, [
      { label: "idle", x: rows.iteration, colour: "--purple", y: rows.idle_share.map(percent) }]));
  return made;
}

/** @param {(number | null)[]} values */
function sumOf(values) {
  return values.reduce((/** @type {number} */ sum, value) => sum + (value ?? 0), 0);
}

/** @param {{label: string, colour: string, seconds: number}[]} parts @returns {HTMLElement} */
function shareBars(parts) {
  const box = element("figure", undefined, "chart"), total = sumOf(parts.map((p) => p.seconds));
  box.append(element("figcaption", `Where ${shown(total)} s went`));
  for (const part of parts) {
    if (!part.seconds) continue;
    const row = element("div", undefined, "bar"), fillUp = element("span", undefined, "fill");
    const share = (100 * part.seconds) / (total || 1);
    fillUp.style.width = `${share}%`;
    fillUp.style.background = `var(${part.colour})`;
    row.append(element("span", part.label), fillUp,
      element("span", `${share.toFixed(share < 10 ? 1 : 0)} %`));
    box.append(row);
  }
  return box;
}

/** @param {RunData} run @param {HTMLElement} parent */
function showFailures(run, parent) {
  /** @type {Map<string, number[]>} */ const alike = new Map();
  for (const [number, text] of run.content.failures)
    alike.set(text, [...(alike.get(text) ?? []), number]);
  const { failed } = run.content, made = [];
  made.push(element("p", failed ? `${grouped(failed)} of ${grouped(run.evaluations)} evaluations`
    + " failed." : "No evaluation failed.", "quiet"));
  for (const [text, numbers] of alike) {
    const box = element("details");
    const last = text.trim().split("\n").pop() ?? "";
    box.append(element("summary", `${numbers.length} × ${last}`),
      element("p", `evaluations ${numbers.slice(0, 30).join(", ")}${numbers.length > 30 ? ", …"
        : ""}`, "quiet"), element("pre", text));
    made.push(box);
  }
  if (run.content.failures.length < failed)
    made.push(element("p", `The first ${run.content.failures.length} are shown; failures.jsonl in`
      + " the run directory has all.", "quiet"));
  fill(parent, ...made);
}

/** @param {RunData} run @param {HTMLElement} parent */
function showSettings(run, parent) {
  const facts = element("dl");
  for (const [name, value] of run.content.facts)
    facts.append(element("dt", name), element("dd", value));
  const made = [facts];
  for (const [title, text] of [["Configuration (TOML; itself an input)", run.content.config],
    ["What ran it: versions, machines, starts", run.content.versions]]) {
    if (!text) continue;
    const box = element("details");
    box.append(element("summary", title), element("pre", text));
    made.push(box);
  }
  for (const text of run.content.leftOut) made.push(element("p", text, "quiet"));
  fill(parent, ...made);
}

/** @param {RunData} run @param {Map<number, number>} held @param {HTMLElement} parent */
function showCards(run, held, parent) {
  const objective = run.quantity("objective")?.values ?? [];
  let score = 0, best = -Infinity;
  for (const event of held.values()) {
    score += objective[event];
    best = Math.max(best, objective[event]);
  }
  const cards = [["QD-score", shown(score)],
    ["coverage", `${((100 * held.size) / run.cells).toFixed(2)} %`],
    ["elites", `${grouped(held.size)} of ${grouped(run.cells)} cells`],
    ["best objective", held.size ? shown(best) : "none"]];
  fill(parent, ...cards.map(([name, value]) => {
    const card = element("div", undefined, "card");
    card.append(element("b", value), element("span", name));
    return card;
  }));
}
