// Python in a worker: loaded once, then a request in, answers out.
import { loadPyodide } from "./pyodide.mjs";

const at = (name) => new URL(name, import.meta.url);
const say = (message) => postMessage(message);
const ask = fetch.bind(self), Request = XMLHttpRequest; // a cell finds neither
const BROTLI = known("brotli") ? ".brotli" : "";
const [WASM, PYTHON, ...MODULES] = ["wasm", "python", "numpy", "course"].map((name) => name + BROTLI);
const MOST = 200000; // characters that a cell may print: an endless one would stop the page, too
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
let index, left, printed;

function known(form) {
  try { return new DecompressionStream(form); } catch { return false; }
}

// Archives are compressed as a whole, whatever the host does.
async function unpacked(name) {
  const answer = await ask(at(`${name}.bin`));
  if (!answer.ok) throw new Error(`${name}.bin is missing`);
  const counted = new TransformStream({
    transform(chunk, on) {
      left -= chunk.length;
      say({ loading: true, status: `Loading Python: ${megabytes(left)} left …` });
      on.enqueue(chunk);
    },
  });
  const stream = answer.body.pipeThrough(counted).pipeThrough(new DecompressionStream(BROTLI ? "brotli" : "gzip"));
  return new Response(stream, { headers: { "Content-Type": "application/wasm" } });
}

// While a cell runs nothing can be waited for: what it imports is fetched at once.
function archive(name) {
  say({ loading: true, status: `Loading ${name}: ${megabytes(index.bytes[name])} …` });
  const request = new Request();
  request.open("GET", at(`${name}.bin`), false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`${name}.bin is missing`);
  say({ status: "Running …" });
  return new Uint8Array(request.response);
}

function printer() {
  const reader = new TextDecoder();
  return {
    write(bytes) {
      const text = reader.decode(bytes, { stream: true });
      if (printed < MOST) say({ text: printed + text.length < MOST ? text : "\n… and more\n" });
      printed += text.length;
      return bytes.length;
    },
  };
}

async function load() {
  index = await (await ask(at("index.json"))).json();
  left = [WASM, PYTHON, ...MODULES].reduce((sum, name) => sum + index.bytes[name], 0);
  const wasm = unpacked(WASM), library = unpacked(PYTHON);
  self.fetch = (url) => (String(url).endsWith(".wasm") ? wasm : library); // all that Pyodide asks for
  const archives = MODULES.map(async (name) => (await unpacked(name)).arrayBuffer());
  const python = await loadPyodide({
    indexURL: at("./").href,
    stdLibURL: at("python.bin").href,
    lockFileContents: { info: index.info, packages: {} },
    env: { HOME: "/home/pyodide", MPLBACKEND: "svg" },
    jsglobals: {}, // a cell sees nothing of the browser
  });
  for (const content of archives) python.unpackArchive(await content, "zip");
  python.setStdout(printer());
  python.setStderr(printer());
  python.registerJsModule("page", { archive, where: JSON.stringify(index.modules) });
  for (const name of ["fetch", "XMLHttpRequest", "WebSocket", "EventSource"]) self[name] = undefined;
  return python.pyimport("cells");
}

const ready = load().catch((error) => say({ broken: `Python did not start: ${error.message ?? error}` }));

onmessage = async ({ data: { kind, ...what } }) => {
  try {
    const cells = await ready;
    say({ status: "Running …" });
    printed = 0;
    const outputs = cells[kind].callKwargs(what).toJs();
    for (const [form, content] of outputs) say({ [form]: content });
    say({ done: true, failed: outputs.some(([form]) => form === "error") });
  } catch (error) {
    const words = String(error.message ?? error);
    if (error.pyodide_fatal_error) say({ broken: `Python broke down: ${words}. What was defined is forgotten.` });
    else say({ error: words, done: true, failed: true });
  }
};
