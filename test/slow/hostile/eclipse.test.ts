import assert from "node:assert/strict";
import { equal, type HostId, limits } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import {
  epochOf,
  type RendezvousKeys,
  rendezvousKeys,
  sealRecord,
  secretAt,
  startChain,
} from "../../../src/dht/index.ts";
import { DhtRendezvous } from "../../../src/node/dht/rendezvous.ts";
import type { Host } from "../../../src/node/model/host.ts";
import { systemClock } from "../../../src/node/util/deadline.ts";
import { createLab, findIn, noSignal, until, validator } from "../../node/support.ts";
import { Mesh } from "./mesh.ts";

const crypto = nodeCrypto();
const HONEST = 20;
const ATTACKERS = 60;
const FINDERS = 3;
const MINUTE = 60_000;

const tell = (line: string): void => void process.stdout.write(`      ${line}\n`);

describe("a tag whose nearest hosts are all attackers", function () {
  this.timeout(600_000);
  const lab = createLab();
  const mesh = new Mesh(lab);
  let next = 0;
  before(() => mesh.addHonest(HONEST));
  after(() => lab.clear());

  /** A person's host, which came in by two honest ones, and remembers nothing yet. */
  async function client(): Promise<{ readonly host: Host; readonly rendezvous: DhtRendezvous }> {
    const judge = validator();
    const host = await mesh.host(crypto.random(32), false, judge);
    const timeout = limits.dhtTimeout;
    const rendezvous = new DhtRendezvous({ host, validator: judge, clock: systemClock, timeout });
    const at = next++;
    await mesh.join(
      host,
      [at, at + 5].map((i) => mesh.honest[i % HONEST] as Host),
    );
    await until(() => rendezvous.peers() >= 2);
    return { host, rendezvous };
  }
  /** What so many newcomers find, each on its own. */
  const looks = ({ tag }: RendezvousKeys): Promise<Uint8Array[][]> =>
    Promise.all(
      Array.from({ length: FINDERS }, async () => {
        const { host, rendezvous } = await client();
        const found = await findIn(rendezvous, tag);
        await host.stop();
        return found;
      }),
    );
  const has = (found: readonly Uint8Array[], record: Uint8Array): boolean =>
    found.some((each) => equal(each, record));
  const share = (all: readonly Uint8Array[][], record: Uint8Array): string =>
    `${all.filter((found) => has(found, record)).length} of ${all.length}`;

  it("makes no node accept a false record, or an older one than it saw, and does not affect the next epoch's", async () => {
    const now = Date.now();
    const chain = startChain(crypto, new Uint8Array(32).fill(5), now);
    const keysIn = (epoch: number): RendezvousKeys => {
      const secret = secretAt(crypto, chain, epoch);
      assert.ok(secret);
      return rendezvousKeys(crypto, secret, "a");
    };
    const recordAt = (of: RendezvousKeys, time: number): Uint8Array =>
      sealRecord(crypto, of, { host: "12D3KooWTest" as HostId, addresses: [] }, time);
    const today = epochOf(now, chain.offset);
    const [keys, tomorrow] = [keysIn(today), keysIn(today + 1)];
    const [older, newer] = [recordAt(keys, now - 60 * MINUTE), recordAt(keys, now)];
    const { rendezvous: maker } = await client();
    assert.ok((await maker.publish(keys.tag, older, noSignal())) >= HONEST / 2);
    assert.ok((await looks(keys)).every((found) => has(found, older)));

    const tried = await mesh.eclipse(keys.tag, ATTACKERS);
    tell(`${ATTACKERS} hosts nearer to the tag than all honest ones: ${tried} keys tried`);
    const before = await looks(keys);
    tell(`put before the attack: found by ${share(before, older)}`);
    await maker.publish(keys.tag, newer, noSignal());
    const under = await looks(keys);
    tell(`put under it: by ${share(under, newer)}; the one before by ${share(under, older)}`);
    const { rendezvous: knows } = await client();
    await knows.publish(keys.tag, newer, noSignal());
    mesh.lie = { kind: "records", all: [older] };
    const rolled = await looks(keys);
    tell(
      `they show the older one: it by ${share(rolled, older)}, the newer by ${share(rolled, newer)}`,
    );
    const remembered = await findIn(knows, keys.tag);

    const bent = newer.slice();
    bent[100] = (bent[100] ?? 0) ^ 1;
    const others = recordAt(tomorrow, now);
    mesh.lie = { kind: "records", all: [bent, others] };
    const believed = await looks(keys);
    const holders = await maker.publish(tomorrow.tag, others, noSignal());
    const elsewhere = await looks(tomorrow);
    tell(`the next epoch's: ${holders} holders, found by ${share(elsewhere, others)}`);

    // The attack was one: they were asked, and withheld the newer record from all.
    assert.ok(mesh.asked > 0 && under.every((found) => !has(found, newer)));
    for (const record of remembered) assert.ok(equal(record, newer), "an older record");
    for (const record of believed.flat()) assert.ok(has([older, newer], record), "a false record");
    assert.ok(elsewhere.every((found) => has(found, others)));
  });
});
