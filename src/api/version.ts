/** This version of Sotto; a test holds it equal to package.json, which the client need not read. */
export const version = "0.1.0";
