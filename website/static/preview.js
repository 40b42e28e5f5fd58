// Shows what a cross-reference points to while the pointer or the focus rests on it; on touch, the
// first tap shows it and the second follows. Without this script the references are plain links.
{
  const card = document.createElement("div");
  card.id = "preview";
  card.popover = "manual";
  document.body.append(card);
  const pages = new Map([[location.href.split("#")[0], document]]);
  let waiting, shown; // a timer, and the link whose target the card shows or will show

  async function page(url) {
    if (!pages.has(url)) {
      const text = await (await fetch(url)).text();
      pages.set(url, new DOMParser().parseFromString(text, "text/html"));
    }
    return pages.get(url);
  }

  // The equation, figure, theorem or entry that carries the anchor, or a short section; of a long
  // one how it begins.
  function excerpt(target) {
    const block = target.closest("figure, .math, .citation, .proof, .exercise, .admonition, dt, section");
    if (!block) return [];
    if (block.matches("dt")) return [block, block.nextElementSibling];
    if (block.matches("section") && block.textContent.length > 2500)
      return [...block.querySelectorAll("h1, h2, h3, h4, p")].slice(0, 2);
    return [block];
  }

  async function fill(link) {
    const [url, anchor] = link.href.split("#");
    const target = (await page(url)).getElementById(decodeURIComponent(anchor));
    const copies = (target ? excerpt(target) : []).map(element => element.cloneNode(true));
    if (!copies.length) throw new Error(`nothing to show of ${link.href}`);
    if (shown !== link) return; // the reader has gone on
    card.replaceChildren(...copies);
    card.querySelectorAll(".headerlink, .derivation-mark, summary").forEach(element => element.remove());
    [...copies, ...card.querySelectorAll("[id]")].forEach(element => element.removeAttribute("id"));
    for (const [name, kind] of [["href", "a"], ["src", "img"]])
      for (const element of card.querySelectorAll(`${kind}[${name}]`))
        element[name] = new URL(element.getAttribute(name), url);
    card.style.maxHeight = "";
    card.showPopover();
    card.scrollTop = 0;
    const at = link.getBoundingClientRect();
    const below = at.bottom + card.offsetHeight < innerHeight || at.top < innerHeight / 3;
    card.style.top = `${below ? at.bottom : Math.max(0, at.top - card.offsetHeight)}px`;
    card.style.maxHeight = `${below ? Math.max(innerHeight - at.bottom - 8, 120) : at.top}px`;
    card.style.left = `${Math.max(0, Math.min(at.left, innerWidth - card.offsetWidth))}px`;
  }

  // What cannot be shown (a file:// page may not fetch another) is left to the link itself.
  function show(link, after = 250, otherwise = () => {}) {
    if (shown === link && card.matches(":popover-open")) return clearTimeout(waiting);
    hide();
    shown = link;
    waiting = setTimeout(() => fill(link).catch(otherwise), after);
  }

  function hide() {
    clearTimeout(waiting);
    shown = undefined;
    if (card.matches(":popover-open")) card.hidePopover();
  }

  const hideSoon = () => { // time enough to reach the card
    clearTimeout(waiting);
    waiting = setTimeout(hide, 300);
  };

  for (const link of document.querySelectorAll("article a.internal[href*='#'], .btn-notation-button")) {
    link.addEventListener("pointerenter", event => event.pointerType === "mouse" && show(link));
    link.addEventListener("pointerleave", event => event.pointerType === "mouse" && hideSoon());
    link.addEventListener("focus", () => link.matches(":focus-visible") && show(link));
    link.addEventListener("blur", hideSoon);
    link.addEventListener("click", event => {
      if (event.pointerType !== "touch" || shown === link) return;
      event.preventDefault();
      show(link, 0, () => location.assign(link.href));
    });
  }
  card.addEventListener("pointerenter", () => clearTimeout(waiting));
  card.addEventListener("pointerleave", event => event.pointerType === "mouse" && hideSoon());
  addEventListener("keydown", event => event.key === "Escape" && hide());
  addEventListener("pointerdown", event => {
    if (shown && !card.contains(event.target) && !shown.contains(event.target)) hide();
  });
}
