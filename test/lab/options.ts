/** What `npm run lab -- …` understands. Anything else is refused in one sentence, before anything is started. */

import { parseCommandLine, wholeNumber } from '../../infra/local/command-line.ts';
import { UserError } from '../../infra/terminal/user-error.ts';
import { type StrategyName, strategies, strategyNames } from './strategies.ts';

export interface LabOptions {
  readonly strategies: readonly StrategyName[];
  readonly partitions: number;
  readonly members: number;
  readonly rate: number;
  readonly heartbeatMs: number;
  readonly sessionTimeoutMs: number;
  readonly commitMs: number;
  /** Undefined for none. */
  readonly plots: string | undefined;
  readonly json: boolean;
}

const numbers = {
  partitions: { default: 6, min: 2, max: 60, says: 'of the topic' },
  members: { default: 3, min: 2, max: 8, says: 'at first; one joins, one leaves, one crashes' },
  rate: { default: 600, min: 10, max: 20_000, says: 'records a second, over all partitions' },
  'heartbeat-ms': { default: 300, min: 50, max: 60_000, says: 'between two heartbeats' },
  'session-timeout-ms': {
    default: 3_000,
    min: 1_000,
    max: 300_000,
    says: 'after which a silent member is out',
  },
  'commit-ms': { default: 1_000, min: 100, max: 60_000, says: 'between two commits' },
} as const;

const PLOTS_FOLDER = '.clickledger/lab';

export const USAGE = `npm run lab -- [options]: one join, one leave, one crash, under each way of sharing out partitions, on a real broker
${Object.entries(numbers)
  .map(([name, { default: usual, says }]) => `  --${`${name} N`.padEnd(23)} ${says} (${usual})`)
  .join('\n')}
  --strategies A,B          of ${strategyNames.join(', ')} (all)
  --plots FOLDER            where the SVGs go (${PLOTS_FOLDER}); --no-plots for none
  --json                    the measures as one JSON object, instead of the table
  --help
${strategyNames.map((name) => `  ${name.padEnd(14)} ${strategies[name].says}`).join('\n')}`;

/** Undefined where help is asked for. */
export function readLabOptions(given: readonly string[]): LabOptions | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const named = Object.fromEntries(Object.keys(numbers).map((name) => [name, text]));
  const values = parseCommandLine(given, {
    ...named,
    strategies: text,
    plots: text,
    'no-plots': flag,
    json: flag,
    help: flag,
  });
  if (values['help'] === true) return undefined;
  const number = (name: keyof typeof numbers) => {
    const { default: usual, min, max } = numbers[name];
    return wholeNumber(values, name, min, max) ?? usual;
  };
  const options = {
    strategies: strategiesIn(values['strategies']),
    partitions: number('partitions'),
    members: number('members'),
    rate: number('rate'),
    heartbeatMs: number('heartbeat-ms'),
    sessionTimeoutMs: number('session-timeout-ms'),
    commitMs: number('commit-ms'),
    plots: values['no-plots'] === true ? undefined : String(values['plots'] ?? PLOTS_FOLDER),
    json: values['json'] === true,
  };
  if (values['no-plots'] === true && values['plots'] !== undefined)
    throw new UserError('--plots is given, and --no-plots too: leave one of them out');
  if (options.partitions <= options.members)
    throw new UserError(
      `--partitions is ${options.partitions} and --members ${options.members}: with one that joins, each needs a partition; give at least ${options.members + 1} partitions`,
    );
  if (3 * options.heartbeatMs > options.sessionTimeoutMs)
    throw new UserError(
      `--heartbeat-ms is ${options.heartbeatMs} and --session-timeout-ms ${options.sessionTimeoutMs}: at least three heartbeats belong into a session (Apache Kafka docs: heartbeat.interval.ms)`,
    );
  return options;
}

function strategiesIn(given: unknown): readonly StrategyName[] {
  if (given === undefined) return strategyNames;
  const named = [...new Set(String(given).split(','))];
  for (const name of named)
    if (!strategyNames.some((known) => known === name))
      throw new UserError(`--strategies has '${name}', allowed are ${strategyNames.join(', ')}`);
  return strategyNames.filter((name) => named.includes(name));
}
