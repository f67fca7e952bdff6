/** A few people and the bootstrap host through which they find each other. */
import { build, type Program } from "../cli/built.ts";
import { Daemon } from "./daemon.ts";
import { LOOPBACK, Person, type Place } from "./person.ts";

export class Room {
  readonly program: Program;
  readonly people: Person[] = [];
  bootstrap: readonly string[] = [];
  #host: Daemon | undefined;

  private constructor(program: Program) {
    this.program = program;
  }

  /** Compiles the program and starts a bootstrap host. */
  static async open(): Promise<Room> {
    const room = new Room(build());
    await room.host();
    return room;
  }

  /** Starts the bootstrap host (anew), on loopback or where it is told to. */
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
  person(name: string, place: Place = {}): Person {
    const person = new Person(this.program, name, { bootstrap: this.bootstrap, ...place });
    this.people.push(person);
    return person;
  }

  /** The bootstrap host's process. */
  get hostPid(): number {
    return this.#host?.pid ?? 0;
  }

  get kills(): number {
    return this.people.reduce((sum, { kills }) => sum + kills, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.people.map((person) => person.kill()));
    await this.#host?.kill();
    await this.program.clear();
  }
}
