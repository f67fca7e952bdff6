/** Members that synchronise in simulated time. */
import type { MemberId } from "../../../src/group/index.ts";
import { GroupSync } from "../../../src/messenger/group-sync/sync.ts";
import type { SyncLink } from "../../../src/messenger/group-sync/sync-source.ts";
import { decodeGroupLink, encodeGroupLink, type Link } from "../../../src/wire/index.ts";
import { SimTime } from "../../scenario/time.ts";
import { crypto, type HeldGroup } from "./held.ts";

export const LATENCY = 20;
/** The key of all links of a party. */
const key = new Uint8Array(32).fill(3);

/** Members that synchronise over links with a latency, in simulated time. */
export class Party<Source extends HeldGroup> {
  readonly time = new SimTime();
  readonly held = new Map<MemberId, Source>();
  readonly syncs = new Map<MemberId, GroupSync>();
  readonly sent: { readonly from: MemberId; readonly link: Link; readonly bytes: number }[] = [];

  constructor(sources: readonly Source[]) {
    for (const source of sources) {
      this.held.set(source.us, source);
      const ports = { crypto, clock: this.time.clock(), source };
      this.syncs.set(source.us, new GroupSync(ports));
    }
  }

  of(member: MemberId): Source {
    return this.held.get(member) as Source;
  }

  sync(member: MemberId): GroupSync {
    return this.syncs.get(member) as GroupSync;
  }

  /** Links two members. @returns what closes the link. */
  link(a: MemberId, b: MemberId): () => void {
    let open = true;
    const ends: SyncLink[] = [];
    const close = (): void => {
      if (!open) return;
      open = false;
      this.sync(a).ended(ends[0] as SyncLink);
      this.sync(b).ended(ends[1] as SyncLink);
    };
    const end = (from: MemberId, to: MemberId, other: number): SyncLink => ({
      ...{ member: to, key, provisional: !this.of(from).isMember(to) },
      send: (link) => {
        if (!open) return false;
        const bytes = encodeGroupLink(link);
        this.sent.push({ from, link, bytes: bytes.length });
        this.time.after(LATENCY, () => {
          if (open)
            void this.sync(to).received(ends[other] as SyncLink, decodeGroupLink(bytes) as Link);
        });
        return true;
      },
      close,
    });
    ends.push(end(a, b, 1), end(b, a, 0));
    for (const [i, member] of [a, b].entries()) this.sync(member).linked(ends[i] as SyncLink);
    return close;
  }

  async pass(ms = 5_000): Promise<this> {
    await this.time.pass(ms);
    return this;
  }

  stop(): void {
    for (const sync of this.syncs.values()) sync.stop();
  }

  count(kind: Link["kind"], from?: MemberId): number {
    return this.sent.filter((one) => one.link.kind === kind && (!from || one.from === from)).length;
  }
}
