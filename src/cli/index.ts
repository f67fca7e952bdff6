/** The command line, and the way to a node's socket that the library shares with it. */
export { connectTo } from "./connect.ts";
export { surroundings } from "./environment.ts";
export { main } from "./main.ts";
