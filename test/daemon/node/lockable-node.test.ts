import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createClient,
  type NodeEvent,
  type NodeState,
  type Params,
} from "../../../src/api/index.ts";
import { limits } from "../../../src/base/index.ts";
import { connectTo } from "../../../src/cli/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { type LockableNode, openLockableNode } from "../../../src/daemon/node/lockable-node.ts";
import { createIdleTimer } from "../../../src/daemon/process/idle-timer.ts";
import { systemClock } from "../../../src/daemon/process/system-clock.ts";
import { serve } from "../../../src/daemon/rpc/connection.ts";
import { inProcessCaller } from "../../../src/daemon/rpc/dispatch.ts";
import { type LocalSocket, openSocket } from "../../../src/daemon/rpc/unix-socket.ts";
import type { Config } from "../../../src/daemon/settings/config.ts";
import { silent } from "../../../src/ports/index.ts";
import type { Protection } from "../../../src/store/index.ts";
import { handClock } from "../hand-clock.ts";
import { memoryConnection } from "../rpc/memory-connection.ts";

const cost = { memoryKiB: 8, passes: 1, lanes: 1 };
const one: Protection = { kind: "passphrase", passphrase: "one", cost };
const config: Config = {
  listen: ["/ip4/127.0.0.1/tcp/0"],
  announce: [],
  proxy: undefined,
  networkKey: undefined,
  allow: undefined,
  bootstrap: [],
  bootstrapInvited: [],
  shareBootstrap: true,
  mdns: false,
  portMapping: false,
  privateWan: false,
  receipts: true,
  invisible: false,
  lastSeen: false,
  decoys: 0,
  publicDht: false,
  publicHosts: undefined,
  history: true,
  retention: undefined,
  lockAfter: undefined,
  httpPort: undefined,
  log: "off",
};

