import assert from "node:assert/strict";
import { limits } from "../../src/base/index.ts";
import { contactAttacks } from "./attacks-contact.ts";
import { hostAttacks } from "./attacks-host.ts";
import { imitations, inviteAttacks } from "./attacks-invites.ts";
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
    const others = contacts.filter(({ name }) => name !== "bob" && name !== "mallory");
    assert.ok(others.length > 0 && others.length <= limits.inviteClaims);
    assert.ok(others.every(({ pairing, online }) => pairing === "requested" && !online));
  });

  it("means the same contact by a name and an id, also when impostors became contacts", async () => {
    const { node } = scene.users[0];
    const { contact: bob } = scene.target;
    assert.ok(bob);
    const { requests } = await node.call("request.list", {});
    const imitating = requests.filter(({ profileName }) =>
      imitations(bob).includes(profileName ?? ""),
    );
    assert.ok(imitating.length > 0);
    const means = async (who: string) =>
      (await node.call("contact.show", { who })).contact.account as string;
    const check = async () => {
      for (const who of [bob.name, bob.name.toUpperCase(), bob.account, bob.account.slice(0, 16)])
        assert.equal(await means(who), bob.account, who);
    };
    await check();
    // One of each, since the user answers a request at a time.
    const each = new Map(imitating.map((request) => [request.profileName, request]));
    for (const { account, looksLike, name } of each.values()) {
      const { contact } = await node.call("request.accept", { who: account });
      assert.equal(contact.account, account);
      assert.deepEqual(contact.looksLike, looksLike);
      assert.equal(await means(contact.name), account, name);
      await check();
    }
    for (const { profileName, looksLike } of each.values())
      if (profileName?.toLowerCase() === bob.name) assert.equal(looksLike?.name, bob.name);
  });

  it("runs every attack of the catalogue", () => {
    const known = Object.values(catalogue).flatMap((attacks) => Object.keys(attacks));
    const there = Object.keys({
      ...tcpAttacks,
      ...yamuxAttacks,
      ...hostAttacks,
      ...inviteAttacks,
      ...contactAttacks,
    });
    assert.deepEqual(known.toSorted(), there.toSorted());
  });
});
