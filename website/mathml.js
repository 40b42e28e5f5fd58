// TeX to MathML with MathJax's own reader, sized and spaced as TeX does; mathml.py runs this.
const { mathjax } = MathJax._.mathjax;
const { TeX } = MathJax._.input.tex_ts;
const { CHTML } = MathJax._.output.chtml_ts;
const { TeXFont } = MathJax._.output.chtml.fonts.tex_ts;
const { MapHandler } = MathJax._.input.tex.MapHandler;
const { OP } = MathJax._.core.MmlTree.MmlNode.TEXCLASS;
const { SerializedMmlVisitor } = MathJax._.core.MmlTree.SerializedMmlVisitor;

MathJax._.handlers.html_ts.RegisterHTMLHandler(MathJax._.adaptors.liteAdaptor.liteAdaptor());
MapHandler.getMap("macros").map.delete("mmlToken"); // it writes any address and name into a page
const reader = new TeX({
  packages: ["base", "ams", "boldsymbol"],
  formatError(_, error) { throw error.message; },
});
// MathJax lays a formula out to write it as HTML: here it only does the first.
const layout = new CHTML({ fontURL: "", font: new TeXFont({ fontURL: "" }) });
layout.measureText = () => ({ w: 0.5, h: 0.7, d: 0 }); // of a character that its fonts lack
let boxes;
layout.processMath = (root) => {
  layout.factory.wrap(root).getOuterBBox();
  boxes = layout.nodeMap;
};
const page = mathjax.document("", { InputJax: reader, OutputJax: layout });
const writer = new SerializedMmlVisitor();

function mathml(tex, display) {
  const formula = new page.options.MathItem(tex, reader, display);
  formula.setMetrics(16, 7, 1e6, 1e6, 1); // no line is too short
  formula.compile(page);
  formula.typeset(page);
  const { root } = formula, nodes = [];
  root.walkTree((node) => nodes.push(node));
  // a fraction is an ordinary symbol; MathJax gives it no class, and log after it no space
  nodes.filter((node) => node.isKind("mfrac")).forEach((node) => { node.texClass = 0; });
  root.setTeXclass(null);
  nodes.forEach(size);
  nodes.forEach(space);
  nodes.forEach(accent);
  nodes.forEach(prime);
  return writer.visitTree(root);
}

// Browsers differ in how tall and how wide they draw a bracket that grows. Where TeX takes one of
// its sizes, that is a character; what is taller than them all grows.
const SIZES = [1, 1.2, 1.8, 2.4, 3, 3.6]; // the class of each is its place: size1, …
function size(node) {
  const bracket = node.isKind("mo") && boxes.get(node);
  if (bracket?.stretch?.dir !== 1 || !node.attributes.get("stretchy")) return;
  const { h, d } = bracket.getBBox();
  let n = bracket.size ?? 0;
  if (n < 0 && /[|‖∣∥]/.test(node.getText())) { // MathJax has no sizes of these
    n = SIZES.findIndex((tall) => tall > 0.95 * (h + d));
  }
  if (n < 0) return;
  node.attributes.set("stretchy", false);
  for (const name of ["minsize", "maxsize"]) delete node.attributes.getAllAttributes()[name];
  if (n) node.attributes.set("class", `size${n}`);
}

// Browsers space operators by a dictionary, which knows no difference between the signs in a - b
// and in = -b, and gives log p no space. MathJax knows TeX's rules: write down what they say.
const WIDTHS = { thinmathspace: 0.167, mediummathspace: 0.222, thickmathspace: 0.278 };
function space(node) {
  const width = WIDTHS[node.texSpacing?.()] || 0;
  if (node.isKind("mo")) {
    node.attributes.set("lspace", em(width));
    node.attributes.set("rspace", 0);
    // Firefox draws all signs that can be a sum as large as one
    if (/[⊕⊗⊙]/.test(node.getText()) && node.texClass !== OP) node.attributes.set("largeop", false);
  } else if (width) {
    const gap = node.factory.create("mspace");
    gap.attributes.set("width", em(width));
    const row = node.parent;
    row.childNodes.splice(row.childIndex(node), 0, gap);
    gap.parent = row;
  }
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

// A prime stands high by itself: it is no superscript of its letter. An index stands below it.
function prime(node) {
  if (!node.isKind("msup") && !node.isKind("msubsup")) return;
  const [base, ...scripts] = node.childNodes, upper = scripts.pop();
  const [sign, ...others] = upper.isToken ? [upper] : (upper.isKind("TeXAtom") ? upper.childNodes[0] : upper).childNodes;
  if (!sign?.isToken || !/^[′″‴]$/.test(sign.getText())) return;
  const make = (kind, children, attributes = {}) => node.factory.create(kind, attributes, children);
  const high = scripts.length ? make("mpadded", [sign], { width: 0 }) : sign; // the index needs its room
  const above = others.length ? [make("mrow", others)] : [];
  const kind = `m${scripts.length ? "sub" : ""}${above.length ? "sup" : ""}`;
  const pair = make("mrow", [base, high]);
  node.parent.replaceChild(kind === "m" ? pair : make(kind, [pair, ...scripts, ...above]), node);
}
