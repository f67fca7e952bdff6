/**
 * The root directory of an image with Node: this machine's own libraries, a shell, the programs
 * that the build runs, and npm. No more than that, so that nothing else is needed by accident.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** Programs of Debian's base system, and `setpriv`, by which a runner drops its rights. */
const PROGRAMS = ["sh", "install", "env", "tar", "gzip", "setpriv"];

const USERS = "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n";
const GROUPS = "root:x:0:\nnode:x:1000:\n";

/** Certificates that this machine needs to reach the registry, beyond those of Node. */
const CERTIFICATES = process.env.NODE_EXTRA_CA_CERTS;

/** Makes a root directory. @param node the binary of Node that the image has. */
export function makeBaseImage(root: string, node: string): void {
  for (const folder of ["bin", "usr/bin", "usr/local/bin", "usr/local/lib/node_modules"])
    mkdirSync(join(root, folder), { recursive: true });
  for (const folder of ["etc", "dev", "proc", "root", "home/node", "opt", "var/lib"])
    mkdirSync(join(root, folder), { recursive: true });
  mkdirSync(join(root, "tmp"));
  chmodSync(join(root, "tmp"), 0o1777);
  for (const program of PROGRAMS) addProgram(root, which(program), `/usr/bin/${program}`);
  symlinkSync("/usr/bin/sh", join(root, "bin/sh"));
  addProgram(root, node, "/usr/local/bin/node");
  const npm = dirname(dirname(realpathSync(which("npm"))));
  cpSync(npm, join(root, "usr/local/lib/node_modules/npm"), { recursive: true });
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", join(root, "usr/local/bin/npm"));
  writeFileSync(join(root, "etc/passwd"), USERS);
  writeFileSync(join(root, "etc/group"), GROUPS);
  for (const file of ["/etc/resolv.conf", "/etc/hosts", CERTIFICATES])
    if (file !== undefined && existsSync(file)) {
      mkdirSync(join(root, dirname(file)), { recursive: true });
      copyFileSync(file, join(root, file));
    }
  for (const [name, minor] of [
    ["null", 3],
    ["zero", 5],
    ["random", 8],
    ["urandom", 9],
  ] as const)
    execFileSync("mknod", ["-m", "666", join(root, "dev", name), "c", "1", `${minor}`]);
}

function which(program: string): string {
  return execFileSync("sh", ["-c", `command -v "$0"`, program], { encoding: "utf8" }).trim();
}

/** Copies a program and the libraries that it loads. */
function addProgram(root: string, from: string, to: string): void {
  copyFileSync(realpathSync(from), join(root, to));
  const listed = execFileSync("ldd", [realpathSync(from)], { encoding: "utf8" });
  for (const [library] of listed.matchAll(/\/\S+\.so\S*/g)) {
    if (existsSync(join(root, library))) continue;
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(realpathSync(library), join(root, library));
  }
}
