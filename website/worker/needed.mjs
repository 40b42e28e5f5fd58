// Prints the names of the modules that Python loads until it has checked a derivation in a page.
// usage: node needed.mjs FOLDER-OF-PYODIDE ARCHIVE …   (NumPy and the course, with their source)
import { readFileSync } from "node:fs";

const [home, ...archives] = process.argv.slice(2);
const { loadPyodide } = await import(`${home}/pyodide.mjs`);
const python = await loadPyodide({ indexURL: `${home}/` });
for (const name of archives) python.unpackArchive(new Uint8Array(readFileSync(name)), "zip");
python.registerJsModule("page", { where: "{}" });
const cells = python.pyimport("cells");
for (const latex of ["p_k = p_k", "p_k = s_k"]) cells.check("", latex);
console.log(python.runPython("import json, sys; json.dumps(sorted(sys.modules))"));
