/**
 * Two whole messengers pair, talk, lose their link and stop. Prints what of their secrets is left.
 */
import { nodeCrypto } from "../../src/crypto/index.ts";
import { type SimNode, World } from "../scenario/world.ts";
import { measure } from "./measure.ts";
import { Recorder } from "./recorder.ts";

const recorder = new Recorder();

/** A world that keeps no copy of what it watches. */
class QuietWorld extends World {
  override readonly crypto = recorder.over(nodeCrypto());
}

const held: { world?: QuietWorld; nodes: SimNode[] } = { nodes: [] };

async function live(): Promise<void> {
  const world = new QuietWorld(1);
  world.network.watch = undefined;
  const [alice, bob] = [await world.node("alice"), await world.node("bob")];
  await world.pair(alice, bob);
  for (let turn = 0; turn < 20; turn++) {
    for (let i = 0; i < 3; i++) {
      await world.reaches(alice, await alice.messenger.send("bob", `a ${turn} ${i}`), "delivered");
      await world.reaches(bob, await bob.messenger.send("alice", `b ${turn} ${i}`), "delivered");
    }
    if (turn % 7 === 3) {
      world.network.hosts.forEach((host) => void host.cutAll());
      await world.time.pass(5_000);
    }
  }
  // Two days: the roots of the first are erased.
  await world.time.pass(3 * 86_400_000);
  await world.until("they are linked again", () => alice.contact("bob").online);
  world.network.captured.length = 0;
  held.world = world;
  held.nodes = [alice, bob];
}

async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
}

/** Whatever the two keep on their disks now. */
const rows = (): Uint8Array[] =>
  held.nodes.flatMap(({ store }) => store.snapshot().map(({ value }) => unhexed(value)));

/** Rows keep byte strings as hex in JSON; sessions are bytes. */
function unhexed(value: Uint8Array): Uint8Array {
  const text = Buffer.from(value).toString("latin1");
  const hex = [...text.matchAll(/[0-9a-f]{64,}/g)].map(([found]) => Buffer.from(found, "hex"));
  return Buffer.concat([value, ...hex]);
}

await live();
await settle();
const running = measure(recorder, rows);
await held.world?.stop();
delete held.world;
held.nodes = [];
await settle();
const ended = measure(recorder, () => []);
process.stdout.write(`${JSON.stringify({ live: running, ended })}\n`);
process.exit(0);
