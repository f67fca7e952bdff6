/**
 * Who is given a key: the members in the view of an author at its time, and who may hold the secret
 * by which members find each other (docs/SPEC.md, groups).
 *
 * A view is the state of the operations at or before its heads and of nothing else. What becomes
 * known later can take effect from an operation in it, but no key from one that was given it.
 */
import { equal } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import { emptyLog, type OpLog, type PlacedOp, place, reaches } from "./causality.ts";
import { type MemberId, memberId } from "./ids.ts";
import { type Announced, frontierOf, generationOf, isAnnouncement } from "./key-generation.ts";
import { groupLimits } from "./limits.ts";
import { entriesIn, inLogOrder } from "./op.ts";
import { type GroupState, replay } from "./replay.ts";

/**
 * The state as it is at these heads of the log. It never changes, as operations at or before them
 * are all there; the latest views of each log are kept.
 */
export function stateAt(log: OpLog, heads: readonly PlacedOp[]): GroupState {
  const kept = views.get(log) ?? new Map<string, GroupState>();
  views.set(log, kept);
  const name = heads
    .map(({ id }) => id)
    .sort()
    .join();
  const state = kept.get(name) ?? replayAt(log, heads);
  // As the newest one, so that the first one is the one that was not asked for the longest.
  kept.delete(name);
  kept.set(name, state);
  const [oldest] = kept.keys();
  if (kept.size > groupLimits.views && oldest !== undefined) kept.delete(oldest);
  return state;
}

const views = new WeakMap<OpLog, Map<string, GroupState>>();

function replayAt(log: OpLog, heads: readonly PlacedOp[]): GroupState {
  const view = emptyLog();
  const seen = [...log.ops.values()].filter((op) => reaches(heads, op));
  for (const op of seen.sort(inLogOrder)) place(view, op);
  return replay(view);
}

/**
 * The members that a generation is sealed to, its maker included: inside a removal those after it.
 * @returns `undefined` where the log lacks an operation of its frontier.
 */
export function recipientsOf(log: OpLog, announced: Announced): ReadonlySet<MemberId> | undefined {
  const heads = headsOf(log, announced);
  return heads && new Set(stateAt(log, heads).members.keys());
}

/**
 * Whether an announcement counts: it is signed by its maker, a member at its frontier, or by the
 * author of the removal that carries it; elsewhere one without a frontier is void. One that repeats
 * the commitment of another one is void too: each secret is announced once.
 * @param known announcements of the group that count here, this one among them or not.
 * @returns `waits` where the log lacks an operation of its frontier.
 */
export function judgeAnnouncement(
  crypto: CryptoProvider,
  log: OpLog,
  announced: Announced,
  known: Iterable<Announced>,
): "counts" | "waits" | "void" {
  const { announcement, removal } = announced;
  if (repeatsCommitment(crypto, announced, known)) return "void";
  if ((announcement.frontier.length === 0) !== (removal !== undefined)) return "void";
  const heads = headsOf(log, announced);
  if (heads === undefined) return "waits";
  const maker = memberId.from(announcement.maker);
  const [carrier] = heads;
  if (removal !== undefined && carrier?.author !== maker) return "void";
  const entry = stateAt(log, heads).members.get(maker)?.entry;
  return entry !== undefined && isAnnouncement(crypto, announced, entry.memberKey)
    ? "counts"
    : "void";
}

/**
 * Everyone that may hold the rendezvous secret of a generation: its recipients, and each account
 * that was added without the announcement in the past of the add, since an adder gives newcomers
 * its newest secret. An add is judged as its author saw it; a later removal takes back no secret.
 * @returns `undefined` where the log lacks an operation of the frontier.
 */
export function holdersOf(log: OpLog, announced: Announced): ReadonlySet<MemberId> | undefined {
  const heads = headsOf(log, announced);
  const recipients = recipientsOf(log, announced);
  if (heads === undefined || recipients === undefined) return undefined;
  const holders = new Set(recipients);
  for (const op of log.ops.values())
    if (op.action.kind === "add" && !reaches(heads, op))
      for (const member of admittedBy(log, op)) holders.add(member);
  return holders;
}

/** Whether all that may hold the rendezvous secret of a generation are members in this state. */
export function isClean(log: OpLog, state: GroupState, announced: Announced): boolean {
  const holders = holdersOf(log, announced);
  return holders !== undefined && [...holders].every((member) => state.members.has(member));
}

/**
 * The generations, of those whose secrets this node has, under whose rendezvous secrets members are
 * to be met. A node without a clean one has yet to receive a newer generation, and goes by the
 * members at the frontier of its newest one until then: a member who leaves must not keep others
 * from meeting.
 * @param held newest first.
 */
export function meetingSecrets<Held extends Announced>(
  log: OpLog,
  state: GroupState,
  held: readonly Held[],
): readonly Held[] {
  const clean = held.filter((one) => isClean(log, state, one));
  const [newest] = held;
  const heads = newest && headsOf(log, newest);
  if (clean.length > 0 || heads === undefined) return clean;
  const before = stateAt(log, heads);
  return held.filter((one) => recipientsWithin(log, one, before));
}

/** The depth of a generation in the log: of two usable ones the deeper is taken. */
export function depthOf(log: OpLog, announced: Announced): number {
  return Math.max(0, ...(headsOf(log, announced) ?? []).map(({ depth }) => depth));
}

function repeatsCommitment(
  crypto: CryptoProvider,
  announced: Announced,
  known: Iterable<Announced>,
): boolean {
  const { commit } = announced.announcement;
  const same = [...known].filter((other) => equal(other.announcement.commit, commit));
  return same.some((other) => generationOf(crypto, other) !== generationOf(crypto, announced));
}

function recipientsWithin(log: OpLog, announced: Announced, state: GroupState): boolean {
  const recipients = recipientsOf(log, announced);
  return recipients !== undefined && [...recipients].every((one) => state.members.has(one));
}

/** The operations by which the audience is judged: inside a removal that operation itself. */
function headsOf(log: OpLog, announced: Announced): readonly PlacedOp[] | undefined {
  const ids = announced.removal === undefined ? frontierOf(announced) : [announced.removal.id];
  const heads = ids.flatMap((id) => log.ops.get(id) ?? []);
  return heads.length === ids.length && heads.length > 0 ? heads : undefined;
}

/** The members that an add admitted as its author saw it: a fixed answer for each operation. */
function admittedBy(log: OpLog, add: PlacedOp): readonly MemberId[] {
  const known = admitted.get(add);
  if (known !== undefined) return known;
  const { named } = stateAt(log, [add]).judgement;
  const members = entriesIn(add)
    .map(({ member }) => member)
    .filter((member) => named.get(member)?.some(({ op }) => op.id === add.id));
  admitted.set(add, members);
  return members;
}

const admitted = new WeakMap<PlacedOp, readonly MemberId[]>();
