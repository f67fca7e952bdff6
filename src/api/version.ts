/** This version of Sotto; a test holds it equal to package.json, which the client need not read. */
export const version = "0.1.0";

/**
 * The version of the API, in `node.state` and `rpc.discover`: MAJOR grows when a client may break,
 * MINOR when something was added (docs/API.md, "Versions").
 */
export const apiVersion = "1.0";
