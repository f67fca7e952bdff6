/**
 * A node is used, then locked, then unlocked. Prints what of its store's keys and of its messages
 * is left at each point.
 */

import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeHeapSnapshot } from "node:v8";
import { labels, utf8 } from "../../src/base/index.ts";
import { type CryptoProvider, nodeCrypto } from "../../src/crypto/index.ts";
import { makeHome } from "../../src/daemon/home/home.ts";
import { type LockableNode, openLockableNode } from "../../src/daemon/node/lockable-node.ts";
import { systemClock } from "../../src/daemon/process/system-clock.ts";
import { inProcessCaller } from "../../src/daemon/rpc/dispatch.ts";
import { readConfig } from "../../src/daemon/settings/config.ts";
import { silent } from "../../src/ports/index.ts";
import { maskedSecrets, measure } from "./measure.ts";
import { Recorder } from "./recorder.ts";

const [directory = "", snapshot = "", list = ""] = process.argv.slice(2);
const recorder = new Recorder();
const watched = recorder.over(nodeCrypto());
const crypto: CryptoProvider = {
  ...watched,
  hkdf(salt, ikm, info, length) {
    if (Buffer.from(info).toString() === labels.storeSeal) recorder.note("store key", ikm);
    return watched.hkdf(salt, ikm, info, length);
  },
};
const inside = inProcessCaller();
const cost = { memoryKiB: 8, passes: 1, lanes: 1 };
const MESSAGES = 20;

async function gate(name: string): Promise<LockableNode> {
  const home = join(directory, name);
  await makeHome(home);
  const settings = join(home, "config.json");
  const config = await readConfig(settings, {}, { listen: ["/ip4/127.0.0.1/tcp/0"], mdns: false });
  const parts = {
    directory: home,
    settings,
    config,
    crypto,
    clock: systemClock,
    log: silent,
    onDamage: () => undefined,
    fail: () => undefined,
    http: () => undefined,
    offer: () => undefined,
    revoke: () => undefined,
    stateChanged: () => undefined,
    stop: () => undefined,
  };
  const opened = await openLockableNode(parts, {
    passphrase: async () => undefined,
    account: async () => ({
      name,
      protection: { kind: "passphrase", passphrase: "one", cost },
    }),
  });
  opened.start();
  return opened;
}

async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc?.();
  }
}

/** Messages that nobody has written before, and that are known here by their masks alone. */
async function talk(alice: LockableNode): Promise<void> {
  const bob = await gate("bob");
  const { link } = (await bob.dispatch("invite.create", {}, inside)) as { link: string };
  await bob.close();
  await alice.dispatch("contact.add", { link, as: "bob" }, inside);
  for (let i = 0; i < MESSAGES; i++) {
    const text = randomBytes(24).toString("hex");
    recorder.note("message", utf8(text));
    await alice.dispatch("message.send", { who: "bob", text }, inside);
  }
  await alice.dispatch("message.list", { who: "bob" }, inside);
}

/** Something that is not forgotten: the search sees strings. */
const kept = ["kept", "on", "purpose"].join(" ");
const alice = await gate("alice");
await talk(alice);
await settle();
const live = measure(recorder, () => []);
await alice.dispatch("node.lock", {}, inside);
await settle();
const ended = measure(recorder, () => []);
writeHeapSnapshot(snapshot);
writeFileSync(list, JSON.stringify(maskedSecrets(recorder)));
await alice.dispatch("node.unlock", { passphrase: "one" }, inside);
const { messages } = (await alice.dispatch("message.list", { who: "bob" }, inside)) as {
  messages: object[];
};
if (messages.length !== MESSAGES)
  throw new Error(`${messages.length} messages after the unlocking`);
await alice.close();
if (kept === "") process.exit(1);
process.stdout.write(`${JSON.stringify({ live, ended })}\n`);
process.exit(0);
