/** Links in memory between nodes of a group, in simulated time; each may lose what it carries. */
import type { SyncLink } from "../../../src/messenger/group-sync/sync-source.ts";
import { decodeGroupLink, encodeGroupLink, type Link } from "../../../src/wire/index.ts";
import type { MemberNode } from "./member-node.ts";

const LATENCY = 20;
const key = new Uint8Array(32).fill(3);

/** What passes a link; `undefined` closes it there. */
export type Passing = (link: Link, from: MemberNode) => Link | undefined;

/** Links two nodes. @returns what closes the link. */
export function meet(a: MemberNode, b: MemberNode, passing: Passing = (link) => link): () => void {
  let open = true;
  const ends: SyncLink[] = [];
  const close = (): void => {
    if (!open) return;
    open = false;
    a.sync?.ended(ends[0] as SyncLink);
    b.sync?.ended(ends[1] as SyncLink);
  };
  const end = (from: MemberNode, to: MemberNode, other: number): SyncLink => ({
    ...{ member: to.us, key, provisional: !from.source?.isMember(to.us) },
    send: (link) => {
      const passed = open ? passing(link, from) : undefined;
      if (passed === undefined) {
        close();
        return false;
      }
      const bytes = encodeGroupLink(passed);
      from.time.after(LATENCY, () => {
        if (open) void to.sync?.received(ends[other] as SyncLink, decodeGroupLink(bytes) as Link);
      });
      return true;
    },
    close,
  });
  ends.push(end(a, b, 1), end(b, a, 0));
  a.sync?.linked(ends[0] as SyncLink);
  b.sync?.linked(ends[1] as SyncLink);
  return close;
}
