/** sotto status: what the node is doing, and what it cannot do. */
import type { NodeStatus } from "../../api/index.ts";
import { displayLine } from "../../base/index.ts";
import type { Define } from "../define.ts";
import { spell } from "../times.ts";
import { bootstrapLine } from "../words.ts";

export const define: Define = (command, context) => {
  command.action(async () => {
    const status = await context.call("node.status", {});
    context.out.data(describe(status), status);
  });
};

function describe(status: NodeStatus): string {
  const { account, contacts, net } = status;
  const none = "none: others find you on this network only (sotto net bootstrap add ADDRESS)";
  const rows: [string, string][] = [
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
    ["reachable", status.addresses.join("\n            ") || "no address yet"],
    [
      "store",
      `${status.home}, its key guarded by ${status.protection === "passphrase" ? "a passphrase" : "a key file"}`,
    ],
    ["crypto", status.engine],
    ["version", status.version],
  ];
  return rows.map(([name, value]) => `${name.padEnd(10)}  ${value}`).join("\n");
}
