// Runs tests by the Python of the pages, from the archives that a page loads.
// usage: node inside.mjs PYODIDE ARCHIVES EMPTY-FOLDER LACKING REPOSITORY SITE-PACKAGES ARGUMENT-OF-PYTEST …
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

const [home, folder, empty, lacking, repository, pytest, ...tests] = process.argv.slice(2);
process.on("uncaughtException", ({ message }) => { // Node itself prints a line of a megabyte, and not this
  console.error(message);
  process.exit(1);
});
const { loadPyodide } = await import(`${home}/pyodide.mjs`);
const { modules } = JSON.parse(readFileSync(`${folder}/index.json`));
const archive = (name) => readFileSync(`${folder}/${name}.bin`);
writeFileSync(`${empty}/python.zip`, gunzipSync(archive("python")));
const python = await loadPyodide({ indexURL: `${home}/`, stdLibURL: `${empty}/python.zip` });
const extractDir = python.runPython("import site; site.getsitepackages()[0]"); // as in worker.mjs
const more = (name) => python.unpackArchive(new Uint8Array(zstdDecompressSync(archive(name))), "zip", { extractDir });
["numpy", "course"].forEach(more);
if (lacking) python.FS.unlink(`${extractDir}/${lacking}`);
python.registerJsModule("page", { more, where: JSON.stringify(modules) });
python.pyimport("cells");
python.mountNodeFS("/repository", repository);
python.FS.mkdir("/pytest"); // with what it needs, and without the rest of the environment
for (const name of ["pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments"]) {
  python.mountNodeFS(`/pytest/${name}`, `${pytest}/${name}`);
}
python.FS.writeFile("/pytest/py.py", readFileSync(`${pytest}/py.py`, "utf8"));
python.globals.set("tests", python.toPy(tests));
process.exit(python.runPython(`
import os, sys
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
sys.path.append("/pytest")
import pytest
int(pytest.main(["-q", "-p", "no:cacheprovider", "--noconftest", "-c", "/dev/null", "--rootdir=/repository", *tests]))
`));
