// The buttons of a page, and which section its contents mark. Each works without the others.
{
  const all = (selector, use) => document.querySelectorAll(selector).forEach(use);

  // light, dark, or as the system is
  all(".theme-button", button => button.addEventListener("click", () => {
    const modes = ["auto", "light", "dark"];
    const mode = modes[(modes.indexOf(document.documentElement.dataset.mode) + 1) % 3];
    dispatchEvent(new CustomEvent("mode", { detail: mode }));
    try { localStorage.setItem("mode", mode); } catch { /* refused: for this page alone */ }
  }));

  all(".print-button", button => button.addEventListener("click", () => print()));

  // the search, in a dialog, which keeps the focus and gives it back; loaded on first use
  const load = name => new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = `${document.documentElement.dataset.content_root}_static/${name}`;
    script.onload = done;
    script.onerror = () => failed(new Error(`${name} is missing`));
    document.head.append(script);
  });
  let loaded;
  const loadSearch = () => {
    loaded ??= Promise.all([load("minisearch.js"), load("sections.js")]).then(() => load("search.js"));
  };
  all("article .search-form", loadSearch);
  const openSearch = () => {
    loadSearch();
    document.querySelectorAll(":popover-open").forEach(open => open.hidePopover());
    document.getElementById("search").showModal();
  };
  all("[data-opens=search]", button => button.addEventListener("click", openSearch));
  all("dialog", dialog => dialog.addEventListener("click", event => {
    if (event.target === dialog) dialog.close(); // beside the form
  }));
  all("dialog", dialog => dialog.addEventListener("keydown", event => {
    if (event.key === "Escape") dialog.close(); // at once: a search field takes the first to clear
  }));
  addEventListener("keydown", event => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!document.getElementById("search").open) openSearch();
    }
  });

  // a figure leads to itself, alone and as large as the window
  all("article img[src*='_images/']", image => {
    const link = document.createElement("a");
    link.href = image.src;
    image.replaceWith(link);
    link.append(image);
  });

  // a heading's address is for pointers; with the keyboard the contents lead to the same place
  all(".headerlink", link => link.tabIndex = -1);

  // a link of the contents, on a narrow screen, closes them
  all("#page-contents a", link => link.addEventListener("click", () => {
    const contents = document.getElementById("page-contents");
    if (contents.matches(":popover-open")) contents.hidePopover();
  }));

  // the section that is being read is marked in the contents
  const entries = new Map();
  all("#page-contents a[href^='#']", link => {
    const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (section) entries.set(section, link);
  });
  const seen = new Set();
  const spy = new IntersectionObserver(changes => {
    for (const { target, isIntersecting } of changes) seen[isIntersecting ? "add" : "delete"](target);
    const read = [...entries.keys()].filter(section => seen.has(section)).at(-1);
    all("#page-contents .active", element => element.classList.remove("active"));
    for (let item = entries.get(read)?.parentElement; item; item = item.parentElement.closest("li"))
      item.classList.add("active");
    entries.get(read)?.classList.add("active");
  }, { rootMargin: "0px 0px -60%" });
  entries.forEach((_, section) => spy.observe(section));
}
