/** The cases of the vectors, file by file. */
import { backupCases } from "./cases-backup.ts";
import { contentCases, frameCases, inviteCases, linkCases } from "./cases-wire.ts";
import { epochCases, helloCases, identityCases, recordCases } from "./cases-keys.ts";
import { groupCases } from "./cases-group.ts";
import { groupLogCases } from "./cases-group-log.ts";
import { groupLinkCases } from "./cases-group-link.ts";
import type { Fields, Json } from "./notation.ts";

export interface Case {
  readonly name: string;
  readonly operation: string;
  readonly given: Fields;
  /** What the case is there to show; where it is not said, the code's bytes are recorded. */
  readonly expected?: Json;
}

export interface Chapter {
  /** The file is sotto-<file>.json. */
  readonly file: string;
  readonly about: string;
  readonly cases: readonly Case[];
}

export const chapters: readonly Chapter[] = [
  { file: "frames", about: "WIRE 1: frames on a stream", cases: frameCases },
  { file: "link", about: "WIRE 1: payloads of frames, bodies of hello and answer, positions", cases: linkCases },
  { file: "hello", about: "SPEC 5: whole hellos and answers, the prologue", cases: helloCases },
  { file: "content", about: "WIRE 4: contents, received sets, handshake payloads, names", cases: contentCases },
  { file: "identity", about: "SPEC 1, WIRE 5: accounts, words, certificates, keys, safety numbers", cases: identityCases },
  { file: "invites", about: "SPEC 4, WIRE 7: invites and what their secret gives", cases: inviteCases },
  { file: "epochs", about: "SPEC 2: epochs, root chains, the keys of an epoch", cases: epochCases },
  { file: "records", about: "SPEC 3, WIRE 6: records, who stores them, which one wins", cases: recordCases },
  { file: "backup", about: "SPEC 9: sealed backups", cases: backupCases },
  { file: "group", about: "SPEC 13, WIRE 9: ids, ops, keys and messages of groups", cases: [...groupCases, ...groupLogCases, ...groupLinkCases] },
];
