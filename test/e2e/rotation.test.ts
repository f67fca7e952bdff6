import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { limits, toHex } from "../../src/base/index.ts";
import { decodeSession } from "../../src/ratchet/index.ts";
import { hostBootstrap, User, type UserOptions } from "./user.ts";

const DAY = 86_400_000;
const rotation = {
  every: { min: DAY, max: DAY },
  poll: DAY,
  retry: DAY,
  settle: 3_000,
  drainMin: 100,
  // As in the product: a link that has not moved by then breaks, which is not what is tested here.
  drainMax: limits.rotation.drainMax,
  drainPoll: 50,
};

describe("host key rotation while users exchange messages", function () {
  this.timeout(60_000);

  async function scene(options: UserOptions = {}) {
    const host = await hostBootstrap();
    const all = { bootstrap: host.addresses(), tuning: { rotation }, ...options };
    const alice = await User.make("alice", all);
    const bob = await User.make("bob", all);
    const { link } = await alice.messenger.createInvite({
      kind: "once",
      expiresIn: DAY,
      hints: false,
    });
    await bob.messenger.add(link);
    await bob.until("paired", () => bob.confirmed("alice") && alice.confirmed("bob"));
    const end = async () => {
      await alice.end();
      await bob.end();
      await host.stop();
    };
    return { alice, bob, end };
  }

  /** Sends until told to stop. @returns what was sent. */
  function talk(from: User, to: string) {
    const sent: string[] = [];
    let going = true;
    const over = (async () => {
      while (going) {
        const text = `${from.name} ${sent.length}`;
        sent.push(text);
        await from.messenger.send(to, text);
        await sleep(2);
      }
    })();
    return async () => {
      going = false;
      await over;
      return sent;
    };
  }

  /** The name of the session with the one contact. */
  async function session(user: User): Promise<string> {
    const [row] = await user.store.all("session");
    const decoded = row && decodeSession(row);
    assert.ok(decoded);
    return toHex(decoded.id);
  }

  const links = (user: User): number =>
    user.node.peers().filter(({ protocols }) => protocols.includes("/sotto/link/1")).length;

  it("delivers each message once, and keeps one link", async () => {
    const { alice, bob, end } = await scene();
    const stopAlice = talk(alice, "bob");
    const stopBob = talk(bob, "alice");
    const hosts = new Set([alice.node.transport.host, bob.node.transport.host]);
    const gone = (user: User) =>
      user.events.filter((event) => event.type === "presence" && !event.contact.online).length;
    const before = [gone(alice), gone(bob)];
    const sessions = [await session(alice), await session(bob)];
    const moved = async (user: User) => {
      await user.until("the host before has ended", () => !user.node.status().hostKey.moving);
      hosts.add(user.node.transport.host);
    };
    for (let round = 0; round < 2; round++) {
      await alice.node.rotate();
      await sleep(200);
      await bob.node.rotate();
      await Promise.all([moved(alice), moved(bob)]);
    }
    // Both at one time.
    await Promise.all([alice.node.rotate(), bob.node.rotate()]);
    await Promise.all([moved(alice), moved(bob)]);
    assert.equal(hosts.size, 8);
    const [fromAlice, fromBob] = [await stopAlice(), await stopBob()];
    await bob.until("all is there", () => bob.messenger.contacts()[0]?.waiting === 0);
    await alice.until("all is there", () => alice.messenger.contacts()[0]?.waiting === 0);
    const texts = async (user: User, who: string) => {
      const found: string[] = [];
      let before: number | undefined;
      for (;;) {
        const page = await user.messenger.history(who, {
          limit: 500,
          ...(before !== undefined && { before }),
        });
        if (page.length === 0) return found;
        found.unshift(
          ...page.filter(({ direction }) => direction === "in").map(({ text }) => text),
        );
        before = page[0]?.at;
      }
    };
    assert.deepEqual(await texts(bob, "alice"), fromAlice);
    assert.deepEqual(await texts(alice, "bob"), fromBob);
    await alice.until("one link is left", () => links(alice) === 1);
    await bob.until("one link is left", () => links(bob) === 1);
    // Nobody saw the other go.
    assert.deepEqual([gone(alice), gone(bob)], before);
    // Nor took one for an older copy of its disk.
    assert.deepEqual([await session(alice), await session(bob)], sessions);
    await end();
  });
});
