/**
 * What a program on the local socket may say: it is answered with an error of the table, and does
 * nothing by halves.
 */
import assert from "node:assert/strict";
import type { Audit, DoctorOfContact, DoctorOfNode, NodeStatus } from "../../../src/api/index.ts";
import { errorTable, SottoError, utf8 } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { createDispatch, inProcessCaller } from "../../../src/daemon/rpc/dispatch.ts";
import { createEventRing } from "../../../src/daemon/rpc/event-ring.ts";
import { fakeControls, fakeTokens, netState } from "../../daemon/controls.ts";
import { fakeMessenger } from "../../daemon/fake.ts";
import type { Target } from "./target.ts";

const json = (value: unknown) => utf8(JSON.stringify(value));

/**
 * The input is a request as JSON; what is no JSON is the line's matter and not the dispatcher's.
 */
const requests: Target = {
  name: "request",
  seeds: [
    { method: "message.send", params: { who: "bob", text: "hi", key: "k" } },
    {
      method: "message.list",
      params: { who: "bob", limit: 3, before: `${"0".repeat(14)}.${"0".repeat(32)}` },
    },
    { method: "invite.create", params: { kind: "once", expiresIn: 1, hints: true } },
    { method: "contact.add", params: { link: "sotto:x", as: "Bob" } },
    { method: "event.subscribe", params: { types: ["message.new"] } },
    { method: "__proto__", params: { __proto__: null } },
  ].map(json),
  async run(input) {
    let request: unknown;
    try {
      request = JSON.parse(Buffer.from(input).toString("utf8"));
    } catch {
      return;
    }
    const { method, params } = Object(request) as { method?: unknown; params?: unknown };
    const messenger = fakeMessenger();
    const dispatch = createDispatch({
      messenger,
      clock: { now: () => 0, after: () => () => undefined },
      network: {
        state: () => netState,
        peers: () => [],
        rotate: async () => "",
        setInvisible: async () => undefined,
        setDecoys: async () => undefined,
        setPublic: async () => undefined,
        check: async () => ({ verdict: "unknown", addresses: [], asked: 0, seenAs: [] }),
        bootstrap: () => [],
        best: () => [],
        learn: async () => undefined,
        addBootstrap: async () => undefined,
        removeBootstrap: async () => undefined,
      },
      ring: createEventRing(nodeCrypto()),
      tokens: fakeTokens(),
      controls: fakeControls(),
      status: () => ({}) as NodeStatus,
      audit: async () => ({}) as Audit,
      doctor: {
        node: async () => ({}) as DoctorOfNode,
        contact: (who) => messenger.diagnose(who).then(() => ({}) as DoctorOfContact),
      },
      words: async () => "",
      check: async () => ({ rows: 0, damaged: [] }),
    });
    const caller = { ...inProcessCaller(), signal: AbortSignal.abort() };
    try {
      await dispatch(String(method), params, caller);
    } catch (error) {
      if (!(error instanceof SottoError)) throw error;
      assert.notEqual(errorTable[error.code].class, "bug");
      if (error.code === "params-invalid" || error.code === "method-unknown")
        assert.deepEqual(messenger.calls, [], "something was done before it was refused");
    }
  },
};

export const apiTargets: readonly Target[] = [requests];
