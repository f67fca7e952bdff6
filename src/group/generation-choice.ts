/**
 * Under which key generation a member seals: one that all members now, and nobody else, can read
 * (docs/SPEC.md, groups). Another one is made where there is none.
 */
import { depthOf, isClean, recipientsOf } from "./audience.ts";
import type { OpLog } from "./causality.ts";
import type { GenerationId, MemberId } from "./ids.ts";
import type { Announced } from "./key-generation.ts";
import { groupLimits } from "./limits.ts";
import { compareText } from "./op.ts";
import type { GroupState } from "./replay.ts";

/** A generation whose chains this node has, with what it knows of its use. */
export interface HeldGeneration extends Announced {
  readonly id: GenerationId;
  /** When this node first had it, ms since 1970. */
  readonly since: number;
  /** Messages under it that this node knows of. */
  readonly messages: number;
  /** Until when it is used although it is worn, once a sender has drawn that time. */
  readonly until?: number;
}

export type Choice =
  /** `worn`: the sender draws `until`, at most `rotationSpread` from now, if there is none. */
  | { readonly kind: "use"; readonly generation: HeldGeneration; readonly worn: boolean }
  | { readonly kind: "make" };

/** What a choice depends on. */
export interface Choosing {
  readonly log: OpLog;
  readonly state: GroupState;
  readonly ours: MemberId;
  /** Members whose add this node has known for less than `addBatch`. */
  readonly newcomers: ReadonlySet<MemberId>;
  readonly now: number;
}

/**
 * The generation to seal under. Membership is a hard limit; age and count are soft, so that not
 * all who want to send make a generation at one time.
 */
export function chooseGeneration(held: readonly HeldGeneration[], by: Choosing): Choice {
  const usable = held.filter((one) => isUsable(one, by)).sort(byDepth(by.log));
  const [fresh] = usable.filter((one) => !isWorn(one, by.now));
  if (fresh !== undefined) return { kind: "use", generation: fresh, worn: false };
  const [worn] = usable.filter(({ until }) => until === undefined || by.now < until);
  return worn === undefined ? { kind: "make" } : { kind: "use", generation: worn, worn: true };
}

/**
 * Whether a generation can be used: this node and all members now are its recipients, nobody else
 * is, and all that may hold its rendezvous secret are members. Above 64 members it may lack those
 * that were just added.
 */
export function isUsable(one: Announced, { log, state, ours, newcomers }: Choosing): boolean {
  const recipients = recipientsOf(log, one);
  if (recipients === undefined || !recipients.has(ours)) return false;
  const batches = state.members.size > groupLimits.batchedAbove;
  for (const member of state.members.keys())
    if (!recipients.has(member) && !(batches && newcomers.has(member))) return false;
  // Recipients are among those that may hold its rendezvous secret, who all have to be members.
  return isClean(log, state, one);
}

/**
 * Whether this node makes a generation without having anything to send: a recipient of its newest
 * one left, which a leave cannot answer with a generation of its own.
 */
export function isDue(newest: Announced, { log, state }: Choosing): boolean {
  for (const member of recipientsOf(log, newest) ?? []) if (!state.members.has(member)) return true;
  return false;
}

const isWorn = ({ since, messages }: HeldGeneration, now: number): boolean =>
  now - since >= groupLimits.generationAge || messages >= groupLimits.generationMessages;

const byDepth =
  (log: OpLog) =>
  (one: HeldGeneration, other: HeldGeneration): number =>
    depthOf(log, other) - depthOf(log, one) || compareText(other.id, one.id);
