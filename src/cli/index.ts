/** The command line, and the way to a node's socket that the library shares with it. */

export { main } from "./main.ts";
export { connectTo } from "./runtime/connect.ts";
export { surroundings } from "./runtime/environment.ts";
