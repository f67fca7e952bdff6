import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { limits as limitsOfAll } from "../../src/base/index.ts";
import { groupLimits } from "../../src/group/limits.ts";

const limits = { ...limitsOfAll, ...groupLimits };

const at = (path: string) => new URL(`../../${path}`, import.meta.url);
const page = readFileSync(at("docs/LIMITS.md"), "utf8");

const units: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KiB: 1024,
  MiB: 1024 * 1024,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

interface Row {
  readonly name: string;
  readonly value: number;
  readonly where: string;
  readonly test: string | undefined;
}

function rowsOf(text: string): Row[] {
  const rows = text.matchAll(
    /^\| `(\w+)` \| ([\d,]+) ?(\w*) \| [^|]+ \| `([^`|]+)` \| [^|]+ \| (?:`([^`|]+)`|–) \|$/gm,
  );
  return [...rows].map(([, name = "", digits = "", unit = "", where = "", test]) => ({
    name,
    value: Number(digits.replaceAll(",", "")) * (units[unit] ?? Number.NaN),
    where,
    test,
  }));
}

/**
 * What our own side alone decides: pauses, waits, sizes of pieces. No other node, program or file
 * can cross these.
 */
const ours = new Set(
  `
    timerMin timerMax frameBuckets linkQuiet skippedBlock skippedKeyAge
    pqEpochMessages pqEpochAge pqPiece epoch refreshMin refreshMax inviteExpiry
    inviteExpiryMax allowedAccounts retry upkeep wakePause seekPause fewHosts urgency diagnosis
    invisibleLinger clockSlack arrivalApart deliveryExpiry retentionMin retentionMax retentionPause
    diskCheck diskCheckBusy homePoll spanLook spanPause clockSet sendBatch sendBytes sendWindow shredPause findMessages
    findStart typingPause typingShown searchWord searchTerms searchWaiting searchWaitingLength messagePage searchStepPostings
    searchStepLength breatheLength searchBatch searchPostings searchRows
    shredEvery backupPart verifyBytes keychainWait handOverRetry apiWait pageMessages
    bootstrapAddresses socketPath proxyDial proxyGreeting proxyRecheck proxyUpgrade proxyCircuits
    writeChunk connectionPing addressPoll networkChangePing bootstrapRetry identifyRetry reuseWait dhtParallel dhtUrgent ownRecords peersAway peerBurst
    cachedDial lookupDelay contactDials contactDialsUrgent dialGrace lanQuery interfacePoll mdnsResponseInterval mdnsFirstQuery dialbackHelpers reachabilityDelay
    reachabilityRecheck reachabilityBusy signalHosts punchTry punchDelay punchIpv4Delay punchMaxDelay portMapSeconds
    portMapTries portMapWait upnpTries upnpWait upnpTimeout natProbes knownPeersSaved
    knownPeerDial knownPeersEnough rotation closeTimeout stopTimeout bootstrapLag bootstrapLagPoll
    publicIdle publicHostLifetime publicStart publicDials publicParallel publicRefreshMin
    publicRefreshMax publicRetry publicSpread publicAddressChange publicKeys publicLookup publicFindPeer
    opsWarning batchedAbove addBatch generationAge generationMessages rotationSpread fewRecipients fewSlots slots
    syncEvery
    publicObservers borderSpread arrivalJump decoyStep decoyTags tellHosts learnedSilence learnedLook
  `
    .trim()
    .split(/\s+/),
);

const untrue = (rows: readonly Row[]): string[] =>
  rows.flatMap(({ name, value, where, test }) => {
    if ((limits as Record<string, unknown>)[name] !== value) return `${name} is not ${value}`;
    const acts =
      existsSync(at(where)) &&
      new RegExp(`imits\\.${name}\\b`).test(readFileSync(at(where), "utf8"));
    if (!acts) return `${name} does not act in ${where}`;
    return test === undefined || existsSync(at(test)) ? [] : `${name}: there is no ${test}`;
  });

describe("docs/LIMITS.md", () => {
  const rows = rowsOf(page);

  it("states each limit as it is, where it acts, and a test that exists", () => {
    assert.ok(rows.length > 80);
    assert.deepEqual(untrue(rows), []);
  });

  it("is read whole: every line of its tables", () => {
    assert.equal(rows.length, page.match(/^\| `/gm)?.length);
  });

  it("has every limit once, except those that no peer can exceed", () => {
    const names = [...rows.map(({ name }) => name), ...ours].sort();
    // A new limit gets a line on the page, or its name among `ours` above.
    assert.deepEqual(names, Object.keys(limits).sort());
  });

  it("is read so that a wrong number, place or test shows", () => {
    const [first] = rows;
    assert.ok(first);
    assert.equal(untrue([{ ...first, value: first.value + 1 }]).length, 1);
    assert.equal(untrue([{ ...first, where: "src/base/bytes.ts" }]).length, 1);
    assert.equal(untrue([{ ...first, test: "test/gone.test.ts" }]).length, 1);
  });
});
