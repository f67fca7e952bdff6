/** The body of a message: a text or a message action (docs/WIRE.md §4). */
import { limits, never, utf8 } from "../base/index.ts";
import { isAddressText } from "./address-text.ts";
import {
  type GroupInvite,
  type GroupJoin,
  type GroupWelcome,
  groupInvite,
  groupJoin,
  groupWelcome,
} from "./group-invitation.ts";
import {
  bytes,
  count,
  message,
  type OptionalMember,
  optional,
  repeated,
  required,
  text,
  type Values,
  where,
} from "./protobuf.ts";

/** Fields from here on are actions; a reader shows nothing for those that it does not know. */
const FIRST_ACTION = 16;
/** Fields from here on are shown; a reader that does not know one shows the text instead. */
const FIRST_SHOWN = 32;

/**
 * A message action: changes a message or a setting of the conversation. `target` is the id of a
 * message, 16 bytes.
 */
export type Action =
  /** `text`: 1 to `limits.textBytes` bytes of UTF-8. */
  | { readonly kind: "edit"; readonly target: Uint8Array; readonly text: string }
  | { readonly kind: "delete"; readonly target: Uint8Array }
  /** `emoji`: see `isReaction`; empty takes the reaction back. */
  | { readonly kind: "reaction"; readonly target: Uint8Array; readonly emoji: string }
  /**
   * How long messages from now on are kept, ms: 0 for forever, else `limits.timerMin` to
   * `limits.timerMax`.
   */
  | { readonly kind: "timer"; readonly ms: number }
  /**
   * Bootstrap nodes of the sender's, for when none of the receiver's answers: at most
   * `limits.toldHosts` multiaddr texts, see `isAddressText`.
   */
  | { readonly kind: "hosts"; readonly hosts: readonly string[] }
  | InvitationAction;

/** An action about a group: an invitation, its answer, or the welcome of a newcomer. */
export type InvitationAction =
  | ({ readonly kind: "groupInvite" } & GroupInvite)
  | ({ readonly kind: "groupJoin" } & GroupJoin)
  | ({ readonly kind: "groupWelcome" } & GroupWelcome);

export interface TextBody {
  readonly kind: "text";
  /** At most `limits.textBytes` of UTF-8. */
  readonly text: string;
  /** The id of the message that it answers, 16 bytes. */
  readonly replyTo?: Uint8Array;
  /**
   * How long each side keeps it once its expiry timer runs, ms: `limits.timerMin` to
   * `limits.timerMax`.
   */
  readonly keep?: number;
}

export type Body = TextBody | Action;

/** A body that only a newer Sotto knows. */
export type NewerBody =
  /** Something to show; `text` is the sender's replacement for older readers, and may be empty. */
  | (Omit<TextBody, "kind"> & { readonly kind: "newer" })
  /** An unknown action: it counts as received, and nothing is shown. */
  | { readonly kind: "newer-act" };

/** The id of a message: 16 random bytes. */
export const messageId = bytes(16);

/**
 * Whether a reaction may be sent and shown: at most `limits.emojiBytes` of UTF-8, without control
 * characters, line ends and characters that change the direction of writing. Which characters are
 * emoji changes every year, so that is not checked.
 */
export function isReaction(emoji: string): boolean {
  return (
    utf8(emoji).length <= limits.emojiBytes &&
    !/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u.test(emoji)
  );
}

/** Whether a conversation's messages may be kept this long, ms; 0 is forever. */
export function isTimer(ms: number): boolean {
  return ms === 0 || (Number.isSafeInteger(ms) && ms >= limits.timerMin && ms <= limits.timerMax);
}

/** The field of each action, by its kind: without a line here an action does not compile. */
const actionMembers = {
  edit: optional(
    16,
    message({ target: required(1, messageId), text: required(2, text(1, limits.textBytes)) }),
  ),
  delete: optional(17, message({ target: required(1, messageId) })),
  reaction: optional(
    18,
    message({
      target: required(1, messageId),
      emoji: required(2, where(text(0, limits.emojiBytes), isReaction)),
    }),
  ),
  timer: optional(19, message({ ms: required(1, where(count(), isTimer)) })),
  hosts: optional(
    20,
    message({
      hosts: repeated(1, where(text(1, limits.addressLength), isAddressText), limits.toldHosts),
    }),
  ),
  groupInvite: optional(24, groupInvite),
  groupJoin: optional(25, groupJoin),
  groupWelcome: optional(26, groupWelcome),
} satisfies {
  readonly [Kind in Action["kind"]]: OptionalMember<Omit<Extract<Action, { kind: Kind }>, "kind">>;
};

/** The fields of a message that are its body. */
export const bodyMembers = {
  text: optional(6, text(0, limits.textBytes)),
  replyTo: optional(8, messageId),
  keep: optional(9, count(limits.timerMin, limits.timerMax)),
  ...actionMembers,
};

type BodyFields = Values<typeof bodyMembers>;

/** The fields of a body. */
export function bodyFields(body: Body): BodyFields {
  switch (body.kind) {
    case "text": {
      const { kind: _, ...fields } = body;
      return fields;
    }
    case "edit":
      return { edit: body };
    case "delete":
      return { delete: body };
    case "reaction":
      return { reaction: body };
    case "timer":
      return { timer: body };
    case "hosts":
      return { hosts: body };
    case "groupInvite":
      return { groupInvite: body };
    case "groupJoin":
      return { groupJoin: body };
    case "groupWelcome":
      return { groupWelcome: body };
    default:
      return never(body);
  }
}

/**
 * The body that the fields of a message form, or `undefined` where they form none: an action
 * excludes every other action, a text and fields that are shown.
 * @param unknown numbers of the fields that are not in `bodyMembers`.
 */
export function readBody(
  fields: BodyFields,
  unknown: readonly number[],
): Body | NewerBody | undefined {
  const { text, replyTo, keep, edit, delete: deletion, reaction, timer, hosts } = fields;
  const { groupInvite: invite, groupJoin: join, groupWelcome: welcome } = fields;
  const shown = unknown.some((number) => number >= FIRST_SHOWN);
  const newer = unknown.filter((number) => number >= FIRST_ACTION && number < FIRST_SHOWN);
  const actions: (Action | NewerBody)[] = [
    ...(edit ? [{ kind: "edit", ...edit } as const] : []),
    ...(deletion ? [{ kind: "delete", ...deletion } as const] : []),
    ...(reaction ? [{ kind: "reaction", ...reaction } as const] : []),
    ...(timer ? [{ kind: "timer", ...timer } as const] : []),
    ...(hosts ? [{ kind: "hosts", ...hosts } as const] : []),
    ...(invite ? [{ kind: "groupInvite", ...invite } as const] : []),
    ...(join ? [{ kind: "groupJoin", ...join } as const] : []),
    ...(welcome ? [{ kind: "groupWelcome", ...welcome } as const] : []),
    ...newer.map(() => ({ kind: "newer-act" }) as const),
  ];
  const [action] = actions;
  if (action !== undefined) {
    const alone = text === undefined && replyTo === undefined && keep === undefined && !shown;
    return actions.length === 1 && alone ? action : undefined;
  }
  if (text === undefined && !shown) return undefined;
  return {
    kind: shown ? "newer" : "text",
    text: text ?? "",
    ...(replyTo && { replyTo }),
    ...(keep !== undefined && { keep }),
  };
}
