/**
 * `clickledger bench`: every figure as it is measured in one run, printed, and written into docs/benchmarks.md with its pictures. With --only,
 * the other figures stay as they were, each with its own date and machine.
 */
import { defineCommand } from '../../infra/terminal/command.ts';
import { createInterruptSignal } from '../../infra/terminal/progress.ts';
import { parseList, parseOneOf, parseWholeNumber } from '../../infra/terminal/values.ts';
import { benchAdvertisers } from './advertisers-bench.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { benchCatchUp } from './catch-up-bench.ts';
import { benchCost } from './cost-bench.ts';
import { benchDrain } from './drain-bench.ts';
import { benchFootprint } from './footprint-bench.ts';
import { benchHandler } from './handler-bench.ts';
import { benchOddRecords } from './odd-records-bench.ts';
import { benchPeers } from './peers-bench.ts';
import { benchProfile } from './profile-bench.ts';
import { tableOf, writeSections } from './report.ts';

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<Section[]>>> = {
  handler: benchHandler,
  'odd-records': benchOddRecords,
  profile: benchProfile,
  cost: benchCost,
  peers: benchPeers,
  advertisers: benchAdvertisers,
  drain: benchDrain,
  'catch-up': benchCatchUp,
  footprint: benchFootprint,
};

const counts = parseList(parseWholeNumber(1, 999_999_999));

export const bench = defineCommand(
  'bench',
  'Measures what Clickledger costs and how fast it is, and writes docs/benchmarks.md.',
  { 0: 'measured' },
)
  .option(
    '--only <name,…>',
    `of ${Object.keys(benches).join(', ')}`,
    parseList(parseOneOf(...Object.keys(benches))),
  )
  .option('--rounds <n>', 'how often each is measured; 1 is a quick look', parseWholeNumber(1, 1_000), 3)
  .option(
    '--records <n,…>',
    'of an event, where the handler is measured and what it costs (100,1000,10000)',
    counts,
  )
  .option('--advertisers <n,…>', 'of the events of the handler (50,500,5000,50000)', counts)
  .option('--clicks <n>', 'of a drained backlog', parseWholeNumber(1_000, 999_999_999), 1_000_000)
  .option('--partitions <n,…>', 'of the drains by partitions and pollers (1,3,12)', counts)
  .option('--pollers <n,…>', 'of the same (1,2,4)', counts)
  .option('--minutes <n>', 'of the look at memory', parseWholeNumber(1, 10_000), 10)
  .option('--seed <n>', 'of the clicks', parseWholeNumber(0, 999_999_999), 1)
  .option('--print', 'only print, leave docs/ as it is')
  .option('--json', 'print one JSON object for programs instead of tables')
  .action(async (values) => {
    const signal = createInterruptSignal('interrupted');
    await measure(values.only ?? Object.keys(benches), values, {
      seed: values.seed,
      rounds: values.rounds,
      clicks: values.clicks,
      records: values.records ?? [100, 1_000, 10_000],
      advertisers: values.advertisers ?? [50, 500, 5_000, 50_000],
      partitions: values.partitions ?? [1, 3, 12],
      pollers: values.pollers ?? [1, 2, 4],
      minutes: values.minutes,
      say: (line) => console.error(line),
      signal,
    });
  });

interface Shown {
  readonly json?: true | undefined;
  readonly print?: true | undefined;
}

async function measure(
  names: readonly string[],
  { json, print }: Shown,
  options: BenchOptions,
): Promise<void> {
  const measured: Section[] = [];
  for (const name of names) {
    options.signal.throwIfAborted();
    const sections = (await benches[name]?.(options)) ?? [];
    measured.push(...sections);
    if (!json) for (const section of sections) console.log(`\n${section.title}\n\n${tableOf(section)}`);
    if (!print) await writeSections(sections, options);
  }
  if (json) console.log(JSON.stringify(measured));
}
