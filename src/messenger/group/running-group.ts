/** One group while the node runs: its links, what is compared over them, its mesh, its messages. */
import { concat } from "../../base/index.ts";
import {
  everything,
  FloodMesh,
  frontiersOf,
  groupLimits,
  type MemberId,
  MessageValidator,
  streamId,
} from "../../group/index.ts";
import type { MeshVerdict } from "../../ports/index.ts";
import type { Link as GroupMessage } from "../../wire/index.ts";
import { GroupConversation } from "../group-messages/conversation.ts";
import type { GroupSpreading } from "../group-state/conversation-ports.ts";
import type { Group } from "../group-state/group.ts";
import type { GroupsContext } from "../group-state/group-context.ts";
import { GroupSyncSource } from "../group-state/group-source.ts";
import { sealing } from "../group-state/seal.ts";
import { isCut } from "../group-state/take-messages.ts";
import { GroupSync } from "../group-sync/sync.ts";
import type { SyncLink } from "../group-sync/sync-source.ts";
import { background, withOwnerLock } from "../state/context.ts";
import type { Received } from "./pair-carrier.ts";
import { Upkeep } from "./upkeep.ts";

/** The kind of data of the mesh that is a whole message. */
const MESSAGE = 1;
/** How long (ms) changes are collected before they are compared. */
const ROUND_PAUSE = 50;

/** A link to one member, or to an account that the log does not know, or knows as removed. */
export interface MemberLink extends SyncLink {
  readonly standing: "member" | "unknown" | "removed";
}

export class RunningGroup {
  readonly group: Group;
  readonly conversation: GroupConversation;
  readonly #context: GroupsContext;
  readonly #source: GroupSyncSource;
  readonly #sync: GroupSync;
  readonly #mesh: FloodMesh;
  readonly #links = new Map<MemberId, MemberLink>();
  readonly #upkeep: Upkeep;
  #cancelRound: (() => void) | undefined;

  /** @param changed is told that the log or the keys changed: links may be others now. */
  constructor(
    context: GroupsContext,
    links: GroupSpreading,
    group: Group,
    changed: (group: Group) => void,
  ) {
    this.#context = context;
    this.group = group;
    this.#upkeep = new Upkeep(context, group, () => this.#links.size > 0);
    const ports = { context, keys: sealing(context), links };
    const conversation = new GroupConversation(ports, group);
    this.conversation = conversation;
    this.#source = new GroupSyncSource(context, group, {
      deliver: (opened, more) => conversation.receive({ opened }, more),
      fresh: (records, from) => this.#sync.spread(records, from),
      changed: () => {
        changed(group);
        conversation.wake();
        this.#upkeep.changed();
        this.#roundSoon();
      },
      acknowledged: async (acks) => {
        await withOwnerLock(context, group, () => conversation.receive({ acks }));
      },
      stated: (member, state) => conversation.stated(member, state),
      holds: (member, heads) => conversation.holds(member, heads),
    });
    const { crypto, clock } = context;
    this.#sync = new GroupSync({ crypto, clock, source: this.#source });
    const validator = new MessageValidator(crypto, clock, {
      group: group.row.id,
      mayWrite: (member) => group.state.judgement.mayWrite(member, everything),
      isCut: (member, stream, seq) => isCut(group, member, stream, seq),
      hashOf: (stream, seq) => group.sealed.hashOf(stream, seq),
      frontiers: (prefixes) => frontiersOf(group.log, prefixes),
      streamKey: (parts) => group.signers.get(streamId.from(parts.stream)),
      // It comes with the next comparison, once what it needs is here.
      pending: () => this.#roundSoon(),
    });
    this.#mesh = new FloodMesh(crypto, {
      validate: (data, from): MeshVerdict =>
        data[0] === MESSAGE ? validator.validate(data.subarray(1), from as MemberId) : "ignore",
      deliver: (data) => this.#take(data.slice(1)),
      misbehaved: (member) => this.#links.get(member as MemberId)?.close(),
    });
  }

  /** Begins to work: what waited may be sealed. */
  start(): void {
    this.conversation.wake();
    this.#upkeep.start();
  }

  linkOf(member: MemberId): MemberLink | undefined {
    return this.#links.get(member);
  }

  linked(link: MemberLink): void {
    this.ended(link.member);
    this.#links.set(link.member, link);
    if (link.standing === "member")
      this.#mesh.add(link.member, (rpc) => link.send({ kind: "mesh", rpc }));
    this.#sync.linked(link);
    this.#upkeep.changed();
  }

  ended(member: MemberId): void {
    const link = this.#links.get(member);
    if (link === undefined) return;
    this.#links.delete(member);
    this.#mesh.remove(member);
    this.#sync.ended(link);
    this.conversation.ended(member);
  }

  received(link: MemberLink, message: Received): void {
    if (this.#links.get(link.member) !== link || message.kind === "newer") return;
    if (message.kind === "mesh") {
      if (link.standing === "member") this.#mesh.take(link.member, message.rpc);
      return;
    }
    background(this.#context, "group-sync-failed", () =>
      this.#sync.received(link, message as GroupMessage),
    );
  }

  spread(records: readonly Uint8Array[]): void {
    this.#sync.spread(records);
  }

  /** Sends a message of ours to linked members; a long one is only stated to be here. */
  publish(message: Uint8Array): void {
    const data = concat(Uint8Array.of(MESSAGE), message);
    if (data.length <= groupLimits.meshData) this.#mesh.publish(data);
    this.#sync.changed();
  }

  /** Messages that are known to exist and are not here. */
  missing(): ReturnType<GroupSync["missing"]> {
    return this.#sync.missing();
  }

  stop(): void {
    this.#cancelRound?.();
    this.#upkeep.stop();
    this.conversation.stop();
    this.#sync.stop();
    this.#mesh.stop();
    this.#links.clear();
  }

  #take(message: Uint8Array): void {
    background(this.#context, "group-message-failed", async () => {
      await this.#source.takeMessages([message]);
      this.#sync.changed();
    });
  }

  /** Compares with all linked members, once for all that changes within a moment. */
  #roundSoon(): void {
    this.#cancelRound ??= this.#context.clock.after(ROUND_PAUSE, () => {
      this.#cancelRound = undefined;
      this.#sync.round();
    });
  }
}
