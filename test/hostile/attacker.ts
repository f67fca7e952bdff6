/** A process that attacks, one thing after the other, as the test says over standard input. */
import { createInterface } from "node:readline";
import type { Plan } from "./attack.ts";
import { hostAttacks } from "./attacks-host.ts";
import { inviteAttacks } from "./attacks-invites.ts";
import { tcpAttacks } from "./attacks-tcp.ts";
import { yamuxAttacks } from "./attacks-yamux.ts";

interface Order {
  readonly id: number;
  readonly attack: string;
  readonly target: Plan["target"];
  readonly ms: number;
  readonly pause: number;
  readonly strength: number;
  /** Addresses that it comes from: 127.0.N.1 and on. */
  readonly network: number;
  readonly addresses: number;
}

const attacks = { ...tcpAttacks, ...yamuxAttacks, ...hostAttacks, ...inviteAttacks };

// What breaks inside the attacker's own libp2p when it is dropped is no news.
process.on("unhandledRejection", () => undefined);
process.on("uncaughtException", () => undefined);

async function obey(order: Order): Promise<void> {
  const attack = attacks[order.attack];
  let reply: object;
  try {
    if (attack === undefined) throw new Error("no such attack");
    const report = await attack({
      target: order.target,
      until: Date.now() + order.ms,
      pause: order.pause,
      strength: order.strength,
      from: (index) => `127.0.${order.network}.${1 + (index % order.addresses)}`,
    });
    reply = { report };
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : "failed" };
  }
  process.stdout.write(`${JSON.stringify({ id: order.id, ...reply })}\n`);
}

for await (const text of createInterface({ input: process.stdin })) void obey(JSON.parse(text));
process.exit(0);
