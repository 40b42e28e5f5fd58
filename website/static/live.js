// Buttons at the cells, and a field for a derivation where one is asked for. What they do lies in
// live/panel.mjs and is loaded when one of them is used; a site without that folder has none.
{
  const { live, content_root: root } = document.documentElement.dataset;
  const panel = new URL(`${root}_static/${live}/panel.mjs`, location);
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  function tools(place, verbs, of) {
    const bar = make("div", { className: "live-tools", role: "toolbar", ariaLabel: `Buttons of ${of}` });
    bar.onkeydown = ({ key, target }) => { // a single stop of the keyboard: arrows go from button to button
      const shown = [...bar.querySelectorAll("button:not([hidden])")];
      shown[shown.indexOf(target) + { ArrowLeft: -1, ArrowRight: 1 }[key]]?.focus();
    };
    const said = make("span", { role: "status" });
    for (const verb of verbs) {
      const button = make("button", { type: "button", textContent: verb, ariaLabel: `${verb} ${of}` });
      button.dataset.verb = verb.toLowerCase();
      button.hidden = !["Run", "Edit", "Check"].includes(verb);
      button.tabIndex = ["Run", "Stop", "Check"].includes(verb) ? 0 : -1;
      button.onclick = () => use(place, button.dataset.verb, said);
      bar.append(button);
    }
    bar.append(said);
    return bar;
  }

  async function use(place, verb, said) {
    said.textContent = "";
    try {
      (await import(panel))[verb](place);
    } catch (error) {
      said.textContent = location.protocol === "file:"
        ? "Python does not start on a page that is opened from a file: serve the site (make serve)."
        : origin === "null" // of a frame that is closed off from its own site, too
        ? "Python does not start in this frame: open the page in a window of its own."
        : `This did not load, or the site is newer than this page: reload it (${error.message}).`;
    }
  }

  // an exercise that asks for LaTeX gives its beginning; what is written is kept, where it may be
  const ASKED = /^\w+ = (?:r"""\s*([^]*?)\s*"""|\.{3} +# r"([^"\n]*)")/m;
  function field(after, code) {
    const key = `derivation ${location.pathname} ${after.closest("[id]").id}`;
    const [, whole, start] = ASKED.exec(code) ?? [];
    const given = whole ?? start?.replace("…", "") ?? "";
    const place = make("div", { className: "live-field" });
    const text = make("textarea", { rows: Math.max(4, given.split("\n").length + 2), spellcheck: false, autocomplete: "off" }); // by the browser, which mixes up fields
    text.defaultValue = given;
    const recall = () => {
      try { text.value = localStorage.getItem(key) ?? text.value; } catch { /* refused */ }
    };
    recall();
    addEventListener("pageshow", recall); // Back: another page of the same may have gone on
    addEventListener("storage", event => { // typed in another tab: two texts would overwrite each other
      if (event.key !== key) return;
      recall();
      text.dispatchEvent(new Event("input"));
    });
    text.addEventListener("input", () => {
      try { localStorage.setItem(key, text.value); } catch { /* refused: until the page is left */ }
    });
    Object.assign(place, { code, text });
    const label = make("label", { textContent: "A derivation of your own, in LaTeX" });
    const bar = tools(place, ["Check", "Stop", "Copy", "Save", "Reset"], "the derivation");
    text.addEventListener("focus", () => use(place, "open", bar.lastChild), { once: true });
    label.append(text);
    place.append(label, bar);
    after.after(place);
  }

  const cells = live ? document.querySelectorAll("article .cell:has(> .cell_input pre)") : [];
  for (const [n, cell] of cells.entries()) {
    const code = cell.querySelector(".cell_input pre").textContent;
    const bar = tools(cell, ["Run", "Stop", "Edit", "Reset"], `cell ${n + 1}`);
    if (/^(from|import) \S*(dask|distributed)/m.test(code)) bar.lastChild.textContent = "This needs Dask, which a page has not: run the notebook.";
    cell.querySelector(".cell_input").append(bar);
    if (cell.closest(".exercise") && ASKED.test(code)) field(cell, code);
  }
  if (live) document.querySelectorAll("#a-derivation-of-your-own > h2").forEach(title => field(title, ""));
}
