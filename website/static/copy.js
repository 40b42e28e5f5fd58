// What is copied holds formulas as LaTeX, not glyph by glyph. Where nothing is selected, the copy
// of an equation is taken from its number or mark: Ctrl+C there needs no mouse.
document.addEventListener("copy", (event) => {
  const selection = getSelection();
  const latex = (math) => math.querySelector("annotation").textContent;
  const put = (kind, text) => { event.clipboardData.setData(kind, text); event.preventDefault(); };
  if (selection.isCollapsed) {
    const math = document.activeElement.closest(".beside")?.parentElement.querySelector("math");
    if (math) put("text/plain", latex(math));
    return;
  }
  const range = selection.getRangeAt(0).cloneRange();
  const formula = (node) => (node.closest ? node : node.parentElement).closest("math");
  if (formula(range.startContainer)) range.setStartBefore(formula(range.startContainer));
  if (formula(range.endContainer)) range.setEndAfter(formula(range.endContainer));
  const copy = document.createElement("div");
  copy.append(range.cloneContents());
  if (!copy.querySelector("math")) return;
  put("text/html", copy.innerHTML);
  for (const math of copy.querySelectorAll("math")) {
    const sign = math.getAttribute("display") === "block" ? "$$" : "$";
    math.replaceWith(sign + latex(math) + sign);
  }
  copy.style.position = "absolute"; // drawn for a moment: only then its text has lines
  document.body.append(copy);
  put("text/plain", copy.innerText);
  copy.remove();
});
