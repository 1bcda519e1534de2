/** What befalls a ground while clicks flow: by the seed, one thing after the other, each written down. */
import type { Arena } from './arena.ts';
import { groupFaults } from './group-faults.ts';
import { journalFaults } from './journal-faults.ts';
import type { Load } from './load.ts';
import { loadFaults } from './load-faults.ts';
import { processFaults } from './process-faults.ts';
import type { Floors, Profile } from './profile.ts';
import { type Operated, redriveFaults } from './redrives.ts';
import { type ReleaseOptions, releaseFaults } from './releases.ts';

/** How often each befalls, beside the others. */
const weights = {
  killFunction: 2.5,
  killPoller: 0.6,
  killProducer: 0.05,
  killBroker: 0.05,
  killDynamoDb: 0.05,
  freezePoller: 0.4,
  freezeFunction: 1.5,
  swizzle: 0.4,
  freezeGroup: 0.15,
  addPoller: 1.2,
  removePoller: 1,
  changeBatches: 0.4,
  replay: 0.15,
  secondMapping: 0.5,
  throttle: 0.5,
  poison: 2,
  addPartition: 0.05,
  rollUpTwice: 0.8,
  applyInPart: 2,
  redrive: 0.4,
  letWeeksPass: 0.2,
  deploy: 0.8,
  misleadClocks: 0.3,
} as const;

type Name = keyof typeof weights;

/** What brings a floor nearer; the others are of faults at requests, which see to it that none stays rare. */
const serving: Partial<Record<keyof Floors, Name>> = {
  kills: 'killFunction',
  rebalances: 'addPoller',
  partitionsMoved: 'killPoller',
  lateWrites: 'applyInPart',
  putsLost: 'applyInPart',
  redelivered: 'replay',
  oddClasses: 'poison',
  appliedInPart: 'applyInPart',
  redrives: 'redrive',
  secondMappings: 'secondMapping',
  replays: 'replay',
  codes: 'deploy',
  isolated: 'freezeGroup',
};

/** Of so many actions, one is the next of all in turn; more of them until each has been once. */
const IN_TURN_EVERY = 5;
const FIRST_IN_TURN_EVERY = 2;
const OVERDUE_EVERY = 2;
const ACTIONS_AT_A_TIME = 4;
const PROGRESS_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 50;
const SELDOM = 0.1;

export interface ChaosParts {
  readonly load: Load;
  readonly operated: Operated;
  /** Undefined where there is only one. */
  readonly releases: ReleaseOptions | undefined;
  /** Floors that should have been reached by now. */
  readonly overdue: () => readonly (keyof Floors)[];
}

export class Chaos {
  readonly #arena: Arena;
  readonly #actions: Readonly<Record<Name, () => Promise<void>>>;
  readonly #overdue: ChaosParts['overdue'];

  constructor(arena: Arena, profile: Profile, parts: ChaosParts) {
    const { faults, random, events } = arena;
    const { load, operated, releases, overdue } = parts;
    this.#arena = arena;
    this.#overdue = overdue;
    const none = async () => {};
    this.#actions = {
      ...processFaults(arena, profile.groupFrozenMs),
      ...groupFaults(arena),
      ...journalFaults(arena),
      ...loadFaults(arena, load),
      ...redriveFaults(arena, operated),
      ...(releases === undefined ? { deploy: none, misleadClocks: none } : releaseFaults(arena, releases)),
      async throttle() {
        faults.throttle(random.between(500, 4_000));
        events.add('throttled for a while');
      },
    };
  }

  /** Resolves when the faults have ended and every process that was stopped goes on. */
  async run(): Promise<void> {
    const { random, until } = this.#arena;
    const names = Object.keys(weights) as Name[];
    let turn = random.shuffled(names);
    let every = FIRST_IN_TURN_EVERY;
    for (let n = 0; !until.aborted; n++) {
      // A server that is away holds up all the rest.
      if (turn.length === 0) {
        turn = random.shuffled(names.filter((name) => weights[name] > SELDOM));
        every = IN_TURN_EVERY;
      }
      const next = n % every === 0 ? turn.pop() : undefined;
      const name = next ?? (n % OVERDUE_EVERY === 1 ? this.#due() : undefined) ?? random.weighted(weights);
      this.#arena.aside(name, this.#actions[name]());
      await this.#arena.wait(random.between(60, 320));
      if (n % ACTIONS_AT_A_TIME === 0) await this.#progress();
    }
    await this.#arena.settled();
  }

  #due(): Name | undefined {
    return this.#arena.random.pick(this.#overdue().flatMap((floor) => serving[floor] ?? []));
  }

  /** On a slow machine too something has to be written between the faults, for them to befall. */
  async #progress(): Promise<void> {
    const { events, until } = this.#arena;
    const before = events.count('committed');
    const latest = performance.now() + PROGRESS_WITHIN_MS;
    while (events.count('committed') === before && performance.now() < latest && !until.aborted)
      await this.#arena.wait(LOOK_EVERY_MS);
  }

  /** Every mapping as it is planned, with two members. */
  async heal(): Promise<void> {
    const { mappings, ground } = this.#arena;
    await Promise.all(mappings.map((mapping) => ground.pollersOf(mapping).stop()));
    for (const mapping of mappings) {
      const pollers = ground.addMapping(mapping);
      while (pollers.count < 2) pollers.add();
    }
  }
}
