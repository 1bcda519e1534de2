/**
 * `npm run bench`: every figure as it is measured in one run, printed, and written into docs/benchmarks.md with its pictures. With --only,
 * the other figures stay as they were, each with its own date and machine.
 */
import { parseArgs } from 'node:util';
import { benchAdvertisers } from './advertisers-bench.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { benchCatchUp } from './catch-up-bench.ts';
import { benchCost } from './cost-bench.ts';
import { benchDrain } from './drain-bench.ts';
import { benchFootprint } from './footprint-bench.ts';
import { benchHandler } from './handler-bench.ts';
import { benchPeers } from './peers-bench.ts';
import { benchProfile } from './profile-bench.ts';
import { tableOf, writeSections } from './report.ts';

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<Section[]>>> = {
  handler: benchHandler,
  profile: benchProfile,
  cost: benchCost,
  peers: benchPeers,
  advertisers: benchAdvertisers,
  drain: benchDrain,
  'catch-up': benchCatchUp,
  footprint: benchFootprint,
};

const USAGE = `npm run bench -- [options]
  --only A,B         of ${Object.keys(benches).join(', ')}
  --rounds N         how often each is measured (3); 1 is a quick look
  --records A,B      of an event, where the handler is measured and what it costs (100,1000,10000)
  --advertisers A,B  of the events of the handler (50,500,5000,50000)
  --clicks N         of a drained backlog (1000000)
  --partitions A,B   of the drains by partitions and pollers (1,3,12)
  --pollers A,B      of the same (1,2,4)
  --minutes N        of the look at memory (10)
  --seed N           of the clicks (1)
  --print            only print, leave docs/ as it is
  --json             print one object for programs instead of tables`;

async function main(): Promise<number> {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    options: {
      only: text(Object.keys(benches).join(',')),
      rounds: text('3'),
      clicks: text('1000000'),
      records: text('100,1000,10000'),
      advertisers: text('50,500,5000,50000'),
      partitions: text('1,3,12'),
      pollers: text('1,2,4'),
      minutes: text('10'),
      seed: text('1'),
      print: flag,
      json: flag,
      help: flag,
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const names = values.only.split(',');
  for (const name of names)
    if (benches[name] === undefined) throw new RangeError(`there is no benchmark '${name}'\n${USAGE}`);
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => ending.abort(new Error('interrupted')));
  const options: BenchOptions = {
    seed: wholeNumber('seed', values.seed, 0),
    rounds: wholeNumber('rounds', values.rounds, 1),
    clicks: wholeNumber('clicks', values.clicks, 1_000),
    records: wholeNumbers('records', values.records),
    advertisers: wholeNumbers('advertisers', values.advertisers),
    partitions: wholeNumbers('partitions', values.partitions),
    pollers: wholeNumbers('pollers', values.pollers),
    minutes: wholeNumber('minutes', values.minutes, 1),
    say: (line) => console.error(line),
    signal: ending.signal,
  };
  const measured: Section[] = [];
  for (const name of names) {
    ending.signal.throwIfAborted();
    const sections = (await benches[name]?.(options)) ?? [];
    measured.push(...sections);
    if (!values.json)
      for (const section of sections) console.log(`\n${section.title}\n\n${tableOf(section)}`);
    if (!values.print) await writeSections(sections, options);
  }
  if (values.json) console.log(JSON.stringify(measured));
  return 0;
}

function wholeNumbers(name: string, given: string): number[] {
  return given.split(',').map((each) => wholeNumber(name, each, 1));
}

function wholeNumber(name: string, given: string, min: number): number {
  if (/^\d{1,9}$/.test(given) && Number(given) >= min) return Number(given);
  throw new RangeError(`--${name} is '${given}', allowed is a whole number from ${min}\n${USAGE}`);
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    console.error(error instanceof RangeError || error instanceof TypeError ? error.message : error);
    process.exitCode = 2;
  },
);
