/** Diagnoses a running node, and a contact that is not connected (`sotto doctor`). */

import type { DoctorOfNode, NodeStatus } from "../../api/index.ts";
import {
  contactCauses,
  dialReasons,
  limits,
  type NodeFinding,
  nodeFindings,
} from "../../base/index.ts";
import type { Messenger } from "../../messenger/index.ts";
import { addressScope } from "../../node/index.ts";
import type { SteadyClock } from "../../ports/index.ts";
import type { Doctor } from "../rpc/methods/method-types.ts";

export interface DoctorParts {
  readonly messenger: Messenger;
  readonly clock: SteadyClock;
  readonly status: () => NodeStatus;
  /** Tests now whether the proxy works, if one is set. */
  readonly checkProxy: () => Promise<unknown>;
}

export function createDoctor({ messenger, clock, status, checkProxy }: DoctorParts): Doctor {
  // Constant until the clock is set.
  const offset = clock.now() - clock.elapsed();
  return {
    async node() {
      await checkProxy();
      const { records, publicKeys, compared, theirsAhead } = messenger.health();
      const setBy = Math.round(clock.now() - clock.elapsed() - offset);
      const facts = {
        status: status(),
        records,
        publicKeys,
        clock: { setBy, compared, ...(theirsAhead !== undefined && { theirsAhead }) },
      };
      const findings = findingsOf(facts).map((what) => ({
        what,
        severity: nodeFindings[what].severity,
      }));
      return { ...facts, findings };
    },
    async contact(who) {
      const { dials, cause, theirRouter, ...diagnosis } = await messenger.diagnose(who);
      if (cause !== undefined) await checkProxy();
      const proxy = status().net.proxy?.state;
      const proxyFails = proxy === "down" || proxy === "refused";
      // Without the proxy a search cannot find anything, whatever it reports.
      const blamed = proxyFails && cause && contactCauses[cause].stage === "search";
      return {
        ...diagnosis,
        ...(cause && { cause: blamed ? ("proxy-down" as const) : cause }),
        dials: dials.map((dial) => ({ ...dial, reach: addressScope(dial.address) })),
        routers: { ours: status().net.nat.kind, ...(theirRouter && { theirs: theirRouter }) },
      };
    },
  };
}

/** What the checks look at. */
type Facts = Omit<DoctorOfNode, "findings">;

const hasProxy = ({ status }: Facts) => status.net.proxy !== undefined;
const isReached = ({ status }: Facts) => status.net.reach.verdict === "reachable";
const usesPublicDht = ({ status }: Facts) => status.net.publicDht.state !== "off";
/** The DHT routing tables still name earlier peers, so both are checked. */
const hasNoPeers = ({ status: { net } }: Facts) => net.peers === 0 || net.lanDht + net.wanDht === 0;
const isLoopback = (address: string) => addressScope(address) === "loopback";

/** Bootstrap nodes that do not answer, and all of them. */
const bootstraps = ({ status: { net } }: Facts) => ({
  lost: net.bootstrap.filter(({ state }) => state !== "connected").length,
  all: net.bootstrap.length,
});
const lostAllBootstraps = (facts: Facts) => {
  const { lost, all } = bootstraps(facts);
  return lost > 0 && lost === all;
};
/** Whether the last dial of a bootstrap node failed for this reason. */
const isBootstrapError = ({ status }: Facts, reason: string) =>
  status.net.bootstrap.some(({ state, error }) => state !== "connected" && error === reason);

/** When each finding applies. */
const checks: Readonly<Record<NodeFinding, (facts: Facts) => boolean>> = {
  "store-damaged": ({ status }) => status.damage !== undefined,
  "store-rolled-back": ({ status }) => status.rolledBack === true,
  "disk-low": ({ status }) => status.disk.low,
  "clock-behind": ({ clock }) => (clock.theirsAhead ?? 0) > limits.clockSlack,
  "clock-changed": ({ clock }) => Math.abs(clock.setBy) > limits.clockSlack,
  "proxy-down": ({ status }) => status.net.proxy?.state === "down",
  "proxy-refused": ({ status }) => status.net.proxy?.state === "refused",
  "listens-outside-proxy": (facts) =>
    hasProxy(facts) && !facts.status.net.listening.every(isLoopback),
  "outbound-only": (facts) => hasProxy(facts) && facts.status.addresses.length === 0,
  "not-listening": (facts) => !hasProxy(facts) && facts.status.net.listening.length === 0,
  "no-address": (facts) =>
    !hasProxy(facts) &&
    facts.status.net.listening.length > 0 &&
    facts.status.addresses.length === 0,
  "loopback-only": (facts) =>
    !hasProxy(facts) &&
    facts.status.addresses.length > 0 &&
    facts.status.addresses.every(isLoopback),
  "other-network": (facts) =>
    lostAllBootstraps(facts) && isBootstrapError(facts, dialReasons.otherNetwork),
  "captive-portal": (facts) =>
    lostAllBootstraps(facts) && isBootstrapError(facts, dialReasons.webServer),
  // Its address is of no use any more, also while another bootstrap node answers.
  "bootstrap-key-changed": (facts) => isBootstrapError(facts, dialReasons.otherHost),
  "bootstrap-unreachable": lostAllBootstraps,
  "public-dht-unreachable": ({ status }) => status.net.publicDht.state === "lost",
  // The public DHT has peers of its own.
  "no-peers": (facts) => hasNoPeers(facts) && !usesPublicDht(facts),
  "no-bootstrap": (facts) => bootstraps(facts).all === 0 && !usesPublicDht(facts),
  "bootstrap-partly-unreachable": (facts) => {
    const { lost, all } = bootstraps(facts);
    return lost > 0 && lost < all;
  },
  "no-mdns": (facts) => !hasProxy(facts) && !facts.status.net.mdns,
  "mdns-partial": ({ status }) => status.net.mdnsRefused.length > 0,
  // Without peers, no peer rejected anything.
  "records-refused": (facts) =>
    !hasNoPeers(facts) && facts.records.refused > 0 && facts.records.held === 0,
  unreachable: ({ status }) => status.net.reach.verdict === "unreachable",
  "reachability-unknown": (facts) =>
    !hasProxy(facts) && facts.status.net.reach.verdict === "unknown",
  // A node that others reach needs neither hole punching nor a port mapping.
  "symmetric-nat": (facts) => facts.status.net.nat.kind === "symmetric" && !isReached(facts),
  "double-nat": (facts) => {
    const { address } = facts.status.net.nat.portMap;
    return !isReached(facts) && address !== undefined && addressScope(address) !== "public";
  },
  "no-port-mapping": ({ status: { net } }) => {
    const { state } = net.nat.portMap;
    return (state === "silent" || state === "refused") && net.reach.verdict === "unreachable";
  },
  "public-dht-unpublished": ({ publicKeys }) => publicKeys.refused > 0 && publicKeys.held === 0,
  invisible: ({ status }) => status.invisible,
  "key-file": ({ status }) => status.protection === "key-file",
};

/** Everything that applies, in the order of `nodeFindings`. */
export function findingsOf(facts: Facts): NodeFinding[] {
  const all = Object.keys(nodeFindings) as NodeFinding[];
  return all.filter((what) => checks[what](facts));
}
