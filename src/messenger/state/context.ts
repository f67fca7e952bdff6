/** The context that every use case of a node works on, and the locks of contacts and invites. */
import { type AccountId, type KeyedMutex, readU32, SottoError } from "../../base/index.ts";
import type { GroupId } from "../../group/index.ts";
import type { GroupInvitationView, GroupView } from "../../model/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import type { MessageRow } from "../model/message.ts";
import { type ConversationOwner, ownerRef } from "../model/owner.ts";
import type { Link, Peer } from "../model/peer.ts";
import type { MessengerPorts } from "../model/ports.ts";
import type { Arrivals } from "./arrivals.ts";
import type { ContactStore } from "./contact-store.ts";
import type { Conversations } from "./conversations.ts";
import type { DiskReserve } from "./disk-reserve.ts";
import type { EventBus, EventLog } from "./event-log.ts";
import type { ExpiryTimers } from "./expiry-timers.ts";
import type { Identity } from "./identity.ts";
import type { Owners } from "./owners.ts";
import type { SearchIndex } from "./search-index.ts";
import type { ShredScheduler } from "./shred-scheduler.ts";

/** What this node reveals about when it is online, and stores about when contacts are. */
export interface Presence {
  /** No records, no answers, and links only for what there is to send. */
  invisible: boolean;
  /** When a contact was last linked is kept. */
  readonly lastSeen: boolean;
}

/** What links and the inbox report to the groups of this node. */
export interface GroupPort {
  /** An action about a group, which a contact sent, is on disk. */
  actionKept(): void;
  /** A link carries group frames from now on. */
  linkReady(peer: Peer, link: Link): void;
  linkEnded(peer: Peer, link: Link): void;
  /** Whether a message to a group with this contact waits for a member. */
  hasToSend(peer: Peer): boolean;
  /**
   * Takes a group frame, without its type.
   * @returns false where no honest peer sends it: the link is to be closed.
   */
  takeFrame(link: Link, frame: Uint8Array): boolean;
  /**
   * The operations that erase the keys of messages whose texts are deleted.
   * @param ref of the conversation; of one with a contact there are none.
   */
  spendKeys(ref: string, rows: readonly MessageRow[]): Promise<StoreOp[]>;
}

/** Groups and invitations to them as they are shown; `undefined` where there is none any more. */
export interface GroupViews {
  /** @param ref of the group in our own store. */
  group(ref: string): GroupView | undefined;
  invitation(group: GroupId, from: AccountId): GroupInvitationView | undefined;
}

export interface Context extends Omit<MessengerPorts, "decoys"> {
  readonly receipts: boolean;
  /** Lets other work of the process run before a long job continues. */
  readonly breathe: () => Promise<void>;
  readonly history: boolean;
  readonly disk: DiskReserve;
  /** The expiry timers of messages. */
  readonly expiryTimers: ExpiryTimers;
  readonly identity: Identity;
  readonly contactStore: ContactStore;
  /** Contacts and groups, as the owners of conversations. */
  readonly owners: Owners;
  readonly arrivals: Arrivals;
  readonly conversations: Conversations;
  readonly events: EventBus;
  /**
   * The terms of messages: a use case that deletes or replaces a text removes them in the same
   * batch.
   */
  readonly index: SearchIndex;
  readonly eventLog: EventLog;
  /** One job at a time for each contact or group (by its ref), and for the invites. */
  readonly locks: KeyedMutex<string>;
  readonly shredder: ShredScheduler;
  readonly groupPort: GroupPort;
  readonly groupViews: GroupViews;
  /**
   * Once the node stops, no job gets a lock any more: nothing is written after `stop` has resolved.
   */
  readonly stopping: { now: boolean };
  readonly presence: Presence;
}

/** The lock of all invites: claims are rare, and one may settle several. */
const INVITES = "invites";

/** Runs a job under the invite lock. It may acquire contact locks. */
export function withInviteLock<Result>(
  context: Context,
  job: () => Promise<Result>,
): Promise<Result> {
  return context.locks.run(INVITES, async () => {
    refuseWhenStopping(context);
    return job();
  });
}

function refuseWhenStopping({ stopping }: Pick<Context, "stopping">): void {
  if (stopping.now) throw new SottoError("store-closed", "The node is stopping.");
}

/** Runs a job under the lock of a contact or group; does nothing if it was removed. */
export function withOwnerLock<Result>(
  context: Pick<Context, "locks" | "stopping">,
  owner: ConversationOwner,
  job: () => Promise<Result>,
): Promise<Result | undefined> {
  return context.locks.run(ownerRef(owner), async () => {
    refuseWhenStopping(context);
    return owner.removed ? undefined : job();
  });
}

/** Runs a job under the contact lock; does nothing if the contact was removed. */
export function withContactLock<Result>(
  context: Context,
  peer: Peer,
  job: () => Promise<Result>,
): Promise<Result | undefined> {
  return withOwnerLock(context, peer, job);
}

/** Runs `job` in the background; a fault is logged by its code and ends there. */
export function background(context: Context, event: string, job: () => Promise<unknown>): void {
  job().catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "internal";
    context.log(event, { code });
  });
}

/** A number in [0, 1) from the provider's chance. */
export function randomUnit({ crypto }: Context): number {
  return readU32(crypto.random(4)) / 2 ** 32;
}
