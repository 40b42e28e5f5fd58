// What the buttons of live.js do: one worker for the page, started by the first of them.
const LIMIT = 60; // seconds without a word while Python loads: it never says that it cannot
const CELLS = [...document.querySelectorAll("article .cell:has(> .cell_input pre)")];
const ran = new Set(); // the cells whose names Python knows
const OCCUPIED = "Something else is running: wait, or stop it.";
let worker, busy, waiting;

const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
const button = (place, verb) => place.querySelector(`.live-tools [data-verb=${verb}]`);
const tell = (place, words) => { place.querySelector(".live-tools [role=status]").textContent = words; };

// Python

function start() {
  worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => hear(data);
  worker.onerror = (event) => end(`Python did not start: ${event.message || "a file is missing"}.`);
  patience(true);
}

function patience(loading) {
  clearTimeout(waiting);
  const words = "Python did not start. Reload the page, or run the notebook on your own machine.";
  if (loading) waiting = setTimeout(end, LIMIT * 1000, words);
}

// One request at a time; what it comes to is whether it went well.
function ask(place, message, output, reveal) {
  if (!worker) start();
  return new Promise((done) => {
    busy = { place, output, reveal, done };
    worker.postMessage(message);
  });
}

function hear({ status, loading, broken, done, failed, ...shown }) {
  if (broken) return end(broken);
  patience(loading);
  if (status) tell(busy.place, status);
  if (Object.keys(shown).length) {
    show(busy.output, shown);
    busy.reveal?.();
  }
  if (done) over(!failed);
}

function over(well) {
  busy.output.querySelectorAll(".live-text").forEach(write);
  busy.done(well);
}

// A worker that does not answer, or does not stop, is given up, and with it all that it knows. What
// it still has to say belongs to nobody: it may even fail as it is torn off.
function end(words) {
  if (worker) worker.onmessage = worker.onerror = null;
  worker?.terminate();
  worker = undefined;
  patience(false);
  ran.clear();
  if (!busy) return;
  tell(busy.place, words);
  over(false);
}

async function occupied(place, work) {
  if (busy) return tell(place, OCCUPIED);
  const stop = button(place, "stop");
  stop.hidden = false;
  await work();
  if (document.activeElement === stop) stop.parentElement.firstChild.focus();
  stop.hidden = true;
  busy = undefined;
}

export function stop() {
  end("Stopped. What was defined is forgotten; Run first runs the cells above again.");
}

// Cells

const edited = (cell) => cell.querySelector("textarea");
const source = (cell) => edited(cell)?.value ?? cell.querySelector(".cell_input pre").textContent;

// Solutions are left out, but for that which the cell is part of.
function before(cell) {
  const above = CELLS.slice(0, CELLS.indexOf(cell)).filter((one) => !ran.has(one));
  return above.filter((one) => [null, cell.closest(".solution")].includes(one.closest(".solution")));
}

export function run(cell) {
  return occupied(cell, async () => {
    const above = before(cell), failed = [];
    for (const [n, one] of above.entries()) {
      tell(cell, `First the cells above that have not run: ${n + 1} of ${above.length} …`);
      if (!(await execute(one, cell))) failed.push(CELLS.indexOf(one) + 1);
      if (!worker) return;
    }
    const well = await execute(cell, cell);
    if (!worker) return;
    const first = above.length ? `; ${above.length === 1 ? "the cell above was" : `${above.length} cells above were`} run first` : "";
    const fails = failed.length ? `; cell ${failed.join(", ")}, above, fails: what it says stands there` : "";
    tell(cell, `${well ? "Done" : "It fails"}${first}${fails}.`);
  });
}

// A cell that fails has run, too: those below it may need nothing of it.
async function execute(one, asked) {
  const number = CELLS.indexOf(one) + 1;
  const { alt } = one.querySelector(":scope > .cell_output:not(.live-output) img") ?? {};
  const output = make("div", { className: "cell_output live-output", alt });
  const reveal = () => output.isConnected || place(one, output);
  const message = { kind: "run", source: source(one), name: `cell ${number}` };
  const differs = one === asked || edited(one); // else the page shows already what it prints
  const well = await ask(asked, message, output, differs ? reveal : undefined);
  if (worker) ran.add(one);
  if (worker ? differs || !well : one.querySelector(":scope > .live-output")) reveal(); // no older one stays
  return well;
}

function place(cell, output) {
  forget(cell);
  cell.querySelectorAll(":scope > .cell_output").forEach((old) => { old.hidden = true; });
  cell.append(output);
  button(cell, "reset").hidden = false;
}

