import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { limits } from "../../src/base/index.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const page = read("docs/HOSTING.md");

const units: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KiB: 1024,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
};

/** The limits that a page names in its table, as the numbers that they stand for. */
function limitsOf(text: string): Record<string, number> {
  const rows = text.matchAll(/^\| `(\w+)` \| ([\d,]+) ?(\w*) \|/gm);
  return Object.fromEntries(
    [...rows].map(([, name, digits, unit]) => [
      name,
      Number(digits?.replaceAll(",", "")) * (units[unit ?? ""] ?? Number.NaN),
    ]),
  );
}

const real = (names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, (limits as Record<string, unknown>)[name]]));

describe("docs/HOSTING.md", () => {
  it("states the limits of a bootstrap node as they are", () => {
    const told = limitsOf(page);
    assert.ok(Object.keys(told).length > 20);
    assert.deepEqual(told, real(Object.keys(told)));
  });

  it("leaves out no limit that binds a host", () => {
    const binding = Object.keys(limits).filter((name) =>
      /^(?:bootstrap(?:Conn|Dial|Lag$)|records[A-Z]|puts[A-Z]|pendingConn|dialbacks?Per|signals?|metrics)/.test(
        name,
      ),
    );
    assert.ok(binding.includes("bootstrapConnections") && binding.includes("recordsHeld"));
    const told = limitsOf(page);
    assert.deepEqual(
      binding.filter((name) => !(name in told)),
      [
        // How many ask at one time, and whom we ask ourselves.
        "signalStreams",
        "signalHosts",
      ],
    );
  });

  it("is read so that a wrong number shows", () => {
    const changed = page.replace("| 1,250 |", "| 1,251 |");
    const told = limitsOf(changed);
    assert.notDeepEqual(told, real(Object.keys(told)));
  });

  it("names every figure that a host shows, and no other", () => {
    const source = read("src/daemon/bootstrap/prometheus.ts");
    const shown = [...source.matchAll(/\[\s*"(\w+)",\s*"(?:gauge|counter)"/g)].map(
      ([, name]) => name,
    );
    const [, table = ""] = page.split("| figure | |");
    const told = [...(table.split("\n\n")[0] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name);
    assert.ok(shown.length > 10);
    assert.deepEqual([...told].sort(), [...shown, "info"].sort());
  });
});

describe("the unit for systemd", () => {
  const unit = read("deploy/sotto-bootstrap.service");
  it("runs the bootstrap node without any other privilege", () => {
    for (const line of [
      "DynamicUser=yes",
      "NoNewPrivileges=yes",
      "ProtectSystem=strict",
      "ProtectHome=yes",
      "CapabilityBoundingSet=",
      "MemoryMax=1536M",
    ])
      assert.ok(unit.split("\n").includes(line), line);
    assert.match(unit, /^ExecStart=\S+node .* bootstrap --metrics 127\.0\.0\.1:9464/m);
  });

  it("allows as many files as a host has connections, and more", () => {
    const files = Number(/^LimitNOFILE=(\d+)$/m.exec(unit)?.[1]);
    assert.ok(files > 2 * (limits.bootstrapConnections + limits.pendingConnections));
  });
});
