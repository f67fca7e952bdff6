/** How this node is, in words. */
import type { DoctorOfNode, NodeFinding, NodeStatus } from "../../api/index.ts";
import {
  bootstrapLine,
  count,
  guardWords,
  proxyWords,
  publicWords,
  reachWords,
  routerWords,
} from "../format/format.ts";
import { spell } from "../format/time.ts";
import type { Line } from "./lines.ts";

const ADD = "sotto net bootstrap add ADDRESS (or sotto add LINK: an invite names hosts)";

/** The next command for each finding. */
export const remedies: Readonly<Record<NodeFinding, string>> = {
  "store-damaged": "sotto check, then sotto repair",
  "store-older": "nothing to do: sessions were made anew; what came after that copy is missing",
  "clock-behind":
    "set the clock of this machine (timedatectl set-ntp true), or tell them to set theirs",
  "clock-set": "nothing to do if the clock is right now; otherwise timedatectl set-ntp true",
  "nothing-listens": "sotto down, then sotto up --listen /ip4/0.0.0.0/tcp/0",
  "no-address": "connect this machine to a network; the node notices by itself",
  "this-machine-only":
    "only this machine reaches that: connect it to a network, or listen on more than " +
    "itself (sotto up --listen /ip4/0.0.0.0/tcp/0)",
  alone: `${ADD}, or sotto net public on`,
  "bootstrap-lost": `ask its host whether it runs, or ${ADD}`,
  "other-network":
    "a host answers, but not in this network: its key is another one, or one of you has " +
    "none. Start with the key of its network (sotto up --network-key FILE), or without " +
    "one",
  "bootstrap-some-lost": "sotto net bootstrap rm ADDRESS forgets one that is gone",
  "no-bootstrap":
    `to meet people beyond this network: ${ADD}; with nobody hosting anything: sotto net ` +
    "public on (--help says who sees what)",
  "no-mdns":
    "to find people on this network: sotto up without --no-mdns, and no mdns: false in " +
    "the settings",
  "records-refused":
    "set the clock of this machine (timedatectl set-ntp true): hosts take no record from " +
    "the future or the past",
  unreachable:
    "forward a port of your router to this machine and start with sotto up --listen " +
    "/ip4/0.0.0.0/tcp/PORT; then sotto net check",
  "reach-unknown": "sotto net check, once a bootstrap host is connected",
  "hard-router":
    "use IPv6, or forward a port of the router to this machine: sotto up --listen " +
    "/ip4/0.0.0.0/tcp/PORT",
  "no-port":
    "switch UPnP or NAT-PMP on in the router's own settings; the node asks again by " +
    "itself within the hour",
  "router-inside":
    "use IPv6, or open a port on the outer router too; where that is the provider's, ask " +
    "them for a public address",
  "proxy-down":
    'start it (systemctl start tor, say), or correct "proxy" in the settings; nothing is ' +
    "dialled beside it",
  "proxy-refused":
    'correct "proxy" in the settings, with user and password where it wants them: ' +
    "socks5://USER:PASSWORD@HOST:PORT",
  "outward-only":
    "to be dialled, run an onion service: sotto up --listen /ip4/127.0.0.1/tcp/4001 " +
    "--announce /onion3/ADDRESS:4001",
  "listens-beside-proxy": "listen on this machine alone: sotto up --listen /ip4/127.0.0.1/tcp/4001",
  invisible: "sotto net invisible off lets contacts find you",
  "public-lost": "look whether this machine reaches the internet; the node tries again by itself",
  "public-unleft":
    "nobody finds you there without an address that strangers reach: forward a port " +
    "(sotto up --listen /ip4/0.0.0.0/tcp/PORT) or use IPv6; you still find those who " +
    "have one",
  "key-file": "sotto passwd gives it a passphrase",
};

