/**
 * What every property shares. Mocha requires a file of tests where it can and imports it where it must (an `await` at
 * its top), so there are two copies of fast-check, and both are told. An .mjs because mocha imports only such a file.
 *
 * Bytes of at most 300 are of any length up to there: left to itself, fast-check seldom goes beyond ten.
 */
import { createRequire } from "node:module";
import fc from "fast-check";

const required = createRequire(import.meta.url)("fast-check");

/** @param {import("fast-check").GlobalParameters} parameters Put to those that are set. */
export function configure(parameters) {
  for (const copy of [fc, required])
    copy.configureGlobal({ ...copy.readConfigureGlobal(), ...parameters });
}

configure({ defaultSizeToMaxWhenMaxSpecified: true });
