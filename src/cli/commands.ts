/** The table of commands: names and summaries, so that help loads no command's code. */

import type { Define } from "./runtime/context.ts";
import type { LiteralText } from "./runtime/literal-text.ts";

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly define: Define }>;
  /** Set if what follows the first argument is text. */
  readonly text?: LiteralText;
}

const entry = (name: string, summary: string, load: Entry["load"], text?: LiteralText): Entry => ({
  name,
  summary,
  load,
  ...(text === undefined ? {} : { text }),
});

export const commands: readonly Entry[] = [
  entry("up", "start your node", () => import("./commands/up.ts")),
  entry("down", "stop your node", () => import("./commands/down.ts")),
  entry("status", "show the state of your node", () => import("./commands/status.ts")),
  entry("doctor", "show why there is no connection", () => import("./commands/doctor.ts")),
  entry(
    "audit",
    "show evidence for Sotto's security properties",
    () => import("./commands/audit.ts"),
  ),
  entry("init", "create an account, or recover one", () => import("./commands/init.ts")),
  entry("passwd", "change how the database key is protected", () => import("./commands/passwd.ts")),
  entry("lock", "lock your node", () => import("./commands/lock.ts")),
  entry("unlock", "unlock your node", () => import("./commands/unlock.ts")),
  entry("words", "show your 24-word recovery phrase", () => import("./commands/words.ts")),
  entry("check", "check your store for damage", () => import("./commands/check.ts")),
  entry("repair", "repair a damaged store", () => import("./commands/repair.ts")),
  entry("id", "show your account", () => import("./commands/id.ts")),
  entry("invite", "create an invite link", () => import("./commands/invite.ts")),
  entry("add", "add the contact who sent you an invite", () => import("./commands/add.ts")),
  entry("requests", "accept or deny contact requests", () => import("./commands/requests.ts")),
  entry("contacts", "list and manage your contacts", () => import("./commands/contacts.ts"), {
    subcommands: ["rename"],
    valued: [],
    single: { options: [] },
  }),
  entry(
    "conversations",
    "list, pin, mute and archive conversations",
    () => import("./commands/conversations.ts"),
  ),
  entry("group", "make and manage groups", () => import("./commands/group.ts"), {
    subcommands: ["rename", "topic"],
    valued: [],
    single: { options: [] },
  }),
  entry("verify", "compare safety numbers with a contact", () => import("./commands/verify.ts")),
  entry("send", "send a message", () => import("./commands/send.ts"), {
    valued: ["--reply", "--wait", "--timeout", "--idempotency-key"],
  }),
  entry("edit", "edit a message that you sent", () => import("./commands/edit.ts"), {
    valued: [],
  }),
  entry("cancel", "take back a message that was not sent", () => import("./commands/cancel.ts")),
  entry("resend", "send a message again that failed", () => import("./commands/resend.ts")),
  entry(
    "delete",
    "delete a message, for both sides or here only",
    () => import("./commands/delete.ts"),
  ),
  entry("react", "react to a message", () => import("./commands/react.ts"), {
    valued: [],
    single: { options: ["--remove"] },
  }),
  entry("read", "read a conversation", () => import("./commands/read.ts")),
  entry("search", "search your messages", () => import("./commands/search.ts")),
  entry("listen", "print messages as they arrive", () => import("./commands/listen.ts")),
  entry("backup", "write your contacts to an encrypted file", () => import("./commands/backup.ts")),
  entry(
    "restore",
    "restore an account and its contacts from a backup",
    () => import("./commands/restore.ts"),
  ),
  entry("export", "write your conversations to a file", () => import("./commands/export.ts")),
  entry(
    "subscriptions",
    "list and remove durable subscriptions",
    () => import("./commands/subscriptions.ts"),
  ),
  entry("rpc", "call a method of your node's API", () => import("./commands/rpc.ts")),
  entry("openrpc", "print the API of a node as OpenRPC", () => import("./commands/openrpc.ts")),
  entry("token", "let programs do less than you can", () => import("./commands/token.ts")),
  entry("settings", "show and change the settings file", () => import("./commands/settings.ts")),
  entry("net", "show and change the network", () => import("./commands/net.ts")),
  entry("bootstrap", "run a bootstrap node", () => import("./commands/bootstrap.ts")),
  entry("demo", "run nodes on this computer and let them talk", () => import("./commands/demo.ts")),
];
