/**
 * Puts together what the node knows of its own health, and what the messenger met on the way to a
 * contact.
 */

import type { ContactCause, DoctorOfNode, NodeFinding, NodeStatus } from "../../api/index.ts";
import { dialReasons, limits } from "../../base/index.ts";
import type { Messenger } from "../../messenger/index.ts";
import { addressScope } from "../../node/index.ts";
import type { SteadyClock } from "../../ports/index.ts";
import type { Doctor } from "../rpc/methods/method-types.ts";

export interface DoctorParts {
  readonly messenger: Messenger;
  readonly clock: SteadyClock;
  readonly status: () => NodeStatus;
  /** Looks now whether the proxy is there, where there is one. */
  readonly checkProxy: () => Promise<unknown>;
}

/** What links fail by; the other findings are only good to know. */
const WRONG: ReadonlySet<NodeFinding> = new Set<NodeFinding>([
  "store-damaged",
  "nothing-listens",
  "no-address",
  "alone",
  "bootstrap-lost",
  "other-network",
  "records-refused",
  "clock-behind",
  "public-lost",
  "proxy-down",
  "proxy-refused",
]);

/** Causes that stand whatever the proxy does. */
const OWN: ReadonlySet<ContactCause> = new Set<ContactCause>([
  "blocked",
  "key-changed",
  "asks-us",
  "invisible",
  "lan-behind-proxy",
  "not-allowed",
  "denied",
  "used",
  "expired",
]);

export function createDoctor({ messenger, clock, status, checkProxy }: DoctorParts): Doctor {
  // A clock that nobody sets goes on as the machine does.
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
      const findings = findingsOf(facts).map((what) => ({ what, wrong: WRONG.has(what) }));
      return { ...facts, findings };
    },
    async contact(who) {
      const { dials, cause, theirRouter, ...diagnosis } = await messenger.diagnose(who);
      if (cause !== undefined) await checkProxy();
      const proxy = status().net.proxy?.state;
      const lost = (proxy === "down" || proxy === "refused") && cause && !OWN.has(cause);
      return {
        ...diagnosis,
        ...(cause && { cause: lost ? ("proxy-down" as const) : cause }),
        dials: dials.map((dial) => ({ ...dial, reach: addressScope(dial.address) })),
        routers: { ours: status().net.nat.kind, ...(theirRouter && { theirs: theirRouter }) },
      };
    },
  };
}

/** What is not well, in the order in which it is to be mended. */
export function findingsOf({
  status,
  records,
  publicKeys,
  clock,
}: Omit<DoctorOfNode, "findings">): NodeFinding[] {
  const { net } = status;
  const found: NodeFinding[] = [];
  const note = (what: NodeFinding, holds: boolean) => holds && found.push(what);
  const lost = net.bootstrap.filter(({ state }) => state !== "connected").length;
  // The tables still name those who were there before.
  const isPublic = net.publicDht.state !== "off";
  const alone = net.peers === 0 || net.lanDht + net.wanDht === 0;
  note("store-damaged", status.damage !== undefined);
  note("store-older", status.rolledBack === true);
  note("clock-behind", (clock.theirsAhead ?? 0) > limits.clockSlack);
  note("clock-set", Math.abs(clock.setBy) > limits.clockSlack);
  const { proxy } = net;
  const proxied = proxy !== undefined;
  const open = net.listening.some((address) => addressScope(address) !== "loopback");
  note("proxy-down", proxy?.state === "down");
  note("proxy-refused", proxy?.state === "refused");
  note("listens-beside-proxy", proxied && open);
  note("outward-only", proxied && status.addresses.length === 0);
  note("nothing-listens", !proxied && net.listening.length === 0);
  note("no-address", !proxied && net.listening.length > 0 && status.addresses.length === 0);
  const own = status.addresses.every((address) => addressScope(address) === "loopback");
  note("this-machine-only", !proxied && own && status.addresses.length > 0);
  const strange = net.bootstrap.some(({ error }) => error === dialReasons.otherNetwork);
  note("other-network", strange && lost === net.bootstrap.length);
  note("bootstrap-lost", lost > 0 && lost === net.bootstrap.length);
  note("public-lost", net.publicDht.state === "lost");
  // Where the public DHT is on, strangers are asked.
  note("alone", alone && !isPublic);
  note("no-bootstrap", net.bootstrap.length === 0 && !isPublic);
  note("bootstrap-some-lost", lost > 0 && lost < net.bootstrap.length);
  note("no-mdns", !proxied && !net.mdns);
  // What was put while nobody was there says nothing.
  note("records-refused", !alone && records.refused > 0 && records.held === 0);
  note("unreachable", net.reach.verdict === "unreachable");
  note("reach-unknown", !proxied && net.reach.verdict === "unknown");
  const { kind, portMap } = net.nat;
  // Whoever is reached needs no hole, and no port.
  const reached = net.reach.verdict === "reachable";
  note("hard-router", kind === "symmetric" && !reached);
  const { address: outside } = portMap;
  note("router-inside", !reached && outside !== undefined && addressScope(outside) !== "public");
  const closed = portMap.state === "silent" || portMap.state === "refused";
  note("no-port", closed && net.reach.verdict === "unreachable");
  note("public-unleft", publicKeys.refused > 0 && publicKeys.held === 0);
  note("invisible", status.invisible);
  note("key-file", status.protection === "key-file");
  return found;
}
