/** What `npm start -- …` understands. Anything else is refused in one sentence, before anything is started. */

import { parseCommandLine, wholeNumber } from '../local/command-line.ts';
import type { PartialRetry } from '../local/mapping/decide.ts';
import { UserError } from '../terminal/user-error.ts';

export interface StartOptions {
  readonly stage: string;
  /** All clicks of the log together; undefined for clicks without end. */
  readonly clicks: number | undefined;
  /** Clicks per second; undefined for as fast as possible, 0 for none at all. */
  readonly rate: number | undefined;
  /** End once everything is drained, and tell whether it is exact. */
  readonly exit: boolean;
  readonly seed: number;
  readonly advertisers: number;
  /** Go on with the log and the tables of the last run. */
  readonly keep: boolean;
  /** What comes again after a partial response. */
  readonly partialRetry: PartialRetry;
  /** Which one the topic is now; undefined for what the templates or an earlier run say. */
  readonly incarnation: number | undefined;
  readonly kafkaPort: number | undefined;
  readonly dynamodbPort: number | undefined;
  /** Join consumer groups that exist already on a Kafka of the user's own. */
  readonly join: boolean;
  /** Serve the live page; one that is to end by itself is watched by no person, unless a port is given. */
  readonly page: boolean;
  readonly pagePort: number | undefined;
}

export const USAGE = `npm start -- [options]
  --clicks N          produce N clicks as fast as possible, instead of some each second without end
  --rate N            clicks per second (1000; with --clicks: as fast as possible)
  --no-clicks         produce nothing; so it is with a Kafka of your own, unless --clicks or --rate is given
  --exit              with --clicks: end when all groups have drained them; exit code 0 only if every ledger is exact
  --seed N            which clicks are made (1)
  --advertisers N     among how many advertisers (500)
  --stage NAME        whose templates run (dev)
  --keep              go on with the log and the tables of the last run
  --partial-retry R   after a partial response retry the records it lists (listed), or resume each partition at the
                      first of them, so that later successes run again (resume): AWS's pages leave it open (listed)
  --incarnation N     with --keep: the topic was recreated, and is the Nth of its name from now on
  --join              with a Kafka of your own: take part in consumer groups that exist there, and commit for them
  --kafka-port N      (any free one)
  --dynamodb-port N   (any free one)
  --page-port N       of the live page (any free one; with --exit: no page unless this is given)
  --no-page           no live page
  --help
Your own servers: CLICKLEDGER_KAFKA=host:port, CLICKLEDGER_DYNAMODB=http://host:port
Another folder for its data, jars and logs than .clickledger: CLICKLEDGER_FOLDER=path`;

const RATE = 1_000;

/**
 * Undefined where help is asked for.
 * @param ownKafka whether Kafka is the user's own: then nothing is written to it that was not asked for
 */
export function readStartOptions(given: readonly string[], ownKafka = false): StartOptions | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const parsed = parseCommandLine(given, {
    clicks: text,
    rate: text,
    'no-clicks': flag,
    exit: flag,
    seed: text,
    advertisers: text,
    stage: text,
    keep: flag,
    'partial-retry': text,
    incarnation: text,
    join: flag,
    'kafka-port': text,
    'dynamodb-port': text,
    'page-port': text,
    'no-page': flag,
    help: flag,
  });
  if (parsed['help'] === true) return undefined;
  const number = (name: string, min: number, max: number) => wholeNumber(parsed, name, min, max);
  const clicks = number('clicks', 1, 1_000_000_000);
  if (parsed['exit'] === true && clicks === undefined)
    throw new UserError('--exit needs --clicks N: without a number of clicks there is no end to wait for');
  const rate = number('rate', 1, 1_000_000);
  const noClicks = parsed['no-clicks'] === true;
  if (noClicks && (clicks ?? rate) !== undefined)
    throw new UserError(
      `--no-clicks is given, and ${clicks === undefined ? '--rate' : '--clicks'} too: leave one of them out`,
    );
  if (parsed['join'] === true && !ownKafka)
    throw new UserError(
      '--join is for a Kafka of your own: set CLICKLEDGER_KAFKA=host:port, or leave it out',
    );
  const incarnation = number('incarnation', 1, 999_999_999);
  if (incarnation !== undefined && parsed['keep'] !== true)
    throw new UserError('--incarnation needs --keep: without it everything begins anew, with the first');
  const [kafkaPort, dynamodbPort] = [number('kafka-port', 1, 65_535), number('dynamodb-port', 1, 65_535)];
  const pagePort = number('page-port', 1, 65_535);
  refuseSamePorts({ '--kafka-port': kafkaPort, '--dynamodb-port': dynamodbPort, '--page-port': pagePort });
  const noPage = parsed['no-page'] === true;
  if (noPage && pagePort !== undefined)
    throw new UserError('--page-port is given, and --no-page too: leave one of them out');
  return {
    stage: String(parsed['stage'] ?? 'dev'),
    clicks,
    rate: rate ?? (clicks !== undefined ? undefined : noClicks || ownKafka ? 0 : RATE),
    exit: parsed['exit'] === true,
    seed: number('seed', 0, 2 ** 32 - 1) ?? 1,
    advertisers: number('advertisers', 1, 1_000_000) ?? 500,
    keep: parsed['keep'] === true,
    partialRetry: partialRetry(parsed['partial-retry']),
    incarnation,
    join: parsed['join'] === true,
    kafkaPort,
    dynamodbPort,
    page: !noPage && (parsed['exit'] !== true || pagePort !== undefined),
    pagePort,
  };
}

function refuseSamePorts(ports: Readonly<Record<string, number | undefined>>): void {
  const given = Object.entries(ports).filter(([, port]) => port !== undefined);
  for (const [i, [name, port]] of given.entries()) {
    const [other] = given.slice(0, i).find(([, taken]) => taken === port) ?? [];
    if (other !== undefined)
      throw new UserError(`${other} and ${name} are both ${port}: each server needs its own`);
  }
}

function partialRetry(given: unknown = 'listed'): PartialRetry {
  if (given === 'listed' || given === 'resume') return given;
  throw new UserError(`--partial-retry is '${String(given)}', allowed are listed and resume`);
}
