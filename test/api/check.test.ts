import assert from "node:assert/strict";
import { checkParams, differences, methods } from "../../src/api/contract.ts";
import type { MethodName } from "../../src/api/index.ts";
import { toRpcError } from "../../src/api/index.ts";
import { limits } from "../../src/base/index.ts";

/** The error of a refused call, as the client gets it. */
function refusal(method: MethodName, params: unknown) {
  try {
    checkParams(method, params);
  } catch (error) {
    const { code, message, data } = toRpcError(error);
    assert.equal(code, -32602);
    assert.equal(data.code, "params-invalid");
    return [data.field, message];
  }
  throw new assert.AssertionError({ message: `${method} accepts ${JSON.stringify(params)}` });
}

const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);

describe("api/check: a refusal of parameters", () => {
  const refusals: readonly [string, MethodName, unknown, string | undefined, string][] = [
    [
      "names an unknown field and the fields that there are",
      "contact.receipts",
      { who: "bob", on: true, off: 1 },
      "off",
      'contact.receipts has no field "off"; its fields are who, on.',
    ],
    [
      "names a missing field",
      "message.send",
      { who: "bob" },
      "text",
      'The field "text" of message.send is missing.',
    ],
    [
      "says what type a field has",
      "message.send",
      { who: 7, text: "hi" },
      "who",
      'The field "who" of message.send must be a string.',
    ],
    [
      "says what type a number has",
      "message.list",
      { who: "bob", limit: "5" },
      "limit",
      'The field "limit" of message.list must be a number.',
    ],
    [
      "names the words that fit",
      "contact.policy",
      { who: "bob", policy: "shy" },
      "policy",
      'The field "policy" of contact.policy must be one of "any", "lan", "hidden".',
    ],
    [
      "names the only word that fits",
      "message.edit",
      { id: "x", text: "hi", wait: "read" },
      "wait",
      'The field "wait" of message.edit must be "live".',
    ],
    [
      "names the least number",
      "message.list",
      { who: "bob", limit: 0 },
      "limit",
      'The field "limit" of message.list must be at least 1.',
    ],
    [
      "names the greatest number",
      "message.list",
      { who: "bob", limit: limits.pageMessages + 1 },
      "limit",
      'The field "limit" of message.list must be at most 1000.',
    ],
    [
      "asks for a whole number",
      "contact.timer",
      { who: "bob", ms: 1.5 },
      "ms",
      'The field "ms" of contact.timer must be a whole number.',
    ],
    [
      "names the length of a text",
      "message.search",
      { query: "x".repeat(2000) },
      "query",
      'The field "query" of message.search is too long: at most 1024 characters.',
    ],
    [
      "asks for a text that is not empty",
      "contact.show",
      { who: "" },
      "who",
      'The field "who" of contact.show must not be empty.',
    ],
    [
      "gives the path of a field in a field",
      "store.protect",
      { next: { kind: "passphrase" } },
      "next.passphrase",
      'The field "next.passphrase" of store.protect is missing.',
    ],
    [
      "gives the place in a list",
      "event.subscribe",
      { types: ["presence", "nothing"] },
      "types.1",
      "",
    ],
    [
      "asks for a list",
      "event.subscribe",
      { types: "presence" },
      "types",
      'The field "types" of event.subscribe must be a list.',
    ],
    [
      "asks for an object",
      "account.show",
      ["x"],
      undefined,
      "The parameters of account.show must be an object with named fields.",
    ],
    [
      "asks for an object in place of a number",
      "account.show",
      7,
      undefined,
      "The parameters of account.show must be an object with named fields.",
    ],
    [
      "takes a value that is nested too deeply as one of the wrong type",
      "message.send",
      { who: deep, text: "hi" },
      "who",
      'The field "who" of message.send must be a string.',
    ],
    [
      "takes a deep unknown field as an unknown one",
      "account.show",
      { deep },
      "deep",
      'account.show has no field "deep"; it has none.',
    ],
  ];
  for (const [does, method, params, field, text] of refusals)
    it(does, () => {
      const [at, message] = refusal(method, params);
      assert.equal(at, field);
      if (text !== "") assert.equal(message, text);
    });

  it("shortens a long name of a field", () => {
    const [at, message] = refusal("contact.list", { ["x".repeat(10_000)]: 1 });
    assert.ok((at?.length ?? 0) < 80 && (message?.length ?? 0) < 200);
  });

  it("never shows a value, which may be a secret", () => {
    const secret = "correct horse battery staple";
    for (const params of [
      { passphrase: [secret] },
      { passphrase: { [secret]: 1 } },
      { passphrase: secret.repeat(1000) },
    ])
      assert.ok(!String(refusal("account.words", params)).includes("horse"));
    const next = { next: { kind: secret, passphrase: secret } };
    assert.ok(!String(refusal("store.protect", next)).includes("horse"));
  });

  it("takes absent parameters as none", () => {
    assert.deepEqual(checkParams("contact.list", undefined), {});
  });

  it("takes no name of a member of every object as a field", () => {
    for (const name of Object.getOwnPropertyNames(Object.prototype)) {
      const parse = (value: unknown) =>
        JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`);
      assert.equal(refusal("contact.list", parse({ who: "bob" }))[0], name);
      const next = parse("x");
      Object.defineProperty(next, "kind", { value: "key-file", enumerable: true });
      assert.equal(refusal("store.protect", { next })[0], `next.${name}`);
    }
    // The field has to be that of the caller.
    assert.equal(refusal("contact.show", JSON.parse('{"__proto__":{"who":"bob"}}'))[0], "who");
  });
});

describe("api/check: results", () => {
  it("differ by a missing, an unknown and a wrong field", () => {
    const { result } = methods["account.show"];
    const good = { account: "a", device: "b", name: "ann" };
    assert.deepEqual(differences(result, good), []);
    for (const bad of [
      { ...good, name: undefined },
      { ...good, extra: 1 },
      { ...good, device: 1 },
    ])
      assert.equal(differences(result, bad).length, 1);
  });
});

describe("api: examples of requests", () => {
  for (const name of Object.keys(methods) as MethodName[])
    it(`${name} accepts its own`, () => {
      checkParams(name, methods[name].example);
    });
});
