/**
 * Compares every result, event and error of a node with the API contract, in each process of the
 * tests that runs one: mocha itself (.mocharc.json) and the program that test/cli/built.ts starts,
 * which names its compiled contract in SOTTO_TEST_CONTRACT. A difference fails the test, or ends
 * the process, with an error that names the method and the field.
 */
import { subscribe } from "node:diagnostics_channel";

const { SOTTO_TEST_CONTRACT } = process.env;
const contract = SOTTO_TEST_CONTRACT ?? "../../src/api/contract.ts";

/** The program would only log a rejection, and continue. */
function fail(error) {
  if (SOTTO_TEST_CONTRACT === undefined) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(70);
}

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
  const what = `the result of ${method}`;
  compare(what, travelled(result), (api) => api.methods[method].result).catch(fail);
});
subscribe("sotto:event", ({ event }) => {
  compare(`the event ${event.type}`, travelled(event), (api) => api.nodeEvent).catch(fail);
});
subscribe("sotto:refusal", ({ method, code }) => {
  check(method, code).catch(fail);
});

async function check(method, code) {
  const api = await import(contract);
  if (!api.mayAnswer(method, code))
    throw new Error(`${method} answers ${code}, which its row in src/api/methods does not list`);
}
