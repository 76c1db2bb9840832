// Puts the page together: what is chosen, what follows from it, and how it is kept over reloads.

/** What somebody has chosen. */
const chosen = { run: 0, cell: -1, at: Infinity, colour: "", view: "real", archive: "real",
  pair: "0,1" };
const page = JSON.parse(byId("data").textContent ?? "{}");
/** @type {RunData[]} */ const runs = page.runs.map((/** @type {any} */ one) => new RunData(one));
/** @type {LevelPainter[]} */ const painters = [];
const map = new ArchiveMap(canvasById("map"), page.colours);
const contact = new ContactSheet(canvasById("contact"));
const detail = new Detail(goToEvent);
let touched = 0, playing = 0, later = 0;

const run = () => runs[chosen.run];
const at = () => Math.min(chosen.at, run().evaluations);

/** @param {string} text Of the address, after #. */
function recall(text) {
  const kept = new URLSearchParams(text);
  const number = (/** @type {string} */ name, /** @type {number} */ other) =>
    kept.has(name) && Number.isFinite(Number(kept.get(name))) ? Number(kept.get(name)) : other;
  chosen.run = Math.min(Math.max(0, number("run", 0)), runs.length - 1);
  chosen.cell = number("cell", -1);
  chosen.at = number("at", Infinity);
  chosen.colour = kept.get("colour") ?? "";
  chosen.view = kept.get("view") ?? "real";
  chosen.archive = kept.get("archive") ?? "real";
  chosen.pair = kept.get("pair") ?? "0,1";
  if (kept.has("theme")) document.documentElement.dataset.theme = kept.get("theme") ?? "";
}

function keep() {
  const kept = new URLSearchParams({ run: String(chosen.run), cell: String(chosen.cell) });
  if (chosen.at < run().evaluations) kept.set("at", String(chosen.at));
  if (chosen.colour) kept.set("colour", chosen.colour);
  if (chosen.view !== "real") kept.set("view", chosen.view);
  if (chosen.archive !== "real") kept.set("archive", chosen.archive);
  if (chosen.pair !== "0,1") kept.set("pair", chosen.pair);
  const { theme } = document.documentElement.dataset;
  if (theme) kept.set("theme", theme);
  history.replaceState(null, "", `#${kept}`);
}

/** The surrogate's archive, if that is what is looked at. */
const belief = () => (chosen.archive === "real" ? null : run().searched);

/** The measures to the right and up. @returns {number[]} */
const pair = () => chosen.pair.split(",").map(Number);

/** The quantity that colours show: the objective, unless it is the same everywhere. */
function coloured() {
  const archive = belief() ?? run(), asked = archive.quantity(chosen.colour);
  if (asked) return asked;
  const objective = archive.quantity("objective"), [low, high] = spanOf(objective?.values ?? []);
  return /** @type {Quantity} */ (low < high ? objective : archive.quantity("evaluation"));
}

/** Draws what depends on the archive as it was after so many evaluations. */
function drawArchive() {
  const held = run().holders(at()), quantity = coloured();
  [map.low, map.high] = spanOf(quantity.values);
  const searched = belief();
  if (searched) {
    const rows = searched.holders(chosen.archive === "chosen");
    map.draw(searched, rows, quantity.values, false, chosen.cell, pair());
    searched.showCards(byId("cards"));
    searched.show(rows.get(chosen.cell) ?? -1, chosen.cell, goToEvent);
  } else {
    map.draw(run(), held, quantity.values, chosen.view === "predicted", chosen.cell, pair());
    showCards(run(), held, byId("cards"));
    detail.show(run(), painters[chosen.run], held.get(chosen.cell) ?? -1, chosen.cell < 0
      ? "Choose a cell: click the map, or use the arrow keys on it." : "This cell was empty then.");
  }
  byId("at").textContent = `${grouped(at())} of ${grouped(run().evaluations)} evaluations`;
  byId("low").textContent = shown(map.low);
  byId("high").textContent = shown(map.high);
  byId("quantity").textContent = labelled(quantity);
  clearTimeout(later);
  later = setTimeout(() =>
    contact.draw(run(), painters[chosen.run], held, chosen.cell, pair()), 120);
}

/** @param {number} cell */
function goToCell(cell) {
  if (cell < 0) return;
  const begun = performance.now();
  chosen.cell = cell;
  drawArchive();
  keep();
  document.body.dataset.milliseconds = (performance.now() - begun).toFixed(1);
}

/** @param {number} event Shown even where another took its cell since. */
function goToEvent(event) {
  if (belief()) {
    chosen.archive = "real";
    offerViews();
  }
  const held = run().holders(at());
  if (held.get(run().cell[event]) !== event) {
    chosen.at = run().evaluation[event] + 1;
    inputById("slider").value = String(chosen.at);
  }
  goToCell(run().cell[event]);
}

/** @param {string} id @param {string[][]} choices Value and text. @param {string} value */
function offerChoices(id, choices, value) {
  fill(byId(id), ...choices.map(([key, text]) => {
    const option = /** @type {HTMLOptionElement} */ (element("option", text));
    option.value = key;
    return option;
  }));
  selectById(id).value = value;
  selectById(id).disabled = choices.length < 2;
}

