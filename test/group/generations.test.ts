/**
 * Who can read what: members that act, send and meet in any order, some on old parents, with the
 * real rules for audiences and the choice of generations. Keys are names here; what is checked is
 * who comes to hold them.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { holdersOf, isClean, recipientsOf, stateAt } from "../../src/group/audience.ts";
import { emptyLog, missingParents, type OpLog, place } from "../../src/group/causality.ts";
import { chooseGeneration, type HeldGeneration } from "../../src/group/generation-choice.ts";
import { type GenerationId, type MemberId, type OpId, opId } from "../../src/group/ids.ts";
import { groupLimits } from "../../src/group/limits.ts";
import type { Action, Op } from "../../src/group/op.ts";
import { type GroupState, replay } from "../../src/group/replay.ts";
import { newestHeads } from "../../src/group/signed-op.ts";
import { entry, makeOp, pick } from "./histories.ts";

/** Ids of members as they are in announcements: 16 bytes. */
const people = [..."abcdef"].map((letter) => letter.repeat(32) as MemberId);
const [founder] = people as [MemberId, ...MemberId[]];
const empty = new Uint8Array();

interface Message {
  readonly id: string;
  readonly generation: GenerationId;
  readonly frontier: readonly OpId[];
  readonly audience: ReadonlySet<MemberId>;
}

/** What one person has. */
class Person {
  readonly log: OpLog = emptyLog();
  readonly generations = new Map<GenerationId, HeldGeneration>();
  /** Generations whose secret was opened: all their chains. */
  readonly chains = new Set<GenerationId>();
  readonly rendezvous = new Set<GenerationId>();
  readonly messages = new Map<string, Message>();
  /** Messages that can be read. */
  readonly keys = new Set<string>();
  readonly name: MemberId;

  constructor(name: MemberId) {
    this.name = name;
  }

  get state(): GroupState {
    return replay(this.log);
  }

  hold(generation: HeldGeneration): void {
    this.generations.set(generation.id, generation);
    if (!recipientsOf(this.log, generation)?.has(this.name)) return;
    this.chains.add(generation.id);
    this.rendezvous.add(generation.id);
  }
}

class World {
  readonly people: ReadonlyMap<MemberId, Person>;
  readonly messages: Message[] = [];
  readonly generations = new Map<GenerationId, HeldGeneration>();
  #count = 0;

  constructor(admins: number) {
    this.people = new Map(people.map((name) => [name, new Person(name)]));
    const first = this.of(founder);
    this.#op(first, { kind: "create", founder: entry(founder), name: "g", settings: [] }, []);
    for (const name of people.slice(1, 5))
      this.#op(first, { kind: "add", entries: [entry(name, 0, this.#count)], role: "member" });
    for (const target of people.slice(1, 1 + admins))
      this.#op(first, { kind: "role", target, role: "admin", cuts: [] });
    for (const person of this.people.values()) this.meet(first, person);
  }

  of(name: MemberId): Person {
    return this.people.get(name) as Person;
  }

  #op(person: Person, action: Action, parents: readonly OpId[] = newestHeads(person.log)): Op {
    const op = makeOp(person.log, parents, person.name, action, this.#count++);
    place(person.log, op);
    return op;
  }

  make(person: Person, removal?: Op): HeldGeneration {
    const id = `${this.#count++}`.padStart(64, "0") as GenerationId;
    const frontier = removal === undefined ? newestHeads(person.log).map(opId.bytes) : [];
    const generation: HeldGeneration = {
      group: "00".repeat(16) as HeldGeneration["group"],
      announcement: {
        frontier,
        maker: empty,
        e: empty,
        commit: empty,
        pages: [],
        signature: empty,
      },
      ...(removal && { removal: { id: removal.id, parents: removal.parents } }),
      ...{ id, since: 0, messages: 0 },
    };
    this.generations.set(id, generation);
    person.hold(generation);
    return generation;
  }

