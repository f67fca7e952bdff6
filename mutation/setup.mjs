/**
 * For runs with changes: every property sees the same inputs in each of them, so that a change is not noticed by
 * chance, and the first failure ends it, because nobody reads the counterexample.
 */
import { configure } from "../test/support/properties.mjs";

configure({ seed: 1, endOnFailure: true });
