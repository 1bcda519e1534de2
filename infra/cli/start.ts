/** `clickledger start`, which `npm start` runs: the local runtime with clicks to feed it and live lines. */
import { Option } from '@commander-js/extra-typings';
import type { StartOptions } from '../start/options.ts';
import { runStart } from '../start/start.ts';
import { defineCommand } from '../terminal/command.ts';
import { UserError } from '../terminal/user-error.ts';
import { parseOneOf, parseWholeNumber } from '../terminal/values.ts';

const RATE = 1_000;
const port = parseWholeNumber(1, 65_535);

/** Commander would take it for the negation of --clicks, and the later of the two would win in silence. */
const noClicks = new Option(
  '--no-clicks',
  'produce nothing; so it is with a Kafka of your own, unless --clicks or --rate is given',
).conflicts(['clicks', 'rate']);
noClicks.negate = false;

export const start = defineCommand(
  'start',
  'Runs all groups on this machine, on a real Kafka and DynamoDB Local, with clicks and a live page.',
  {
    0: 'ended by Ctrl-C, or with --exit every ledger is exact',
    1: 'with --exit a ledger is not exact',
  },
)
  .option(
    '--clicks <n>',
    'produce n clicks as fast as possible, instead of some each second without end',
    parseWholeNumber(1, 1_000_000_000),
  )
  .option(
    '--rate <n>',
    `clicks per second (${RATE}; with --clicks: as fast as possible)`,
    parseWholeNumber(1, 1_000_000),
  )
  .addOption(noClicks)
  .option(
    '--exit',
    'with --clicks: end when all groups have drained them; exit code 0 only if every ledger is exact',
  )
  .option('--seed <n>', 'which clicks are made', parseWholeNumber(0, 2 ** 32 - 1), 1)
  .option('--advertisers <n>', 'among how many advertisers', parseWholeNumber(1, 1_000_000), 500)
  .option('--stage <name>', 'whose templates run', 'dev')
  .option('--keep', 'go on with the log and the tables of the last run')
  .option(
    '--partial-retry <how>',
    'after a partial response retry the records it lists (listed), or resume each partition at the first of them, so that later successes run again (resume): AWS leaves it open',
    parseOneOf('listed', 'resume'),
    'listed' as const,
  )
  .option(
    '--incarnation <n>',
    'with --keep: the topic was recreated, and is the nth of its name from now on',
    parseWholeNumber(1, 999_999_999),
  )
  .option(
    '--join',
    'with a Kafka of your own: take part in consumer groups that exist there, and commit for them',
  )
  .option('--kafka-port <n>', '(any free one)', port)
  .option('--dynamodb-port <n>', '(any free one)', port)
  .option(
    '--page-port <n>',
    'of the live page (any free one; with --exit: no page unless this is given)',
    port,
  )
  .addOption(new Option('--no-page', 'no live page').conflicts('pagePort'))
  .option('--differences', 'list what runs otherwise here than on AWS')
  .addHelpText(
    'after',
    `
Your own servers: CLICKLEDGER_KAFKA=host:port, CLICKLEDGER_DYNAMODB=http://host:port
Another folder for its data, jars and logs than .clickledger: CLICKLEDGER_FOLDER=path`,
  )
  .action(async (values) => {
    const options = readStartOptions(values, Boolean(process.env['CLICKLEDGER_KAFKA']));
    const { exitCode, lastLine } = await runStart(options);
    if (lastLine !== undefined) console.log(lastLine);
    process.exitCode = exitCode;
  });

type Values = ReturnType<typeof start.opts>;

/** @param ownKafka whether Kafka is the user's own: then nothing is written to it that was not asked for */
export function readStartOptions(values: Values, ownKafka = false): StartOptions {
  const {
    rate,
    kafkaPort,
    dynamodbPort,
    pagePort,
    incarnation,
    exit = false,
    keep = false,
    join = false,
  } = values;
  const clicks = typeof values.clicks === 'number' ? values.clicks : undefined;
  const isAskedForNone = (values as { noClicks?: boolean }).noClicks === true;
  if (exit && clicks === undefined)
    throw new UserError('--exit needs --clicks <n>: without a number of clicks there is no end to wait for');
  if (join && !ownKafka)
    throw new UserError(
      '--join is for a Kafka of your own: set CLICKLEDGER_KAFKA=host:port, or leave it out',
    );
  if (incarnation !== undefined && !keep)
    throw new UserError(
      '--incarnation needs --keep: without it the data is deleted, and the first incarnation begins',
    );
  refuseSamePorts({ '--kafka-port': kafkaPort, '--dynamodb-port': dynamodbPort, '--page-port': pagePort });
  return {
    stage: values.stage,
    clicks,
    rate: rate ?? (clicks !== undefined ? undefined : isAskedForNone || ownKafka ? 0 : RATE),
    exit,
    seed: values.seed,
    advertisers: values.advertisers,
    keep,
    partialRetry: values.partialRetry,
    incarnation,
    join,
    kafkaPort,
    dynamodbPort,
    page: values.page && (!exit || pagePort !== undefined),
    pagePort,
    differences: values.differences === true,
  };
}

function refuseSamePorts(ports: Readonly<Record<string, number | undefined>>): void {
  const given = Object.entries(ports).filter(([, each]) => each !== undefined);
  for (const [i, [name, each]] of given.entries()) {
    const [other] = given.slice(0, i).find(([, taken]) => taken === each) ?? [];
    if (other !== undefined)
      throw new UserError(`${other} and ${name} are both ${each}: each server needs its own`);
  }
}
