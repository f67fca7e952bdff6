/** The command line, and the connection to a node's socket, which the library uses too. */

export { main } from "./main.ts";
export { connectTo } from "./runtime/connect.ts";
export { readEnvironment } from "./runtime/environment.ts";
