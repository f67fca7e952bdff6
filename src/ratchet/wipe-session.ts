/**
 * Overwrites the keys of a session that is no longer used. Sessions share the keys that a step did
 * not replace, so only keys that no session in use holds are overwritten.
 */
import { never, wipe } from "../base/index.ts";
import type { Stage } from "./scka.ts";
import type { Session } from "./session.ts";
import type { SkippedKey } from "./skipped.ts";

type KeyList = readonly SkippedKey[];

/**
 * Overwrites every secret of `dead` that no session of `alive` holds. Due once the step away from
 * `dead` is committed, or once a copy that was never committed is dropped: until then the older
 * session may be needed again.
 */
export function wipeSession(dead: Session, ...alive: readonly (Session | undefined)[]): void {
  const lists = new Set(keyLists(dead));
  const held = new Set<Uint8Array>();
  // Most steps leave the lists of skipped keys as they are; those need not be compared.
  const same = new Set<KeyList>();
  for (const session of alive)
    for (const list of session === undefined ? [] : keyLists(session))
      if (lists.has(list)) same.add(list);
  for (const session of alive)
    if (session !== undefined) for (const secret of secretsOf(session, same)) held.add(secret);
  for (const secret of secretsOf(dead, same)) if (!held.has(secret)) wipe(secret);
}

function secretsOf(session: Session, except: ReadonlySet<KeyList>): Uint8Array[] {
  const { RK, NHKs, NHKr, sending, receiving, scka } = session;
  const secrets: Uint8Array[] = [RK, NHKs, NHKr, scka.root, scka.CKs, scka.CKr];
  secrets.push(...stageSecrets(scka.stage));
  if (sending.kind !== "due") secrets.push(sending.DHs.secret);
  if (sending.kind === "active") secrets.push(sending.HKs, sending.CKs);
  if (receiving.kind === "none") return secrets;
  secrets.push(receiving.HKr, receiving.CKr);
  for (const { HK } of receiving.MKSKIPPED.old) secrets.push(HK);
  for (const list of keyLists(session))
    if (!except.has(list)) for (const { mk } of list) secrets.push(mk);
  return secrets;
}

function stageSecrets(stage: Stage): readonly Uint8Array[] {
  switch (stage.kind) {
    case "offering":
      return [stage.pair.secret];
    case "agreed":
    case "answering":
      return [stage.chains.CKs, stage.chains.CKr];
    case "taken":
      return [stage.CKr];
    case "resting":
    case "awaiting":
      return [];
    default:
      return never(stage);
  }
}

function keyLists({ receiving }: Session): KeyList[] {
  if (receiving.kind === "none") return [];
  const { current, old } = receiving.MKSKIPPED;
  return [current.list, ...old.map(({ skipped }) => skipped.list)];
}
