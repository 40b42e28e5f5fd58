// Python in a worker: loaded once, then a request in, answers out.
import { loadPyodide } from "./pyodide.mjs";

const at = (name) => new URL(name, import.meta.url);
const say = (message) => postMessage(message);
const ask = fetch.bind(self), Request = XMLHttpRequest; // a cell finds neither
const BROTLI = known("brotli") ? ".brotli" : "";
const WASM = "pyodide.asm.wasm";
const FIRST = [`wasm${BROTLI}`, `python${BROTLI}`, "numpy", "course"];
const MOST = 200000; // characters of an output: an endless one would stop the page, too
const PICTURE = 3e6; // of a figure
const long = (n) => `${n.toLocaleString("en")} characters`;
let index, left, told, printed;

function known(form) {
  try { return new DecompressionStream(form); } catch { return false; }
}

const UNPACK = `
import io, site, sys, zipfile
from compression import zstd
def unpack(content):
    data = io.BytesIO(zstd.decompress(content.to_py()))
    zipfile.ZipFile(data).extractall(site.getsitepackages()[0])
    sys.path_importer_cache.clear()
unpack`;

function count(bytes) {
  left -= bytes;
  const status = left > 1 ? `Loading Python: ${Math.ceil(left / 1e6)} MB left …` : "Python starts …";
  say({ loading: true, ...(status !== told && { status }) }); // a screen reader reads each aloud
  told = status;
}

function counted(answer, file, share = 1) {
  if (!answer.ok) throw new Error(`${file} is missing`);
  const counter = new WritableStream({ write: (chunk) => count(share * chunk.length) });
  answer.clone().body.pipeTo(counter).catch(() => {}); // what fails is told of the answer itself
  return answer;
}

const fetched = async (file) => counted(await ask(at(file)), file);

// What comes before Python does, compressed as a whole, whatever the host does.
async function unpacked(name) {
  const { body } = await fetched(`${name}.bin`);
  const stream = body.pipeThrough(new DecompressionStream(BROTLI ? "brotli" : "gzip"));
  return new Response(stream, { headers: { "Content-Type": "application/wasm" } });
}

// Browsers keep what they compile of a file and of nothing that a script has unpacked, and start
// in half the time again: from a host that compresses the file itself it is taken as it is.
async function compiled() {
  const stop = new AbortController();
  const answer = await ask(at(WASM), { signal: stop.signal });
  if (answer.headers.has("Content-Encoding")) return counted(answer, WASM, index.bytes[FIRST[0]] / index.bytes[WASM]);
  stop.abort();
  return unpacked(FIRST[0]);
}

// While a cell runs nothing can be waited for: what it imports is fetched at once. Until it is there
// nothing is said, however long a slow line takes: only the reader's own patience ends it.
function archive(name) {
  say({ status: `Loading ${name}: ${(index.bytes[name] / 1e6).toFixed(1)} MB …` });
  const request = new Request();
  request.open("GET", at(`${name}.bin`), false);
  request.responseType = "arraybuffer";
  try { request.send(); } catch { /* no connection: the status stays 0 */ }
  if (request.status !== 200) throw new Error(`${name}.bin is missing, or there is no connection: run the cell again`);
  say({ status: "Running …" });
  return new Uint8Array(request.response);
}

function printer() {
  const reader = new TextDecoder();
  return {
    write(bytes) {
      const text = reader.decode(bytes, { stream: true });
      if (printed < MOST) say({ text: text.slice(0, MOST - printed) });
      if (printed < MOST && printed + text.length > MOST) say({ text: "\n… and more\n" });
      printed += text.length;
      return bytes.length;
    },
  };
}

// Of a text the beginning is shown, of what is no text the length.
function fitted(form, content) {
  const most = form === "image" ? PICTURE : MOST;
  if (content.length <= most) return { [form]: content };
  if (form === "error") return { error: `${content.slice(0, MOST)}\n… of ${long(content.length)}\n` };
  return { error: `Not shown: this ${form} has ${long(content.length)}, and a page shows at most ${long(most)}.` };
}

async function load() {
  index = await (await ask(at("index.json"))).json();
  left = FIRST.reduce((sum, name) => sum + index.bytes[name], 0);
  const wasm = compiled(), library = unpacked(FIRST[1]);
  self.fetch = (url) => (String(url).endsWith(".wasm") ? wasm : library); // all that Pyodide asks for
  const archives = FIRST.slice(2).map(async (name) => (await fetched(`${name}.bin`)).arrayBuffer());
  const python = await loadPyodide({
    indexURL: at("./").href,
    stdLibURL: at("python.bin").href,
    lockFileContents: { info: index.info, packages: {} },
    env: { HOME: "/home/pyodide", MPLBACKEND: "svg" },
    jsglobals: {}, // a cell sees nothing of the browser
  });
  const unpack = python.runPython(UNPACK);
  for (const content of archives) unpack(await content);
  python.setStdout(printer());
  python.setStderr(printer());
  const more = (name) => unpack(archive(name));
  python.registerJsModule("page", { more, where: JSON.stringify(index.modules) });
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
    if (printed > MOST) say({ text: `… of ${long(printed)} in all\n` });
    for (const output of outputs) say(fitted(...output));
    say({ done: true, failed: outputs.some(([form]) => form === "error") });
  } catch (error) { // what a cell raises is told as an output: this Python can do no more
    const words = String(error.message ?? error).trim().split("\n").at(-1);
    say({ broken: `Python broke down: ${words}. What was defined is forgotten.` });
  }
};