export function nodeLines({ status, findings, records, publicKeys, clock }: DoctorOfNode): Line[] {
  const { net } = status;
  const found = new Map(findings.map(({ what, wrong }) => [what, wrong]));
  /** One line about a topic, as bad as the worst of its findings. */
  const line = (topic: string, text: string, ...about: NodeFinding[]): Line => {
    const mine = about.filter((what) => found.has(what));
    const worst = mine.find((what) => found.get(what)) ?? mine[0];
    if (worst === undefined) return { state: "well", topic, text };
    return { state: found.get(worst) ? "wrong" : "note", topic, text, remedy: remedies[worst] };
  };
  const listening = net.listening.join("\n") || "nowhere";
  const hosts =
    `${count(net.peers, "host")} connected; routing tables: ${net.lanDht} local, ` +
    `${net.wanDht} wide (as a ${net.wanMode})`;
  return [
    line(
      "store",
      status.damage?.message ??
        (status.rolledBack
          ? "an older copy of itself"
          : "no damage met since the start (sotto check reads all)"),
      "store-damaged",
      "store-older",
    ),
    line("guarded", `by ${guardWords(status.protection)}`, "key-file"),
    line("clock", clockWords(clock), "clock-behind", "clock-set"),
    ...(net.proxy === undefined
      ? []
      : [line("proxy", proxyWords(net.proxy), "proxy-down", "proxy-refused")]),
    line("listening", listening, "nothing-listens", "listens-beside-proxy"),
    line(
      "addresses",
      status.addresses.join("\n") || "none that others could be told",
      "no-address",
      "this-machine-only",
      "outward-only",
    ),
    ...(net.proxy === undefined
      ? [
          line("seen as", net.reach.seenAs.join(", ") || "nobody outside has told yet"),
          line("reachable", reachWords(net.reach), "unreachable", "reach-unknown"),
          line("router", routerWords(net.nat), "hard-router", "router-inside", "no-port"),
        ]
      : []),
    line(
      "bootstrap",
      net.bootstrap.map(bootstrapLine).join("\n") || "none",
      "other-network",
      "bootstrap-lost",
      "bootstrap-some-lost",
      "no-bootstrap",
    ),
    line(
      "network",
      net.privateNetwork ? `${hosts}; a private one: only hosts with its key are met` : hosts,
      "alone",
    ),
    line("local", localWords(net), "no-mdns"),
    line("public", publicLine(status.net.publicDht, publicKeys), "public-lost", "public-unleft"),
    line(
      "records",
      status.invisible ? "none published: this node is invisible" : recordWords(records),
      "records-refused",
      "invisible",
    ),
  ];
}

function localWords({ mdns, proxy }: NodeStatus["net"]): string {
  if (proxy !== undefined) return "off: everything goes through the proxy";
  return mdns ? "mDNS on: others on this network are found" : "mDNS off";
}

function clockWords({ setBy, compared, theirsAhead = 0 }: DoctorOfNode["clock"]): string {
  const now = new Date().toISOString().slice(0, 19).replace("T", " ");
  const set =
    Math.abs(setBy) < 1000
      ? ""
      : `; set ${setBy < 0 ? "back" : "ahead"} by ${spell(Math.abs(setBy))} while the node ran`;
  if (compared === 0) return `${now} UTC; no record of a contact to compare it with yet${set}`;
  const others = `the records of ${count(compared, "contact")}`;
  return theirsAhead > 0
    ? `${now} UTC; ${others}: the latest is ${spell(theirsAhead)} ahead${set}`
    : `${now} UTC; not behind ${others}${set}`;
}

function publicLine(
  state: DoctorOfNode["status"]["net"]["publicDht"],
  { wanted, held, refused }: DoctorOfNode["publicKeys"],
): string {
  if (state.state === "off") return "the public IPFS DHT is off";
  const failing = refused > 0 ? `, ${refused} in vain` : "";
  return `${publicWords(state)}; address left under ${held} of ${count(wanted, "key")}${failing}`;
}

function recordWords({ wanted, held, refused }: DoctorOfNode["records"]): string {
  if (wanted === 0) return "none needed: no contact and no open invite";
  const failing = refused > 0 ? `, ${refused} put in vain` : "";
  return `${held} of ${wanted} held by other nodes${failing}`;
}
