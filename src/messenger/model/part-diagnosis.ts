/** What the messenger tells whoever asks why there is no link: of a contact, and of the node itself. */
import type { ContactCause, HoleFailure, RouterKind } from "../../base/index.ts";
import type { Dialled } from "./diagnosis.ts";
import type { ContactView } from "./views.ts";

export interface Diagnosis {
  readonly contact: ContactView;
  /** Absent where the contact is linked. */
  readonly cause?: ContactCause;
  readonly link?: LinkFacts;
  /** `broken`: the two cannot read each other any more, and the next link makes another one. */
  readonly session: "none" | "kept" | "broken";
  /** The newest record of theirs that was found now, with its age; `ahead`: how far its time was in our future when it was found. */
  readonly record?: {
    readonly age: number;
    readonly ahead: number;
    readonly addresses: readonly string[];
  };
  /** Why what was found is of no use; `off` is by how much their clock seems to be ahead of ours, negative where behind, ms. */
  readonly recordRefused?: { readonly why: string; readonly off?: number };
  readonly dials: readonly Dialled[];
  /** Why there was no hole through the routers either, where one was tried. */
  readonly hole?: HoleFailure;
  /** What their router does, where they told while a hole was tried. */
  readonly theirRouter?: RouterKind;
  /** When the oldest message of ours that waits was written, ms since 1970. */
  readonly waitingSince?: number;
  /** Searches in vain since the last link. */
  readonly failures: number;
  /** ms until the next one; absent where none is due. */
  readonly nextTryIn?: number;
}

export interface LinkFacts {
  readonly since: number;
  readonly heardAt: number;
  readonly address: string;
  readonly outbound: boolean;
}

/** What the node knows of itself. */
export interface Health {
  readonly invisible: boolean;
  /** Tags that are put at least, decoys among them; 0: no decoys. */
  readonly decoys: number;
  /** Contacts with whom there is a session. */
  readonly sessions: number;
  readonly records: PublishState;
  /** Keys under which our addresses are left on the public DHT; none where it is off. */
  readonly publicKeys: PublishState;
  /** By how much the newest of the contacts' records was ahead of our clock when it was found, ms; absent where none was found. */
  readonly theirsAhead?: number;
  /** Contacts of whom a record was found. */
  readonly compared: number;
}

export interface PublishState {
  /** Records that contacts and holders of our invites look for. */
  readonly wanted: number;
  /** Of these, how many another node took. */
  readonly held: number;
  /** And how many were put in vain the last time. */
  readonly refused: number;
}
