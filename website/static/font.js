// Formulas drawn in another font first would move the text around them when theirs comes: nothing
// is shown until it is there, but for a second at most.
(style => {
  style.visibility = "hidden";
  Promise.race([
    document.fonts.load("1em 'Latin Modern Math Subset'"),
    new Promise(enough => setTimeout(enough, 1000)),
  ]).finally(() => { style.visibility = ""; });
})(document.documentElement.style);
