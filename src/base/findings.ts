/**
 * What `sotto doctor` can find: every finding about a node and every cause that keeps a contact
 * offline, with its text and the next step. A row added here has to be decided in the daemon
 * (`src/daemon/node/doctor.ts`) or the messenger before the project compiles or its tests pass.
 */

/** `error`: connections fail because of it. `note`: good to know. */
export type Severity = "error" | "note";

/** The part of a node that a finding is about. */
export type NodeTopic =
  | "store"
  | "protection"
  | "clock"
  | "proxy"
  | "listening"
  | "addresses"
  | "reachable"
  | "router"
  | "bootstrap"
  | "network"
  | "local"
  | "public DHT"
  | "records";

interface NodeFindingRow {
  readonly topic: NodeTopic;
  readonly severity: Severity;
  /** What is wrong, one sentence. */
  readonly text: string;
  /** What to do next. */
  readonly remedy: string;
}

const finding = (
  topic: NodeTopic,
  severity: Severity,
  text: string,
  remedy: string,
): NodeFindingRow => ({ topic, severity, text, remedy });

const FORWARD = "sotto up --listen /ip4/0.0.0.0/tcp/PORT";

/** Every finding about the node itself, in the order in which to fix them. */
export const nodeFindings = {
  "store-damaged": finding(
    "store",
    "error",
    "The store is damaged.",
    "Run sotto check to see what is intact. Then run sotto down and sotto repair.",
  ),
  "store-rolled-back": finding(
    "store",
    "note",
    "The store is an older copy: later changes are missing, and sessions were re-created.",
    "Nothing to do: the node works with the older copy.",
  ),
  "disk-low": finding(
    "store",
    "error",
    "The disk is nearly full: messages of contacts are not accepted, and wait at the senders.",
    "Free some space: delivery continues within half a minute. sotto status shows what is free.",
  ),
  "clock-behind": finding(
    "clock",
    "error",
    "The clock of this computer is slow, or the clock of a contact is fast.",
    "Set the clock (timedatectl set-ntp true), or ask your contacts to set theirs.",
  ),
  "clock-changed": finding(
    "clock",
    "note",
    "The clock was changed while the node was running.",
    "Nothing to do if the clock is right now. Otherwise run timedatectl set-ntp true.",
  ),
  "proxy-down": finding(
    "proxy",
    "error",
    "The proxy does not answer. The node makes no connection without it.",
    'Start the proxy (Tor: systemctl start tor), or correct "proxy" in the settings file.',
  ),
  "proxy-refused": finding(
    "proxy",
    "error",
    "The proxy rejects the node. The node makes no connection without it.",
    'Correct "proxy" in the settings file. With a user name and a password it is ' +
      "socks5://USER:PASSWORD@HOST:PORT.",
  ),
  "listens-outside-proxy": finding(
    "listening",
    "note",
    "The node also accepts connections that do not come through the proxy.",
    "Listen on loopback only: sotto up --listen /ip4/127.0.0.1/tcp/4001.",
  ),
  "outbound-only": finding(
    "addresses",
    "note",
    "The node can dial others through the proxy, but others cannot dial it.",
    "Run an onion service, then sotto up --listen /ip4/127.0.0.1/tcp/4001 --announce " +
      "/onion3/ADDRESS:4001.",
  ),
  "not-listening": finding(
    "listening",
    "error",
    "The node does not listen on any address, so contacts cannot connect to it.",
    "Run sotto down, then sotto up --listen /ip4/0.0.0.0/tcp/0.",
  ),
  "no-address": finding(
    "addresses",
    "error",
    "This computer has no network address.",
    "Connect this computer to a network. The node notices it automatically.",
  ),
  "loopback-only": finding(
    "addresses",
    "note",
    "Only this computer can reach the node.",
    "Connect this computer to a network, or listen on all interfaces: sotto up --listen " +
      "/ip4/0.0.0.0/tcp/0.",
  ),
  "other-network": finding(
    "bootstrap",
    "error",
    "A bootstrap node answers, but its network key differs from the key of this node.",
    "Start with the key of its network (sotto up --network-key FILE), or without a key.",
  ),
  "captive-portal": finding(
    "bootstrap",
    "error",
    "A web server answers in place of your bootstrap nodes: this network requires a sign-in, or " +
      "a proxy intercepts connections.",
    "Open any page in a browser and sign in to the network. Otherwise use another network, or " +
      "check the addresses: sotto net bootstrap ls.",
  ),
  "bootstrap-key-changed": finding(
    "bootstrap",
    "error",
    "Another node answers at the address of a bootstrap node: the key of the bootstrap node " +
      "changed, or the address belongs to another computer now.",
    "Ask its operator for its new address, then run sotto net bootstrap rm ADDRESS with the old " +
      "one and sotto net bootstrap add ADDRESS with the new one.",
  ),
  "bootstrap-unreachable": finding(
    "bootstrap",
    "error",
    "No bootstrap node answers.",
    "Ask its operator whether it is running, or add another one: sotto net bootstrap add ADDRESS.",
  ),
  "public-dht-unreachable": finding(
    "public DHT",
    "error",
    "No bootstrap node of the public DHT answers.",
    "Check the internet connection of this computer. The node retries automatically.",
  ),
  "no-peers": finding(
    "network",
    "error",
    "The node is not connected to any DHT peer, so it cannot look up contacts.",
    "Add a bootstrap node (sotto net bootstrap add ADDRESS), or use the public DHT (sotto net " +
      "public on).",
  ),
  "no-bootstrap": finding(
    "bootstrap",
    "note",
    "No bootstrap node configured; you cannot be found outside your local network.",
    "Add one (sotto net bootstrap add ADDRESS), add a contact whose invite contains one (sotto " +
      "add LINK), or use the public DHT (sotto net public on).",
  ),
  "bootstrap-partly-unreachable": finding(
    "bootstrap",
    "note",
    "Some bootstrap nodes do not answer.",
    "Remove one that no longer exists: sotto net bootstrap rm ADDRESS.",
  ),
  "no-mdns": finding(
    "local",
    "note",
    "mDNS is off: nodes on the local network do not find each other.",
    'Run sotto up without --no-mdns, and remove "mdns": false from the settings file.',
  ),
  "mdns-partial": finding(
    "local",
    "note",
    "mDNS does not run on some network interfaces: the system limits multicast memberships.",
    "Raise the limit: sysctl -w net.ipv4.igmp_max_memberships=100. The node retries automatically.",
  ),
  "records-refused": finding(
    "records",
    "error",
    "DHT peers reject the records of this node.",
    "Set the clock of this computer (timedatectl set-ntp true): peers reject records from the " +
      "future and old ones.",
  ),
  unreachable: finding(
    "reachable",
    "note",
    "Peers on the internet cannot connect to this node.",
    `Forward a port of your router to this computer, run ${FORWARD}, then sotto net check.`,
  ),
  "reachability-unknown": finding(
    "reachable",
    "note",
    "No peer has tested yet whether this node can be reached.",
    "Run sotto net check once a bootstrap node is connected.",
  ),
  "symmetric-nat": finding(
    "router",
    "note",
    "Your router uses a different port for each connection (symmetric NAT), so hole " +
      "punching fails.",
    `Use IPv6, or forward a port of the router to this computer: ${FORWARD}.`,
  ),
  "double-nat": finding(
    "router",
    "note",
    "Your router is behind another router (double NAT).",
    "Use IPv6, or forward a port on the outer router too. If your provider runs it, ask for a " +
      "public address.",
  ),
  "no-port-mapping": finding(
    "router",
    "note",
    "Your router does not open a port for this node.",
    "Enable UPnP or NAT-PMP in the settings of the router. The node asks again within an hour.",
  ),
  "public-dht-unpublished": finding(
    "public DHT",
    "note",
    "The addresses of this node could not be published on the public DHT.",
    `Publishing needs a public address: forward a port (${FORWARD}) or use IPv6. You can still ` +
      "find contacts who have one.",
  ),
  invisible: finding(
    "records",
    "note",
    "This node is invisible: contacts cannot find it.",
    "To become visible again: sotto net invisible off.",
  ),
  "key-file": finding(
    "protection",
    "note",
    "Anyone who can read the home directory can open the store.",
    "Set a passphrase: sotto passwd.",
  ),
} as const satisfies Record<string, NodeFindingRow>;

