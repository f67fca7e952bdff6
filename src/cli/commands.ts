/** The table of commands: names and one-line summaries, so that help needs no command's code. */
import type { Define } from "./runtime/context.ts";

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly define: Define }>;
}

const entry = (name: string, summary: string, load: Entry["load"]): Entry => ({
  name,
  summary,
  load,
});

export const commands: readonly Entry[] = [
  entry("up", "start your node", () => import("./commands/up.ts")),
  entry("down", "stop your node", () => import("./commands/down.ts")),
  entry("status", "show how your node is doing", () => import("./commands/status.ts")),
  entry("doctor", "say why there is no connection", () => import("./commands/doctor.ts")),
  entry("audit", "show evidence for what Sotto promises", () => import("./commands/audit.ts")),
  entry("init", "make an account, or bring one back", () => import("./commands/init.ts")),
  entry("passwd", "choose what guards your store", () => import("./commands/passwd.ts")),
  entry("lock", "lock your node until you unlock it", () => import("./commands/lock.ts")),
  entry("unlock", "unlock your node", () => import("./commands/unlock.ts")),
  entry("words", "show the 24 words that bring you back", () => import("./commands/words.ts")),
  entry("check", "look whether your store is whole", () => import("./commands/check.ts")),
  entry("repair", "keep what is whole of a damaged store", () => import("./commands/repair.ts")),
  entry("id", "show your account", () => import("./commands/id.ts")),
  entry("invite", "make an invite link for somebody", () => import("./commands/invite.ts")),
  entry("add", "add the person who sent you an invite", () => import("./commands/add.ts")),
  entry("requests", "answer those who ask to be added", () => import("./commands/requests.ts")),
  entry("contacts", "list and manage the people you know", () => import("./commands/contacts.ts")),
  entry("verify", "compare safety numbers with somebody", () => import("./commands/verify.ts")),
  entry("send", "send a message", () => import("./commands/send.ts")),
  entry("edit", "change a message that you sent", () => import("./commands/edit.ts")),
  entry("delete", "delete a message, for both or for you", () => import("./commands/delete.ts")),
  entry("react", "react to a message", () => import("./commands/react.ts")),
  entry("read", "read a conversation", () => import("./commands/read.ts")),
  entry("search", "find messages by their words", () => import("./commands/search.ts")),
  entry("listen", "print messages as they arrive", () => import("./commands/listen.ts")),
  entry("backup", "write who you know into a sealed file", () => import("./commands/backup.ts")),
  entry(
    "restore",
    "bring an account back with its contacts",
    () => import("./commands/restore.ts"),
  ),
  entry("export", "write your conversations into a file", () => import("./commands/export.ts")),
  entry(
    "subscriptions",
    "list and remove durable subscriptions",
    () => import("./commands/subscriptions.ts"),
  ),
  entry("net", "show and change the network", () => import("./commands/net.ts")),
  entry("bootstrap", "host a bootstrap node for others", () => import("./commands/bootstrap.ts")),
  entry("demo", "let two nodes talk on this machine", () => import("./commands/demo.ts")),
];
