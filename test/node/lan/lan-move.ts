/**
 * Started by a test in its own network namespace: a machine that gets a public address at run time.
 */
import { execFileSync } from "node:child_process";
import { multiaddr } from "@multiformats/multiaddr";
import { systemClock } from "../../../src/node/util/deadline.ts";
import { createLab, stranger } from "../support.ts";

/** Timers of the node run when the test says so. */
const waiting = new Set<() => void>();
const clock = {
  now: systemClock.now,
  after(_ms: number, job: () => void) {
    waiting.add(job);
    return () => void waiting.delete(job);
  },
};
const lab = createLab();
const node = await lab.node({ listen: ["/ip4/0.0.0.0/tcp/4001"], clock });
let told = 0;
node.transport.onAddresses(() => told++);
const look = (): void => {
  for (const job of [...waiting]) {
    waiting.delete(job);
    job();
  }
};
const before = node.transport.addresses();
look();
const quiet = told;
execFileSync("ip", ["addr", "add", "8.8.4.4/32", "dev", "lo"]);
look();
const host = await stranger(lab);
const [address = ""] = node.transport.addresses();
const { remotePeer } = await host.dial(multiaddr(address));
console.log(
  JSON.stringify({
    before,
    quiet,
    told,
    after: node.transport.addresses(),
    reached: remotePeer.toString() === node.transport.host,
  }),
);
await lab.clear();
