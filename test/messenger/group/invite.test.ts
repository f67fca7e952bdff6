import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { groupLimits } from "../../../src/group/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const SECOND = 1_000;
const HOUR = 3_600_000;

/** Two linked contacts, of whom alice owns a group. */
async function ownerAndContact(seed: number) {
  const world = new World(seed);
  const [alice, bob] = [await world.node("alice"), await world.node("bob")];
  await world.pair(alice, bob);
  await world.time.pass(5 * SECOND);
  await alice.messenger.groups.create("Club");
  return { world, alice, bob };
}

const invited = ({ messenger }: SimNode) =>
  messenger.groups.invitations().map(({ name, state, from }) => [name, state, from.name]);
const eventsOf = ({ events }: SimNode, type: string) => events.filter((each) => each.type === type);

describe("An invitation to a group", () => {
  it("is shown and reported, and adds nobody before it is accepted", async () => {
    const { world, alice, bob } = await ownerAndContact(1);
    await alice.messenger.groups.invite("group:Club", "bob");
    await world.time.pass(5 * SECOND);
    assert.deepEqual(invited(bob), [["Club", "invited", "alice"]]);
    assert.equal(eventsOf(bob, "group.invited").length, 1);
    assert.equal(alice.messenger.groups.show("Club").members, 1);
    assert.deepEqual(bob.messenger.groups.list(), []);
    await bob.messenger.groups.join("Club");
    await world.time.pass(20 * SECOND);
    assert.equal(alice.messenger.groups.show("Club").members, 2);
    assert.equal(bob.messenger.groups.show("Club").standing, "member");
    assert.deepEqual(invited(bob), []);
    await assert.rejects(alice.messenger.groups.invite("Club", "bob"), { code: "member-exists" });
    await world.stop();
  });

  it("is declined: the contact is told, and may ask again", async () => {
    const { world, alice, bob } = await ownerAndContact(2);
    await alice.messenger.groups.invite("Club", "bob");
    await world.time.pass(5 * SECOND);
    await bob.messenger.groups.decline("Club");
    await world.time.pass(5 * SECOND);
    assert.equal(eventsOf(alice, "group.declined").length, 1);
    assert.deepEqual(invited(bob), []);
    await assert.rejects(bob.messenger.groups.join("Club"), { code: "invitation-unknown" });
    await alice.messenger.groups.invite("Club", "bob");
    await world.time.pass(5 * SECOND);
    assert.deepEqual(invited(bob), [["Club", "invited", "alice"]]);
    await world.stop();
  });

  it("is answered by a contact that was away, whatever the nodes do in between", async () => {
    for (const seed of [3, 4, 5, 6]) {
      const { world, alice, bob } = await ownerAndContact(seed);
      await bob.stop();
      await alice.messenger.groups.invite("Club", "bob");
      await alice.restart();
      await bob.start();
      await world.until("bob is invited", () => invited(bob).length === 1);
      await bob.messenger.groups.join("Club");
      bob.kill();
      await bob.start();
      await world.until("alice added bob", () => alice.messenger.groups.show("Club").members === 2);
      alice.kill();
      await alice.start();
      await world.until("bob is a member", () => {
        const [group] = bob.messenger.groups.list();
        return group?.standing === "member" && group.members === 2;
      });
      await world.stop();
    }
  });

  it("ends after a week, and one of a contact leaves room for those of others", async () => {
    const { world, alice, bob } = await ownerAndContact(7);
    await alice.messenger.groups.invite("Club", "bob");
    for (let i = 0; i <= groupLimits.invitationsOfContact; i++) {
      await alice.messenger.groups.create(`Club ${i}`);
      await alice.messenger.groups.invite(`Club ${i}`, "bob");
    }
    await world.time.pass(10 * SECOND);
    assert.equal(invited(bob).length, groupLimits.invitationsOfContact);
    await world.time.pass(groupLimits.invitationAge + HOUR);
    assert.deepEqual(invited(bob), []);
    assert.ok(limits.outboxMessages > groupLimits.invitations);
    await world.stop();
  });

  it("is taken back where its sender cannot add the contact any more", async () => {
    const { world, alice, bob } = await ownerAndContact(8);
    const carol = await world.node("carol");
    for (const other of [alice, bob]) await world.pair(other, carol);
    await alice.messenger.groups.invite("Club", "carol");
    await world.time.pass(5 * SECOND);
    await carol.messenger.groups.join("Club");
    await world.time.pass(20 * SECOND);
    await alice.messenger.groups.setRole("Club", "carol", "admin");
    await world.time.pass(5 * SECOND);
    await carol.messenger.groups.invite("Club", "bob");
    await world.time.pass(5 * SECOND);
    await alice.messenger.groups.setRole("Club", "carol", "member");
    await world.time.pass(5 * SECOND);
    await bob.messenger.groups.join("Club");
    await world.time.pass(20 * SECOND);
    assert.deepEqual(invited(bob), []);
    assert.deepEqual(bob.messenger.groups.list(), []);
    assert.equal(alice.messenger.groups.show("Club").members, 2);
    await world.stop();
  });
});
