/** A member's side of a group with a real membership log: ops are signed, read and replayed. */
import {
  emptyLog,
  type GroupId,
  type GroupState,
  inRecordOrder,
  type MemberId,
  type OpLog,
  place,
  type RecordId,
  type RecordItem,
  readOp,
  recordIdOf,
  replay,
} from "../../../src/group/index.ts";
import { joinGroupRecord, splitGroupRecord } from "../../../src/wire/index.ts";
import { crypto, HeldGroup } from "./held.ts";

export class LogSource extends HeldGroup {
  readonly log: OpLog = emptyLog();
  readonly #group: GroupId;
  readonly #items = new Map<RecordId, RecordItem>();
  /** Ops whose parents are not here. */
  #waiting: Uint8Array[] = [];
  /** Called with records that are new here, and the member that they came from. */
  spread: (records: readonly Uint8Array[], from: MemberId) => void = () => undefined;

  constructor(us: MemberId, group: GroupId) {
    super(us, []);
    this.#group = group;
  }

  get state(): GroupState {
    return replay(this.log);
  }

  override isMember = (member: MemberId): boolean => this.state.members.has(member);

  /** Adds an op that this member made or received. @returns whether it was new and fits. */
  addOp(signed: Uint8Array): "placed" | "known" | "waits" | "refused" {
    const record = joinGroupRecord({ kind: "op", bytes: signed });
    const id = recordIdOf(crypto, record);
    if (this.#items.has(id)) return "known";
    const read = readOp(crypto, this.#group, this.log, signed);
    if (read.kind !== "op") return read.kind;
    place(this.log, read.op);
    this.stored.set(id, record);
    this.#items.set(id, { depth: read.op.depth, id });
    return "placed";
  }

  override records(): readonly RecordItem[] {
    return [...this.#items.values()].sort(inRecordOrder);
  }

  override async takeRecords(records: readonly Uint8Array[], from?: MemberId) {
    const fresh: Uint8Array[] = [];
    const open = [...records.map((one) => splitGroupRecord(one)?.bytes), ...this.#waiting];
    this.#waiting = [];
    for (let progress = true; progress; ) {
      progress = false;
      for (const [at, signed] of open.entries()) {
        if (signed === undefined) continue;
        const result = this.addOp(signed.slice());
        if (result === "refused") return "hostile";
        if (result === "waits") continue;
        open[at] = undefined;
        if (result === "placed") fresh.push(joinGroupRecord({ kind: "op", bytes: signed }));
        progress ||= result === "placed";
      }
    }
    this.#waiting = open.filter((one) => one !== undefined);
    if (fresh.length > 0 && from !== undefined) this.spread(fresh, from);
    return "taken";
  }
}
