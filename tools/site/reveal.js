// polish.css leaves out of the first layout what is far from the screen. When the reader first
// moves, or has come for a place in the page, a section follows in every frame, so that links into
// the page land where they point.
addEventListener("load", () => {
  const sections = [...document.querySelectorAll(".bd-article > section section")];
  let sought = location.hash !== "";
  addEventListener("hashchange", () => { sought = true; });
  for (const kind of ["wheel", "touchmove"])
    addEventListener(kind, () => { sought = false; }, { passive: true });

  const next = () => {
    const section = sections.shift();
    if (section) {
      section.style.contentVisibility = "visible";
      requestAnimationFrame(next);
    } else {
      document.documentElement.dataset.laidOut = "";
      if (sought) document.querySelector(":target")?.scrollIntoView();
    }
  };
  const moves = ["pointermove", "pointerdown", "keydown", "wheel", "scroll"];
  const start = () => {
    for (const kind of moves) removeEventListener(kind, start);
    next();
  };
  if (sought) next();
  else for (const kind of moves) addEventListener(kind, start, { passive: true });
});
