// TeX to MathML with MathJax's own reader, spaced as TeX spaces it; mathml.py runs this.
const { mathjax } = MathJax._.mathjax;
const { TeX } = MathJax._.input.tex_ts;
const { STATE } = MathJax._.core.MathItem;
const { SerializedMmlVisitor } = MathJax._.core.MmlTree.SerializedMmlVisitor;

MathJax._.handlers.html_ts.RegisterHTMLHandler(MathJax._.adaptors.liteAdaptor.liteAdaptor());
const reader = new TeX({
  packages: ["base", "ams", "boldsymbol"],
  formatError(_, error) { throw error.message; },
});
const page = mathjax.document("", { InputJax: reader });
const writer = new SerializedMmlVisitor();

function mathml(tex, display) {
  const root = page.convert(tex, { display, end: STATE.COMPILED });
  root.setTeXclass(null);
  const nodes = [];
  root.walkTree((node) => nodes.push(node));
  nodes.forEach(space);
  nodes.forEach(accent);
  return writer.visitTree(root);
}

// Browsers space operators by a dictionary, which knows no difference between the signs in a - b
// and in = -b, and gives log p no space. MathJax knows TeX's rules: write down what they say.
const WIDTHS = { thinmathspace: "0.167em", mediummathspace: "0.222em", thickmathspace: "0.278em" };
function space(node) {
  const width = WIDTHS[node.texSpacing?.()] || 0;
  if (node.isKind("mo")) {
    node.attributes.set("lspace", width);
    node.attributes.set("rspace", 0);
  } else if (width) {
    const gap = node.factory.create("mspace");
    gap.attributes.set("width", width);
    const row = node.parent;
    row.childNodes.splice(row.childIndex(node), 0, gap);
    gap.parent = row;
  }
}

// Browsers look for an accent on mover alone, MathJax finds it in the operator.
function accent(node) {
  const over = node.isKind("mover") && node.childNodes[1];
  if (over?.isEmbellished && over.coreMO().attributes.get("accent")) {
    node.attributes.set("accent", true);
    const sign = over.coreMO().childNodes[0];
    sign.setText({ "^": "ˆ", "~": "˜" }[sign.getText()] ?? sign.getText());
  }
}
