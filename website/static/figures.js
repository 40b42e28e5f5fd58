// The figures that compute: each is a function of what the reader has set, and stands in the place
// of its picture, which is kept for print. A picture names its figure by its classes: computes KIND.
{
  // The formulas of the book, in its letters. A vector is an array, a matrix an array of rows.

  const sum = v => v.reduce((total, v_k) => total + v_k, 0);
  const dot = (u, v) => sum(u.map((u_k, k) => u_k * v[k]));
  const times = (A, v) => A.map(row => dot(row, v));
  const minus = (u, v) => u.map((u_k, k) => u_k - v[k]);
  const oneHot = (y, C) => Array.from({ length: C }, (_, k) => Number(k === y));

  function softmax(s) {
    const largest = Math.max(...s), e = s.map(s_k => Math.exp(s_k - largest));
    return e.map(e_k => e_k / sum(e));
  }

  function logsumexp(s) {
    const largest = Math.max(...s);
    return largest + Math.log(sum(s.map(s_k => Math.exp(s_k - largest))));
  }

  // J = diag(p) − p pᵀ
  const jacobian = p => p.map((p_j, j) => p.map((p_k, k) => (j === k ? p_j : 0) - p_j * p_k));

  // the two solutions of λ² − tλ + d = 0, the larger one first
  function roots(t, d) {
    const root = Math.sqrt(Math.max(0, t * t - 4 * d));
    return [(t + root) / 2, (t - root) / 2];
  }

  // 0 log 0 is 0
  const crossEntropy = (q, p) => -sum(q.map((q_k, k) => (q_k ? q_k * Math.log(p[k]) : 0)));
  const entropy = q => crossEntropy(q, q);
  const divergence = (q, p) => sum(q.map((q_k, k) => (q_k ? q_k * Math.log(q_k / p[k]) : 0)));

  // L(W) = (1/M) Σ_i (log Σ_j exp s_j − s_y) + λ/2 ‖W without its bias column‖²
  function loss(W, { X, y, lam }) {
    const penalty = sum(W.map(w => dot(w, w) - w[0] ** 2));
    const losses = X.map((x, i) => logsumexp(times(W, x)) - times(W, x)[y[i]]);
    return sum(losses) / X.length + lam / 2 * penalty;
  }

  // G = (1/M) (P − Y)ᵀ X + λ W without its bias column
  function gradient(W, { X, y, lam }) {
    const errors = X.map((x, i) => minus(softmax(times(W, x)), oneHot(y[i], W.length)));
    return W.map((w, k) => w.map((w_d, d) =>
      sum(X.map((x, i) => errors[i][k] * x[d])) / X.length + (d ? lam * w_d : 0)));
  }

  // W − γ G
  const step = (W, G, gamma) => W.map((w, k) => w.map((w_d, d) => w_d - gamma * G[k][d]));

  // B = λ_max(XᵀX) / (2M) + λ, for a bias and one feature
  function curvatureBound({ X, lam }) {
    const [a, b, d] = [[0, 0], [0, 1], [1, 1]].map(([j, k]) => sum(X.map(x => x[j] * x[k])));
    return roots(a + d, a * d - b * b)[0] / (2 * X.length) + lam;
  }

  const quotients = {
    "one-sided": (f, h) => (f(h) - f(0)) / h,
    central: (f, h) => (f(h) - f(-h)) / (2 * h),
    "fourth order": (f, h) => (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h),
  };

  // What a number looks like

  const SUPER = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const power = n => `10${n < 0 ? "⁻" : ""}${[...`${Math.abs(n)}`].map(c => SUPER[c]).join("")}`;
  function number(x, digits = 2) {
    if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x < 0 ? "−∞" : "∞";
    const text = x.toFixed(digits);
    return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
  }
  // two digits, of numbers of any size
  function scientific(x) {
    if (!Number.isFinite(x) || x === 0) return number(x, 0);
    if (Math.abs(x) >= 0.01 && Math.abs(x) < 1000) return number(x, Math.abs(x) < 1 ? 3 : 2);
    const [mantissa, exponent] = x.toExponential(1).split("e");
    return `${mantissa.replace("-", "−")} · ${power(Number(exponent))}`;
  }
  const list = (v, digits = 2) => v.map(v_k => number(v_k, digits)).join(", ");

  // Elements, and what the pictures are made of

  function put(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children.flat(Infinity).filter(child => child !== undefined));
    return node;
  }
  const html = (name, attributes = {}, ...children) =>
    put(document.createElement(name), attributes, children);
  const svg = (name, attributes = {}, ...children) =>
    put(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

  // what a panel shows is said by its label; the numbers stand beside it as text
  const panel = (width, height, label, ...children) =>
    svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...children);
  const text = (x, y, words, anchor = "middle", kind = "") =>
    svg("text", { x, y, "text-anchor": anchor, class: kind }, words);
  const rect = (x, y, width, height, kind, more = {}) =>
    svg("rect", { x, y, width: Math.max(0, width), height: Math.max(0, height), class: kind, ...more });
  const stroke = (points, kind) => {
    const drawn = points.map(([x, y]) => (Number.isFinite(x + y) ? `${x.toFixed(1)} ${y.toFixed(1)}` : ""));
    const commands = drawn.map((at, n) => at && `${n && drawn[n - 1] ? "L" : "M"}${at}`);
    return svg("path", { d: commands.join(""), class: kind });
  };
  const disc = ([cx, cy], kind, r = 5) => svg("circle", { cx, cy, r, class: kind });
  const between = (low, high, n) => Array.from({ length: n + 1 }, (_, i) => low + (high - low) * i / n);

  // a bar from 0 to a value, which lies between low and high
  function bar(x, y, width, height, value, [low, high], kind) {
    const at = v => x + width * (v - low) / (high - low);
    const ends = [at(0), at(Math.min(high, Math.max(low, value)))].sort((a, b) => a - b);
    return [
      rect(ends[0], y, ends[1] - ends[0], height, kind),
      stroke([[at(0), y - 2], [at(0), y + height + 2]], "axis"),
    ];
  }

  // 8 × 8 numbers between −1 and 1: strength of colour, in one of two colours
  function image(x, y, size, pixels, [positive, negative] = ["ink"], signs = false) {
    const side = size / 8;
    const cells = pixels.map((v, d) => {
      const [left, top] = [x + d % 8 * side, y + Math.floor(d / 8) * side];
      const kind = v < 0 ? negative : positive;
      const sign = signs && Math.abs(v) > 0.4
        ? text(left + side / 2, top + side / 2 + 4, v < 0 ? "−" : "+", "middle", Math.abs(v) > 0.7 ? "sign strong" : "sign") : undefined;
      return v ? [rect(left, top, side, side, kind, { "fill-opacity": Math.min(1, Math.abs(v)).toFixed(3) }), sign] : [];
    });
    return [rect(x, y, size, size, "paper"), cells];
  }

  function ticks(low, high, log) {
    if (log) {
      const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
      const every = Math.ceil((last - first + 1) / 5);
      return between(first, last, last - first).filter(n => Math.round(n) % every === 0).map(n => [10 ** n, power(Math.round(n))]);
    }
    if (high >= 1e4) { // a power of ten, to both sides
      const words = power(Math.round(Math.log10(high)));
      return [[low, `−${words}`], [0, "0"], [high, words]];
    }
    const least = (high - low) / 4, size = 10 ** Math.floor(Math.log10(least));
    const every = [1, 2, 5, 10].map(n => n * size).find(n => n >= least * 0.999);
    const count = Math.floor(high / every + 1e-9) - Math.ceil(low / every - 1e-9);
    return between(0, count, count).map(n => (Math.ceil(low / every - 1e-9) + n) * every)
      .map(v => [v, number(v, Math.max(0, Math.min(4, -Math.floor(Math.log10(every) + 1e-9))))]);
  }

  // Axes; `draw` gets the scales and makes what is inside, cut at the edges.
  function chart([left, top, width, height], { x, y, xlog, ylog, xlabel, ylabel }, draw) {
    const scale = ([low, high], log, size) => v =>
      size * (log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low));
    const X = scale(x, xlog, width), up = scale(y, ylog, height), Y = v => height - up(v);
    const bottom = top + height;
    return [
      ticks(...y, ylog).map(([v, words]) => [
        stroke([[left, top + Y(v)], [left + width, top + Y(v)]], "grid"),
        text(left - 5, top + Y(v) + 4, words, "end")]),
      ticks(...x, xlog).map(([v, words]) => [
        stroke([[left + X(v), bottom], [left + X(v), bottom + 4]], "axis"),
        text(left + X(v), bottom + 17, words)]),
      stroke([[left, top], [left, bottom], [left + width, bottom]], "axis"),
      text(left + width / 2, bottom + 31, xlabel),
      text(left - 5, top - 11, ylabel, "start"),
      svg("svg", { x: left - 6, y: top - 6, width: width + 12, height: height + 12, viewBox: `-6 -6 ${width + 12} ${height + 12}` }, ...draw(X, Y)),
    ];
  }

  // the strokes on which values on a grid have a level
  function contour(values, level, X, Y, at) {
    const strokes = [];
    for (let i = 1; i < values.length; i++) for (let j = 1; j < values.length; j++) {
      const corners = [[i - 1, j - 1], [i, j - 1], [i, j], [i - 1, j]];
      const crossed = corners.flatMap(([a, b], n) => {
        const [c, d] = corners[(n + 1) % 4], share = (level - values[a][b]) / (values[c][d] - values[a][b]);
        return values[a][b] < level === values[c][d] < level ? [] : [[X(at(a + share * (c - a), 0)), Y(at(b + share * (d - b), 1))]];
      });
      if (crossed.length > 1) strokes.push(...crossed.slice(0, 2), [NaN, NaN]);
    }
    return stroke(strokes, "contour");
  }

  // What the reader moves: an element, its value, its way back to the start

  function slider(name, [min, max, every], start, words = v => number(v, 1), scale = v => v) {
    const input = html("input", { type: "range", min, max, step: every, value: start });
    const shown = html("span", { "aria-hidden": "true" });
    const tell = () => {
      shown.textContent = words(scale(input.valueAsNumber));
      input.setAttribute("aria-valuetext", shown.textContent);
    };
    tell();
    input.addEventListener("input", tell);
    return {
      element: html("label", {}, html("span", {}, name), shown, input),
      value: () => scale(input.valueAsNumber),
      reset() { input.value = start; tell(); },
    };
  }
  // a slider over values that are listed
  const among = (name, values, start, words) =>
    slider(name, [0, values.length - 1, 1], values.indexOf(start), words, n => values[n]);
  const logarithmic = (name, [low, high, every], start, words = scientific) =>
    slider(name, [low, high, every], Math.log10(start), words, v => 10 ** v);

  function choice(name, options, start = 0) {
    const select = html("select", {}, options.map((option, n) => html("option", { value: n }, option)));
    select.selectedIndex = start;
    return {
      element: html("label", {}, html("span", {}, name), select),
      value: () => select.selectedIndex,
      reset() { select.selectedIndex = start; },
    };
  }

  function button(name, act) {
    const made = html("button", { type: "button" }, name);
    made.addEventListener("click", act);
    return made;
  }

  // 8 × 8 buttons to draw on, of which one is a stop of the tabulator
  function pad(name, images) {
    let ink, brush;
    const pixels = Array.from({ length: 64 }, () => button("", event => event.detail || paint(event.target)));
    const changed = () => grid.dispatchEvent(new Event("input", { bubbles: true }));
    const show = () => pixels.forEach((pixel, d) => {
      pixel.setAttribute("aria-label", `row ${Math.floor(d / 8) + 1}, column ${d % 8 + 1}: ink ${ink[d]} of 16`);
      pixel.style.setProperty("--ink", ink[d] / 16);
    });
    const set = next => { ink = next; show(); changed(); };
    const paint = (pixel, full = ink[pixels.indexOf(pixel)] < 8 ? 16 : 0) =>
      set(ink.with(pixels.indexOf(pixel), full));
    const grid = html("div", { class: "pad", role: "group", "aria-label": `${name}; arrow keys move, the space bar draws and rubs out` }, pixels);
    const go = d => {
      pixels.forEach((pixel, n) => { pixel.tabIndex = n === d ? 0 : -1; });
      return pixels[d];
    };
    go(0);
    grid.addEventListener("keydown", event => {
      const d = pixels.indexOf(event.target), row = d - d % 8;
      const to = { ArrowLeft: Math.max(row, d - 1), ArrowRight: Math.min(row + 7, d + 1),
        ArrowUp: d < 8 ? d : d - 8, ArrowDown: d > 55 ? d : d + 8, Home: row, End: row + 7 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      go(to).focus();
    });
    grid.addEventListener("pointerdown", event => {
      if (!pixels.includes(event.target)) return;
      event.target.releasePointerCapture(event.pointerId);
      go(pixels.indexOf(event.target));
      brush = ink[pixels.indexOf(event.target)] < 8 ? 16 : 0;
      paint(event.target, brush);
    });
    grid.addEventListener("pointerover", event => { // of a finger it comes before the pointer is down
      if (brush !== undefined && pixels.includes(event.target)) paint(event.target, brush);
    });
    for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => { brush = undefined; });
    const roll = (rows, columns) => () => set(ink.map((_, d) =>
      ink[(Math.floor(d / 8) - rows + 8) % 8 * 8 + (d % 8 - columns + 8) % 8]));
    ink = images[0].slice();
    show();
    return {
      element: html("div", { class: "drawing" }, grid, html("div", { class: "buttons" },
        button("← left", roll(0, -1)), button("right →", roll(0, 1)),
        button("↑ up", roll(-1, 0)), button("↓ down", roll(1, 0)),
        button("invert", () => set(ink.map(v => 16 - v))), button("blank", () => set(ink.map(() => 0))))),
      value: () => ink,
      reset() { ink = images[0].slice(); show(); },
    };
  }

  // The figures. Each has controls, and draws panels, readings and a sentence from their values.

  const CLASSES = ["₁", "₂", "₃"], COLOURS = ["blue", "vermilion", "green"];
  const CORNERS = [[0, 0], [1, 0], [0.5, 1]]; // of the simplex, which has a class at each
  // a slider for each entry of a vector, and the vector that they make
  const entries = (name, letter, range, start, words) => Object.fromEntries(start.map((v_k, k) =>
    [`${letter}${k}`, slider(`${name} ${letter}${CLASSES[k]}`, range, v_k, words)]));
  const vector = (state, letter) => CLASSES.map((_, k) => state[letter + k]);
  // two classes, a bias and one feature; the second class gets the scores b + w x, the first −b − w x
  const X = [-1, 0, 1, 2, 3, 4].map(x => [1, x]);
  const LABELS = { separable: [0, 0, 0, 1, 1, 1], overlapping: [0, 0, 1, 0, 1, 1] };
  const opposite = (b, w) => [[-b, -w], [b, w]];

  const FIGURES = {
    front: {
      hint: "Move the training on, and watch the error and the gradient of this image fade.",
      controls: ({ passes, labels }) => ({
        pass: among("passes of training", passes, 3, v => `${v}`),
        digit: choice("image of a", labels.map(String)),
      }),
      draw({ pass, digit }, { passes, labels, images, scores }) {
        const y = labels[digit], p = softmax(scores[passes.indexOf(pass)][digit]);
        const error = minus(p, oneHot(y, 10)), x = images[digit].map(ink => ink / 16);
        const best = p.indexOf(Math.max(...p)), row = k => 24 + 16.5 * k;
        const verdict = best === y ? "right" : `a ${y} taken for a ${best}`;
        return {
          panels: [
            panel(350, 194, `The image, its probabilities and its error: ${verdict}`,
              text(48, 14, "x", "middle", "vector"), image(4, 56, 88, x),
              text(162, 14, "p", "middle", "vector"), text(290, 14, "p − y", "middle", "vector"),
              p.map((p_k, k) => [
                text(112, row(k) + 11, k),
                bar(122, row(k), 80, 13, p_k, [0, 1], k === y ? "orange" : "grey"),
                text(234, row(k) + 11, number(p_k), "end"),
                bar(242, row(k), 104, 13, error[k], [-1, 1], error[k] < 0 ? "against" : "favour")])),
            panel(350, 194, "Ten rows of the gradient as images, each the image times its class's error",
              error.map((error_k, k) => {
                const [left, top] = [4 + k % 5 * 70, Math.floor(k / 5) * 98];
                return [text(left + 31, top + 14, `${k}: ${error_k > 0 ? "+" : ""}${number(error_k)}`),
                  image(left, top + 20, 62, x.map(x_d => error_k * x_d), ["favour", "against"])];
              })),
          ],
          readings: {
            "predicted": `${best}, p = ${number(p[best])}`,
            [`p of the true class ${y}`]: number(p[y]),
            "loss −log p": number(-Math.log(p[y])),
          },
          words: `After ${pass} passes: ${verdict}, probability of the true class ${number(p[y])}`,
        };
      },
    },

    softmax: {
      hint: "Move scores, temperature T and a shift c, which is added to all scores.",
      controls: () => ({
        ...entries("score", "s", [-5, 5, 0.1], [2, 0.5, -1]),
        T: logarithmic("temperature T", [-1, 2, 0.1], 1),
        c: among("shift c", [-1000, -100, -10, -5, -2, -1, 0, 1, 2, 5, 10, 100, 1000], 0, v => number(v, 0)),
      }),
      draw({ T, c, ...state }) {
        const s = vector(state, "s").map(s_k => s_k + c), at = T => softmax(s.map(s_k => s_k / T));
        const z = s.map(s_k => s_k / T), p = softmax(z), best = p.indexOf(Math.max(...p));
        const share = g => list(z.map(z_k => g(z_k) / sum(z.map(g))));
        const corner = p => [0, 1].map(n => dot(p, CORNERS.map(corner => corner[n])));
        const place = p => { const [u, v] = corner(p); return [172 + 150 * u, 170 - 130 * v]; };
        const range = between(-1, 2, 60).map(n => 10 ** n);
        return {
          panels: [
            panel(350, 208, `Probabilities ${list(p)} as bars and as a point of the simplex`,
              p.map((p_k, k) => [
                rect(12 + 42 * k, 170 - 140 * p_k, 30, 140 * p_k, COLOURS[k]),
                text(27 + 42 * k, 163 - 140 * p_k, number(p_k)), text(27 + 42 * k, 188, `p${CLASSES[k]}`)]),
              stroke([[6, 170], [132, 170]], "axis"),
              stroke([0, 1, 2, 0].map(k => place(oneHot(k, 3))), "axis"),
              stroke(range.map(T => place(at(T))), "path"), disc(place(p), COLOURS[best], 6),
              [[-10, 14], [10, 14], [0, -8]].map(([right, down], k) => {
                const [x, y] = place(oneHot(k, 3));
                return text(x + right, y + down + 4, `p${CLASSES[k]} = 1`);
              })),
            panel(350, 208, "The same probabilities at temperatures from 0.1 to 100",
              chart([34, 26, 300, 140], { x: [0.1, 100], y: [0, 1], xlog: true, xlabel: "temperature T", ylabel: "probability" }, (X, Y) => [
                stroke([[X(T), Y(0)], [X(T), Y(1)]], "rule"),
                p.map((p_k, k) => [stroke(range.map(T => [X(T), Y(at(T)[k])]), `line ${COLOURS[k]} style${k}`), disc([X(T), Y(p_k)], COLOURS[k])]),
              ])),
          ],
          readings: {
            "p = softmax((s + c)/T)": list(p),
            "odds p₁ : p₂": scientific(Math.exp(z[0] - z[1])),
            "odds p₁ : p₃": scientific(Math.exp(z[0] - z[2])),
            "log-sum-exp": number(logsumexp(z)),
            "max": number(Math.max(...z)),
            "exp without the shift": share(Math.exp),
            "rival s": share(t => t), "rival |s|": share(Math.abs), "rival s²": share(t => t * t),
            "rival max(s, 0)": share(t => Math.max(t, 0)),
            "rival softplus": share(t => Math.log1p(Math.exp(t))),
          },
          words: `Probabilities ${list(p)}`,
        };
      },
    },

    jacobian: {
      hint: "Move the scores, all of them by a factor, and a direction v.",
      controls: () => ({
        ...entries("score", "s", [-5, 5, 0.1], [2, 0.5, -1]),
        ...entries("direction", "v", [-2, 2, 0.5], [1, 0, -1]),
        factor: among("all scores times", [1, 2, 5, 10, 20, 50, 100, 200, 500], 1, v => `${v}`),
        y: choice("true class", ["1", "2", "3"], 1),
      }),
      draw({ factor, y, ...state }) {
        const p = softmax(vector(state, "s").map(s_k => factor * s_k)), v = vector(state, "v");
        const J = jacobian(p), Jv = times(J, v), mean = dot(p, v), labels = oneHot(y, 3);
        const eigenvalues = [...roots(sum(p.map(p_k => p_k * (1 - p_k))), 3 * p[0] * p[1] * p[2]), 0];
        const slope = labels.map((y_k, k) => -y_k / p[k]), product = times(J, slope);
        const largest = Math.max(...J.flat().map(Math.abs), 1e-300), form = dot(v, Jv), length = dot(v, v);
        const at = value => 20 + 310 * value / 0.5, place = v_k => 20 + 310 * (v_k + 2) / 4;
        return {
          panels: [
            panel(350, 208, `The Jacobian; its rows are ${J.map(row => list(row, 3)).join("; ")}`,
              text(140, 14, "J = diag(p) − ppᵀ", "middle", "vector"), text(306, 14, "row sum"),
              J.map((row, j) => [
                text(16, 58 + 60 * j, `p${CLASSES[j]}`),
                row.map((J_jk, k) => [
                  rect(34 + 74 * k, 26 + 60 * j, 70, 56, "paper"),
                  rect(34 + 74 * k, 26 + 60 * j, 70, 56, J_jk < 0 ? "against" : "favour", { "fill-opacity": 0.55 * Math.abs(J_jk) / largest }),
                  text(69 + 74 * k, 58 + 60 * j, number(J_jk, 3), "middle", "sign")]),
                text(306, 58 + 60 * j, number(sum(row), 3))])),
            panel(350, 208, "The eigenvalues on a line from 0 to one half, and the entries of v with their weights p",
              text(20, 18, "eigenvalues, none above ½", "start"), stroke([[at(0), 50], [at(0.5), 50]], "axis"),
              [0, 0.25, 0.5].map(n => [stroke([[at(n), 44], [at(n), 56]], "axis"), text(at(n), 70, ["0", "¼", "½"][4 * n])]),
              eigenvalues.map(value => disc([at(value), 50], "blue", 6)),
              length ? [stroke([[at(form / length), 36], [at(form / length), 64]], "line vermilion"), text(at(form / length), 32, "vᵀJv / ‖v‖²", form / length < 0.4 ? "start" : "end")] : [],
              text(20, 112, "entries of v, the larger the more probable", "start"), stroke([[place(-2), 150], [place(2), 150]], "axis"),
              [-2, 0, 2].map(n => text(place(n), 186, number(n, 0))),
              v.map((v_k, k) => disc([place(v_k), 150], COLOURS[k], 3 + 17 * Math.sqrt(p[k]))),
              stroke([[place(mean), 126], [place(mean), 172]], "rule"), text(Math.min(300, Math.max(50, place(mean))), 202, "mean pᵀv")),
          ],
          readings: {
            "p": list(p, 3),
            "eigenvalues": list(eigenvalues, 3),
            "Jv": list(Jv, 3),
            "vᵀJv": number(form, 3),
            "variance of v under p": number(sum(p.map((p_k, k) => p_k * (v[k] - mean) ** 2)), 3),
            "½ ‖v‖²": number(length / 2, 3),
            "−y ⊘ p": slope.map(scientific).join(", "),
            "Jᵀ(−y ⊘ p) in doubles": list(product, 3),
            "p − y": list(minus(p, labels), 3),
          },
          words: `p ${list(p)}; largest eigenvalue ${number(eigenvalues[0], 3)}; the product gives ${list(product)}`,
        };
      },
    },

    descent: {
      hint: "Take the steps one by one with t. Above 2/B the loss may rise; above 2/λ it diverges.",
      controls: () => ({
        gamma: logarithmic("step size γ", [-2, 2, 0.05], 1),
        lam: among("penalty λ", [0, 0.01, 0.03, 0.1, 0.3, 1, 3], 0, v => `${v}`),
        data: choice("data", Object.keys(LABELS)),
        t: slider("steps t", [0, 60, 1], 20, v => `${v}`),
      }),
      draw({ gamma, lam, data, t }) {
        const objective = { X, y: Object.values(LABELS)[data], lam }, B = curvatureBound(objective);
        const path = [opposite(0, 0)];
        while (path.length <= 60) path.push(step(path.at(-1), gradient(path.at(-1), objective), gamma));
        const losses = path.map(W => loss(W, objective)), now = losses[t], [b, w] = path[t][1];
        const rises = losses.slice(1, t + 1).filter((L, n) => !(L <= losses[n])).length;
        const fate = !t ? "at the start" : now <= losses[t - 1] ? "falls" : gamma * lam > 2 && now > losses[0] ? "diverges" : "rises";
        const walked = path.slice(0, t + 1).map(W => W[1]);
        const reach = Math.max(...walked.flat().map(Math.abs).filter(Number.isFinite));
        const half = reach < 2e3 ? 2.5 * 2 ** Math.max(0, Math.ceil(Math.log2(reach / 2.4))) : 10 ** Math.ceil(Math.log10(reach)), n = 40;
        const at = i => half * (2 * i / n - 1), grid = between(0, n, n);
        const values = grid.map(i => grid.map(j => loss(opposite(at(i), at(j)), objective)));
        const sorted = values.flat().sort((a, b) => a - b), finite = losses.filter(Number.isFinite);
        const low = Math.max(1e-4, Math.min(...finite) / 1.5), high = Math.min(1e9, Math.max(1, 1.5 * Math.max(...finite)));
        const mark = v => 42 + 290 * (Math.log10(v) + 2) / 4;
        return {
          panels: [
            panel(350, 268, `The path of the weights over contours of the loss, ${t} steps`,
              chart([42, 26, 290, 200], { x: [-half, half], y: [-half, half], xlabel: "bias b of class 2", ylabel: "weight w of class 2" }, (X, Y) => [
                [0.01, 0.05, 0.12, 0.22, 0.36, 0.54, 0.76].map(share => contour(values, sorted[Math.floor(share * sorted.length)], X, Y, at)),
                stroke(walked.map(([b, w]) => [X(b), Y(w)]), "line vermilion"),
                walked.map(([b, w]) => disc([X(b), Y(w)], "vermilion", 2.5)),
                disc([X(b), Y(w)], "blue"),
              ])),
            panel(350, 268, `The loss over ${t} steps, and where the step size lies: ${fate}`,
              chart([42, 26, 290, 120], { x: [0, 60], y: [low, high], ylog: true, xlabel: "steps t", ylabel: "loss" }, (X, Y) => [
                stroke(losses.map((L, t) => [X(t), Y(L)]), "path"),
                stroke(losses.slice(0, t + 1).map((L, t) => [X(t), Y(L)]), "line blue"), disc([X(t), Y(now)], "blue"),
              ]),
              stroke([[mark(0.01), 222], [mark(100), 222]], "axis"),
              ticks(0.01, 100, true).map(([v, words]) => [stroke([[mark(v), 218], [mark(v), 226]], "axis"), text(mark(v), 242, words)]),
              text(187, 260, "step size γ"), disc([mark(gamma), 222], "blue", 6),
              [[2 / B, "2/B"], [2 / lam, "2/λ"]].filter(([v]) => v < 100).map(([v, words]) =>
                [stroke([[mark(v), 208], [mark(v), 230]], "line vermilion"), text(mark(v), words === "2/B" ? 203 : 191, words)])),
          ],
          readings: {
            "2/B": number(2 / B, 3),
            "2/λ": number(2 / lam),
            [`loss after ${t} steps`]: scientific(now),
            "the last step": fate,
            "steps that rose": `${rises} of ${t}`,
            "(b, w)": `${scientific(b)}, ${scientific(w)}`,
          },
          words: `After ${t} steps the loss is ${scientific(now)}: ${fate}`,
        };
      },
    },

    curvature: {
      hint: "Move the step γ along −G, and the weights from which it starts.",
      controls: () => ({
        gamma: slider("step size γ", [0, 1.5, 0.01], 0.35, v => number(v)),
        b: slider("start: bias b", [-3, 3, 0.1], 0.5),
        w: slider("start: weight w", [-3, 3, 0.1], -1),
      }),
      draw({ gamma, b, w }) {
        const objective = { X, y: LABELS.overlapping, lam: 0 }, W = opposite(b, w), B = curvatureBound(objective);
        const G = gradient(W, objective), L = loss(W, objective), square = sum(G.map(g => dot(g, g)));
        const along = gamma => loss(step(W, G, gamma), objective), tangent = gamma => L - gamma * square;
        const parabola = gamma => L - gamma * (1 - gamma * B / 2) * square;
        const range = between(0, 1.5, 75), seen = range.map(along);
        const low = Math.min(...seen, parabola(1 / B)), high = Math.max(L, ...seen), room = 0.25 * (high - low) + 0.02;
        const now = along(gamma);
        const fall = now < L ? "falls" : now > L ? "rises" : "stays";
        return {
          panels: [panel(350, 268, `Loss along −G, tangent and parabola: at γ = ${number(gamma)} the loss ${fall}`,
            chart([42, 46, 290, 178], { x: [0, 1.5], y: [low - room, high + room], xlabel: "step size γ", ylabel: "loss" }, (X, Y) => [
              [[1 / B, "1/B"], [2 / B, "2/B"]].map(([v, words]) => [stroke([[X(v), 0], [X(v), 178]], "rule"), text(X(v) + 4, 172, words, "start")]),
              stroke([[0, Y(L)], [290, Y(L)]], "path"),
              stroke(range.map(v => [X(v), Y(tangent(v))]), "line green style1"),
              stroke(range.map(v => [X(v), Y(parabola(v))]), "line vermilion style2"),
              stroke(range.map((v, n) => [X(v), Y(seen[n])]), "line blue"),
              disc([X(gamma), Y(tangent(gamma))], "green", 4), disc([X(gamma), Y(parabola(gamma))], "vermilion", 4),
              disc([X(gamma), Y(now)], "blue", 6),
            ]),
            [["blue", "loss"], ["vermilion style2", "parabola"], ["green style1", "tangent"]].map(([kind, words], n) =>
              [stroke([[46 + 98 * n, 14], [72 + 98 * n, 14]], `line ${kind}`), text(78 + 98 * n, 18, words, "start")]))],
          readings: {
            "L(W)": number(L, 3),
            "L(W − γG)": number(now, 3),
            "parabola: at most": number(parabola(gamma), 3),
            "tangent: at least": number(tangent(gamma), 3),
            "‖G‖²": number(square, 3),
            "1/B, 2/B": list([1 / B, 2 / B], 3),
            "the loss": fall,
          },
          words: `Loss ${number(now, 3)}, at most ${number(parabola(gamma), 3)}: ${fall}`,
        };
      },
    },

    digits: {
      hint: "Draw on the image, move or invert it. Purple with + speaks for the first class, orange with − for the second.",
      controls: ({ W, image: start, classes }) => ({
        ink: pad("Image of 8 × 8 pixels", [start]),
        ...Object.fromEntries(classes.map((k, n) => [`class${n}`, choice(["for class", "against class"][n], W.map((_, k) => `${k}`), k)])),
      }),
      draw({ ink, class0: j, class1: k }, { W }) {
        const x = [1, ...ink.map(v => v / 16)], s = times(W, x), p = softmax(s), best = p.indexOf(Math.max(...p));
        const shares = x.map((x_d, d) => (W[j][d] - W[k][d]) * x_d), largest = Math.max(...shares.slice(1).map(Math.abs), 1e-9);
        return {
          panels: [
            panel(350, 208, `Probabilities of the ten classes, the largest that of ${best}`,
              text(170, 14, "p", "middle", "vector"),
              p.map((p_k, n) => [text(20, 34 + 18.5 * n, n), bar(32, 23 + 18.5 * n, 260, 14, p_k, [0, 1], n === best ? "orange" : "blue"), text(336, 34 + 18.5 * n, number(p_k), "end")])),
            panel(350, 208, `The share of each pixel in the log-odds of ${j} against ${k}`,
              text(175, 14, `share of each pixel: ${j} against ${k}`), image(83, 22, 184, shares.slice(1).map(v => v / largest), ["favour", "against"], true)),
          ],
          readings: {
            "predicted": `${best}, p = ${number(p[best])}`,
            [`log-odds of ${j} against ${k}`]: number(s[j] - s[k]),
            "share of the bias": number(shares[0]),
            "pixels for, against": list([sum(shares.slice(1).filter(v => v > 0)), sum(shares.slice(1).filter(v => v < 0))]),
          },
          words: `Predicted ${best} with probability ${number(p[best])}`,
        };
      },
    },

    likelihood: {
      hint: "Give each class its parts: q is the truth, p the prediction.",
      controls: () => ({
        ...entries("parts of", "q", [0, 10, 1], [2, 5, 3], v => `${v}`),
        ...entries("parts of", "p", [0, 10, 1], [6, 3, 1], v => `${v}`),
      }),
      draw(state) {
        const [q, p] = [..."qp"].map(letter => {
          const given = vector(state, letter);
          return given.map(part => (sum(given) ? part / sum(given) : 1 / 3));
        });
        const rows = [[q, p, "q", "p"], [p, q, "p", "q"]].map(([of, to, a, b]) =>
          ({ name: `CE(${a}, ${b})`, a, b, ent: entropy(of), kl: divergence(of, to), ce: crossEntropy(of, to) }));
        const longest = Math.max(1.2, ...rows.map(row => row.ce).filter(Number.isFinite)), wide = v => 320 * Math.min(v, 1.15 * longest) / (1.15 * longest);
        return {
          panels: [
            panel(350, 208, `q is ${list(q)}, p is ${list(p)}`,
              [q, p].map((shares, n) => shares.map((share, k) => {
                const x = 24 + 108 * k + 44 * n;
                return [rect(x, 176 - 140 * share, 40, 140 * share, ["blue", "vermilion"][n]), text(x + 20, 170 - 140 * share, number(share)), text(x + 20, 194, `${"qp"[n]}${CLASSES[k]}`)];
              })), stroke([[10, 176], [340, 176]], "axis")),
            panel(350, 208, "Cross-entropy both ways, each an entropy and a divergence",
              rows.map(({ name, a, b, ent, kl, ce }, n) => [
                text(14, 26 + 100 * n, `${name} = ${number(ce, 3)}`, "start", "vector"),
                rect(14, 36 + 100 * n, wide(ent), 26, "sky"), rect(14 + wide(ent), 36 + 100 * n, wide(ent + kl) - wide(ent), 26, "orange"),
                text(14, 80 + 100 * n, `Ent(${a}) = ${number(ent, 3)}`, "start"),
                text(336, 80 + 100 * n, `KL(${a}, ${b}) = ${number(kl, 3)}`, "end")])),
          ],
          readings: Object.fromEntries(rows.flatMap(({ name, a, b, ent, kl, ce }) =>
            [[`Ent(${a})`, number(ent, 3)], [`KL(${a}, ${b})`, number(kl, 3)], [name, number(ce, 3)]])),
          words: `Divergence of q from p ${number(rows[0].kl, 3)}, of p from q ${number(rows[1].kl, 3)}`,
        };
      },
    },

    implementation: {
      hint: "Move the step h. Here φ(t) is log-sum-exp along a line of scores, whose slope at 0 is pᵀv.",
      controls: () => ({
        h: logarithmic("step h", [-12, 0, 0.25], 0.1),
        rule: choice("quotient", Object.keys(quotients)),
      }),
      draw({ h, rule }) {
        const s = [2, 0.5, -1], v = [-0.5, 1, 0.7], p = softmax(s), slope = dot(p, v);
        const phi = t => logsumexp(s.map((s_k, k) => s_k + t * v[k]));
        // φ(t) − φ(0) without a difference of nearly equal numbers: its quotient has no rounding to speak of
        const exact = t => Math.log1p(sum(p.map((p_k, k) => p_k * Math.expm1(t * v[k]))));
        const [name, quotient] = Object.entries(quotients)[rule], steps = between(-12, 0, 48).map(n => 10 ** n);
        const found = quotient(phi, h), truncation = quotient(exact, h) - slope, rounding = found - quotient(exact, h);
        const window = [-1.1, 1.1], span = between(...window, 44), ends = rule ? [-h, h] : [0, h];
        return {
          panels: [
            panel(350, 236, `φ, its tangent, and the secant that the ${name} quotient begins with`,
              chart([42, 26, 290, 166], { x: window, y: [1.8, 2.75], xlabel: "t", ylabel: "φ(t)" }, (X, Y) => [
                stroke(span.map(t => [X(t), Y(phi(0) + t * slope)]), "line green style1"),
                stroke(span.map(t => [X(t), Y(phi(t))]), "line blue"),
                stroke(window.map(t => [X(t), Y(phi(ends[0]) + (t - ends[0]) * (phi(ends[1]) - phi(ends[0])) / (ends[1] - ends[0]))]), "line vermilion"),
                (rule === 2 ? [...ends, -2 * h, 2 * h] : ends).map(t => disc([X(t), Y(phi(t))], "vermilion", 4)),
              ])),
            panel(350, 236, `Error of three quotients over the step; here ${scientific(Math.abs(found - slope))}`,
              chart([42, 26, 290, 166], { x: [1e-12, 1], y: [1e-16, 1], xlog: true, ylog: true, xlabel: "step h", ylabel: "error of the slope" }, (X, Y) => [
                stroke([[X(h), 0], [X(h), 166]], "rule"),
                Object.values(quotients).map((quotient, n) => stroke(steps.map(h => [X(h), Y(Math.max(1e-17, Math.abs(quotient(phi, h) - slope)))]), `line ${COLOURS[n]} style${n}`)),
                disc([X(h), Y(Math.max(1e-16, Math.abs(found - slope)))], COLOURS[rule]),
              ])),
          ],
          readings: {
            "quotient": number(found, 12),
            "slope pᵀv": number(slope, 12),
            "error": scientific(Math.abs(found - slope)),
            "of it truncation": scientific(Math.abs(truncation)),
            "and rounding": scientific(Math.abs(rounding)),
          },
          words: `Error ${scientific(Math.abs(found - slope))}, truncation ${scientific(Math.abs(truncation))}, rounding ${scientific(Math.abs(rounding))}`,
        };
      },
    },
  };

  // In the place of its picture; what has changed is said once the reader rests.
  function replace(picture, kind) {
    const { hint, controls, draw } = FIGURES[kind], data = JSON.parse(picture.dataset.values ?? "{}");
    const parts = controls(data), stage = html("div", { class: "panels" }), readings = html("dl");
    const said = html("p", { role: "status" });
    let waiting;
    const show = event => {
      const state = Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, part.value()]));
      const seen = draw(state, data);
      stage.replaceChildren(...seen.panels);
      readings.replaceChildren(...Object.entries(seen.readings).map(([term, value]) =>
        html("div", {}, html("dt", {}, term), html("dd", {}, value))));
      clearTimeout(waiting);
      if (event) waiting = setTimeout(() => { said.textContent = seen.words; }, 800);
    };
    const back = button("Back to the start", event => {
      Object.values(parts).forEach(part => part.reset());
      show(event);
    });
    const figure = html("div", { class: `moving ${kind}`, role: "group", "aria-label": hint },
      html("p", { class: "hint" }, hint), stage,
      html("div", { class: "controls" }, Object.values(parts).map(part => part.element), back), readings, said);
    figure.addEventListener("input", show);
    show();
    (picture.closest("a") ?? picture).after(figure); // page.js makes it a link to itself, large
  }

  for (const picture of document.querySelectorAll("img.computes"))
    replace(picture, [...picture.classList].find(name => name in FIGURES));
}
