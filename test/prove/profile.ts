/** How long a proof runs, how much flows, and what has to have happened for it to count. */
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
  /** Versions of the code whose entries stand. */
  readonly codes: number;
  /** Commits of other groups while all functions of one stood still. */
  readonly isolated: number;
}

export interface Profile {
  readonly name: string;
  readonly clicks: number;
  /** How long faults fall at least, in milliseconds; they go on until the floors are reached, as long as what is below its floor rises. */
  readonly faultsForMs: number;
  /** How long nothing may progress, in milliseconds: no floor come nearer while faults fall, nothing caught up after them. */
  readonly standstillMs: number;
  /** How long all functions of one group stand still at a time. */
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
    .option('--mutants', 'each broken variant of the write path in test/mutants, which all have to get FAIL')
    .option('--mutant <name>', 'one of them')
    .option(
      '--seed <n>',
      'which faults fall when (from the clock; it is printed)',
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
