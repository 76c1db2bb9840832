// Small helpers. Whatever a run says gets into the page as text, never as markup.

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/** @param {string} id @returns {HTMLInputElement} */
const inputById = (id) => /** @type {HTMLInputElement} */ (byId(id));
/** @param {string} id @returns {HTMLSelectElement} */
const selectById = (id) => /** @type {HTMLSelectElement} */ (byId(id));
/** @param {string} id @returns {HTMLCanvasElement} */
const canvasById = (id) => /** @type {HTMLCanvasElement} */ (byId(id));

/**
 * @param {string} tag @param {string} [text] @param {string} [name] Class.
 * @returns {HTMLElement}
 */
function element(tag, text, name) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}

/** @param {number} value @returns {string} Four digits, thin spaces between thousands. */
function shown(value) {
  if (!Number.isFinite(value)) return "none";
  if (Number.isInteger(value)) return grouped(value);
  const size = Math.abs(value);
  if (size >= 1000) return grouped(Math.round(value));
  return String(Number(value.toPrecision(4)));
}

/** @param {number} value @returns {string} */
function grouped(value) {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, "\u2009");
}

/** @param {Axis | Quantity} what @returns {string} */
function labelled(what) {
  return what.unit ? `${what.label} (${what.unit})` : what.label;
}

/** @param {string} name Of a CSS variable. @returns {string} */
function themed(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @param {HTMLElement} parent @param {Node[]} children */
function fill(parent, ...children) {
  parent.replaceChildren(...children);
}

/** @param {string} text @returns {HTMLElement} A command that can be copied. */
function command(text) {
  const row = element("div", undefined, "command"), code = element("code", text);
  const copy = element("button", "Copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection()?.removeAllRanges();
      getSelection()?.addRange(range);
    }
  });
  row.append(code, copy);
  return row;
}

/** Round numbers from low to high. @param {number} low @param {number} high @param {number} count
 * @returns {number[]} */
function ticks(low, high, count) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / Math.max(count, 1), power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((k) => k * power >= rough) ?? 10);
  const made = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * span; k++)
    made.push(Number((k * step).toPrecision(12)));
  return made;
}
