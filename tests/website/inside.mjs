// Runs tests by the Python of the pages, from the archives that a page loads.
// usage: node inside.mjs PYODIDE ARCHIVES THE-FIRST-OF-THEM-UNPACKED REPOSITORY SITE-PACKAGES ARGUMENT-OF-PYTEST …
import { readFileSync } from "node:fs";

const [home, folder, first, repository, pytest, ...tests] = process.argv.slice(2);
const { loadPyodide } = await import(`${home}/pyodide.mjs`);
const { modules } = JSON.parse(readFileSync(`${folder}/index.json`));
const archive = (name) => new Uint8Array(readFileSync(`${folder}/${name}.bin`));
const python = await loadPyodide({ indexURL: `${home}/`, stdLibURL: `${first}/python.zip` });
for (const name of ["numpy", "course"]) {
  python.unpackArchive(new Uint8Array(readFileSync(`${first}/${name}.zip`)), "zip");
}
python.registerJsModule("page", { archive, where: JSON.stringify(modules) });
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
