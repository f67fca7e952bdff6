/** `sotto audit`: evidence for each security property; exits with 1 if plaintext was found. */
import type { Audit } from "../../api/index.ts";
import { displayLine, indented, joined, listed, padded, safe } from "../../base/index.ts";
import { count, protectionText } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";

export const define: Define = (command, context) => {
  command.addHelpText("after", NOTES).action(() => show(context));
};

const NOTES = `
✓ holds, · holds in part, ✗ does not hold. The evidence is what this node can show about
itself. Whether the code does what it claims can only be judged by reading it, and no
independent audit has been done yet. The scan reads every file in the home directory and
shows what kinds of text it searched for, never the text. It searches for the newest 20
messages of each contact that have at least eight characters.`;

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
    ({ trait, holds, evidence }) => safe`${marks[holds]} ${padded(trait, width)}  ${evidence}`,
  );
  const facts = [
    `engine      ${audit.engine}; Sotto ${audit.version}`,
    safe`protocols   ${indented(listed(audit.protocols, "none"), 12)}`,
    `records     ${audit.records.held} of ${audit.records.wanted} published now, encrypted, ` +
      "512 bytes each",
    "verified    " +
      `${audit.contacts.verified.map(displayLine).join(", ") || "none yet (sotto verify NAME)"}`,
    `scan        ${scanText(audit)}`,
  ];
  out.data(joined([...lines, "", ...facts], "\n"), { ...audit, traits });
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
      `libp2p Noise on every connection (${count(contacts.links, "contact")} connected now)`,
    ),
    yes(
      "end to end",
      `${count(contacts.sessions, "session")}; only the two nodes have the keys (docs/SPEC.md)`,
    ),
    {
      trait: "verifiable",
      holds: all ? "yes" : "in part",
      evidence:
        `safety numbers compared with ${contacts.verified.length} of ` +
        count(contacts.total, "contact"),
    },
    yes("forward secret", "Double Ratchet: one key per message, deleted after use"),
    yes("post-compromise", "a new Diffie-Hellman secret with every reply"),
    yes("post-quantum", "ML-KEM-768 in each handshake and in the session"),
    yes(
      "open protocols",
      `docs/SPEC.md, docs/WIRE.md; ${ours} of ${protocols.length} protocols are Sotto's, ` +
        "the others libp2p's",
    ),
    yes("documented", "docs/THREATS.md lists what each adversary can and cannot do"),
    { trait: "audited", holds: "no", evidence: "no independent audit yet" },
    {
      trait: "encrypted at rest",
      holds: !sealed ? "no" : protection === "key-file" ? "in part" : "yes",
      evidence: sealed
        ? `database key protected by ${protectionText(protection)}; no plaintext found`
        : "plaintext found: see below",
    },
    {
      trait: "no message logs",
      holds: sealed ? "yes" : "no",
      evidence: audit.history
        ? "conversations are encrypted in the store and never logged (sotto init " +
          "--no-history keeps none)"
        : "messages are deleted once they are delivered or read",
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
        : "this node relays no messages and no connections; it forwards only encrypted " +
          "signalling for hole punching (/sotto/signal/1)",
    },
  ];
}

function sessionLogText({ followers, lastSeen }: Audit): string {
  const kept = [
    ...(followers > 0
      ? [`events are kept, encrypted, for ${count(followers, "durable subscription")}`]
      : []),
    ...(lastSeen
      ? ["the time of each contact's last connection is kept, encrypted (lastSeen)"]
      : []),
  ];
  return kept.join("; ") || "no record of who was connected when";
}

function scanText({ scan }: Audit): string {
  const { files, bytes, sought, found } = scan;
  const kinds = sought.map(({ kind, count: number }) => `${number} × ${kind}`).join(", ");
  const read = `${count(files, "file")}, ${Math.ceil(bytes / 1024)} KiB, searched for ${kinds}:`;
  if (found.length === 0) return `${read} no plaintext found`;
  const places = found.map(({ kind, file }) => `${kind} in ${displayLine(file)}`);
  return `${read} found ${places.join("; ")}`;
}
