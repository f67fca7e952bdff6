/**
 * sotto audit: evidence for each trait of a secure messenger, from the running node; 1 where
 * something lies in plain sight.
 */
import type { Audit } from "../../api/index.ts";
import { displayLine } from "../../base/index.ts";
import { count, protectionText } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";

export const define: Define = (command, context) => {
  command.addHelpText("after", NOTES).action(() => show(context));
};

const NOTES = `
✓ holds, · holds in part, ✗ does not. Evidence is what this node can show of itself; that
the code does what it says is for readers of the code, and nobody independent has audited
it yet. The scan reads every file of the home and says which kinds of things it looked
for, never their texts; of messages, the newest 20 of each contact that have eight
characters or more.`;

interface Trait {
  readonly trait: string;
  readonly holds: "yes" | "in part" | "no";
  readonly evidence: string;
}

async function show({ call, out, exit: leave }: Context): Promise<void> {
  const audit = await call("audit.show", {});
  const traits = traitsOf(audit);
  const { style } = out;
  const marks = { yes: style.green("✓"), "in part": style.yellow("·"), no: style.red("✗") };
  const width = Math.max(...traits.map(({ trait }) => trait.length));
  const lines = traits.map(
    ({ trait, holds, evidence }) => `${marks[holds]} ${trait.padEnd(width)}  ${evidence}`,
  );
  const facts = [
    `engine      ${audit.engine}; Sotto ${audit.version}`,
    `protocols   ${audit.protocols.join("\n            ")}`,
    `records     ${audit.records.held} of ${audit.records.wanted} published now, sealed, ` +
      "512 bytes each",
    "verified    " +
      `${audit.contacts.verified.map(displayLine).join(", ") || "nobody yet (sotto verify WHO)"}`,
    `scan        ${scanText(audit)}`,
  ];
  out.data([...lines, "", ...facts].join("\n"), { ...audit, traits });
  if (audit.scan.found.length > 0) leave(exit.failure);
}

function traitsOf(audit: Audit): Trait[] {
  const { contacts, protocols, relays, scan, protection } = audit;
  const sealed = scan.found.length === 0;
  const ours = protocols.filter((name) => name.startsWith("/sotto/")).length;
  const all = contacts.total > 0 && contacts.verified.length === contacts.total;
  const yes = (trait: string, evidence: string): Trait => ({ trait, holds: "yes", evidence });
  return [
    yes(
      "encrypted in transit",
      `libp2p Noise below, ${count(contacts.links, "link")} now; no connection without it`,
    ),
    yes(
      "end to end",
      `${count(contacts.sessions, "session")}, whose keys only the two nodes have (docs/SPEC.md)`,
    ),
    {
      trait: "verifiable",
      holds: all ? "yes" : "in part",
      evidence: `${contacts.verified.length} of ${contacts.total} contacts compared safety numbers`,
    },
    yes("forward secret", "Double Ratchet: a key for each message, gone once used"),
    yes("post-compromise", "a new Diffie-Hellman secret with every answer"),
    yes("post-quantum", "ML-KEM-768 in each handshake, and again within the session"),
    yes(
      "open protocols",
      `docs/SPEC.md, docs/WIRE.md; ${ours} of ${protocols.length} protocols are ours, ` +
        "the others libp2p's",
    ),
    yes("documented", "docs/THREATS.md says for each adversary what it can and cannot do"),
    { trait: "audited", holds: "no", evidence: "no independent audit yet" },
    {
      trait: "sealed at rest",
      holds: !sealed ? "no" : protection === "key-file" ? "in part" : "yes",
      evidence: sealed
        ? `key guarded by ${protectionText(protection)}; nothing in plain sight`
        : "something lies in plain sight: see below",
    },
    {
      trait: "no message logs",
      holds: sealed ? "yes" : "no",
      evidence: audit.history
        ? "conversations lie sealed in the store; no log names them (sotto init " +
          "--no-history keeps none)"
        : "no message stays once it is delivered, or read",
    },
    {
      trait: "no session logs",
      holds: audit.followers > 0 || audit.lastSeen ? "in part" : "yes",
      evidence: sessionLogText(audit),
    },
    {
      trait: "no central relay",
      holds: relays ? "no" : "yes",
      evidence: relays
        ? "this node answers a relay protocol"
        : "0 bytes of messages or links relayed for others: it answers no relay protocol; " +
          "sealed words by which others meet may pass (/sotto/signal/1)",
    },
  ];
}

function sessionLogText({ followers, lastSeen }: Audit): string {
  const kept = [
    ...(followers > 0 ? [`events wait, sealed, for ${count(followers, "follower")}`] : []),
    ...(lastSeen ? ["when contacts were last linked is kept, sealed (lastSeen)"] : []),
  ];
  return kept.join("; ") || "nothing says who was linked when";
}

function scanText({ scan }: Audit): string {
  const { files, bytes, sought, found } = scan;
  const kinds = sought.map(({ kind, count: number }) => `${number} × ${kind}`).join(", ");
  const read = `${count(files, "file")}, ${Math.ceil(bytes / 1024)} KiB, looked for ${kinds}:`;
  if (found.length === 0) return `${read} found nothing`;
  const places = found.map(({ kind, file }) => `${kind} in ${displayLine(file)}`);
  return `${read} found ${places.join("; ")}`;
}
