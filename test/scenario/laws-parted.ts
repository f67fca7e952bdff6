/**
 * The law that a blocked, removed or hidden contact learns nothing new: no frame goes to a host of
 * its, and no record is published where it can look.
 */
import { equal } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import type { Contact } from "../../src/messenger/model/contact.ts";
import { type EpochSecret, publishKeys } from "../../src/messenger/model/epoch-keys.ts";
import type { KeptInvite } from "../../src/messenger/model/invite.ts";
import { decodeRow } from "../../src/messenger/model/rows.ts";
import type { StoreOp } from "../../src/ports/index.ts";
import type { SimNode } from "./world.ts";

/** What a former contact holds of a node, or did. */
interface Parted {
  readonly account: string;
  /** The pair's, and those of the invites by which it came. */
  readonly secrets: readonly EpochSecret[];
}

/** What one node has on its disk of contacts and invites, and of removed contacts had. */
class Rows {
  readonly contacts = new Map<string, Contact>();
  readonly removed = new Map<string, Contact>();
  readonly invites = new Map<string, KeptInvite>();
}

export class PartedLaws {
  readonly #rows = new Map<SimNode, Rows>();
  readonly #crypto = nodeCrypto();

  /** A node opens a disk, which may be an older copy. */
  opened(node: SimNode): void {
    const rows = new Rows();
    this.#rows.set(node, rows);
    for (const { value, ...key } of node.store.snapshot()) apply(rows, { kind: "put", key, value });
  }

  committed(node: SimNode, ops: readonly StoreOp[]): void {
    const rows = this.#rows.get(node);
    if (rows !== undefined) for (const op of ops) apply(rows, op);
  }

  /** The contacts that must learn nothing of this node now. */
  of(node: SimNode): Parted[] {
    const rows = this.#rows.get(node) ?? new Rows();
    const kept = [...rows.contacts.values()].filter(
      ({ blocked, policy }) => blocked || policy === "hidden",
    );
    const present = new Set([...rows.contacts.values()].map(({ account }) => account));
    const removed = [...rows.removed.values()].filter(({ account }) => !present.has(account));
    return [...kept, ...removed].map(({ account, chain }) => ({
      account,
      secrets: [
        ...(chain === undefined ? [] : [{ kind: "pair", chain } as const]),
        ...[...rows.invites.values()]
          .filter(({ claims }) => claims.some((claim) => claim.account === account))
          .map(({ secret }) => ({ kind: "invite", secret }) as const),
      ],
    }));
  }

  /** The law that a frame to `far` breaks. */
  judgeFrame(node: SimNode, far: SimNode): string | undefined {
    const { account } = far.messenger.self();
    const breaks = this.of(node).some((parted) => parted.account === account);
    return breaks ? `sends a frame to ${far.name}, a former contact` : undefined;
  }

  /** The law that a record under `tag` breaks. @param now by the clock of the node. */
  judgeRecord(node: SimNode, tag: Uint8Array, now: number): string | undefined {
    const lies = ({ secrets }: Parted): boolean =>
      secrets.some((secret) =>
        (["a", "b"] as const).some((direction) => {
          const keys = publishKeys(this.#crypto, secret, direction, now);
          return keys !== undefined && equal(keys.tag, tag);
        }),
      );
    return this.of(node).some(lies) ? "publishes where a former contact looks" : undefined;
  }
}

function apply({ contacts, removed, invites }: Rows, { kind, ...op }: StoreOp): void {
  const { table, of } = op.key;
  const value = kind === "put" && "value" in op ? op.value : undefined;
  if (table === "invite" && value !== undefined) invites.set(of, decodeRow<KeptInvite>(value));
  if (table !== "contact") return;
  const before = contacts.get(of);
  if (value === undefined) {
    contacts.delete(of);
    if (before !== undefined) removed.set(of, before);
  } else contacts.set(of, decodeRow<Contact>(value));
}
