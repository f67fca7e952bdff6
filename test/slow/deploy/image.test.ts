import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root as repository } from "../../../scripts/test/suites.ts";
import { installNode, run } from "../platform/node-binaries.ts";
import { makeBaseImage } from "./base-image.ts";
import { buildImage, filesBelow, parseDockerfile, type Stage } from "./dockerfile.ts";

/** The rights of a container by the command of docs/HOSTING.md, and the network of its own. */
const NAMESPACES = ["--mount", "--pid", "--net", "--fork", "--kill-child=KILL"];
const ISOLATE = `set -e
mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"
mount --bind "$2" "$1$3"; mount -t proc proc "$1/proc"; ip link set lo up
root="$1"; shift 3; exec chroot "$root" /usr/bin/env -i "$@"`;
const POWERLESS = [
  ...["/usr/bin/setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"],
  ...["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"],
];
const ANNOUNCE = "/ip4/203.0.113.7/tcp/4001";

function missingRights(): string | undefined {
  if (process.platform !== "linux") return "namespaces are Linux's";
  if (process.getuid?.() !== 0) return "chroot needs root";
  try {
    execFileSync("unshare", [...NAMESPACES, "ip", "link", "set", "lo", "up"], { stdio: "ignore" });
    execFileSync("setpriv", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "unshare, setpriv and ip are needed, and the right to use them";
  }
}

describe("the container image of a bootstrap node", function () {
  this.timeout(10 * 60_000);
  let directory: string | undefined;
  let image: Stage;
  let volume: string;
  let container: Container | undefined;

  before(async function () {
    const why = missingRights();
    if (why !== undefined) {
      console.log(`      SKIPPED, the container image is not tested here: ${why}`);
      return this.skip();
    }
    const began = performance.now();
    const place = mkdtempSync(join(tmpdir(), "sotto-image-"));
    directory = place;
    const steps = parseDockerfile(readFileSync(join(repository, "deploy/Dockerfile"), "utf8"));
    const [, version = ""] = /^node:([\d.]+)-/.exec(steps[0]?.rest ?? "") ?? [];
    const node = join(await installNode(version, join(place, "node")), "node");
    image = await buildImage(steps, repository, {
      from(name, stage) {
        assert.equal(name, `node:${version}-bookworm-slim`);
        const root = join(place, `stage${stage}`);
        makeBaseImage(root, node);
        return root;
      },
      async run({ root, workdir, env }, command) {
        const names = Object.entries({ ...buildEnvironment(), ...env });
        const values = names.map(([name, value]) => `${name}=${value}`);
        const shell = ["/usr/bin/env", "-i", "-C", workdir, ...values, "/bin/sh", "-c", command];
        const isolated = ["--pid", "--fork", "--kill-child=KILL", `--mount-proc=${root}/proc`];
        const { code, said } = await run("unshare", [...isolated, "chroot", root, ...shell]);
        assert.equal(code, 0, `RUN ${command}: ${said.slice(-3_000)}`);
      },
    });
    // A new volume begins with what the image has there.
    volume = join(place, "volume");
    execFileSync("cp", ["-a", join(image.root, image.volumes[0] ?? ""), volume]);
    console.log(`      built in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  });
  afterEach(async () => {
    await container?.end("SIGKILL");
    container = undefined;
  });
  after(() => directory && rmSync(directory, { recursive: true, force: true }));

  const start = async (args: readonly string[] = ["--announce", ANNOUNCE]): Promise<Container> => {
    container = new Container(image, volume, args);
    return container;
  };
  /** The address with the PeerId, which is made from the key. */
  const address = async (): Promise<string> => {
    const line = await (await start()).line();
    assert.ok(line.startsWith(`${ANNOUNCE}/p2p/`), line);
    return line;
  };

  it("has the program and the packages that it runs with, and no others", () => {
    const home = join(image.root, image.workdir);
    assert.ok(existsSync(join(home, "dist/bin/sotto.js")));
    const packages = filesBelow(join(home, "node_modules"));
    for (const name of ["libp2p", "level", "libsodium-sumo"]) assert.ok(packages.includes(name));
    const { devDependencies } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
    for (const name of Object.keys(devDependencies)) assert.ok(!packages.includes(name), name);
    assert.ok(!existsSync(join(home, "src")));
    assert.equal(image.user, "node");
    const { uid, mode } = statSync(volume);
    assert.deepEqual([uid, mode & 0o777], [1000, 0o700]);
  });

  it("runs as process 1 without rights, on a read-only system, and is healthy", async () => {
    await address();
    assert.ok(container);
    const status = readFileSync(`/proc/${container.pid}/status`, "utf8");
    assert.match(status, /^Uid:\t1000\t1000\t1000\t1000$/m);
    assert.match(status, /^NSpid:\t\d+\t1$/m);
    assert.match(status, /^CapEff:\t0+$/m);
    assert.match(status, /^CapBnd:\t0+$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.equal(container.run("node", "-e", WRITE), "EROFS");
    container.run(...image.healthcheck);
    assert.deepEqual(filesBelow(volume), [
      "bootstrap",
      "bootstrap/bootstrap.key",
      "bootstrap/node.lock",
    ]);
  });

  it("stops in order by docker stop, and has its address again after a start or a kill", async () => {
    const first = await address();
    assert.equal(await container?.end("SIGTERM"), 0);
    assert.deepEqual(filesBelow(volume), ["bootstrap", "bootstrap/bootstrap.key"]);
    assert.equal(await address(), first);
    // The lock that stays names process 1, which the next container has too.
    await container?.end("SIGKILL");
    assert.match(readFileSync(join(volume, "bootstrap/node.lock"), "utf8"), /^1 /);
    assert.equal(await address(), first);
  });

  it("says what is wrong where the volume belongs to another user", async () => {
    const foreign = join(directory ?? "", "foreign");
    cpSync(volume, foreign, { recursive: true });
    execFileSync("chown", ["-R", "1001:1001", foreign]);
    container = new Container(image, foreign, []);
    assert.equal(await container.ended, 1);
    assert.match(container.said, /permission|not belong|another user|cannot be (?:read|written)/i);
  });
});

/** Prints why a file cannot be written next to the program. */
const WRITE =
  "try { require('fs').writeFileSync('x', '') } catch ({ code }) { process.stdout.write(code) }";

/** What npm needs of this machine to reach the registry from the root directory of a stage. */
function buildEnvironment(): Record<string, string> {
  const { NODE_EXTRA_CA_CERTS, npm_config_registry, HTTPS_PROXY } = process.env;
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: "/root",
    ...(NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS, npm_config_cafile: NODE_EXTRA_CA_CERTS }),
    ...(npm_config_registry && { npm_config_registry }),
    ...(HTTPS_PROXY && { HTTPS_PROXY }),
  };
}

/** A container with a volume. It ends with the process that started it. */
class Container {
  readonly ended: Promise<number | null>;
  said = "";
  readonly #image: Stage;
  readonly #outside: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(image: Stage, volume: string, args: readonly string[]) {
    this.#image = image;
    const within = ["-C", image.workdir, ...environmentOf(image), ...POWERLESS];
    this.#outside = spawn(
      "setpriv",
      [
        ...["--pdeathsig=KILL", "unshare"],
        ...[...NAMESPACES, "sh", "-c", ISOLATE, "sh", image.root, volume, image.volumes[0] ?? ""],
        ...[...within, ...image.entrypoint, ...args],
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const { stdout, stderr } = this.#outside;
    assert.ok(stdout && stderr);
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.said += text;
    });
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    this.ended = once(this.#outside, "close").then(([code]) => code);
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    assert.ok(!done, `the container ended: ${this.said}`);
    return value;
  }

  /** The process that is number 1 inside. */
  get pid(): number {
    const path = `/proc/${this.#outside.pid}/task/${this.#outside.pid}/children`;
    return Number(readFileSync(path, "utf8"));
  }

  /** `docker exec`: what a command prints, which must succeed. */
  run(...command: readonly string[]): string {
    const into = ["-t", `${this.pid}`, "--mount", "--pid", "--net", "--root", "-S", "1000", "-G"];
    const within = ["1000", "/usr/bin/env", "-i", "-C", this.#image.workdir];
    const args = [...into, ...within, ...environmentOf(this.#image), ...command];
    return execFileSync("nsenter", args, { encoding: "utf8" });
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#outside.exitCode === null && this.#outside.signalCode === null)
      process.kill(this.pid || (this.#outside.pid ?? 0), signal);
    return this.ended;
  }
}

const environmentOf = ({ env }: Stage): string[] =>
  Object.entries({ PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/home/node", ...env }).map(
    ([name, value]) => `${name}=${value}`,
  );
