/**
 * Acknowledgements of a group: what this node opened and its user read of each stream, stated to
 * the author under a MAC that only the two can make, and what others state of our streams.
 */
import {
  generationId,
  groupLimits,
  isAck,
  makeAck,
  memberId,
  settingFields,
  streamId,
} from "../../group/index.ts";
import type { GroupAck } from "../../wire/index.ts";
import type {
  GroupSealing,
  GroupSpreading,
  StoredRecord,
} from "../group-state/conversation-ports.ts";
import type { Group } from "../group-state/group.ts";
import { isOwed, progressOf, type TheirStream } from "../group-state/streams.ts";
import { background, type Context, withOwnerLock } from "../state/context.ts";
import { commitGroup, type GroupBatch, openGroupBatch } from "./group-batch.ts";
import { prove } from "./reach.ts";

export interface AckPorts {
  readonly context: Context;
  readonly keys: GroupSealing;
  readonly links: GroupSpreading;
}

/** Whether members of a group acknowledge: by its setting, else up to 64 members. */
export function sharesAcks({ state }: Group): boolean {
  const set = state.settings.get(settingFields.receipts)?.[0];
  return set === undefined ? state.members.size <= groupLimits.ackedUpTo : set !== 0;
}

/** Writes the acknowledgements of one group, some time after what they are about. */
export class AckWriter {
  readonly #ports: AckPorts;
  readonly #group: Group;
  #cancel: (() => void) | undefined;

  constructor(ports: AckPorts, group: Group) {
    this.#ports = ports;
    this.#group = group;
  }

  /** Something was opened or read, or the node started: what is owed is written in some seconds. */
  wake(): void {
    const { context } = this.#ports;
    if (this.#cancel !== undefined || this.#owed().length === 0) return;
    const { size } = this.#group.state.members;
    const delay = groupLimits.ackDelay + size * groupLimits.ackDelayPerMember;
    this.#cancel = context.clock.after(delay, () => {
      this.#cancel = undefined;
      background(context, "group-ack-failed", () => this.#write());
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Streams of members to whom something is to be stated. */
  #owed(): TheirStream[] {
    const { state, streams } = this.#group;
    if (!sharesAcks(this.#group)) return [];
    const { receipts } = this.#ports.context;
    return streams
      .theirs()
      .filter((each) => state.members.has(each.member) && isOwed(each, receipts));
  }

  async #write(): Promise<void> {
    const { context, keys, links } = this.#ports;
    const group = this.#group;
    const stored = await withOwnerLock(context, group, async () => {
      const batch = openGroupBatch(context, group);
      const records: StoredRecord[] = [];
      for (const stream of this.#owed()) {
        const acked = progressOf(stream, context.receipts);
        const ack = ackOf(this.#ports, group, stream);
        const record = ack && keys.keepAck(group, ack);
        if (record === undefined) continue;
        records.push(record);
        batch.streams.set({ ...stream, acked });
      }
      if (records.length > 0) await commitGroup(context, batch, ...records);
      return records;
    });
    if (stored !== undefined && stored.length > 0)
      links.spread(
        group,
        stored.map(({ record }) => record),
      );
  }
}

function ackOf(
  { context, keys }: AckPorts,
  group: Group,
  stream: TheirStream,
): GroupAck | undefined {
  const { crypto, identity, receipts } = context;
  const author = group.state.members.get(stream.member)?.entry;
  if (author === undefined) return undefined;
  const generation = keys.newestGeneration(group);
  return makeAck(crypto, group.row.id, identity.device, author.device, {
    from: memberId.bytes(group.row.us),
    to: memberId.bytes(stream.member),
    stream: streamId.bytes(stream.stream),
    ...progressOf(stream, receipts),
    ...(generation && { generation: generationId.bytes(generation) }),
  });
}

/**
 * Takes up acknowledgements of our streams. What is not by the member that it names, or for another
 * one, changes nothing. Requires the lock of the group.
 */
export async function settleAcks(
  context: Context,
  batch: GroupBatch,
  acks: readonly GroupAck[],
): Promise<void> {
  const { crypto, identity, receipts } = context;
  const { row, state } = batch.group;
  for (const ack of acks) {
    const from = memberId.from(ack.from);
    const entry = state.members.get(from)?.entry;
    if (memberId.from(ack.to) !== row.us || from === row.us || entry === undefined) continue;
    if (!isAck(crypto, row.id, identity.device, entry.device, ack)) continue;
    const { upTo } = ack;
    // Who sends no receipts receives none.
    const readUpTo = receipts ? Math.min(upTo, ack.readUpTo) : 0;
    await prove(context, batch, from, streamId.from(ack.stream), { upTo, readUpTo });
  }
}
