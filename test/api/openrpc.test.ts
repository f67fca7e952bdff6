import assert from "node:assert/strict";
import { methods, openRpc } from "../../src/api/contract.ts";
import { apiVersion, type OpenRpc } from "../../src/api/index.ts";
import { runCommandLine } from "../../src/cli/main.ts";

/** Every object in a value, itself included. */
function* objectsIn(value: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Readonly<Record<string, unknown>>;
  for (const each of Object.values(value)) yield* objectsIn(each);
}

describe("api/openrpc", () => {
  let document: OpenRpc;
  before(async () => {
    document = await openRpc();
  });

  it("has every method once, with its version", () => {
    assert.deepEqual(
      document.methods.map(({ name }) => name),
      Object.keys(methods),
    );
    assert.equal(document.info.version, apiVersion);
  });

  it("is plain JSON", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(document)), document);
  });

  it("is what `sotto openrpc` prints, without a node", async () => {
    const printed: string[] = [];
    const stream = { write: (text: string) => printed.push(text) };
    const environment = { env: {}, home: "/", temporary: "/", uid: 0, current: "/" };
    const terminal = { stdin: {}, stdout: stream, stderr: stream };
    for (const args of [["openrpc"], ["openrpc", "--json"]]) {
      printed.length = 0;
      assert.equal(await runCommandLine(args, environment, terminal), 0);
      assert.deepEqual(JSON.parse(printed.join("")), document);
    }
  });

  it("has no parameter without a schema, and names none twice", () => {
    for (const { name, params } of document.methods) {
      const names = params.map((param) => param.name);
      assert.deepEqual(names, [...new Set(names)], name);
      for (const { schema } of params) assert.ok(Object.keys(schema).length > 0, name);
    }
  });

  it("says which parameters are required", () => {
    const { params } = document.methods.find(({ name }) => name === "message.send") ?? {};
    assert.deepEqual(
      params?.filter(({ required }) => required).map(({ name }) => name),
      ["who", "text"],
    );
  });

  it("refers to schemas that it has", () => {
    const refs = [...objectsIn(document)].flatMap(({ $ref }) =>
      typeof $ref === "string" ? [$ref] : [],
    );
    assert.ok(refs.length > 50);
    for (const ref of refs)
      assert.ok((ref.split("/").at(-1) as string) in document.components.schemas, ref);
  });

  it("allows further fields in results and events, as a later version may add some", () => {
    for (const part of [document.methods.map(({ result }) => result), document.components])
      for (const { additionalProperties } of objectsIn(part))
        assert.equal(additionalProperties, undefined);
  });

  it("describes every field of a contact and a message that is not obvious", () => {
    const { Contact, Message } = document.components.schemas;
    const bare = [Contact, Message].flatMap((schema) =>
      Object.entries(schema?.properties ?? {})
        .filter(([, { description, $ref }]) => description === undefined && $ref === undefined)
        .map(([name]) => name),
    );
    assert.deepEqual(bare, ["blocked", "id"]);
  });
});
