// polish.css leaves the sections that are far from the screen out of the first layout. After it
// they follow block by block, a few milliseconds at a time, so that the reader never waits.
addEventListener("load", () => {
  let sought = location.hash !== "";
  addEventListener("hashchange", () => { sought = true; });
  for (const kind of ["wheel", "touchmove"])
    addEventListener(kind, () => { sought = false; }, { passive: true });

  const waiting = [...document.querySelectorAll(".bd-article section section")];
  const isOpen = section => section.firstElementChild.checkVisibility({contentVisibilityAuto: true});
  const next = () => {
    const start = performance.now();
    while (waiting.length && performance.now() - start < 4) {
      const block = waiting.shift();
      if (block.matches("section") && !isOpen(block)) {
        block.classList.add("opening"); // now each of its blocks waits alone
        waiting.unshift(...block.querySelectorAll(":scope > :not(section)"));
      }
      block.style.contentVisibility = "visible";
      block.offsetHeight; // lays it out
    }
    if (waiting.length) setTimeout(next);
    else {
      for (const image of document.images) image.loading = "eager"; // now that nothing waits for it
      document.documentElement.dataset.laidOut = "";
      if (sought) document.querySelector(":target")?.scrollIntoView();
    }
  };
  setTimeout(next);
});
