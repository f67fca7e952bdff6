/** sotto status: what the node is doing, and what it cannot do. */
import type { NodeState, NodeStatus } from "../../api/index.ts";
import { displayLine, SottoError } from "../../base/index.ts";
import type { Context } from "../context.ts";
import type { Define } from "../define.ts";
import { spell } from "../times.ts";
import { bootstrapLine, guardWords, reachWords, routerWords } from "../words.ts";

export const define: Define = (command, context) => {
  command.action(async () => {
    const node = await context.nodeIfAny();
    if (node === undefined) throw await whyNone(context);
    const state = await node.call("node.state", {});
    if (state.state === "locked") {
      context.out.data(lines(lockedRows(state)), state);
      context.out.say("→ Open it: sotto unlock");
      return;
    }
    const status = await context.call("node.status", {});
    context.out.data(lines(openRows(status)), status);
    if (status.damage) context.out.error({ code: "store-damaged", ...status.damage });
  });
};

/** Of a node that its store has ended, why. */
async function whyNone({ paths }: Context): Promise<SottoError> {
  const { readLastWords } = await import("../../daemon/index.ts");
  const fault = await readLastWords(paths.home);
  if (fault === undefined) return new SottoError("node-not-running", "No node is running here.");
  return new SottoError(fault.code, `The node has stopped. ${fault.message}`);
}

const OLDER = "an older copy: what came after it is missing, and sessions were made anew";

type Rows = [string, string][];

function lockedRows(state: NodeState): Rows {
  return [
    ["node", `locked, process ${state.pid}: off the network, store closed`],
    storeRow(state),
    ["version", state.version],
  ];
}

function storeRow({ home, protection }: NodeState): [string, string] {
  return ["store", `${home}, its key guarded by ${guardWords(protection)}`];
}

function lines(rows: Rows): string {
  return rows.map(([name, value]) => `${name.padEnd(10)}  ${value}`).join("\n");
}

/** How long messages stay. */
function keptWords({ history, retention }: NodeStatus): string {
  const most = retention === undefined ? "for ever" : spell(retention);
  return history ? most : "until they are delivered, or read";
}

function openRows(status: NodeStatus): Rows {
  const { account, contacts, net } = status;
  const none = "none: others find you on this network only (sotto net bootstrap add ADDRESS)";
  return [
    ["account", `${displayLine(account.name)}  ${account.account}`],
    ["node", `process ${status.pid}, up ${spell(Date.now() - status.startedAt)}`],
    [
      "contacts",
      `${contacts.total}, ${contacts.online} online${contacts.requests > 0 ? `, ${contacts.requests} ask to be added (sotto requests ls)` : ""}`,
    ],
    ["messages", `${status.unread} unread, ${status.waiting} waiting for their peer`],
    [
      "network",
      `${net.peers} hosts connected; DHT: ${net.lanDht} local, ${net.wanDht} wide (${net.wanMode})`,
    ],
    ["bootstrap", net.bootstrap.map(bootstrapLine).join("\n            ") || none],
    ["local", net.mdns ? "mDNS on" : "mDNS off"],
    ...(status.invisible
      ? [["invisible", "contacts do not find you (sotto net invisible off)"] as [string, string]]
      : []),
    ["addresses", status.addresses.join("\n            ") || "none yet"],
    ["reachable", reachWords(net.reach)],
    ["router", routerWords(net.nat)],
    storeRow(status),
    ["kept", keptWords(status)],
    ...(status.damage ? [["", "DAMAGED"] as [string, string]] : []),
    ...(status.rolledBack ? [["", OLDER] as [string, string]] : []),
    ["crypto", status.engine],
    ["version", status.version],
  ];
}
