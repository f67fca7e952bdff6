import assert from "node:assert/strict";
import { limits } from "../../src/base/index.ts";
import { hostAttacks } from "./attacks-host.ts";
import { inviteAttacks } from "./attacks-invites.ts";
import { tcpAttacks } from "./attacks-tcp.ts";
import { yamuxAttacks } from "./attacks-yamux.ts";
import { catalogue, spared } from "./catalogue.ts";
import { HostileTestbed, tellsMemory } from "./testbed.ts";

/**
 * MiB that a node may grow by in a second of everything at once: garbage that is not collected yet
 * is a part of it.
 */
const CEILING = 128;

/** For those that are to be dropped at once, on a busy machine, ms. */
const PATIENCE = 8_000;

describe("a node under attack", function () {
  this.timeout(60_000);
  let scene: HostileTestbed;

  before(async () => {
    scene = await HostileTestbed.open();
  });
  after(() => scene.close());

  for (const [family, attacks] of Object.entries(catalogue))
    it(`delivers messages, drops attackers ${family}, and does not grow`, async () => {
      const strikes = Object.entries(attacks).map(([name, fate]) => {
        return [name, { ms: fate === "once" ? PATIENCE : 900 }] as const;
      });
      const { reports, grown, talk } = await scene.strike(Object.fromEntries(strikes));
      const broken = Object.entries(attacks).flatMap(([name, fate]) => {
        const report = reports[name];
        assert.ok(report && report.opened > 0, name);
        return spared(name, fate, report, false) ?? [];
      });
      assert.deepEqual(broken, []);
      assert.ok(talk.count > 0);
      if (tellsMemory) assert.ok(grown < CEILING, `the node grew by ${grown.toFixed(0)} MiB`);
    });

  it("reports a reused invite once, and lists made-up accounts only as requests", async () => {
    const { node } = scene.users[0];
    assert.equal(scene.reuses, 1);
    const { contacts } = await node.call("contact.list", {});
    const others = contacts.filter(({ name }) => name !== "bob");
    assert.ok(others.length > 0 && others.length <= limits.inviteClaims);
    assert.ok(others.every(({ pairing, online }) => pairing === "requested" && !online));
  });

  it("runs every attack of the catalogue", () => {
    const known = Object.values(catalogue).flatMap((attacks) => Object.keys(attacks));
    const there = Object.keys({ ...tcpAttacks, ...yamuxAttacks, ...hostAttacks, ...inviteAttacks });
    assert.deepEqual(known.toSorted(), there.toSorted());
  });
});
