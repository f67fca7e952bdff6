/** Why there is no link with somebody, in words. */
import type { ContactCause } from "../../api/index.ts";

export interface Words {
  readonly text: string;
  readonly remedy: string;
}

/** What a reason means that every address of theirs has. */
const everywhere: Readonly<Record<string, string>> = {
  refused:
    "Each time a machine says no: no node of theirs runs behind that port, or a router " +
    "leads elsewhere.",
  "timed out":
    "Nothing comes back: their machine is off or away, or a wall in between swallows " +
    "what we send; from here the two look alike.",
  "no route": "This machine knows no way there: look at its own network first (sotto doctor).",
};

/**
 * What keeps us apart, and the next command. @param reasons why each address of their record was
 * not reached.
 */
export function causeWords(
  cause: ContactCause,
  name: string,
  reasons: readonly (string | undefined)[] = [],
): Words {
  const [reason = ""] = reasons;
  const alike = reasons.every((each) => each === reason) ? everywhere[reason] : undefined;
  const words: Readonly<Record<ContactCause, Words>> = {
    blocked: { text: "You blocked them.", remedy: `sotto contacts unblock ${name}` },
    "key-changed": {
      text: "They showed another account key: nothing is sent until you decide.",
      remedy: `compare over another way, then sotto verify ${name} --number N`,
    },
    "asks-us": { text: "They ask to be added.", remedy: `sotto requests accept ${name}` },
    invisible: {
      text: "This node is invisible and has nothing to send, so it makes no link and answers none.",
      remedy: "sotto net invisible off",
    },
    hidden: {
      text: "You never show them your address (policy hidden), and no proxy is set: messages wait.",
      remedy:
        "start with a proxy (sotto up --proxy socks5://127.0.0.1:9050), or sotto contacts " +
        `policy ${name} any`,
    },
    "lan-behind-proxy": {
      text:
        "You meet them on the local network only (policy lan), and everything of this node " +
        "goes through a proxy: messages wait.",
      remedy: `start without the proxy, or sotto contacts policy ${name} hidden`,
    },
    "lan-only": {
      text:
        "You meet them on the local network only (policy lan), and they are not found " +
        "there: messages wait.",
      remedy: `be on one network, both with mDNS, or sotto contacts policy ${name} any`,
    },
    "proxy-down": {
      text:
        "The proxy that everything goes through is not there, so nobody can be dialled: " +
        "messages wait.",
      remedy:
        "start it (systemctl start tor, say), or correct it; sotto doctor says where it should be",
    },
    denied: {
      text: "They denied your request.",
      remedy: "ask them for a new invite: sotto add LINK",
    },
    used: {
      text: "Somebody else used the invite before you.",
      remedy: "tell them, and ask for a new invite: sotto add LINK",
    },
    expired: { text: "The invite has expired.", remedy: "ask for a new invite: sotto add LINK" },
    "not-known": {
      text:
        "A node answers there and treats us as a stranger: they blocked or removed us, " +
        "brought back an older backup, run invisible, or their clock or ours is more than " +
        "a day off.",
      remedy: "sotto doctor checks your side; ask them over another way",
    },
    "not-proven": {
      text: "A node answers there, and cannot prove that it is theirs now.",
      remedy:
        "the node tries again by itself; if it stays so, exchange a new invite (sotto " +
        `invite) and sotto verify ${name}`,
    },
    undecided: {
      text: "They have not decided yet whether to accept us.",
      remedy: "wait for them, or ask them over another way to run sotto requests",
    },
    "nobody-to-ask": {
      text: "This node knows no other node, so nobody can be asked where they are.",
      remedy:
        "sotto net bootstrap add ADDRESS, or be on one network, or both sotto net public " +
        "on; sotto doctor says more",
    },
    "clock-apart": {
      text: "Their record is from our future: their clock or ours is wrong.",
      remedy:
        "set the clock of this machine (timedatectl set-ntp true), or tell them to set theirs",
    },
    "record-old": {
      text:
        "Only an old record of theirs is left: they have been away or invisible since " +
        "(nobody can tell which), or a clock is wrong.",
      remedy: "ask them to run sotto up, and sotto doctor",
    },
    "no-record": {
      text:
        "No record of theirs is found: they are away or invisible (nobody can tell which), " +
        "their bootstrap hosts are others than ours, or a clock is more than a day off.",
      remedy:
        "ask them to run sotto up and sotto doctor; share a bootstrap host (sotto net " +
        "bootstrap ls), or both turn sotto net public on",
    },
    "no-address": {
      text: "Their record names no address.",
      remedy: "ask them to run sotto doctor: nothing listens there, or they have no network",
    },
    "own-address": {
      text:
        "Their record names our own address: two nodes in one place that look alike from " +
        "outside.",
      remedy: "start one of the two with another port: sotto up --listen /ip4/0.0.0.0/tcp/PORT",
    },
    "other-host": {
      text:
        "Another node answers at their address: they started again, or somebody else has " +
        "the address now.",
      remedy: "wait for their next record, or ask them to run sotto doctor",
    },
    "other-network": {
      text:
        "A host answers at their address, but not in this network: its network key is " +
        "another one, or one of you has none.",
      remedy:
        "both start with the same key: sotto up --network-key FILE; sotto doctor says " +
        "which network this node is in",
    },
    "not-allowed": {
      text:
        'Their account is not in the list "allow" of the settings: nothing is sent, and ' +
        "they meet what a stranger meets.",
      remedy: "add the account to the list, then sotto down and sotto up",
    },
    unreached: {
      text: ["Nobody answers at the addresses of their record.", ...(alike ? [alike] : [])].join(
        " ",
      ),
      remedy:
        "ask them to run sotto up and sotto doctor; one of you needs a port that others " +
        "reach (sotto net check), or both one network",
    },
    searching: {
      text: "The search is not over yet.",
      remedy: `sotto doctor ${name}, again in a minute`,
    },
  };
  return words[cause];
}
