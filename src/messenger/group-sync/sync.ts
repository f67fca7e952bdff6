/**
 * Synchronisation of one group over all its links: on each new link, every five minutes, and at
 * once when something is lacking, members compare what they have and ask for the rest.
 */
import { TokenBucket } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { generationId, groupLimits, type MemberId, type WantedRange } from "../../group/index.ts";
import type { Clock } from "../../ports/index.ts";
import { type Link, linkLists, syncPageBytes } from "../../wire/index.ts";
import { LinkSync, type SyncContext } from "./link-sync.ts";
import { subtract } from "./sync-ask.ts";
import { SyncPlan } from "./sync-plan.ts";
import type { SyncLink, SyncSource } from "./sync-source.ts";

export interface SyncPorts {
  readonly crypto: CryptoProvider;
  readonly clock: Clock;
  readonly source: SyncSource;
}

/** Messages of which this node knows that they exist, and which nobody gave. */
export interface Gap extends WantedRange {
  /** Members have them and do not give them: this node is not in their audience. */
  readonly withheld: boolean;
}

export class GroupSync {
  readonly #context: SyncContext;
  readonly #links = new Map<MemberId, Joined>();
  /** Linked members that gave all that they were asked for, since something was lacking. */
  readonly #asked = new Set<MemberId>();
  /** By member: when a report of a broken envelope was last passed on. */
  readonly #reports = new Map<MemberId, number>();
  readonly #cancel: () => void;
  #stopped = false;

  constructor({ crypto, clock, source }: SyncPorts) {
    this.#context = {
      ...{ crypto, clock, source, plan: new SyncPlan(clock) },
      finished: (member) => void this.#asked.add(member),
      released: (by) => {
        for (const [member, { sync }] of this.#links) if (member !== by) sync.retry();
      },
    };
    let cancel = (): void => undefined;
    const next = (): void => {
      cancel = clock.after(groupLimits.syncEvery, () => {
        next();
        this.round();
      });
    };
    next();
    this.#cancel = () => cancel();
  }

  /** A group link is ready. One that the member had before is no longer used. */
  linked(link: SyncLink): void {
    if (this.#stopped) return;
    this.#links.get(link.member)?.sync.close();
    const sync = new LinkSync(this.#context, link);
    const { clock } = this.#context;
    const news = new TokenBucket(clock, groupLimits.newsBytes, groupLimits.newsBurst);
    this.#links.set(link.member, { link, sync, news, told: false });
    sync.round();
  }

  /** A group link closed. */
  ended(link: SyncLink): void {
    const joined = this.#links.get(link.member);
    if (joined?.link !== link) return;
    this.#links.delete(link.member);
    this.#asked.delete(link.member);
    joined.sync.close();
  }

  /**
   * Takes a message of a link. Resolves once it is handled; messages that are not about
   * synchronisation do nothing.
   */
  async received(link: SyncLink, message: Link): Promise<void> {
    const joined = this.#links.get(link.member);
    if (joined?.link !== link) return;
    if (link.removed && message.kind === "state") return this.#tellRemoval(joined);
    if (message.kind === "news") return this.#takeNews(joined, message.records);
    if (message.kind === "broken") return this.#takeReport(link, message.generation);
    return joined.sync.received(message);
  }

  /** Compares with all linked members now: something is lacking, or was added. */
  round(): void {
    this.#asked.clear();
    for (const { sync } of [...this.#links.values()]) sync.round();
  }

  /** States what is here to linked members that know another state: a long message was added. */
  changed(): void {
    for (const { sync } of [...this.#links.values()]) sync.changed();
  }

  /**
   * Sends records that are new here to all linked members, an account that they removed included.
   * @param records u8 kind ‖ bytes. @param except the member that they came from.
   */
  spread(records: readonly Uint8Array[], except?: MemberId): void {
    const pages = inPages(records);
    for (const [member, { link }] of this.#links)
      if (member !== except && !link.provisional && !link.removed)
        for (const page of pages) link.send({ kind: "news", records: page });
  }

  /** What is known to exist and is not here, and of how many linked members it was asked. */
  missing(): { readonly gaps: readonly Gap[]; readonly asked: number } {
    const { source, plan } = this.#context;
    const lacking = source
      .heads()
      .flatMap(({ member, stream, missing }) =>
        missing.map((part) => ({ member, stream, ...part })),
      );
    const open = subtract(lacking, plan.withheld);
    const kept = subtract(lacking, open);
    const gaps = [
      ...open.map((range) => ({ ...range, withheld: false })),
      ...kept.map((range) => ({ ...range, withheld: true })),
    ];
    return { gaps, asked: this.#asked.size };
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
    for (const { sync } of [...this.#links.values()]) sync.close();
    this.#links.clear();
  }

  /** An account that states what it has does not know that it was removed, and asks for nothing. */
  async #tellRemoval(joined: Joined): Promise<void> {
    if (joined.told) return;
    joined.told = true;
    const { source } = this.#context;
    const records: Uint8Array[] = [];
    for (const id of source.removalOf(joined.link.member)) {
      const record = await source.readRecord(id);
      if (record !== undefined) records.push(record);
    }
    for (const page of inPages(records)) joined.link.send({ kind: "news", records: page });
  }

  async #takeNews({ link, news }: Joined, records: readonly Uint8Array[]): Promise<void> {
    if (link.removed) return;
    const bytes = records.reduce((sum, { length }) => sum + length, 0);
    // What exceeds the rate comes with the next comparison.
    if (!news.take(bytes)) return;
    const taken = await this.#context.source.takeRecords(records, link.member);
    if (taken === "hostile") link.close();
  }

  #takeReport({ member, provisional }: SyncLink, generation: Uint8Array): void {
    const { clock, source } = this.#context;
    const last = this.#reports.get(member);
    const now = clock.now();
    const recent = last !== undefined && now >= last && now < last + DAY;
    if (provisional || recent || !source.isMember(member)) return;
    this.#reports.set(member, now);
    source.broken(generationId.from(generation), member);
  }
}

/** Records in messages of `news`, in their order. */
function inPages(records: readonly Uint8Array[]): Uint8Array[][] {
  const pages: Uint8Array[][] = [[]];
  let bytes = 0;
  for (const record of records) {
    const page = pages.at(-1) as Uint8Array[];
    const full = page.length === linkLists.news || bytes + record.length > syncPageBytes;
    if (full && page.length > 0) pages.push([record]);
    else page.push(record);
    bytes = full ? record.length : bytes + record.length;
  }
  return pages.filter(({ length }) => length > 0);
}

const DAY = 86_400_000;

interface Joined {
  readonly link: SyncLink;
  readonly sync: LinkSync;
  readonly news: TokenBucket;
  /** An account that was removed was given the op of that. */
  told: boolean;
}
