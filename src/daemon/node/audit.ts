/**
 * Evidence for what this messenger promises: what runs, what is guarded how, and what lies on the
 * disk.
 */
import type { Audit, NodeStatus, Sought } from "../../api/index.ts";
import { accountId, limits, toHex, utf8 } from "../../base/index.ts";
import type { Messenger } from "../../messenger/index.ts";
import { type Needle, SHORTEST, scan } from "./plaintext-scan.ts";

export interface AuditParts {
  readonly messenger: Messenger;
  readonly status: () => NodeStatus;
  /** Where the store lies. */
  readonly home: string;
  readonly lastSeen: boolean;
}

/** Messages whose text is looked for: of each contact its newest, and not of the whole history. */
const SAMPLE = 20;
const SAMPLES = 200;
/** Bytes of a text that are compared, and at least: less turns up by chance. */
const LONGEST = 64;
const TEXT = 8;

export async function audit({ messenger, status, home, lastSeen }: AuditParts): Promise<Audit> {
  const { net, version, engine, protection, history } = status();
  const contacts = messenger.contacts();
  const { records, sessions } = messenger.health();
  const { needles, counts } = await sought(messenger);
  return {
    version,
    engine,
    protocols: net.protocols,
    relays: net.protocols.some((name) => name.includes("/circuit/relay/") && name.endsWith("/hop")),
    records: { wanted: records.wanted, held: records.held },
    protection,
    contacts: {
      total: contacts.length,
      verified: contacts.filter(({ verified }) => verified).map(({ name }) => name),
      links: contacts.filter(({ online }) => online).length,
      sessions,
    },
    history,
    lastSeen,
    followers: messenger.followers().length,
    scan: await scan(home, needles, counts),
  };
}

async function sought(messenger: Messenger) {
  const needles: Needle[] = [];
  const counts = new Map<Sought, number>();
  const seek = (kind: Sought, ...spellings: Uint8Array[]) => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    for (const bytes of spellings) if (bytes.length >= SHORTEST) needles.push({ kind, bytes });
  };
  const self = messenger.self();
  const contacts = messenger.contacts();
  seek("own name", ...spellingsOf(self.name));
  for (const { name } of contacts) seek("contact's name", ...spellingsOf(name));
  for (const { account } of [self, ...contacts]) {
    const raw = accountId.bytes(account);
    seek("account id", raw, utf8(toHex(raw)), utf8(toHex(raw).toUpperCase()), utf8(account));
  }
  for (const { account } of contacts) {
    if ((counts.get("message text") ?? 0) >= SAMPLES) break;
    for (const { text } of await messenger.history(account, { limit: SAMPLE })) {
      const piece = plainest(text);
      if (piece.length >= TEXT) seek("message text", piece);
    }
  }
  const kinds: Sought[] = ["own name", "contact's name", "account id", "message text"];
  return { needles, counts: kinds.map((kind) => ({ kind, count: counts.get(kind) ?? 0 })) };
}

/** A name by itself where it is long enough, and as our rows spell it before they are sealed. */
function spellingsOf(name: string): Uint8Array[] {
  return [utf8(name), utf8(`"name":${JSON.stringify(name)}`)];
}

/** The longest part of a text that every spelling of it has in common. */
function plainest(text: string): Uint8Array {
  const parts = text.slice(0, limits.pageMessages).split(/["\\\p{Cc}]/u);
  const longest = parts.reduce((best, part) => (part.length > best.length ? part : best), "");
  return utf8(longest).slice(0, LONGEST);
}