/** Fills the choices of what the map shows, as far as there is one. */
function offerViews() {
  const { searched, axes, predicted } = run();
  const archives = [["real", "true (simulated)"]];
  if (searched)
    archives.push(["surrogate", "surrogate's (predicted)"], ["chosen", "chosen from that"]);
  if (!archives.some(([name]) => name === chosen.archive)) chosen.archive = "real";
  offerChoices("archives", archives, chosen.archive);
  byId("which").hidden = archives.length < 2;
  const views = [["real", "as simulated"]];
  if (predicted.length && !belief()) views.push(["predicted", "where the surrogate puts them"]);
  if (!views.some(([view]) => view === chosen.view)) chosen.view = "real";
  offerChoices("view", views, chosen.view);
  const pairs = [];
  for (let x = 0; x < axes.length; x++)
    for (let y = x + 1; y < axes.length; y++)
      pairs.push([`${x},${y}`, `${axes[x].label}, ${axes[y].label}`]);
  if (!pairs.length) pairs.push(["0", axes[0].label]);
  if (!pairs.some(([name]) => name === chosen.pair)) chosen.pair = pairs[0][0];
  offerChoices("pair", pairs, chosen.pair);
  byId("pairs").hidden = pairs.length < 2;
  const archive = belief() ?? run();
  offerChoices("colour", archive.quantities.map((one) => [one.name, one.label]), coloured().name);
  for (const id of ["slider", "play", "at", "places"]) byId(id).hidden = archive !== run();
}

/** Draws everything of the run that is chosen. */
async function showRun() {
  await run().ready;
  painters[chosen.run] ??= new LevelPainter(run());
  await painters[chosen.run].ready;
  const { content } = run();
  byId("title").textContent = content.title;
  byId("state").textContent = content.state;
  byId("state").dataset.state = content.state;
  offerChoices("runs", runs.map((one, k) => [String(k), one.name]), String(chosen.run));
  byId("choose").hidden = runs.length < 2;
  offerViews();
  const slider = inputById("slider");
  slider.max = String(run().evaluations);
  slider.value = String(at());
  byId("levels").hidden = !run().levels;
  fill(byId("curves"), ...scoreCharts(runs, chosen.run));
  const errors = surrogateCharts(run());
  byId("surrogate").hidden = !errors.length;
  fill(byId("errors"), ...errors);
  fill(byId("times"), ...timeCharts(run()));
  showFailures(run(), byId("failures"));
  showSettings(run(), byId("settings"));
  drawArchive();
}

/** Plays the archive's history, or stops it. */
function play() {
  byId("play").textContent = playing ? "▶ Play" : "❚❚ Stop";
  if (playing) {
    cancelAnimationFrame(playing);
    playing = 0;
    return;
  }
  const total = run().evaluations, from = at() < total ? at() : 0, begun = performance.now();
  const tick = () => {
    const share = (performance.now() - begun) / 8000 + from / total;
    chosen.at = share < 1 ? Math.round(share * total) : Infinity;
    inputById("slider").value = String(at());
    drawArchive();
    playing = share < 1 ? requestAnimationFrame(tick) : 0;
    if (!playing) byId("play").textContent = "▶ Play";
  };
  playing = requestAnimationFrame(tick);
}

const ARROWS = new Map([["ArrowLeft", [-1, 0]], ["ArrowRight", [1, 0]], ["ArrowUp", [0, -1]],
  ["ArrowDown", [0, 1]]]);

/** @param {KeyboardEvent} event */
function onMapKey(event) {
  const arrow = ARROWS.get(event.key);
  if (!arrow) return;
  event.preventDefault();
  goToCell(map.beside(chosen.cell, arrow[0], arrow[1]));
}

function listen() {
  byId("map").addEventListener("click", (event) =>
    goToCell(map.cellAt(event.offsetX, event.offsetY, 14)));
  byId("map").addEventListener("keydown", onMapKey);
  byId("contact").addEventListener("click", (event) =>
    goToCell(contact.cellAt(event.offsetX, event.offsetY)));
  byId("slider").addEventListener("input", () => {
    const value = Number(inputById("slider").value);
    chosen.at = value < run().evaluations ? value : Infinity;
    drawArchive();
    keep();
  });
  byId("play").addEventListener("click", play);
  for (const [id, name] of /** @type {const} */ ([["colour", "colour"], ["view", "view"],
    ["archives", "archive"], ["pair", "pair"]]))
    byId(id).addEventListener("change", () => {
      chosen[name] = selectById(id).value;
      offerViews();
      drawArchive();
      keep();
    });
  byId("runs").addEventListener("change", () => {
    Object.assign(chosen, { run: Number(selectById("runs").value), cell: -1, at: Infinity });
    showRun().then(keep);
  });
  byId("theme").addEventListener("click", () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    drawArchive();
    keep();
  });
  for (const kind of ["pointerdown", "keydown", "input"])
    addEventListener(kind, () => { touched = performance.now(); });
  addEventListener("resize", () => drawArchive());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawArchive());
}

/** Loads the file again while a run is under way, but not under somebody's hands. */
function reloadLater() {
  if (!page.refresh) return;
  setInterval(() => {
    if (performance.now() - touched > 2000 && !playing) location.reload();
  }, 1000 * page.refresh);
}

recall(location.hash.slice(1));
const stops = page.colours.map((/** @type {string} */ colour) => colour).join(",");
byId("scale").style.background = `linear-gradient(to right, ${stops})`;
Promise.all(runs.map((one) => one.ready)).then(showRun).then(() => {
  listen();
  reloadLater();
  document.body.dataset.ready = "yes";
});
