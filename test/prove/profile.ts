/** How long a proof runs, how much flows, how often each fault happens, and what must have happened for the proof to count. */
import { type Command, Option } from '@commander-js/extra-typings';
import { oddRecords } from '../../infra/local/faults/poison-corpus.ts';
import { parseWholeNumber } from '../../infra/terminal/values.ts';

const SEED_MAX = 2 ** 32 - 1;

/** What must at least have happened; a run below any of them proves nothing, and says so. */
export interface Floors {
  /** Processes killed with SIGKILL, by us. */
  readonly kills: number;
  /** At each of the three points of a commit. */
  readonly killsAtEachPoint: number;
  /** Pollers killed between a function's commit and their own. */
  readonly pollersKilled: number;
  readonly rebalances: number;
  /** Partitions of a group that another member of it has taken over. */
  readonly partitionsMoved: number;
  /** Functions frozen within a commit, their partition given to others meanwhile. */
  readonly zombies: number;
  /** Of those, the ones whose write came after another's. */
  readonly lateWrites: number;
  readonly repliesLost: number;
  /** Puts that found another entry in their place. */
  readonly putsLost: number;
  readonly redelivered: number;
  /** Classes of odd records that the broker has taken. */
  readonly oddClasses: number;
  /** Hand-overs of records beside their group. */
  readonly appliedInPart: number;
  /** By an operator, beside live traffic. */
  readonly redrives: number;
  readonly secondMappings: number;
  readonly replays: number;
  /** Versions of the code that have written entries. */
  readonly codes: number;
  /** Commits of other groups while all functions of one were frozen. */
  readonly isolated: number;
}

export const floorWords: Readonly<Record<keyof Floors, string>> = {
  kills: 'kills',
  killsAtEachPoint: 'kills at each point of a commit',
  pollersKilled: 'pollers killed after a commit',
  rebalances: 'rebalances',
  partitionsMoved: 'partitions moved',
  zombies: 'zombies',
  lateWrites: 'late writes of zombies',
  repliesLost: 'lost replies',
  putsLost: 'lost puts',
  redelivered: 'records delivered again',
  oddClasses: 'kinds of odd records',
  appliedInPart: 'batches applied in part',
  redrives: 'redrives',
  secondMappings: 'second mappings',
  replays: 'replays',
  codes: 'versions of the code',
  isolated: 'commits beside a frozen group',
};

/** How often each action happens, beside the others (actions.ts). */
export const actionWeights = {
  killFunction: 2.5,
  killPoller: 0.6,
  killProducer: 0.05,
  killBroker: 0.05,
  killDynamoDb: 0.05,
  freezePoller: 0.4,
  freezeFunction: 1.5,
  freezeOneByOne: 0.4,
  freezeGroup: 0.15,
  addPoller: 1.2,
  removePoller: 1,
  changeBatches: 0.4,
  replay: 0.15,
  addSecondMapping: 0.5,
  throttle: 0.5,
  sendOddRecords: 2,
  addPartition: 0.05,
  rollUpTwice: 0.8,
  applyInPart: 2,
  redrive: 0.4,
  letWeeksPass: 0.2,
  deploy: 0.8,
  setClocksWrong: 0.3,
} as const;

export type ActionName = keyof typeof actionWeights;

/** The action that brings a floor nearer; the other floors are of faults at requests, none of which stays rare. */
export const actionFor: Readonly<Partial<Record<keyof Floors, ActionName>>> = {
  kills: 'killFunction',
  rebalances: 'addPoller',
  partitionsMoved: 'addPoller',
  lateWrites: 'applyInPart',
  putsLost: 'applyInPart',
  redelivered: 'replay',
  oddClasses: 'sendOddRecords',
  appliedInPart: 'applyInPart',
  redrives: 'redrive',
  secondMappings: 'addSecondMapping',
  replays: 'replay',
  codes: 'deploy',
  isolated: 'freezeGroup',
};

