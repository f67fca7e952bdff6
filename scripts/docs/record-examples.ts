/**
 * Records the results and events in docs/API.md from a run of test/e2e/api/scenario.ts:
 * `npm run docs:examples`, then `npm run docs:api`. A test fails while they differ in shape.
 */
import { writeFileSync } from "node:fs";
import { runScenario } from "../../test/e2e/api/scenario.ts";

const file = new URL("./api-examples.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(await runScenario(), null, 2)}\n`);
console.log("wrote scripts/docs/api-examples.json");
process.exit();