const forget = (cell) => cell.querySelector(":scope > .live-output")?.remove();

export function edit(cell) {
  if (edited(cell)) return; // a second click came before this was loaded
  const code = cell.querySelector("[class*=highlight-]");
  const value = source(cell).trimEnd();
  const { ariaLabel } = button(cell, "edit");
  const text = make("textarea", { value, rows: value.split("\n").length + 1, spellcheck: false, autocomplete: "off", ariaLabel });
  text.onkeydown = (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.shiftKey) return run(cell);
    const line = text.value.slice(0, text.selectionStart).split("\n").at(-1); // the next begins below it
    const deeper = line.trimEnd().endsWith(":") ? "    " : "";
    document.execCommand("insertText", false, `\n${/^ */.exec(line)[0]}${deeper}`); // can be undone
  };
  code.hidden = true;
  code.after(text);
  button(cell, "edit").hidden = true;
  button(cell, "reset").hidden = false;
  text.focus();
}

export function reset(at) {
  if (at.text) { // a field
    at.text.value = at.text.defaultValue;
    at.text.dispatchEvent(new Event("input"));
    return at.text.focus();
  }
  if (busy) return tell(at, OCCUPIED);
  at.querySelector("textarea")?.remove();
  forget(at);
  for (const old of at.querySelectorAll(".cell_output, [class*=highlight-]")) old.hidden = false;
  button(at, "edit").hidden = false;
  button(at, "edit").focus();
  button(at, "reset").hidden = true;
  tell(at, ran.has(at) ? "As printed; what it defined, Python still knows." : "");
}

// Output

function show(output, { text, error, html, image }) {
  if (text || error) {
    const last = output.lastElementChild;
    const pre = text && last?.matches(".live-text") ? last : output.appendChild(make("pre", { tabIndex: 0, said: "" }));
    pre.classList.add(text ? "live-text" : "live-error");
    pre.said += text || error;
    if (error) write(pre);
    else pre.waiting ??= setTimeout(write, 30, pre);
  }
  if (html) {
    const box = output.appendChild(make("div", { className: "text_html", tabIndex: 0 }));
    box.append(...harmless(html));
    typesetAll(box);
  }
  if (image) {
    const src = URL.createObjectURL(new Blob([image], { type: "image/svg+xml" }));
    output.append(make("img", { src, alt: output.alt ?? "The figure that the cell draws" }));
  }
}

// What runs, loads, leads elsewhere or takes a name of the page is left out.
const KEPT = "b, br, caption, code, dd, div, dl, dt, em, i, li, ol, p, pre, span, strong, sub, sup, table, tbody, td, tfoot, th, thead, tr, ul";
const SAID = ["class", "colspan", "rowspan", "scope"];
function harmless(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html"); // which does nothing by itself
  body.querySelectorAll(`:not(${KEPT})`).forEach((element) => element.remove());
  for (const element of body.querySelectorAll("*")) {
    element.getAttributeNames().filter((name) => !SAID.includes(name)).forEach((name) => element.removeAttribute(name));
  }
  return body.childNodes;
}