export interface Profile {
  readonly name: string;
  readonly clicks: number;
  /** How long faults happen at least, in milliseconds; they continue until the floors are reached, as long as a count below its floor rises. */
  readonly faultsForMs: number;
  /** How long nothing may progress, in milliseconds: no floor comes nearer while faults happen, nothing is caught up after them. */
  readonly standstillMs: number;
  /** How long all functions of one group are frozen at a time. */
  readonly groupFrozenMs: number;
  /** Whether another release of the functions is deployed at times. */
  readonly releases: boolean;
  /** Whether the topic is recreated after all. */
  readonly recreates: boolean;
  readonly floors: Floors;
}

const once = {
  redrives: 1,
  secondMappings: 1,
  replays: 1,
  codes: 2,
  isolated: 1,
  oddClasses: oddRecords.length,
};
const none = Object.fromEntries(Object.keys(once).map((what) => [what, 0])) as typeof once;

export const profiles: Readonly<Record<'smoke' | 'full' | 'mutant', Profile>> = {
  smoke: {
    name: 'smoke',
    clicks: 100_000,
    faultsForMs: 40_000,
    standstillMs: 120_000,
    groupFrozenMs: 5_000,
    releases: true,
    recreates: false,
    floors: {
      ...once,
      kills: 50,
      killsAtEachPoint: 1,
      pollersKilled: 1,
      rebalances: 10,
      partitionsMoved: 6,
      zombies: 5,
      lateWrites: 1,
      repliesLost: 1,
      putsLost: 3,
      redelivered: 1_000,
      appliedInPart: 5,
    },
  },
  mutant: {
    name: 'mutant',
    clicks: 60_000,
    faultsForMs: 60_000,
    standstillMs: 60_000,
    groupFrozenMs: 2_000,
    releases: false,
    recreates: true,
    floors: {
      ...none,
      kills: 5,
      killsAtEachPoint: 0,
      pollersKilled: 0,
      rebalances: 2,
      partitionsMoved: 0,
      zombies: 1,
      lateWrites: 0,
      repliesLost: 0,
      putsLost: 0,
      redelivered: 1,
      appliedInPart: 1,
    },
  },
  full: {
    name: 'full',
    clicks: 5_000_000,
    faultsForMs: 22 * 60_000,
    standstillMs: 300_000,
    groupFrozenMs: 60_000,
    releases: true,
    recreates: true,
    floors: {
      ...once,
      kills: 1_000,
      killsAtEachPoint: 50,
      pollersKilled: 50,
      rebalances: 200,
      partitionsMoved: 6,
      zombies: 50,
      lateWrites: 20,
      repliesLost: 50,
      putsLost: 50,
      redelivered: 100_000,
      appliedInPart: 100,
      replays: 5,
      redrives: 20,
    },
  },
};

export interface ProveRequest {
  readonly profile: Profile;
  readonly seed: number;
  readonly json: boolean;
  /** Broken variants instead of the real one: all, or the one of that name. */
  readonly mutants: 'none' | 'all' | { readonly only: string };
}

/** Adds the options of a proof. */
export function withProveOptions(command: Command) {
  return command
    .addOption(
      new Option(
        '--smoke',
        '100,000 clicks and at least 40 s of faults: some 3 min on two cores (what is run without options)',
      ).conflicts('full'),
    )
    .option('--full', '5,000,000 clicks and at least 22 min of faults')
    .option(
      '--mutants',
      'each broken variant of the write path in test/prove/mutants; every one must get FAIL',
    )
    .option('--mutant <name>', 'one of them')
    .option(
      '--seed <n>',
      'which faults happen when (from the clock; it is printed)',
      parseWholeNumber(0, SEED_MAX),
    )
    .option('--json', 'one JSON object for programs')
    .addHelpText(
      'after',
      `
It waits as long as something progresses, on a busy machine longer.`,
    );
}

export function readProveRequest(
  values: ReturnType<ReturnType<typeof withProveOptions>['opts']>,
): ProveRequest {
  const all = values.mutants ? 'all' : 'none';
  return {
    profile: profiles[values.full ? 'full' : 'smoke'],
    seed: values.seed ?? Date.now() % (SEED_MAX + 1),
    json: values.json === true,
    mutants: values.mutant === undefined ? all : { only: values.mutant },
  };
}
