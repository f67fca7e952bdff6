/**
 * Started by a test in a network namespace of its own: two users who have mDNS and the LAN DHT,
 * and nothing else.
 */
import { deliver, pair, User } from "./user.ts";

const [alice, bob] = await Promise.all(
  ["alice", "bob"].map((name) => User.make(name, { mdns: true })),
);
if (alice === undefined || bob === undefined) throw new Error("two users are needed");
await pair(alice, bob);
await deliver(alice, bob, "hi");
await deliver(bob, alice, "hello");
console.log(
  JSON.stringify({
    paired: alice.confirmed("bob") && bob.confirmed("alice"),
    delivered: true,
    bootstrap: alice.node.status().bootstrap.length,
  }),
);
await Promise.all([alice.end(), bob.end()]);
