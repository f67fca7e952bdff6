/** A few users and the bootstrap host through which they find each other. */
import { build, type Program } from "../cli/built.ts";
import { Daemon } from "./daemon.ts";
import { LOOPBACK, type Place, User } from "./user.ts";

export class Testbed {
  readonly program: Program;
  readonly users: User[] = [];
  bootstrap: readonly string[] = [];
  #host: Daemon | undefined;

  private constructor(program: Program) {
    this.program = program;
  }

  /** Compiles the program and starts a bootstrap host. */
  static async open(): Promise<Testbed> {
    const testbed = new Testbed(build());
    await testbed.host();
    return testbed;
  }

  /** Starts the bootstrap node (again), on loopback or at a given address. */
  async host(place: Place = {}): Promise<void> {
    await this.#host?.kill();
    const { listen = LOOPBACK, through } = place;
    this.#host = new Daemon(this.program, this.program.home("host"), {
      ...(through === undefined ? {} : { through }),
      args: ["bootstrap", "--json", "--listen", listen],
    });
    this.bootstrap = (await this.#host.up()).addresses as string[];
  }

  /** Somebody new, whose daemon is not started yet. */
  user(name: string, place: Place = {}): User {
    const user = new User(this.program, name, { bootstrap: this.bootstrap, ...place });
    this.users.push(user);
    return user;
  }

  /** The bootstrap host's process. */
  get hostPid(): number {
    return this.#host?.pid ?? 0;
  }

  get kills(): number {
    return this.users.reduce((sum, { kills }) => sum + kills, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.users.map((user) => user.kill()));
    await this.#host?.kill();
    await this.program.clear();
  }
}
