// polish.css leaves out of the first layout what is far from the screen. Once the page has loaded,
// a section follows in every frame, so that links into the page land where they point.
addEventListener("load", () => {
  const sections = [...document.querySelectorAll(".bd-article > section section")];
  let still = true; // until the reader moves
  for (const kind of ["wheel", "touchstart", "mousedown", "keydown"])
    addEventListener(kind, () => { still = false; }, { once: true });
  const next = () => {
    const section = sections.shift();
    if (section) {
      section.style.contentVisibility = "visible";
      requestAnimationFrame(next);
    } else {
      document.documentElement.dataset.laidOut = "";
      if (still) document.querySelector(":target")?.scrollIntoView();
    }
  };
  next();
});
