import assert from "node:assert/strict";
import { type Client, createClient, type NodeEvent } from "../../../src/api/index.ts";
import { SottoError } from "../../../src/base/index.ts";
import { acrossOutages, liveEvents } from "../../../src/cli/runtime/outages.ts";
import { type RpcSession, serve } from "../../../src/daemon/rpc/connection.ts";
import type { Caller } from "../../../src/daemon/rpc/methods/method-types.ts";
import { memoryConnection } from "../../daemon/rpc/memory-connection.ts";

/** An account id of one letter. */
const idOf = (letter: string): string => letter.repeat(52);
const removed = (letter: string): NodeEvent => ({ type: "contact.removed", account: idOf(letter) });

describe("events across outages of the node", () => {
  it("continue after a lock and a restart, each reported once", async () => {
    let state: "stopped" | "locked" | "open" = "open";
    let session: RpcSession | undefined;
    let connected: Client | undefined;
    let looks = 0;
    const dispatch = async (method: string, _: unknown, caller: Caller) => {
      if (method === "node.state") return { state };
      if (state === "locked") throw new SottoError("node-locked", "It is locked.");
      if (method === "event.subscribe")
        caller.subscribe({ request: {}, wants: () => true, first: [], resumes: false });
      return {};
    };
    /** Looks for the node; it is back at the third look. */
    const node = async (): Promise<Client> => {
      if (state !== "open" && ++looks === 3) state = "open";
      if (state === "stopped") throw new SottoError("node-not-running", "It is stopped.");
      if (connected !== undefined) return connected;
      const { client, server } = memoryConnection();
      session = serve(server, dispatch, () => {
        connected = undefined;
      });
      connected = createClient(client);
      return connected;
    };
    const open = (client: Client) => liveEvents(client.events());
    const told: string[] = [];
    const events = acrossOutages({ node }, open, {
      onOutage: ({ code }) => void told.push(code),
      onEnd: () => void told.push("back"),
      retry: 1,
    });
    /** Offers an event until it is received: the subscription is made in the background. */
    const receive = async (account: string): Promise<void> => {
      const offering = setInterval(() => session?.offer(removed(account)), 1);
      for await (const event of { [Symbol.asyncIterator]: () => ({ next: () => events.next() }) })
        if ("account" in event && event.account === idOf(account)) break;
      clearInterval(offering);
    };
    await receive("a");
    state = "locked";
    session?.changeState("locked");
    await receive("b");
    [state, looks] = ["stopped", 0];
    session?.end();
    await receive("c");
    assert.deepEqual(told, ["node-locked", "back", "node-not-running", "back"]);
    await events.return();
  });

  it("end with any other error", async () => {
    const fault = new SottoError("contact-unknown", "No such contact.");
    const node = async (): Promise<Client> => {
      throw fault;
    };
    const events = acrossOutages({ node }, () => assert.fail(), {
      onOutage: () => assert.fail(),
      onEnd: () => assert.fail(),
    });
    await assert.rejects(events.next(), fault);
  });
});
