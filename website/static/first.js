// Runs before anything is drawn: the colours that the reader or the system chose, and no text until
// the font of the formulas is there, for a second at most: it would be laid out twice, and move.
(root => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = mode => {
    root.dataset.mode = mode;
    root.dataset.theme = mode === "auto" ? (system.matches ? "dark" : "light") : mode;
  };
  let mode = "auto";
  try { mode = localStorage.getItem("mode") ?? mode; } catch { /* refused, as in some frames */ }
  apply(mode);
  system.addEventListener("change", () => apply(root.dataset.mode));
  addEventListener("mode", event => apply(event.detail));

  const waits = [Promise.race([
    document.fonts.load("1em 'Latin Modern Math Page'"),
    new Promise(enough => setTimeout(enough, 1000)),
  ]).catch(() => {})]; // refused, as in some frames

  // A page that opens at its top lays out its first screens first, the rest a second later or when
  // somebody touches it; one that is reloaded or linked to at a place is laid out as browsers do,
  // once the scripts have put in what would move that place.
  if (performance.getEntriesByType("navigation")[0]?.type === "navigate" && !location.hash) {
    const rest = () => root.classList.remove("arriving");
    root.classList.add("arriving");
    addEventListener("load", () => setTimeout(rest, 1000), { once: true });
    for (const kind of ["keydown", "pointerdown", "scroll"])
      addEventListener(kind, rest, { once: true, capture: true });
  } else {
    waits.push(new Promise(done => addEventListener("DOMContentLoaded", done)));
  }
  root.classList.add("waiting");
  Promise.all(waits).then(() => root.classList.remove("waiting"));
})(document.documentElement);