// Prints come by thousands: a page that drew each by itself would answer to nothing else. As in a
// terminal, but for colours, a line that is begun anew replaces what it said.
const COLOURS = /\x1b\[[0-?]*[ -/]*[@-~]/g;
const latest = (line) => line.split("\r").findLast(Boolean) ?? "";
function write(pre) {
  clearTimeout(pre.waiting);
  pre.waiting = undefined;
  pre.textContent = pre.said.replace(COLOURS, "").split("\n").map(latest).join("\n");
}

async function typesetAll(box) {
  await reader();
  for (const span of box.querySelectorAll("span.math")) {
    try { span.replaceWith(typeset(span.textContent.slice(2, -2), false)); } catch { /* stays TeX */ }
  }
}

// Formulas

let loaded;
function reader() {
  loaded ??= new Promise((done, failed) => {
    const src = new URL("tex.js", import.meta.url);
    document.head.append(make("script", { src, onload: done, onerror: failed }));
  });
  return loaded;
}

const SILENT = ["columnalign", "columnspacing", "rowspacing", "fence", "style", "data-mjx-texclass"];
const NOTE = '<semantics><mrow>$&</mrow><annotation encoding="application/x-tex"/></semantics>'; // for copy.js
const UNSEEN = /\\(nonumber|notag|(tag|label)\*?\s*\{[^}]*\})/g; // numbers, which the reader would lay out
const UNWRITTEN = /[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u; // in MathML, as XML
function typeset(tex, display) {
  const [read, letters] = TEX; // of tex.js
  const odd = UNWRITTEN.exec(tex)?.[0];
  if (odd) throw new Error(`no formula holds the character U+${odd.codePointAt().toString(16).padStart(4, "0")}`);
  const text = read(tex.replace(UNSEEN, ""), display).replace(/(?<=^<math[^>]*>)[^]*(?=<\/math>$)/, NOTE);
  const parsed = new DOMParser().parseFromString(text, "text/xml").documentElement;
  for (const element of parsed.querySelectorAll("*")) {
    const variant = element.getAttribute("mathvariant") ?? "normal";
    if (variant !== "normal") { // that of a letter which stands alone says that it is upright
      element.removeAttribute("mathvariant");
      element.textContent = Array.from(element.textContent, (sign) => letters[`${variant} ${sign}`] ?? sign).join("");
    }
    const columns = element.getAttribute("columnalign");
    if (columns) element.setAttribute("class", columns.split(" ").slice(0, 2).join("-"));
    SILENT.forEach((name) => element.removeAttribute(name));
    if (element.textContent === "\u2061") element.remove(); // Firefox draws a space for it
  }
  parsed.querySelector("annotation").textContent = tex;
  return document.importNode(parsed, true);
}

// Derivations

const LONG = 5000; // characters that take about a second
let last; // the field that was used last
export async function open(field) {
  const shown = make("div", { className: "live-shown", tabIndex: 0, ariaLabel: "As typeset", role: "group" });
  field.querySelector(".live-tools").before(shown);
  for (const verb of ["copy", "save", "reset"]) button(field, verb).hidden = false;
  field.text.addEventListener("focus", () => { last = field; });
  last = field;
  offerEquations();
  await reader();
  const draw = () => {
    const bare = field.text.value.replace(/(?<!\\)\\[()[\]]|(?<!\\)\$/g, "").trim();
    const lines = /\\\\|(^|[^\\])&/.test(bare) && !bare.includes("\\begin");
    try {
      if (bare.length > LONG) throw new Error("too long to be typeset while it is typed");
      shown.replaceChildren(typeset(lines ? `\\begin{aligned}${bare}\\end{aligned}` : bare, true));
    } catch (error) {
      shown.textContent = error instanceof RangeError ? "nested too deeply to be typeset" : error.message ?? error;
    }
  };
  field.text.addEventListener("input", draw);
  draw();
}

// Each displayed equation gets a button that copies its LaTeX into the field.
function offerEquations() {
  for (const math of document.querySelectorAll("article div.math:not(:has(.live-take)) > math")) {
    const number = math.parentElement.querySelector(".eqno")?.textContent ?? "";
    const take = make("button", { type: "button", className: "live-take", textContent: "⤓ LaTeX" });
    take.ariaLabel = `LaTeX of equation ${number} into the derivation`;
    take.title = take.ariaLabel;
    take.onclick = () => {
      last.text.focus();
      last.text.setRangeText(math.querySelector("annotation").textContent.trim(), last.text.selectionStart, last.text.selectionEnd, "end");
      last.text.dispatchEvent(new Event("input"));
    };
    math.parentElement.append(take);
  }
}

export function check(field) {
  return occupied(field, async () => {
    const output = make("div", { className: "cell_output live-output", role: "group", ariaLabel: "Report" });
    const well = await ask(field, { kind: "check", source: field.code, latex: field.text.value }, output);
    if (!worker) return;
    forget(field);
    field.append(output);
    tell(field, well ? `Checked: ${marked(output) || "nothing fails"}.` : "This cannot be read.");
  });
}

// How many rows of a report are wrong or lacking, and how many are not decided.
function marked(output) {
  const rows = [...output.querySelectorAll(".derivation > li")];
  const counted = ["✗", "?"].map((mark) => [mark, rows.filter((row) => row.textContent.startsWith(mark)).length]);
  return counted.filter(([, n]) => n).map(([mark, n]) => `${mark} in ${n === 1 ? "one place" : `${n} places`}`).join(", ");
}

export async function copy(field) {
  field.text.select();
  try {
    await navigator.clipboard.writeText(field.text.value);
    tell(field, "Copied.");
  } catch { // the clipboard is not given to all pages
    tell(field, "It is selected: press Ctrl+C to copy it.");
  }
}

export function save({ text }) {
  const href = URL.createObjectURL(new Blob([`${text.value.trim()}\n`], { type: "text/plain" }));
  make("a", { href, download: "derivation.tex" }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}
