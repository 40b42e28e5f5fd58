// Finds the sections, statements and terms of the book that hold the words of a query.
{
  const HOME = document.documentElement.dataset.content_root;
  const WORD = /\d+(?:\.\d+)*|\p{L}[\p{L}\p{N}]*(?:-[\p{L}\p{N}]+)*|\p{S}/gu;
  const ALSO = { "learning rate": "step size", "weight decay": "penalty", "regulari[sz]ation": "penalty" };
  const MOST = 30, AROUND = 160;

  const fold = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const parts = word => word.includes("-") ? [word.replaceAll("-", ""), ...word.split("-")] : [word];
  const isWord = term => /^\p{L}{4,}$/u.test(term);
  const index = new MiniSearch({
    fields: ["title", "numbers", "text"],
    tokenize: text => (fold(text).match(WORD) ?? []).flatMap(parts),
    processTerm: term => term,
    searchOptions: {
      boost: { title: 4, numbers: 4 },
      boostDocument: id => SECTIONS[id][0].includes("#term-") ? 2 : 1, // what a word means, first
      prefix: isWord,
      fuzzy: term => isWord(term) && 0.25,
      maxFuzzy: 2,
    },
  });
  index.addAll(SECTIONS.map(([address, title, page, numbers, text], id) => ({ id, title, numbers, text })));

  function find(words) {
    const ways = [words];
    for (const [name, other] of Object.entries(ALSO))
      ways.push(...[words.replace(new RegExp(name, "i"), other)].filter(way => way !== words));
    return index.search({ combineWith: "OR", queries: ways.map(way => ({ combineWith: "AND", queries: [way] })) });
  }

  // The stretch of the text with most of the words, which are marked.
  function excerpt(text, terms) {
    const words = [...fold(text).matchAll(WORD)].filter(([word]) => parts(word).some(part => terms.has(part)));
    const near = first => new Set(words.filter(({ index }) => index >= first && index < first + AROUND).map(String));
    let start = words[0]?.index ?? 0;
    for (const { index } of words) if (near(index).size > near(start).size) start = index;
    const from = start > 60 ? text.indexOf(" ", start - 60) + 1 : 0;
    const to = from + AROUND < text.length ? text.lastIndexOf(" ", from + AROUND) : text.length;
    const pieces = [from ? "… " : ""];
    let at = from;
    for (const { 0: word, index } of words.filter(({ index }) => index >= from && index < to)) {
      const mark = document.createElement("mark");
      mark.textContent = text.slice(index, index + word.length);
      pieces.push(text.slice(at, index), mark);
      at = index + word.length;
    }
    return [...pieces, text.slice(at, Math.max(at, to)), to < text.length ? " …" : ""];
  }

  function item({ id, terms }) {
    const [address, title, page, , text] = SECTIONS[id];
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = HOME + address;
    link.textContent = title;
    const where = document.createElement("small"), place = document.createElement("p");
    where.textContent = page;
    place.append(...excerpt(text, new Set(terms)));
    item.append(link, " ", where, place);
    return item;
  }

  for (const form of document.querySelectorAll(".search-form")) {
    const field = form.elements.q;
    const show = () => {
      const found = field.value.trim() ? find(field.value) : [];
      form.querySelector("ol").replaceChildren(...found.slice(0, MOST).map(item));
      form.querySelector("[role=status]").textContent =
        !field.value.trim() ? "" : found.length > MOST ? `The first ${MOST} of ${found.length} places`
          : found.length ? `${found.length} place${found.length > 1 ? "s" : ""}` : "Nothing found";
    };
    field.addEventListener("input", show);
    if (!form.closest("dialog")) field.value ||= new URLSearchParams(location.search).get("q") ?? "";
    show();
  }
}
