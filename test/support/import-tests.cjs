/**
 * Makes mocha import the tests, as ES modules, like the program is run.
 *
 * Mocha tries to require them first. That fails on types, which only an import strips; mocha then
 * imports, but if that fails too it shows the error of the require: a missing file is reported as a
 * syntax error. It has no option for this.
 */
const { pathToFileURL } = require("node:url");
const loader = require("mocha/lib/nodejs/esm-utils.cjs");

if (typeof loader.requireOrImport !== "function") throw new Error("mocha loads tests another way");
loader.requireOrImport = (file) => import(pathToFileURL(file).href);
