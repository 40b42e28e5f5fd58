// Shows what a cross-reference points to while the pointer or the focus rests on it.
// Nothing is loaded before that; without this script the references are plain links.
(() => {
  const card = document.createElement("div");
  card.id = "preview";
  card.popover = "manual";
  document.body.append(card);
  const pages = new Map([[location.href.split("#")[0], document]]);
  let waiting;

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
    const block = target.closest("figure, .math, .proof, .exercise, .admonition, dt, section");
    if (!block) return [];
    if (block.matches("dt")) return [block, block.nextElementSibling];
    if (block.matches("section") && block.textContent.length > 2500)
      return [...block.querySelectorAll("h1, h2, h3, h4, p")].slice(0, 2);
    return [block];
  }

  async function show(link) {
    const [url, anchor] = link.href.split("#");
    const target = (await page(url)).getElementById(decodeURIComponent(anchor));
    const copies = (target ? excerpt(target) : []).map((element) => element.cloneNode(true));
    if (!copies.length) return;
    card.replaceChildren(...copies);
    card.querySelectorAll(".headerlink, .derivation-mark, summary").forEach((element) => element.remove());
    [...copies, ...card.querySelectorAll("[id]")].forEach((element) => element.removeAttribute("id"));
    card.querySelectorAll("img").forEach((image) => {
      image.src = new URL(image.getAttribute("src"), url);
    });
    card.showPopover();
    const at = link.getBoundingClientRect();
    const below = at.bottom + card.offsetHeight < innerHeight;
    card.style.top = `${below ? at.bottom : Math.max(0, at.top - card.offsetHeight)}px`;
    card.style.left = `${Math.max(0, Math.min(at.left, innerWidth - card.offsetWidth))}px`;
  }

  function hide() {
    clearTimeout(waiting);
    if (card.matches(":popover-open")) card.hidePopover();
  }

  for (const link of document.querySelectorAll("article a.internal[href*='#'], .btn-notation-button")) {
    const soon = () => {
      hide();
      waiting = setTimeout(() => show(link).catch(() => {}), 250); // a file:// page cannot fetch
    };
    link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && soon());
    link.addEventListener("focus", () => link.matches(":focus-visible") && soon());
    link.addEventListener("pointerleave", hide);
    link.addEventListener("blur", hide);
  }
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
})();
