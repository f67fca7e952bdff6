/** A process to be killed: says that it is about to open a store, and opens it. */
import { openAt } from "./place.ts";

const [directory = ""] = process.argv.slice(2);
process.stdout.write("opening\n");
await (await openAt(directory)).close();
