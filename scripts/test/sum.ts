/**
 * Prints the last lines of `.ci/run` from the files that `main.ts --counts` wrote: what failed, and
 * then the sums as "N passed, N failed". Ends with 1 where a test failed.
 *
 *   node --import tsx scripts/test/sum.ts FILE...     a file that does not exist is left out
 */
import { existsSync, readFileSync } from "node:fs";
import type { Written } from "./main.ts";

const sum = { passes: 0, failures: 0, pending: 0 };
for (const file of process.argv.slice(2)) {
  if (!existsSync(file)) continue;
  const { passes, failures, pending, report }: Written = JSON.parse(readFileSync(file, "utf8"));
  sum.passes += passes;
  sum.failures += failures;
  sum.pending += pending;
  for (const line of report) console.log(line);
}
const skipped = sum.pending > 0 ? `, ${sum.pending} skipped` : "";
console.log(`${sum.passes} passed, ${sum.failures} failed${skipped}`);
process.exitCode = sum.failures > 0 ? 1 : 0;
