import assert from "node:assert/strict";
import { createClient } from "../../../src/api/index.ts";
import { safe } from "../../../src/base/index.ts";
import { createPrinter } from "../../../src/cli/runtime/print.ts";
import { exitCodeOfKeys, watch } from "../../../src/cli/runtime/watch.ts";
import { serve } from "../../../src/daemon/rpc/connection.ts";
import type { Caller } from "../../../src/daemon/rpc/methods/method-types.ts";
import { memoryConnection } from "../../daemon/rpc/memory-connection.ts";

describe("keys in a view that is shown again", () => {
  it("end it on q and ^C, and on no other", () => {
    assert.deepEqual(["q", "Q", "\u0003", "x", "", "\u001b[A"].map(exitCodeOfKeys), [
      0,
      0,
      130,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("a view of a node that is locked and unlocked", () => {
  it("is shown again at each change, with one subscription", async () => {
    let state: "locked" | "open" = "locked";
    const subscriptions: unknown[] = [];
    const dispatch = async (method: string, params: unknown, caller: Caller) => {
      if (method === "node.state") return { state };
      subscriptions.push(params);
      caller.subscribe({ request: {}, wants: () => true, first: [], resumes: false });
      return {};
    };
    const { client, server } = memoryConnection();
    const session = serve(server, dispatch, () => undefined);
    const shown: string[] = [];
    const out = createPrinter(
      { json: false, quiet: false, color: false },
      { write: (text) => shown.push(text.trim()) },
      { write: () => assert.fail() },
    );
    const node = createClient(client);
    const ended = new Error("enough was shown");
    const read = async () => {
      if (shown.length === 4) throw ended;
      // Changed between two looks, as if by another client.
      const next = shown.length % 2 === 0 ? "locked" : "open";
      if (next !== state) session.changeState(next);
      state = next;
      const value = await node.call("node.state", {});
      return { text: safe`${value.state}`, value };
    };
    await assert.rejects(watch(node, out, read, false, 5), ended);
    assert.deepEqual(shown, ["locked", "open", "locked", "open"]);
    // The others are made by the node itself at each unlock.
    assert.equal(subscriptions.filter((params) => !("since" in Object(params))).length, 1);
  });
});
