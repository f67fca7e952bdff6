/** Three nodes whose users are contacts of each other, and a group of them. */
import { World } from "../../scenario/world.ts";

const SECOND = 1_000;

/** Three people, each a contact of both others. */
export async function threeOf(seed: number) {
  const world = new World(seed);
  const [alice, bob, carol] = [
    await world.node("alice"),
    await world.node("bob"),
    await world.node("carol"),
  ];
  await world.pair(alice, bob);
  await world.pair(alice, carol);
  await world.pair(bob, carol);
  await world.time.pass(5 * SECOND);
  return { world, alice, bob, carol };
}

/** As `threeOf`, all in a group that alice made. */
export async function groupOf(seed: number) {
  const { world, alice, bob, carol } = await threeOf(seed);
  await alice.messenger.groups.create("Club");
  for (const who of ["bob", "carol"]) await alice.messenger.groups.invite("Club", who);
  await world.time.pass(5 * SECOND);
  for (const node of [bob, carol]) await node.messenger.groups.join("Club");
  await world.time.pass(30 * SECOND);
  return { world, alice, bob, carol };
}