export type NodeFinding = keyof typeof nodeFindings;

interface ContactCauseRow {
  /** `local`: decided on this node, without a search for the contact. `search`: by a search. */
  readonly stage: "local" | "search";
  /** Why the contact is not connected, one sentence. */
  readonly text: string;
  /** What to do next; NAME is the contact's name. */
  readonly remedy: string;
}

const local = (text: string, remedy: string): ContactCauseRow => ({ stage: "local", text, remedy });
const search = (text: string, remedy: string): ContactCauseRow => ({
  stage: "search",
  text,
  remedy,
});

/** Every cause that keeps a contact offline. */
export const contactCauses = {
  blocked: local("You blocked this contact.", "Unblock them: sotto contacts unblock NAME."),
  "key-changed": local(
    "Their account key changed. Nothing is sent until you verify the new key.",
    "Compare safety numbers over another channel, then run sotto verify NAME --number N.",
  ),
  "request-received": local(
    "They ask to be added.",
    "Accept the request: sotto requests accept NAME.",
  ),
  invisible: local(
    "This node is invisible and has no message to send, so it neither dials nor answers.",
    "To become visible again: sotto net invisible off.",
  ),
  hidden: local(
    "Your policy hides your address from them (policy hidden), and no proxy is set. Messages wait.",
    "Start with a proxy (sotto up --proxy socks5://127.0.0.1:9050), or change the policy: sotto " +
      "contacts policy NAME any.",
  ),
  "lan-behind-proxy": local(
    "Your policy allows the local network only (policy lan), but this node uses a proxy. " +
      "Messages wait.",
    "Start without the proxy, or change the policy: sotto contacts policy NAME hidden.",
  ),
  "lan-only": search(
    "Your policy allows the local network only (policy lan), and they were not found there. " +
      "Messages wait.",
    "Connect to the same network with mDNS on, or change the policy: sotto contacts policy NAME " +
      "any.",
  ),
  /** Decided by the daemon, which knows the proxy. */
  "proxy-down": search(
    "The proxy does not work, so contacts cannot be dialed. Messages wait.",
    "Start the proxy (Tor: systemctl start tor) or correct its address. sotto doctor shows it.",
  ),
  "not-allowed": local(
    'Their account is not in the list "allow" of the settings file. Nothing is sent, and they ' +
      "are treated as an unknown peer.",
    "Add the account to the list, then run sotto down and sotto up.",
  ),
  denied: local("They denied your request.", "Ask them for a new invite, then run sotto add LINK."),
  used: local(
    "Another account used the invite before you.",
    "Tell them, ask for a new invite, then run sotto add LINK.",
  ),
  expired: local(
    "The invite has expired by the clock of this computer, or its maker did not answer in time.",
    "Check the clock. If it is right, ask for a new invite, then run sotto add LINK.",
  ),
  /** Their node answers, and says nothing, as it does to unknown peers. */
  unrecognized: search(
    "Their node answers but does not recognize you: they blocked or removed you, restored an " +
      "older backup, are invisible, the invite has ended, or one of the clocks is more than a " +
      "day off.",
    "Check your side with sotto doctor, and ask them over another channel.",
  ),
  /** Their node answers, with a handshake that they could not have made. */
  unproven: search(
    "A node answers but cannot prove that it is theirs.",
    "The node retries automatically. If it does not help, exchange a new invite (sotto invite), " +
      "then run sotto verify NAME.",
  ),
  "request-pending": search(
    "They have not answered your request yet.",
    "Wait, or ask them over another channel to run sotto requests.",
  ),
  "no-dht-peer": search(
    "This node is not connected to any DHT peer, so it cannot look up their address.",
    "Add a bootstrap node (sotto net bootstrap add ADDRESS), join the same local " +
      "network, or both " +
      "run sotto net public on. sotto doctor shows more.",
  ),
  "clock-skew": search(
    "Their record is dated in the future: their clock is fast, or yours is slow.",
    "Set the clock of this computer (timedatectl set-ntp true), or ask them to set theirs.",
  ),
  "record-expired": search(
    "Only an old record of theirs was found: they are offline or invisible (which of the two " +
      "cannot be known), or one of the clocks is wrong.",
    "Ask them to run sotto up and sotto doctor.",
  ),
  "no-record": search(
    "No record of theirs was found: they are offline or invisible (which of the two cannot be " +
      "known), use other bootstrap nodes, or one of the clocks is more than a day off.",
    "Ask them to run sotto up and sotto doctor. Share a bootstrap node (sotto net bootstrap ls), " +
      "or both run sotto net public on.",
  ),
  "no-address": search(
    "Their record contains no address.",
    "Ask them to run sotto doctor: their node is not listening, or has no network.",
  ),
  "own-address": search(
    "Their record contains the address of this node: both nodes share one address and port.",
    `Start one of the two with another port: ${FORWARD}.`,
  ),
  "other-peer": search(
    "Another node answers at their address: they restarted, or the address now belongs " +
      "to another " +
      "computer.",
    "Wait for their next record, or ask them to run sotto doctor.",
  ),
  "other-network": search(
    "A node answers at their address, but its network key differs from the key of this node.",
    "Start both nodes with the same key (sotto up --network-key FILE). sotto doctor shows more.",
  ),
  unreachable: search(
    "No node answers at the addresses of their record.",
    "Ask them to run sotto up and sotto doctor. One of you needs a port that others can reach " +
      "(sotto net check), or join the same local network.",
  ),
  searching: search("The search is still running.", "Run sotto doctor NAME again in a minute."),
} as const satisfies Record<string, ContactCauseRow>;

export type ContactCause = keyof typeof contactCauses;
