/**
 * Acknowledgements: each member states up to where it has received and read each stream of others,
 * under a MAC for the author. They are records, so they also reach authors that are away.
 */
import { toHex } from "../../base/index.ts";
import type { GroupAck } from "../../wire/index.ts";

/**
 * Under which name an acknowledgement is kept: one that its maker gave itself, and one that others
 * gave. Only the author of the stream can verify it, so one that another member forged must not
 * take the place of a true one.
 */
export function ackName({ from, stream }: Pick<GroupAck, "from" | "stream">, by: GivenBy): string {
  return `${by} ${toHex(from)} ${toHex(stream)}`;
}

export type GivenBy = "maker" | "others";

/** Whether an acknowledgement says more than another one of the same name. */
export function isNewerAck(ack: GroupAck, than: GroupAck): boolean {
  return (
    ack.upTo >= than.upTo &&
    ack.readUpTo >= than.readUpTo &&
    (ack.upTo > than.upTo || ack.readUpTo > than.readUpTo)
  );
}
