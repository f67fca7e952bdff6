/**
 * Compares every result and every event of a node with the API contract, in each process of the
 * tests that runs one: mocha itself (.mocharc.json) and the program that test/cli/built.ts starts,
 * which names its compiled contract in SOTTO_TEST_CONTRACT. A difference ends the test, or the
 * process, with an error that names the method and the field.
 */
import { subscribe } from "node:diagnostics_channel";

const contract = process.env.SOTTO_TEST_CONTRACT ?? "../../src/api/contract.ts";

/** @param schemaOf picks the schema from the contract. */
async function compare(what, value, schemaOf) {
  const api = await import(contract);
  const found = api.differences(schemaOf(api), value);
  if (found.length > 0)
    throw new Error(`${what} is not what the API contract says: ${found.join("; ")}`);
}

/** As the client gets it. */
const travelled = (value) => JSON.parse(JSON.stringify(value));

subscribe("sotto:result", ({ method, result }) => {
  void compare(`the result of ${method}`, travelled(result), (api) => api.methods[method].result);
});
subscribe("sotto:event", ({ event }) => {
  void compare(`the event ${event.type}`, travelled(event), (api) => api.nodeEvent);
});