  send(person: Person): void {
    const { log, state, name } = person;
    if (!state.members.has(name)) return;
    const held = [...person.generations.values()].filter(({ id }) => person.chains.has(id));
    const by = { log, state, ours: name, newcomers: new Set<MemberId>(), now: 0 };
    const choice = chooseGeneration(held, by);
    const { id: generation } = choice.kind === "use" ? choice.generation : this.make(person);
    const audience = new Set(state.members.keys());
    const message = { id: `m${this.#count++}`, generation, frontier: newestHeads(log), audience };
    this.messages.push(message);
    person.messages.set(message.id, message);
    person.keys.add(message.id);
  }

  /** Adds, removes or promotes; an honest adder and remover hands out keys as the rules say. */
  act(person: Person, kind: number, target: MemberId, old: OpId | undefined): void {
    const add: Action = {
      kind: "add",
      entries: [entry(target, 0, this.#count)],
      role: "member",
    };
    const remove: Action = { kind: "remove", targets: [target], cuts: [] };
    const promote: Action = { kind: "role", target, role: "admin", cuts: [] };
    const action = pick<Action>([add, remove, promote, add, remove, { kind: "leave" }], kind);
    const op = this.#op(person, action, old === undefined ? undefined : [old]);
    if (old !== undefined || !person.state.effective.has(op.id)) return;
    if (action.kind === "remove") this.make(person, op);
    const newest = [...person.rendezvous].sort().at(-1);
    if (action.kind === "add" && newest !== undefined) this.of(target).rendezvous.add(newest);
  }

  /** One gives another what it may have: the log, generations, and keys of its messages. */
  meet(from: Person, to: Person): void {
    for (const op of from.log.ops.values())
      if (missingParents(to.log, op).length === 0) place(to.log, op);
    for (const generation of from.generations.values()) to.hold(generation);
    const asked = from.state.members.has(to.name);
    for (const message of from.messages.values()) {
      const heads = message.frontier.map((id) => from.log.ops.get(id) as never);
      if (!asked || !stateAt(from.log, heads).members.has(to.name)) continue;
      to.messages.set(message.id, message);
      if (from.keys.has(message.id)) to.keys.add(message.id);
    }
    for (const { id, generation } of to.messages.values())
      if (to.chains.has(generation)) to.keys.add(id);
  }
}

const steps = fc.array(
  fc.record({
    what: fc.integer({ min: 0, max: 9 }),
    actor: fc.nat(100),
    other: fc.nat(100),
    kind: fc.nat(100),
    old: fc.integer({ min: 0, max: 5 }),
  }),
  { minLength: 5, maxLength: 30 },
);

const worlds = fc
  .record({ admins: fc.integer({ min: 1, max: 3 }), steps })
  .map(({ admins, steps }) => {
    const world = new World(admins);
    for (const { what, actor, other, kind, old } of steps) {
      const [person, second] = [pick(people, actor), pick(people, other)].map((n) =>
        world.of(n),
      ) as [Person, Person];
      const parents = [...person.log.ops.keys()];
      if (what < 4) world.send(person);
      else if (what < 6)
        world.act(person, kind, second.name, old === 0 ? pick(parents, kind) : undefined);
      else if (person.state.members.has(second.name)) world.meet(person, second);
    }
    return world;
  });

const everyone = (law: (world: World) => void) =>
  fc.assert(fc.property(worlds, law), { numRuns: 60 });

describe("group/audience, for every history", () => {
  it("lets nobody outside the audience of a message come to its key", () =>
    everyone((world) => {
      for (const { id, generation, audience } of world.messages)
        for (const { name, keys, chains } of world.people.values())
          if (!audience.has(name)) {
            assert.ok(!keys.has(id), `${name} has the key of ${id}`);
            assert.ok(!chains.has(generation), `${name} can derive the key of ${id}`);
          }
    }));

  it("lets all that are members in the end read what they were to read", () =>
    everyone((world) => {
      const all = [...world.people.values()];
      for (let round = 0; round < 3; round++)
        for (const from of all) for (const to of all) if (from !== to) world.meet(from, to);
      const { members } = world.of(founder).state;
      for (const message of world.messages)
        if (all.some((one) => members.has(one.name) && one.keys.has(message.id)))
          for (const { name, keys } of all)
            if (members.has(name) && message.audience.has(name))
              assert.ok(keys.has(message.id), `${name} cannot read ${message.id}`);
    }));

  it("counts all that were given a rendezvous secret among its holders", () =>
    everyone((world) => {
      const all = [...world.people.values()];
      const whole = world.of(founder);
      for (const from of all) world.meet(from, whole);
      for (const generation of world.generations.values()) {
        const holders = holdersOf(whole.log, generation);
        if (holders === undefined) continue;
        for (const { name, rendezvous } of all)
          if (rendezvous.has(generation.id)) assert.ok(holders.has(name), `${name} has it unseen`);
        const members = whole.state.members;
        const known = [...holders].every((name) => members.has(name));
        assert.equal(isClean(whole.log, whole.state, generation), known);
      }
    }));
});

describe("group/generation-choice", () => {
  /** A founder with an admin, who adds someone while the founder removes the admin. */
  const split = () => {
    const world = new World(1);
    const [first, admin] = [founder, people[1] as MemberId].map((n) => world.of(n)) as [
      Person,
      Person,
    ];
    return { world, first, admin, newcomer: people[5] as MemberId };
  };
  const choose = (person: Person, held: readonly HeldGeneration[], now = 0) =>
    chooseGeneration(held, {
      ...{ log: person.log, state: person.state, ours: person.name, now },
      newcomers: new Set<MemberId>(),
    });

  it("keeps as recipients those that have the key, whatever is invalidated later", () => {
    const { world, first, admin, newcomer } = split();
    world.act(admin, 0, newcomer, undefined);
    const given = world.make(admin);
    assert.equal(recipientsOf(admin.log, given)?.has(newcomer), true);
    world.act(first, 1, admin.name, undefined);
    world.meet(first, admin);
    assert.ok(!admin.state.members.has(newcomer), "a removal invalidates the add");
    assert.equal(recipientsOf(admin.log, given)?.has(newcomer), true);
    world.meet(admin, first);
    assert.deepEqual(choose(first, [given]), { kind: "make" });
  });

  it("makes a generation after an add, a removal and a leaving", () => {
    for (const [kind, actor] of [
      [0, 0],
      [1, 0],
      [5, 2],
    ] as const) {
      const { world, first, newcomer } = split();
      const before = world.make(first);
      assert.equal(choose(first, [before]).kind, "use");
      const author = world.of(people[actor] as MemberId);
      world.act(author, kind, kind === 1 ? (people[3] as MemberId) : newcomer, undefined);
      if (author !== first) world.meet(author, first);
      assert.equal(choose(first, [before]).kind, "make");
    }
  });

  it("takes the deepest one, and a worn one only until the time that a sender drew", () => {
    const { world, first } = split();
    const one = world.make(first);
    const other = world.make(first);
    const age = groupLimits.generationAge;
    const chosen = (held: readonly HeldGeneration[], now = 0) => {
      const choice = choose(first, held, now);
      return choice.kind === "use" ? [choice.generation.id, choice.worn] : choice.kind;
    };
    assert.deepEqual(chosen([one, other]), [other.id, false]);
    assert.deepEqual(chosen([one, { ...other, since: 5 }], age), [other.id, false]);
    assert.deepEqual(chosen([one], age), [one.id, true]);
    assert.deepEqual(chosen([{ ...one, messages: groupLimits.generationMessages }]), [
      one.id,
      true,
    ]);
    assert.deepEqual(chosen([{ ...one, until: age + 7 }], age + 6), [one.id, true]);
    assert.deepEqual(chosen([{ ...one, until: age + 7 }], age + 7), "make");
  });
});
