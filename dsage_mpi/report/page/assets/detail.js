// One elite: its level with the agent's way or visits, its numbers, the level it descends from.

class Detail {
  /** @param {(event: number) => void} go Shows another one. */
  constructor(go) {
    this.go = go;
    this.canvas = canvasById("level");
    this.shows = selectById("shows");
    this.film = byId("film");
    /** @type {RunData | null} */ this.run = null;
    /** @type {LevelPainter | null} */ this.painter = null;
    this.event = -1;
    this.frame = 0;
    this.shows.addEventListener("change", () => this.drawLevel(Infinity));
    this.film.addEventListener("click", () => this.play());
  }

  /** @param {RunData} run @param {LevelPainter} painter @param {number} event -1: none.
   * @param {string} empty What to say if there is none. */
  show(run, painter, event, empty) {
    const changed = run !== this.run || event !== this.event || byId("detail").dataset.belief;
    byId("detail").dataset.belief = "";
    this.run = run;
    this.painter = painter;
    this.event = event;
    if (!changed) return;
    cancelAnimationFrame(this.frame);
    byId("detail").classList.toggle("none", event < 0);
    byId("what").textContent = event < 0 ? empty : this.heading();
    if (event < 0) return;
    this.offer();
    this.drawLevel(Infinity);
    this.showNumbers();
    this.showCommands();
    byId("origin").replaceChildren();
    if (run.parents) this.showParent(run.parents[event]);
    else setTimeout(() => this.showClosest(event), 0);
  }

  heading() {
    const run = /** @type {RunData} */ (this.run), cell = run.cell[this.event];
    const number = grouped(run.evaluation[this.event]);
    return `Cell ${cellName(cell, run.dims)}, found by evaluation ${number}`;
  }

  /** Fills the choice of what is drawn over the level. */
  offer() {
    const run = /** @type {RunData} */ (this.run), before = this.shows.value;
    const ways = run.ways.get(this.event) ?? [];
    const choices = [["level", "level alone"]];
    if (run.occupancy) choices.push(["visits", "where the agent was"]);
    ways.forEach((_, k) => choices.push([`way ${k}`, `way of rollout ${k}`]));
    if (ways.length > 1) choices.push(["ways", "all these ways"]);
    fill(this.shows, ...choices.map(([value, text]) => {
      const option = /** @type {HTMLOptionElement} */ (element("option", text));
      option.value = value;
      return option;
    }));
    const known = choices.some(([value]) => value === before);
    this.shows.value = known && before !== "level" ? before : choices[Math.min(1,
      choices.length - 1)][0];
    if (before === "level") this.shows.value = "level";
    this.film.hidden = !ways.length;
  }

  /** @param {number} steps Of ways. */
  drawLevel(steps) {
    const { run, painter, event, canvas } = this;
    if (!run || !painter) return;
    canvas.hidden = !painter.has(event);
    byId("unseen").hidden = !canvas.hidden;
    if (canvas.hidden) return;
    const level = painter.level(event), [kind, number] = this.shows.value.split(" ");
    canvas.width = level.width;
    canvas.height = level.height;
    penOf(canvas).drawImage(level, 0, 0);
    const ways = run.ways.get(event) ?? [];
    if (kind === "visits") painter.visits(canvas, event);
    if (kind === "way") painter.way(canvas, ways[Number(number)], Number(number), steps);
    if (kind === "ways") ways.forEach((way, k) => painter.way(canvas, way, k, steps));
  }

  play() {
    const ways = this.run?.ways.get(this.event) ?? [];
    if (!ways.length) return;
    if (!this.shows.value.startsWith("way")) this.shows.value = "way 0";
    const longest = Math.max(...ways.map((way) => way.rows.length));
    const seconds = Math.min(10, Math.max(2, longest / 25)), begun = performance.now();
    cancelAnimationFrame(this.frame);
    const tick = () => {
      const share = (performance.now() - begun) / 1000 / seconds;
      this.drawLevel(Math.max(1, Math.ceil(Math.min(1, share) * longest)));
      if (share < 1) this.frame = requestAnimationFrame(tick);
    };
    tick();
  }

  showNumbers() {
    const run = /** @type {RunData} */ (this.run), { event } = this;
    const body = element("tbody");
    const guessed = new Map(["objective", ...run.axes.map((axis) => axis.name)]
      .map((name, k) => [name, run.predicted[k]]));
    for (const one of run.quantities) {
      if (one.name.startsWith("error:") || one.name === "evaluation") continue;
      const row = element("tr"), guess = guessed.get(one.name);
      row.append(element("th", labelled(one)), element("td", shown(one.values[event])),
        element("td", guess ? shown(guess[event]) : ""));
      body.append(row);
    }
    const told = run.content.parameters;
    (told?.names ?? []).forEach((/** @type {string} */ name, /** @type {number} */ k) => {
      const row = element("tr");
      row.append(element("th", name), element("td", told.values[event][k]), element("td"));
      body.append(row);
    });
    const head = element("tr");
    head.append(element("th", ""), element("th", "simulated"),
      element("th", run.predicted.length ? "predicted" : ""));
    fill(byId("numbers"), head, body);
  }

  showCommands() {
    const run = /** @type {RunData} */ (this.run);
    const which = `dsage_mpi render ${run.content.path} --evaluation ${run.evaluation[this.event]}`;
    const made = [command(`${which} --output level.png`)];
    if (run.content.filmed) made.push(command(`${which} --output film.gif`));
    fill(byId("commands"), ...made);
  }

  /** @param {number} parent Event that this one descends from; -1: none. */
  showParent(parent) {
    if (parent < 0) {
      fill(byId("origin"), element("span", "No parent: drawn at random, or sampled."));
      return;
    }
    this.tellOrigin("Descends from", parent);
  }

  /** @param {string} what @param {number} other The event. */
  tellOrigin(what, other) {
    const run = /** @type {RunData} */ (this.run), tiles = this.differing(other);
    const link = element("button", `evaluation ${grouped(run.evaluation[other])}`);
    link.addEventListener("click", () => this.go(other));
    fill(byId("origin"), element("span", `${what}: `), link,
      element("span", tiles < 0 ? "" : ` (${tiles} tiles differ)`));
  }

  /** @param {number} other An event. @returns {number} Tiles in which its level differs; -1:
   * one of both is not kept. */
  differing(other) {
    const levels = this.run?.levels;
    if (!levels || levels.rowOf[other] < 0 || levels.rowOf[this.event] < 0) return -1;
    const size = levels.shape[0] * levels.shape[1];
    const own = levels.rowOf[this.event] * size, from = levels.rowOf[other] * size;
    let differ = 0;
    for (let k = 0; k < size; k++)
      if (levels.codes[own + k] !== levels.codes[from + k]) differ++;
    return differ;
  }

  /** The earlier level with the fewest other tiles: as near to a parent as a record tells.
   * @param {number} event */
  showClosest(event) {
    const { run } = this, levels = run?.levels;
    if (!run || !levels || event !== this.event || levels.rowOf[event] < 0) return;
    const size = levels.shape[0] * levels.shape[1], own = levels.rowOf[event] * size;
    let best = -1, fewest = size + 1;
    for (let other = 0; other < event; other++) {
      if (levels.rowOf[other] < 0) continue;
      const from = levels.rowOf[other] * size;
      let differ = 0;
      for (let k = 0; k < size && differ < fewest; k++)
        if (levels.codes[own + k] !== levels.codes[from + k]) differ++;
      if (differ < fewest) {
        fewest = differ;
        best = other;
      }
    }
    if (best >= 0) this.tellOrigin("Closest earlier level", best);
  }
}
