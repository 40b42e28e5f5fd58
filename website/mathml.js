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
  const nodes = [];
  root.walkTree((node) => nodes.push(node));
  // a fraction is an ordinary symbol; MathJax gives it no class, and log after it no space
  nodes.filter((node) => node.isKind("mfrac")).forEach((node) => { node.texClass = 0; });
  root.setTeXclass(null);
  nodes.forEach(space);
  nodes.forEach(accent);
  return writer.visitTree(root);
}

// Browsers space operators by a dictionary, which knows no difference between the signs in a - b
// and in = -b, and gives log p no space. MathJax knows TeX's rules: write down what they say.
const WIDTHS = { thinmathspace: 0.167, mediummathspace: 0.222, thickmathspace: 0.278 };
function space(node) {
  const width = WIDTHS[node.texSpacing?.()] || 0;
  if (node.isKind("mo")) {
    const room = grown(node);
    node.attributes.set("lspace", em(width + room));
    node.attributes.set("rspace", em(room));
  } else if (width) {
    const gap = node.factory.create("mspace");
    gap.attributes.set("width", em(width));
    const row = node.parent;
    row.childNodes.splice(row.childIndex(node), 0, gap);
    gap.parent = row;
  }
}

// Chromium gives a bracket that grows no more room than a small one.
function grown(mo) {
  if (!/^[()[\]]$/.test(mo.getText()) || !mo.attributes.get("stretchy")) return 0;
  return parseFloat(mo.attributes.getExplicit("minsize")) < 1.3 ? 0.03 : 0.12; // \bigl, \left
}

function em(width) {
  return width && `${+width.toFixed(3)}em`;
}

// Browsers look for an accent on mover alone, MathJax finds it in the operator.
function accent(node) {
  const over = node.isKind("mover") && node.childNodes[1];
  if (over?.isEmbellished && over.coreMO().attributes.get("accent")) {
    node.attributes.set("accent", true);
    const sign = over.coreMO().childNodes[0];
    if (sign.getText() === "→") {  // as wide as a letter
      over.coreMO().attributes.set("stretchy", false);
      over.coreMO().attributes.set("mathsize", "0.6em");
    }
    sign.setText({ "^": "ˆ", "~": "˜" }[sign.getText()] ?? sign.getText());
  }
}
