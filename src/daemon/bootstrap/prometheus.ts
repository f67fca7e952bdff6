/**
 * The figures of a bootstrap host as a page that Prometheus reads (text exposition format 0.0.4).
 */
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

/** Nothing in it names a peer, an address or a tag. */
export function figuresPage(host: HostMetrics, process: ProcessFigures): string {
  const lines: readonly Line[] = [
    ["connections", "gauge", "Connections open now.", host.connections],
    ["hosts", "gauge", "Hosts connected now.", host.hosts],
    ["connections_refused_total", "counter", "Refused to one neighbour.", host.connectionsRefused],
    ["wan_dht_hosts", "gauge", "Hosts in the wide routing table.", host.wanDht],
    ["lan_dht_hosts", "gauge", "Hosts in the local routing table.", host.lanDht],
    ["records", "gauge", "Records held.", host.records],
    ["puts_taken_total", "counter", "Records taken.", host.putsTaken],
    ["puts_refused_total", "counter", "Records refused.", host.putsRefused],
    ["requests_total", "counter", "Other questions to the DHTs.", host.requests],
    ["dialbacks_total", "counter", "Hosts dialled back.", host.dialbacksDone],
    ["dialbacks_refused_total", "counter", "Dial-backs over the quota.", host.dialbacksRefused],
    ["signals_total", "counter", "Envelopes passed on.", host.signalsPassed],
    ["signals_refused_total", "counter", "Envelopes over the quota.", host.signalsRefused],
    ["received_bytes_total", "counter", "Bytes received.", host.received],
    ["sent_bytes_total", "counter", "Bytes sent.", host.sent],
    ["memory_bytes", "gauge", "Resident memory.", process.residentBytes],
    ["heap_bytes", "gauge", "Memory of JavaScript objects.", process.heapBytes],
    ["event_loop_lag_seconds", "gauge", "Longest hold-up lately.", process.lag],
    ["uptime_seconds", "gauge", "Since the start.", process.uptime],
  ];
  const texts = lines.map(([name, kind, help, value]) => metric(name, kind, help, `${value}`));
  const info = metric("info", "gauge", "The version.", "1", `{version="${version}"}`);
  return [...texts, info].join("");
}

function metric(name: string, kind: Kind, help: string, value: string, label = ""): string {
  const full = `sotto_host_${name}`;
  return `# HELP ${full} ${help}\n# TYPE ${full} ${kind}\n${full}${label} ${value}\n`;
}
