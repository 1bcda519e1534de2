/** What a function weighs, how long it takes until it serves, and whether its memory stays flat under load. */
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { promisify } from 'node:util';
import { Invoker } from '../../infra/local/sandbox/invoker.ts';
import { buildLambdaEnvironment } from '../../infra/local/sandbox/lambda-environment.ts';
import { BenchRuntime } from './bench-runtime.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { eventOf } from './events.ts';
import { spreadOf } from './interleaved.ts';
import { residentMb } from './process-figures.ts';

const STARTS = 10;
const PARTITIONS = 3;
const RATE = 10_000;
const SAMPLES = 12;

export async function benchFootprint(options: BenchOptions): Promise<Section[]> {
  return await BenchRuntime.with(options, async (bench) => [
    await starts(bench, options),
    await memory(bench, options),
  ]);
}

/** The consumers of the plan, by ledger. */
function consumersOf({ localRuntime }: BenchRuntime) {
  return localRuntime.plan.mappings.map(({ functionId, groupId }) => ({
    groupId,
    planned: localRuntime.functionOf(functionId),
  }));
}

async function starts(bench: BenchRuntime, { seed, say }: BenchOptions): Promise<Section> {
  const rows: Section['rows'][number][] = [];
  for (const { groupId, planned } of consumersOf(bench)) {
    say(`footprint: ${STARTS} starts of ${groupId}'s function …`);
    const initialisations: number[] = [];
    const first: number[] = [];
    const second: number[] = [];
    const environment = {
      ...buildLambdaEnvironment(planned, bench.localRuntime.dynamodb),
      ...planned.environment,
    };
    for (let start = 0; start < STARTS; start++) {
      initialisations.push(await initialisation(planned.file, environment));
      const sandboxes = bench.localRuntime.sandboxesOf(planned.id);
      sandboxes.useBundle(planned.file, planned.environment); // So that the next one that is lent has just started.
      const invoker = new Invoker(await sandboxes.lend());
      for (const taken of [first, second]) {
        const from = (start * 2 + (taken === second ? 1 : 0)) * 100;
        const event = eventOf({ records: 100, advertisers: 50, spread: 'Zipf', seed, from, partition: 99 });
        const began = performance.now();
        const end = await invoker.invoke(Buffer.from(JSON.stringify(event)), 60_000);
        if (!('returned' in end)) throw new Error(`the function failed: ${JSON.stringify(end)}`);
        taken.push(performance.now() - began);
      }
      invoker.close();
    }
    rows.push({
      function: groupId,
      'bundle, KB': Math.round(statSync(planned.file).size / 1024),
      'initialisation, ms': spreadOf(initialisations),
      'first invocation, ms': spreadOf(first),
      'second invocation, ms': spreadOf(second),
    });
  }
  return {
    id: 'starts',
    title: 'Bundle, initialisation, first invocation',
    about:
      'Initialisation is the import of the bundle in a process that has started already; invocations are of 100 records, DynamoDB Local behind them. To reach: 400 KB, 150 ms.',
    rows,
  };
}

/** Milliseconds. */
async function initialisation(file: string, environment: Record<string, string>): Promise<number> {
  const script =
    'const b = performance.now(); await import(process.argv[1]); console.log("took", performance.now() - b); process.exit()';
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script, file],
    { env: environment },
  );
  return Number(/^took (.+)$/m.exec(stdout)?.[1]);
}

async function memory(bench: BenchRuntime, { minutes, say }: BenchOptions): Promise<Section> {
  const topic = await bench.topic(PARTITIONS);
  const mappings = (['billing', 'fraud'] as const).map((ledger) => bench.mappingOn(topic, ledger, 1));
  const pollers = mappings.map((mapping) => bench.localRuntime.addMapping(mapping));
  const producer = bench.produce(topic, PARTITIONS, undefined, RATE);
  const rows: Section['rows'][number][] = [];
  try {
    const began = performance.now();
    for (let sample = 1; sample <= SAMPLES; sample++) {
      const due = (sample * minutes * 60_000) / SAMPLES;
      await bench.until(
        `minute ${(due / 60_000).toFixed(1)}`,
        () => performance.now() - began > due,
        due + 60_000,
      );
      rows.push({
        minute: (performance.now() - began) / 60_000,
        clicks: bench.committed(mappings[0] ?? never()),
        ...rssOf(bench),
      });
      say(`footprint: ${JSON.stringify(rows.at(-1))}`);
    }
  } finally {
    producer.stop();
    await Promise.all(pollers.map((each) => each.stop()));
  }
  return {
    id: 'memory',
    title: `Memory under ${RATE.toLocaleString('en-US')} clicks/s for ${minutes} minutes`,
    about:
      'Resident megabytes of all processes of a kind, the largest one of each. A poller’s heap may grow as far as the machine lets it, and the engine keeps pages that it has emptied: what counts is that it stops growing.',
    rows,
    chart: { x: 'minute', y: ['functions, MB', 'pollers, MB', 'runtime, MB'] },
  };
}

function rssOf({
  localRuntime,
}: BenchRuntime): Record<'functions, MB' | 'pollers, MB' | 'runtime, MB', number> {
  const largest = (role: string) =>
    Math.max(
      0,
      ...localRuntime.children
        .list()
        .filter((child) => child.role === role)
        .map(({ pid }) => residentMb(pid)),
    );
  return {
    'functions, MB': largest('function'),
    'pollers, MB': largest('poller'),
    'runtime, MB': residentMb(process.pid),
  };
}

function never(): never {
  throw new Error('there is no mapping');
}
