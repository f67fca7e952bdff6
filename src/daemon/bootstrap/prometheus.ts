/** The metrics of a bootstrap node in the Prometheus text exposition format 0.0.4. */
import { version } from "../../api/index.ts";
import type { HostMetrics } from "../../node/index.ts";

/** How the process itself is doing. */
export interface ProcessFigures {
  /** s. */
  readonly uptime: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** s that the event loop was held up at most, lately. */
  readonly lag: number;
}

type Kind = "counter" | "gauge";
type Line = readonly [name: string, kind: Kind, help: string, value: number];

/** The metrics page. It contains no peer, address or tag. */
export function figuresPage(host: HostMetrics, process: ProcessFigures): string {
  const lines: readonly Line[] = [
    ["connections", "gauge", "Open connections.", host.connections],
    ["peers", "gauge", "Connected peers.", host.hosts],
    [
      "connections_refused_total",
      "counter",
      "Connections refused by the limit of a subnet.",
      host.connectionsRefused,
    ],
    ["wan_dht_peers", "gauge", "Peers in the global DHT routing table.", host.wanDht],
    ["lan_dht_peers", "gauge", "Peers in the local DHT routing table.", host.lanDht],
    ["records", "gauge", "Stored records.", host.records],
    ["puts_taken_total", "counter", "Accepted records.", host.putsTaken],
    ["puts_refused_total", "counter", "Rejected records.", host.putsRefused],
    ["requests_total", "counter", "DHT requests other than puts.", host.requests],
    ["dialbacks_total", "counter", "Peers dialed back.", host.dialbacksDone],
    ["dialbacks_refused_total", "counter", "Dial-backs over the quota.", host.dialbacksRefused],
    ["signals_total", "counter", "Forwarded signalling envelopes.", host.signalsPassed],
    [
      "signals_refused_total",
      "counter",
      "Signalling envelopes over the quota.",
      host.signalsRefused,
    ],
    ["received_bytes_total", "counter", "Bytes received.", host.received],
    ["sent_bytes_total", "counter", "Bytes sent.", host.sent],
    ["memory_bytes", "gauge", "Resident memory.", process.residentBytes],
    ["heap_bytes", "gauge", "JavaScript heap.", process.heapBytes],
    ["event_loop_lag_seconds", "gauge", "Longest recent event loop delay.", process.lag],
    ["uptime_seconds", "gauge", "Time since the start.", process.uptime],
  ];
  const texts = lines.map(([name, kind, help, value]) => metric(name, kind, help, `${value}`));
  const info = metric("info", "gauge", "The version.", "1", `{version="${version}"}`);
  return [...texts, info].join("");
}

function metric(name: string, kind: Kind, help: string, value: string, label = ""): string {
  const full = `sotto_bootstrap_${name}`;
  return `# HELP ${full} ${help}\n# TYPE ${full} ${kind}\n${full}${label} ${value}\n`;
}
