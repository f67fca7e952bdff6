import assert from "node:assert/strict";
import { generalErrors, mayAnswer, methods, openRpc } from "../../src/api/contract.ts";
import { errorTable } from "../../src/base/index.ts";

describe("api/errors of methods", () => {
  it("are codes of the table, each once, and none that every method may answer", () => {
    for (const [name, { errors }] of Object.entries(methods)) {
      const codes: readonly string[] = errors;
      assert.deepEqual(codes, [...new Set(codes)], name);
      for (const code of codes) {
        assert.ok(Object.hasOwn(errorTable, code), `${name}: ${code}`);
        assert.ok(!(generalErrors as readonly string[]).includes(code), `${name}: ${code}`);
      }
    }
  });

  it("are what a run of the tests compares every refusal with", () => {
    assert.equal(mayAnswer("message.send", "contact-unknown"), true);
    assert.equal(mayAnswer("message.send", "disk-full"), true);
    assert.equal(mayAnswer("message.send", "token-unknown"), false);
    assert.equal(mayAnswer("rpc.discover", "contact-unknown"), false);
  });

  it("are in the OpenRPC document, with their numbers", async () => {
    const document = await openRpc();
    for (const { name, errors } of document.methods)
      assert.deepEqual(
        errors.map(({ message }) => message),
        methods[name as keyof typeof methods].errors,
      );
    const revoke = document.methods.find(({ name }) => name === "token.revoke");
    assert.deepEqual(revoke?.errors, [{ code: -32000, message: "token-unknown" }]);
  });
});
