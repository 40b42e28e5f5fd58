// Runs before anything is drawn: the colours that the reader or the system chose, and no text until
// the font of the formulas is there (they would move what stands around them), for a second at most.
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

  root.style.visibility = "hidden";
  Promise.race([
    document.fonts.load("1em 'Latin Modern Math Subset'"),
    new Promise(enough => setTimeout(enough, 1000)),
  ]).finally(() => { root.style.visibility = ""; });
})(document.documentElement);
