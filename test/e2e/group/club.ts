/** Users with real daemons who are contacts of each other, and the one group that they make. */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Message } from "../../../src/api/index.ts";
import { pair, type User } from "../../chaos/user.ts";

export const CLUB = "group:Club";

/** For what takes seconds on a quiet machine, ms. */
const PATIENCE = 120_000;

/** Starts the daemons, and makes each user a contact of all others. */
export async function befriend(users: readonly User[]): Promise<void> {
  await Promise.all(users.map((user) => user.start()));
  await Promise.all(
    users.flatMap((one, i) => users.slice(i + 1).map((other) => pair(one, other, PATIENCE))),
  );
}

/** The names of the members that a node knows, its own included. */
export async function names(user: User): Promise<string[]> {
  const { members } = await user.node.call("group.members", { group: CLUB });
  return members.map(({ name }) => name).sort();
}

/** Who owns the group, as a node knows it. */
export async function owner(user: User): Promise<string | undefined> {
  const { members } = await user.node.call("group.members", { group: CLUB });
  return members.find(({ role }) => role === "owner")?.name;
}

/** What a node is in the group; `undefined` where it does not know the group. */
export async function standing(user: User): Promise<string | undefined> {
  const { groups } = await user.node.call("group.list", {});
  assert.ok(groups.length <= 1, `${user.name} has one group twice`);
  return groups[0]?.standing;
}

/** The messages of the group on a node, in their order; fewer than 200. */
export async function messages(user: User): Promise<readonly Message[]> {
  const page = await user.node.call("message.list", { who: CLUB, order: "oldest", limit: 200 });
  return page.messages;
}

export async function texts(user: User): Promise<string[]> {
  return (await messages(user)).map(({ text }) => text);
}

/** Waits until what a node shows is what it shall be; a failure states the difference. */
export async function shows<Shown>(
  user: User,
  what: string,
  read: () => Promise<Shown>,
  wanted: Shown,
): Promise<void> {
  let seen: Shown | undefined;
  const reached = async (): Promise<boolean> => {
    seen = await read();
    return isDeepStrictEqual(seen, wanted);
  };
  try {
    await user.until(what, reached, PATIENCE);
  } catch (error) {
    if (error instanceof assert.AssertionError && seen !== undefined)
      assert.deepEqual(seen, wanted, `${user.name}: ${what}`);
    throw error;
  }
}

/** Waits until each user has an invitation, or has accepted it. */
export async function invited(users: readonly User[]): Promise<void> {
  for (const user of users)
    await shows(
      user,
      "is invited",
      async () => {
        const { groups, invitations } = await user.node.call("group.list", {});
        return groups.length + invitations.length > 0;
      },
      true,
    );
}

/** Waits until all are members who know all members. */
export async function together(users: readonly User[]): Promise<void> {
  const all = users.map(({ name }) => name).sort();
  for (const user of users) {
    await shows(user, "is a member", () => standing(user), "member");
    await shows(user, "knows the members", () => names(user), all);
  }
}

/** Waits until each has all these texts, and checks that each has them once and in one order. */
export async function agree(users: readonly User[], wanted: readonly string[]): Promise<void> {
  const sorted = wanted.toSorted();
  for (const user of users)
    await shows(user, "has all texts", async () => (await texts(user)).sort(), sorted);
  const [first, ...others] = await Promise.all(
    users.map(async (user) => (await messages(user)).map(({ id, text }) => `${id} ${text}`)),
  );
  assert.equal(new Set(first).size, wanted.length);
  for (const other of others) assert.deepEqual(other, first);
}

/**
 * Lets a user receive all that others have sent on their links: what they sent to this user alone
 * comes after it.
 */
export async function caughtUp(user: User, others: readonly User[], text: string): Promise<void> {
  for (const other of others) {
    await other.node.call("message.send", { who: user.name, text });
    await shows(
      user,
      `hears from ${other.name}`,
      async () => (await user.history(other.name)).some((message) => message.text === text),
      true,
    );
  }
}
