/** Backups for tests: any that could be, and people who move to another machine with one. */
import fc from "fast-check";
import { accountId, limits } from "../../../src/base/index.ts";
import { openBackup, restoredRows } from "../../../src/messenger/account/backup.ts";
import { createMessenger } from "../../../src/messenger/index.ts";
import { accountEntropy, createAccount } from "../../../src/messenger/state/identity.ts";
import { silent } from "../../../src/ports/index.ts";
import type { Backup } from "../../../src/wire/index.ts";
import { SimNode, type World } from "../../scenario/world.ts";

const rec = <Model extends object>(model: { [Name in keyof Model]: fc.Arbitrary<Model[Name]> }) =>
  fc.record(model, { noNullPrototype: true });
const raw = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const account = raw(32).map((bytes) => accountId.from(bytes));
const time = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const name = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 64 }),
  fc.constant("Ada"),
);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const contact = rec({
  account,
  name,
  named: fc.boolean(),
  handle: maybe(fc.string({ minLength: 1, maxLength: 32 })),
  profileName: maybe(name),
  addedAt: time,
  pairing: fc.constantFrom(
    ...(["invited", "handshaken", "requested", "confirmed", "denied", "used", "expired"] as const),
  ),
  verified: fc.boolean(),
  blocked: fc.boolean(),
  receipts: maybe(fc.boolean()),
  policy: maybe(fc.constantFrom("any" as const, "lan" as const, "hidden" as const)),
  changedAccount: maybe(account),
  role: fc.constantFrom("a" as const, "b" as const),
  chain: maybe(rec({ offset: fc.nat({ max: limits.epoch - 1 }), epoch: time, root: raw(32) })),
  device: maybe(raw(32)),
  invite: maybe(rec({ secret: raw(16), expiresAt: time, claim: raw(32), renews: fc.boolean() })),
  addresses: fc.array(fc.constantFrom("/ip4/203.0.113.7/tcp/4001", "/dns6/x/tcp/1")),
});

/** Any backup, of up to a few dozen people. */
export const backups: fc.Arbitrary<Backup> = rec({
  madeAt: time,
  name,
  contacts: fc.uniqueArray(contact, { selector: (one) => one.account, maxLength: 30 }),
  invites: fc.array(
    rec({
      kind: fc.constantFrom("once" as const, "reusable" as const),
      secret: raw(16),
      expiresAt: time,
      end: maybe(fc.constantFrom(...(["revoked", "dead", "restored"] as const))),
      claims: fc.array(
        rec({
          claim: raw(32),
          account,
          answer: fc.constantFrom(...(["accepted", "pending", "denied", "removed"] as const)),
          at: time,
        }),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 5 },
  ),
  bootstrap: fc.array(fc.constant("/ip4/203.0.113.7/tcp/4001/p2p/12D3KooW"), { maxLength: 3 }),
});

/** What a person holds in the hand: the file, and the entropy that the words spell. */
export interface Kept {
  readonly file: Uint8Array;
  readonly entropy: Uint8Array;
}

export async function keep(node: SimNode): Promise<Kept> {
  return { file: await node.messenger.backup([]), entropy: await accountEntropy(node.store) };
}

/** The same, of a node that does not run: out of what stands on its disk. */
export async function keepFrom(node: SimNode): Promise<Kept> {
  const host = node.world.network.host();
  host.down();
  const messenger = await createMessenger({
    crypto: node.crypto,
    store: node.store,
    transport: host,
    rendezvous: host,
    clock: node.world.time.clock(),
    log: silent,
  });
  return { file: await messenger.backup([]), entropy: await accountEntropy(node.store) };
}

/**
 * A node of the same account on a new disk: with the contacts of the backup, or, without a file,
 * from the recovery phrase only.
 */
export async function restored(
  world: World,
  name: string,
  { file, entropy }: { readonly file?: Uint8Array; readonly entropy: Uint8Array },
): Promise<SimNode> {
  const node = new SimNode(world, name, 0);
  const { crypto } = world;
  const rows = file === undefined ? [] : restoredRows(crypto, openBackup(crypto, entropy, file));
  const parts = { crypto, store: node.store, clock: world.time.clock() };
  await createAccount(parts, { name, entropy, rows });
  await node.start();
  world.nodes.push(node);
  return node;
}
