// What the checks ask of a page in a browser; visits.py has it run before the page is there.
globalThis.look = {
  shift: 0, // of the layout, cumulative
  mathematics: null, // seconds until the first formula is drawn; null without one

  // Its formulas are there, and it is laid out as a whole.
  drawn() {
    return performance.now() > 20000 || !document.querySelector(".arriving")
      && (look.mathematics || !document.querySelector("main math"));
  },

  seen() {
    const late = document.querySelector("main math") ? Infinity : null;
    return [look.shift, look.mathematics ?? late];
  },

  // Load the figures, also those that wait for the reader to come near.
  figures() {
    return Promise.all([...document.images].map(image => {
      image.loading = "eager";
      return image.complete || new Promise(done => { image.onload = image.onerror = done; });
    }));
  },

  // Show everything: open what is folded, lay out what is far from the window; take away
  // gradients, on which axe judges no contrast.
  open() {
    const style = document.createElement("style");
    style.textContent = "* { content-visibility: visible !important; background-image: none "
      + "!important }";
    document.head.append(style);
    for (const details of document.querySelectorAll("details")) details.open = true;
    for (const button of document.querySelectorAll(".toggle-button-hidden")) button.click();
  },

  hidden() { // texts that are neither shown nor in a fold
    const hidden = element => !element.getClientRects().length;
    const folded = element => element.closest("details:not([open])");
    const shown = [...document.querySelectorAll("article :is(p, math, .solution, summary)")];
    return shown.filter(e => hidden(e) && (e.matches("summary") || !folded(e)))
      .map(e => e.textContent.trim()).filter(text => text); // an empty one hides nothing
  },

  overflow() { // pixels by which the page is wider than the window
    return document.documentElement.scrollWidth - document.documentElement.clientWidth;
  },

  // Formulas of which a symbol stands beside the text's column, or on their number.
  wide() {
    const box = element => element.getBoundingClientRect();
    const touch = (a, b) =>
      a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    const tooWide = formula => {
      let column = formula.parentElement;
      while (getComputedStyle(column).display === "inline") column = column.parentElement;
      const room = box(column), number = formula.closest(".math")?.querySelector(".eqno");
      return [...formula.querySelectorAll("mi, mn, mo, mtext")].map(box).some(
        symbol => symbol.width && (symbol.right > room.right + 1 || symbol.left < room.left - 1
          || number && touch(symbol, box(number))));
    };
    return [...document.querySelectorAll("main math")].filter(tooWide)
      .map(formula => formula.textContent.trim());
  },

  // What is cut, stands elsewhere than its like, or is too small to be hit.
  faults() {
    const all = selector => [...document.querySelectorAll(`article ${selector}`)];
    const box = element => element.getBoundingClientRect();
    const inside = text => box(text).left - box(text.parentElement).left;
    const notes = all("div.admonition > p + p").slice(0, 1).map(inside);
    const last = innerWidth < 600 ? ":not(:last-child)" : "*"; // which stands below on a phone
    return Object.entries({
      "hides the shadow of what is cut": all(".pst-scrollable-table-container, .text_html")
        .filter(room => room.scrollWidth > room.clientWidth)
        .flatMap(room => [...room.querySelectorAll("tr, td, th")])
        .filter(part => getComputedStyle(part).backgroundColor.startsWith("rgb("))
        .filter(part => getComputedStyle(part).position !== "sticky"), // the names of rows
      "is cut": all(":not(.output) > .highlight > pre").filter(code => code.scrollWidth > code.clientWidth + 1),
      "is out of sight": all(`.text_html table.table tr > ${last}`)
        .filter(cell => box(cell).right > box(cell.closest(".text_html")).right + 1),
      "stands elsewhere than the texts of notes": all("details.admonition > p")
        .filter(text => notes.some(wanted => Math.abs(inside(text) - wanted) > 1)),
      "has its sign beside its second line": all(".admonition-title")
        .filter(title => parseFloat(getComputedStyle(title, "::after").top) > 10),
      "is too small to be hit": all(".eqno, a.derivation-mark")
        .filter(stop => box(stop).width < 24 || box(stop).height < 24),
    }).flatMap(([kind, elements]) => elements.map(e => `${kind}: ${e.outerHTML}`));
  },

  around() { // take away the text; the classes of what stands around it
    document.querySelector("article").replaceChildren();
    return [...document.querySelectorAll("[class]")].map(element => element.className.baseVal ?? element.className);
  },

  // Axe takes longer over the letters of formulas and the words of programs than over all else, and
  // judges no letter that stands alone: two of each of their colours, in a box of the same size,
  // stand for them.
  simplify() {
    const colour = element => getComputedStyle(element).color;
    const says = part => [...part.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    for (const shown of document.querySelectorAll("math, pre")) {
      const math = shown.matches("math"), home = math ? shown.parentElement : shown;
      const { width, height } = math ? shown.getBoundingClientRect()
        : { width: shown.scrollWidth, height: shown.clientHeight };
      const box = document.createElement("span");
      box.style = `display: inline-block; width: ${width}px; height: ${height}px`;
      const colours = [shown, ...shown.querySelectorAll("*")].filter(says).map(colour);
      for (const each of new Set(colours)) {
        const letters = document.createElement("span");
        if (each !== colour(home)) letters.style.color = each;
        letters.textContent = "xx";
        box.append(letters);
      }
      if (math) shown.replaceWith(box);
      else shown.replaceChildren(box);
    }
  },
};

new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) look.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
requestAnimationFrame(function wait() {
  const formula = document.querySelector("main math");
  const style = formula && getComputedStyle(formula);
  const drawn = formula && formula.getBoundingClientRect().height > 0
    && document.fonts.check(`${style.fontSize} ${style.fontFamily.split(",")[0]}`)
    && performance.getEntriesByName("first-contentful-paint").length;
  if (drawn) look.mathematics = performance.now() / 1000;
  else requestAnimationFrame(wait);
});
