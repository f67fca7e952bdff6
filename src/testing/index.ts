/** The entry `sotto/testing` of the package: nodes in memory, for tests of programs. */
export { type NodeConnection, pair, startTestNode, type TestNode } from "./test-node.ts";
