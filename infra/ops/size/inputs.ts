/** What `npm run plan -- …` understands: the load, what is known of its keys, and what was measured. Senseless input is refused. */
import { UserError } from '../../terminal/user-error.ts';
import { parseCommandLine } from '../command-line.ts';
import { limits, type PriceList, type PriceName, prices, REGION } from './facts.ts';
import { hottestKey, type Keys, zipfKeys } from './keys.ts';

export interface Inputs {
  readonly clicksPerSecond: number;
  /** Of key and value as they stand in the log. */
  readonly clickBytes: number;
  readonly keys: Keys;
  readonly groups: number;
  readonly retentionHours: number;
  /** Of one invocation at a time, at `memoryMb`. */
  readonly handlerClicksPerSecond: number;
  readonly handlerSource: string;
  readonly memoryMb: number;
  /** What an invocation takes on top of its clicks: reading the head and putting the entry. */
  readonly commitMs: number;
  readonly batchRecords: number;
  readonly windowSeconds: number;
  /** How many times the live load a group must be able to take, to drain a backlog. */
  readonly headroom: number;
  readonly entryDays: number;
  /** What is billed is not an alarm but each metric that it looks at; a composite alarm costs as much as five of them. */
  readonly alarmMetrics: number;
  /** Whether the groups' mappings name one poller group, and so share event poller units. */
  readonly sharedPollers: boolean;
  readonly prices: PriceList;
  readonly json: boolean;
}

/**
 * Clicks/s of billing's handler on one vCPU: under half of what `npm run bench -- --only profile` measures (386,000 and more a
 * second of CPU of a shared x86 machine), for a vCPU is less than that, and DynamoDB answers at once there.
 */
const VCPU_CLICKS_PER_SECOND = 150_000;

const defaults = {
  'clicks-per-second': 33_000,
  'click-bytes': 284,
  advertisers: 500,
  zipf: 1,
  groups: 2,
  'retention-hours': 168,
  'memory-mb': 1024,
  'commit-ms': 20,
  'batch-records': 10_000,
  'window-seconds': 1,
  headroom: 2,
  'entry-days': 35,
  'alarm-metrics': 42,
};

export const USAGE = `npm run plan -- [options]
  --clicks-per-second N           of the whole topic (${defaults['clicks-per-second']})
  --click-bytes N                 of a click as it stands in the log (${defaults['click-bytes']})
  --advertisers N                 keys among which clicks are spread (${defaults.advertisers})
  --zipf E                        their skew: the n-th key gets clicks as 1 / n^E; 0 is none (${defaults.zipf})
  --hottest-share S               instead of --zipf: the hottest key's share of all clicks, the others alike
  --groups N                      consumer groups, each with a ledger of its own (${defaults.groups})
  --retention-hours N             of the topic (${defaults['retention-hours']})
  --handler-clicks-per-second N   measured speed of one invocation at --memory-mb (${VCPU_CLICKS_PER_SECOND} a vCPU)
  --memory-mb N                   of the function (${defaults['memory-mb']})
  --commit-ms N                   an invocation's time besides its clicks, measured (${defaults['commit-ms']})
  --batch-records N               of the mapping (${defaults['batch-records']})
  --window-seconds N              of the mapping (${defaults['window-seconds']})
  --headroom X                    times the live load that a group can take, for a backlog (${defaults.headroom})
  --entry-days N                  how long entries stay (${defaults['entry-days']})
  --alarm-metrics N               metrics that the alarms of one group look at (${defaults['alarm-metrics']})
  --shared-pollers                the mappings of all groups share event poller units (pollers.group)
  --region NAME                   whose prices: ${REGION}
  --price NAME=USD                another price for one row, such as your region's; may be repeated
  --prices                        lists all prices and limits with their sources
  --json                          one object for programs`;

