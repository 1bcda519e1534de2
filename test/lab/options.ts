/** What the lab is asked for. Anything else is refused in one sentence, before anything is started. */

import { type Command, Option } from '@commander-js/extra-typings';
import { UserError } from '../../infra/terminal/user-error.ts';
import { parseList, parseOneOf, parseWholeNumber } from '../../infra/terminal/values.ts';
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

const PLOTS_FOLDER = '.clickledger/lab';

function strategiesGiven(given: string): readonly StrategyName[] {
  const named = parseList(parseOneOf(...strategyNames))(given);
  return strategyNames.filter((name) => named.includes(name));
}

/** Commander would take it for the negation of --plots, and the later of the two would win in silence. */
const noPlots = new Option('--no-plots', 'no SVGs').conflicts('plots');
noPlots.negate = false;

/** Adds the options of the lab. */
export function withLabOptions(command: Command) {
  return command
    .option('--partitions <n>', 'of the topic', parseWholeNumber(2, 60), 6)
    .option('--members <n>', 'at first; one joins, one leaves, one crashes', parseWholeNumber(2, 8), 3)
    .option('--rate <n>', 'records a second, over all partitions', parseWholeNumber(10, 20_000), 600)
    .option('--heartbeat-ms <n>', 'between two heartbeats', parseWholeNumber(50, 60_000), 300)
    .option(
      '--session-timeout-ms <n>',
      'after which a silent member is out',
      parseWholeNumber(1_000, 300_000),
      3_000,
    )
    .option('--commit-ms <n>', 'between two commits', parseWholeNumber(100, 60_000), 1_000)
    .option('--strategies <name,…>', `of ${strategyNames.join(', ')} (all)`, strategiesGiven)
    .option('--plots <folder>', `where the SVGs go (${PLOTS_FOLDER})`)
    .addOption(noPlots)
    .option('--json', 'the measures as one JSON object, instead of the table')
    .addHelpText(
      'after',
      `
${strategyNames.map((name) => `  ${name.padEnd(14)} ${strategies[name].says}`).join('\n')}`,
    );
}

export function readLabOptions(values: ReturnType<ReturnType<typeof withLabOptions>['opts']>): LabOptions {
  const isWithoutPlots = (values as { noPlots?: boolean }).noPlots === true;
  const options = {
    strategies: values.strategies ?? strategyNames,
    partitions: values.partitions,
    members: values.members,
    rate: values.rate,
    heartbeatMs: values.heartbeatMs,
    sessionTimeoutMs: values.sessionTimeoutMs,
    commitMs: values.commitMs,
    plots: isWithoutPlots ? undefined : typeof values.plots === 'string' ? values.plots : PLOTS_FOLDER,
    json: values.json === true,
  };
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