describe("daemon/gate", () => {
  let directory: string;
  let gate: LockableNode;
  let states: string[];
  let socket: LocalSocket | undefined;
  const start = async (protection: Protection, settings: Partial<Config> = {}): Promise<void> => {
    const parts = {
      directory,
      settings: join(directory, "config.json"),
      config: { ...config, ...settings },
      crypto: nodeCrypto(),
      clock: systemClock,
      log: silent,
      onDamage: () => undefined,
      fail: () => undefined,
      http: () => undefined,
      offer: (event: NodeEvent) => socket?.offer(event),
      revoke: () => undefined,
      stateChanged: (state: NodeState["state"]) => {
        states.push(state);
        socket?.changeState(state);
      },
      stop: () => undefined,
    };
    gate = await openLockableNode(parts, {
      passphrase: async () => "one",
      account: async () => ({ name: "ann", protection }),
    });
    gate.start();
  };
  const call = (method: string, params: object = {}, signal = new AbortController().signal) =>
    gate.dispatch(method, params, { ...inProcessCaller(), signal });
  const state = async () => ((await call("node.state")) as NodeState).state;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sotto-gate-"));
    states = [];
  });
  afterEach(async () => {
    await socket?.close();
    socket = undefined;
    await gate.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it("locks: listeners end, waiting calls end, everything but the way back answers node-locked", async () => {
    await start(one);
    const { account } = (await call("account.show")) as { account: string };
    const { link } = await otherInvite();
    await call("contact.add", { link, as: "bob" });
    const waiting = call("message.send", {
      who: "bob",
      text: "hi",
      wait: "read",
      timeout: 600_000,
    });
    waiting.catch(() => undefined);
    await call("message.list", { who: "bob" });
    assert.equal(((await call("node.lock")) as NodeState).state, "locked");
    assert.deepEqual(states, ["locked"]);
    assert.equal(((await waiting) as { timedOut: boolean }).timedOut, true);
    for (const method of ["account.show", "message.list", "node.status", "account.words"])
      await assert.rejects(call(method), { code: "node-locked" }, method);
    assert.equal(await state(), "locked");

    await assert.rejects(call("node.unlock", { passphrase: "two" }), { code: "passphrase-wrong" });
    await assert.rejects(call("node.unlock"), { code: "passphrase-needed" });
    assert.equal(await state(), "locked");
    const both = [1, 2].map(() => call("node.unlock", { passphrase: "one" }));
    await Promise.all(both);
    assert.deepEqual(states, ["locked", "open"]);
    assert.equal(await state(), "open");
    assert.equal(((await call("account.show")) as { account: string }).account, account);
    const { messages } = (await call("message.list", { who: "bob" })) as { messages: object[] };
    assert.equal(messages.length, 1);
  });

  it("goes on with the events of every client after an unlock, on the same subscription", async () => {
    await start(one);
    const { link } = await otherInvite();
    const path = join(directory, "sotto.sock");
    socket = await openSocket({ socket: path, socketDirectory: directory }, gate.dispatch);
    const listen = async (filter: Params<"event.subscribe">) => {
      const client = createClient(await connectTo(path));
      const seen: NodeEvent[] = [];
      const reading = (async () => {
        for await (const event of client.events(filter)) seen.push(event);
      })();
      // Calls of one connection start in their order.
      await client.call("node.state", {});
      return { client, seen, reading };
    };
    const types = ["node.state", "presence.snapshot", "contact.changed"] as const;
    const before = await listen({ types });
    await call("node.lock");
    const during = await listen({ types });
    const others = await listen({ types: ["contact.changed"], since: "of another run" });
    await assert.rejects(before.client.call("event.subscribe", { from: "bob" }), {
      code: "node-locked",
    });
    await call("node.unlock", { passphrase: "one" });
    await call("contact.add", { link, as: "bob" });
    await call("contact.set", { who: "bob", note: "a note" });
    for (const each of [before, during, others]) await each.client.call("node.state", {});
    await socket.close();
    for (const each of [before, during, others]) await each.reading;
    const shown = ({ seen }: typeof before) =>
      seen.map((event) => ("state" in event ? event.state : event.type));
    const after = ["resync", "open", "presence.snapshot", "contact.changed", "contact.changed"];
    assert.deepEqual(shown(before), [
      "open",
      "presence.snapshot",
      "locked",
      ...after,
      "stream.ended",
    ]);
    assert.deepEqual(shown(during), ["locked", ...after, "stream.ended"]);
    assert.deepEqual(shown(others), ["resync", ...after.slice(3), "stream.ended"]);
  });

  it("refuses to lock with a key file, and locks with a passphrase", async () => {
    await start({ kind: "key-file" });
    await assert.rejects(call("node.lock"), { code: "lock-refused" });
    assert.equal(await state(), "open");
    await call("store.protect", { next: { kind: "passphrase", passphrase: "a new passphrase" } });
    await call("node.lock");
    assert.equal(await state(), "locked");
    await call("node.unlock", { passphrase: "a new passphrase" });
    assert.equal(await state(), "open");
  });

  it("shows the recovery phrase and changes the protection only with the passphrase", async () => {
    await start(one);
    await assert.rejects(call("store.protect", { current: "old", next: { kind: "key-file" } }), {
      code: "passphrase-wrong",
    });
    await assert.rejects(call("account.words", { passphrase: "old" }), {
      code: "passphrase-wrong",
    });
    const { words } = (await call("account.words", { passphrase: "one" })) as { words: string };
    assert.equal(words.split(" ").length, 24);
    const weak = { current: "one", next: { kind: "passphrase", passphrase: "short" } };
    await assert.rejects(call("store.protect", weak), { code: "passphrase-weak" });
    await call("store.protect", { current: "one", next: { kind: "key-file" } });
    assert.deepEqual(await call("account.words"), { words });
  });

  it("stays closed once it is closed, also for an unlock that was on its way", async () => {
    await start(one);
    await call("node.lock");
    const unlocking = call("node.unlock", { passphrase: "one" });
    const closing = gate.close();
    await assert.rejects(unlocking, { code: "store-closed" });
    await closing;
    assert.equal(await state(), "locked");
  });

  it("locks by itself after the time that the settings name", async () => {
    await start(one, { lockAfter: 300 });
    while ((await state()) === "open") await new Promise((resolve) => setTimeout(resolve, 20));
    await call("node.unlock", { passphrase: "one" });
    assert.equal(await state(), "open");
  });

  it("runs many calls of one connection at once without a warning about listeners", async () => {
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message);
    process.on("warning", onWarning);
    try {
      await start(one);
      await call("event.follow", { name: "bot" });
      const { client, server } = memoryConnection();
      serve(server, gate.dispatch, () => undefined);
      const { call: ask, close } = createClient(client);
      const waiting = Array.from({ length: limits.apiCalls - 1 }, () =>
        ask("event.read", { name: "bot", wait: 600_000 }).catch(({ code }) => code),
      );
      await ask("event.followers", {});
      close();
      assert.deepEqual(new Set(await Promise.all(waiting)), new Set(["node-not-running"]));
      // Node emits a warning in the next tick.
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(warnings, []);
    } finally {
      process.off("warning", onWarning);
    }
  });

  /** An invite of a user whose node was stopped. */
  async function otherInvite(): Promise<{ link: string }> {
    const [mine, home] = [gate, directory];
    directory = mkdtempSync(join(tmpdir(), "sotto-gate-"));
    try {
      await start({ kind: "key-file" });
      return (await call("invite.create")) as { link: string };
    } finally {
      await gate.close();
      rmSync(directory, { recursive: true });
      [gate, directory] = [mine, home];
    }
  }
});

describe("daemon/idle", () => {
  it("reports once after the time without a request, and restarts with each request", () => {
    const clock = handClock();
    let told = 0;
    const idle = createIdleTimer(clock, 1000, () => {
      told += 1;
    });
    clock.pass(5000);
    assert.equal(told, 0, "the time begins with the first touch");
    idle.touch();
    clock.pass(999);
    idle.touch();
    clock.pass(999);
    assert.equal(told, 0);
    clock.pass(1);
    assert.equal(told, 1);
    idle.touch();
    idle.end();
    clock.pass(5000);
    assert.equal(told, 1);
  });

  it("never reports without a time", () => {
    const clock = handClock();
    createIdleTimer(clock, undefined, () => assert.fail()).touch();
    clock.pass(1e9);
  });
});
