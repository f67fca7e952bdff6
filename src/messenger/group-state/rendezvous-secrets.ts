/** By which secrets members of a group find and recognise each other. */
import {
  depthOf,
  type GenerationId,
  isClean,
  meetingSecrets,
  type RendezvousSecret,
  recipientsOf,
} from "../../group/index.ts";
import type { Group } from "./group.ts";
import { shortId } from "./held-keys.ts";

export interface MeetingSecret {
  readonly generation: GenerationId;
  readonly secret: RendezvousSecret;
  /** All that may hold it are members now. */
  readonly clean: boolean;
  /** Members are to be met under it: it is clean, or there is no clean one. */
  readonly meets: boolean;
  /** Recipients of the generation: how many slots it has follows from it. */
  readonly recipients: number;
  /** When this node first had it, ms since 1970. */
  readonly since: number;
}

/** The rendezvous secrets of a group that are kept, the newest first. */
export function rendezvousSecrets({ keys, log, state }: Group): readonly MeetingSecret[] {
  const held = [...keys.rendezvous.values()]
    .flatMap(({ id, secret, since }) => {
      const generation = keys.generations.get(shortId(id));
      return generation === undefined ? [] : [{ ...generation, id, secret, since }];
    })
    .sort((a, b) => b.since - a.since || depthOf(log, b) - depthOf(log, a));
  const meeting = new Set(meetingSecrets(log, state, held).map(({ id }) => id));
  return held.map((one) => ({
    ...{ generation: one.id, secret: one.secret, since: one.since },
    clean: isClean(log, state, one),
    meets: meeting.has(one.id),
    recipients: recipientsOf(log, one)?.size ?? 0,
  }));
}