/** Undefined where help is asked for, 'prices' where the list of them is. */
export function readInputs(given: readonly string[]): Inputs | 'prices' | undefined {
  const values = understood(given);
  if (values.help) return undefined;
  if (values.prices) return 'prices';
  if (values.region !== undefined && values.region !== REGION)
    throw new UserError(
      `--region is '${values.region}', allowed is ${REGION}: for another, name its prices with --price NAME=USD`,
    );
  const number = (name: keyof typeof defaults, min: number, max: number, whole = true) =>
    numberOf(name, values[name] ?? String(defaults[name]), min, max, whole);
  const memoryMb = number('memory-mb', 128, 10_240);
  const measured = values['handler-clicks-per-second'];
  return {
    clicksPerSecond: number('clicks-per-second', 0.001, 1e8, false),
    clickBytes: number('click-bytes', 1, 4_000_000),
    keys: keysOf(values, number),
    groups: number('groups', 1, 1_000),
    retentionHours: number('retention-hours', 1, 87_600),
    memoryMb,
    ...(measured === undefined
      ? {
          handlerClicksPerSecond:
            (VCPU_CLICKS_PER_SECOND * Math.min(memoryMb, limits.vcpuMb.value)) / limits.vcpuMb.value,
          handlerSource: `${VCPU_CLICKS_PER_SECOND} a vCPU (under half of what npm run bench -- --only profile measures) × ${memoryMb} MB / ${limits.vcpuMb.value} MB`,
        }
      : {
          handlerClicksPerSecond: numberOf('handler-clicks-per-second', measured, 1, 1e8, false),
          handlerSource: 'as given',
        }),
    commitMs: number('commit-ms', 0, 60_000, false),
    batchRecords: number('batch-records', 1, limits.batchRecords.value),
    windowSeconds: number('window-seconds', 1, 300),
    headroom: number('headroom', 1, 100, false),
    entryDays: number('entry-days', 1, 3_650),
    alarmMetrics: number('alarm-metrics', 0, 10_000),
    sharedPollers: values['shared-pollers'],
    prices: priceList(values.price ?? []),
    json: values.json,
  };
}

type NumberOption = (name: keyof typeof defaults, min: number, max: number, whole?: boolean) => number;

function keysOf(
  values: { readonly zipf?: string; readonly 'hottest-share'?: string },
  number: NumberOption,
): Keys {
  const count = number('advertisers', 1, 1_000_000);
  const share = values['hottest-share'];
  if (share === undefined) return zipfKeys(count, number('zipf', 0, 10, false));
  if (values.zipf !== undefined)
    throw new UserError(
      '--zipf and --hottest-share are both given, and each says how clicks are spread: allowed is one',
    );
  const hottest = numberOf('hottest-share', share, 0, 1, false);
  if (hottest < 1 / count || (count === 1 && hottest !== 1))
    throw new UserError(
      `--hottest-share is ${share}, but of ${count} advertisers the hottest has at least ${1 / count}: allowed is ${1 / count} to 1`,
    );
  return hottestKey(count, hottest);
}

function numberOf(name: string, given: string, min: number, max: number, whole: boolean): number {
  const number = Number(given);
  const sound =
    /^\d+(\.\d+)?$/.test(given) && number >= min && number <= max && (!whole || Number.isInteger(number));
  if (sound) return number;
  throw new UserError(
    `--${name} is '${given}', allowed is a ${whole ? 'whole ' : ''}number from ${min} to ${max}`,
  );
}

function priceList(given: readonly string[]): PriceList {
  const list = Object.fromEntries(Object.entries(prices).map(([name, { value }]) => [name, value]));
  for (const one of given) {
    const [name = '', usd = ''] = one.split('=');
    if (!Object.hasOwn(prices, name))
      throw new UserError(`--price names '${name}', allowed are ${Object.keys(prices).join(', ')}`);
    list[name] = numberOf(`price ${name}`, usd, 0, 1e6, false);
  }
  return list as Record<PriceName, number>;
}

function understood(given: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    'clicks-per-second': text,
    'click-bytes': text,
    advertisers: text,
    zipf: text,
    'hottest-share': text,
    groups: text,
    'retention-hours': text,
    'handler-clicks-per-second': text,
    'memory-mb': text,
    'commit-ms': text,
    'batch-records': text,
    'window-seconds': text,
    headroom: text,
    'entry-days': text,
    'alarm-metrics': text,
    'shared-pollers': flag,
    region: text,
    price: { type: 'string', multiple: true },
    prices: flag,
    json: flag,
    help: flag,
  } as const;
  return parseCommandLine({ args: [...given], options }, USAGE).values;
}
