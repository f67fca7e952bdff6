/** What the use cases of groups work on. */
import type { Context } from "../state/context.ts";
import type { Group } from "./group.ts";
import type { GroupStore } from "./group-store.ts";
import type { GroupViewer } from "./group-views.ts";
import type { Invitations } from "./invitations.ts";

/** What the author of an operation needs. */
export interface AuthorContext
  extends Pick<
    Context,
    "crypto" | "store" | "eventLog" | "clock" | "identity" | "locks" | "stopping"
  > {
  readonly groups: GroupStore;
  readonly viewer: GroupViewer;
  /** Sends new records of a group to its linked members. */
  readonly spread: (group: Group, records: readonly Uint8Array[]) => void;
}

export interface GroupsContext extends Context, AuthorContext {
  readonly invitations: Invitations;
  /** A group was joined: it goes to work. */
  readonly joined: (group: Group) => void;
}
