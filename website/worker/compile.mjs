// Compiles what lies in archives by the Python of the pages, which need not do it then.
// usage: node compile.mjs FOLDER-OF-PYODIDE LEVEL ARCHIVE …   (at level 2 without docstrings)
import { readFileSync, writeFileSync } from "node:fs";

const [home, level, ...archives] = process.argv.slice(2);
const { loadPyodide } = await import(`${home}/pyodide.mjs`);
// without columns in tracebacks, which say nothing where the source is not at hand: a quarter smaller
const python = await loadPyodide({ indexURL: `${home}/`, env: { HOME: "/", PYTHONNODEBUGRANGES: "1" } });
for (const name of archives) {
  python.FS.writeFile("/archive.zip", readFileSync(name));
  python.runPython(`
from importlib._bootstrap_external import _code_to_timestamp_pyc
from zipfile import ZipFile, ZipInfo
with ZipFile("/archive.zip") as archive:
    files = {name: archive.read(name) for name in archive.namelist()}
with ZipFile("/archive.zip", "w") as archive:
    for name, data in files.items():
        if name.endswith(".py"):
            code = compile(data, name, "exec", dont_inherit=True, optimize=${level})
            name, data = name + "c", bytes(_code_to_timestamp_pyc(code))
        archive.writestr(ZipInfo(name), data)
`);
  writeFileSync(name, python.FS.readFile("/archive.zip"));
}
