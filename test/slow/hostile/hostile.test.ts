import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "../../../src/base/index.ts";
import { catalogue, spared } from "../../hostile/catalogue.ts";
import {
  Attacker,
  HostileTestbed,
  memoryOf,
  type Outcome,
  tellsMemory,
} from "../../hostile/testbed.ts";
import { createLab, fullAddress, noSignal } from "../../node/support.ts";
import { shareOf } from "../../support/share.ts";

const SECONDS = Number(process.env.SOTTO_HOSTILE_SECONDS ?? shareOf(5));
/** For those that are dropped by a time limit, ms: twice the longest, for a busy machine. */
const SOON = 2 * limits.upgradeTimeout;
/** MiB that a node may grow by during one attack. */
const CEILING = 128;
/**
 * And by all of them together: what it keeps for others is full then, and a second round of all
 * adds nothing (269, then 236 MiB).
 */
const CEILING_OF_ALL = 384;

const tell = (line: string): void => void process.stdout.write(`      ${line}\n`);
const shown = (talk: Outcome["talk"]): string =>
  `${talk.count} messages, median ${talk.median} ms, worst ${talk.worst} ms`;

describe("a node under one attack after the other", function () {
  this.timeout(600_000);
  let scene: HostileTestbed;
  let begun = 0;
  const pid = (): number => scene.users[0].daemon?.pid ?? 0;

  before(async () => {
    scene = await HostileTestbed.open();
    tell(`quiet: ${shown(await scene.quiet(5_000))}`);
    begun = tellsMemory ? memoryOf(pid()) : 0;
  });
  after(() => scene.close());

  for (const [family, attacks] of Object.entries(catalogue))
    for (const [name, fate] of Object.entries(attacks))
      it(`delivers everything, drops who breaks the rules, and stays small: ${name} (${family})`, async () => {
        const end = Date.now() + SECONDS * 1000;
        let opened = 0;
        let grown = 0;
        let last: Outcome;
        // Whoever was dropped comes again, until the time is over.
        do {
          const left = Math.max(8_000, end - Date.now());
          last = await scene.strike({
            [name]: { ms: { once: left, soon: SOON, borne: SECONDS * 1000 }[fate], strength: 2 },
          });
          const report = last.reports[name];
          assert.ok(report);
          opened += report.opened;
          grown = Math.max(grown, last.grown);
          assert.equal(spared(name, fate, report, true), undefined);
        } while (Date.now() < end);
        tell(`${opened} connections, ${grown.toFixed(0)} MiB more; ${shown(last.talk)}`);
        if (tellsMemory) assert.ok(grown < CEILING, `the node grew by ${grown.toFixed(0)} MiB`);
      });

  it("has not grown by all of them together", () => {
    if (!tellsMemory) return;
    const grown = memoryOf(pid()) - begun;
    tell(`${grown.toFixed(0)} MiB more than at first`);
    assert.ok(grown < CEILING_OF_ALL);
  });
});

describe("a node whose places strangers take and never leave", function () {
  this.timeout(240_000);
  const lab = createLab();
  after(() => lab.clear());

  it("has a place for each who comes and proves to be known", async () => {
    // They need not hurry with a first frame, and so keep what they took.
    const node = await lab.node({ tuning: { inboundPerSecondPerIp: 10, firstFrame: 600_000 } });
    // Whoever says the right word is known here, and hears an answer.
    node.transport.onChannel(async (channel) => {
      const [word] = await channel.receive();
      while (word?.[0] === 7) {
        await channel.send([word]).catch(() => undefined);
        if ((await channel.receive()).length === 0) break;
      }
    });
    const attacker = new Attacker();
    lab.later(() => attacker.end());
    const port = Number(fullAddress(node).toString().split("/")[4]);
    let over = false;
    void attacker
      .strike(
        "hosts that take every place",
        { port, peer: node.transport.host },
        { ms: 180_000, addresses: 120, strength: 2 },
      )
      .catch(() => undefined)
      .finally(() => {
        over = true;
      });
    const seen = new Set<string>();
    /** Until so many more have come, or no place is left at all. */
    const crowded = async (more: number): Promise<void> => {
      const wanted = seen.size + more;
      while (seen.size < wanted && node.peers().length < limits.connections && !over) {
        for (const { address } of node.peers()) seen.add(address);
        await sleep(20);
      }
    };
    // More than there are places: from now on each who comes takes the place of another.
    await crowded(limits.connections + limits.connectionsSpare);
    const known = [];
    for (let i = 0; i < 8; i++) {
      const friend = await lab.node();
      const target = { addresses: node.transport.addresses(), host: node.transport.host };
      const channel = await friend.transport.dial(target, noSignal());
      await channel.send([Uint8Array.of(7, i)]);
      assert.deepEqual(await channel.receive(), [Uint8Array.of(7, i)]);
      known.push(channel);
      await crowded(5);
    }
    await crowded(limits.connectionsSpare);
    assert.equal(over, false, "the attack continued in the meantime");
    // And keeps it: strangers give way to strangers.
    for (const [i, channel] of known.entries()) {
      await channel.send([Uint8Array.of(8)]);
      assert.deepEqual(await channel.receive(), [Uint8Array.of(7, i)]);
    }
    tell(`${node.peers().length} connections at the end, ${seen.size} strangers came`);
  });
});
