/**
 * Collects the evidence of `sotto audit`: protocols, protection, contacts, and a plaintext scan.
 */
import type { Audit, NodeStatus, Sought } from "../../api/index.ts";
import { accountId, limits, toHex, utf8 } from "../../base/index.ts";
import type { Messenger } from "../../messenger/index.ts";
import { type Needle, SHORTEST, scan } from "./plaintext-scan.ts";

export interface AuditParts {
  readonly messenger: Messenger;
  readonly status: () => NodeStatus;
  /** The home directory. */
  readonly home: string;
  readonly lastSeen: boolean;
}

/** Messages whose text is searched for: the newest of each contact, and at most 200. */
const SAMPLE = 20;
const SAMPLES = 200;
/** Most and fewest bytes of a text that are compared: shorter ones appear by chance. */
const LONGEST = 64;
const TEXT = 8;

export async function audit({ messenger, status, home, lastSeen }: AuditParts): Promise<Audit> {
  const { net, version, engine, protection, history } = status();
  const contacts = messenger.contacts();
  const { records, sessions } = messenger.health();
  const { needles, counts } = await searchTerms(messenger);
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

async function searchTerms(messenger: Messenger) {
  const needles: Needle[] = [];
  const counts = new Map<Sought, number>();
  const add = (kind: Sought, ...encodings: Uint8Array[]) => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    for (const bytes of encodings) if (bytes.length >= SHORTEST) needles.push({ kind, bytes });
  };
  const self = messenger.self();
  const contacts = messenger.contacts();
  add("own name", ...encodingsOf(self.name));
  for (const { name } of contacts) add("contact's name", ...encodingsOf(name));
  for (const { account } of [self, ...contacts]) {
    const raw = accountId.bytes(account);
    add("account id", raw, utf8(toHex(raw)), utf8(toHex(raw).toUpperCase()), utf8(account));
  }
  for (const { account } of contacts) {
    if ((counts.get("message text") ?? 0) >= SAMPLES) break;
    for (const { text } of await messenger.history(account, { limit: SAMPLE })) {
      const piece = longestPart(text);
      if (piece.length >= TEXT) add("message text", piece);
    }
  }
  const kinds: Sought[] = ["own name", "contact's name", "account id", "message text"];
  return { needles, counts: kinds.map((kind) => ({ kind, count: counts.get(kind) ?? 0 })) };
}

/** A name as such, if it is long enough, and as it is in a row before encryption. */
function encodingsOf(name: string): Uint8Array[] {
  return [utf8(name), utf8(`"name":${JSON.stringify(name)}`)];
}

/** The longest part of a text that is the same in every encoding of it. */
function longestPart(text: string): Uint8Array {
  const parts = text.slice(0, limits.pageMessages).split(/["\\\p{Cc}]/u);
  const longest = parts.reduce((best, part) => (part.length > best.length ? part : best), "");
  return utf8(longest).slice(0, LONGEST);
}
