/**
 * A backlog drained end to end: broker, pollers, a process per concurrent invocation, DynamoDB Local; against readers of the same log that do
 * nothing with it: a bare loop of the same client, and Kafka's own performance tool.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Consumer } from '@platformatic/kafka';
import { runTool } from '../../infra/local/tools.ts';
import { localJars } from '../support/local-jars.ts';
import { BenchRuntime, type Drained } from './bench-runtime.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { ratioOf, spreadOf } from './interleaved.ts';

const PARTITIONS = 3;
const MATRIX_CLICKS_SHARE = 0.5;
const BARE = 'bare loop of the same client';
const READ_WITHIN_MS = 180_000;

export async function benchDrain(options: BenchOptions): Promise<Section[]> {
  return await BenchRuntime.with(options, async (bench) => [
    ...(await backlog(bench, options)),
    await matrix(bench, options),
  ]);
}

async function backlog(bench: BenchRuntime, { clicks, rounds, say }: BenchOptions): Promise<Section[]> {
  const rates = new Map<string, number[]>();
  const note = (what: string, seconds: number) =>
    rates.set(what, [...(rates.get(what) ?? []), clicks / seconds]);
  const cpu = { one: [] as Drained['cpu'][], two: [] as Drained['cpu'][] };
  for (let round = 1; round <= rounds; round++) {
    say(`drain: ${clicks} clicks, round ${round} of ${rounds} …`);
    const topic = await bench.filledTopic(PARTITIONS, clicks);
    note(BARE, await bareLoop(bench, topic, clicks));
    note('Kafka’s consumer performance tool', await performanceTool(bench, topic, clicks));
    const one = await bench.drain([bench.mappingOn(topic, 'billing', 1)], clicks);
    note('billing', one.seconds);
    const second = await bench.filledTopic(PARTITIONS, clicks);
    const both = [bench.mappingOn(second, 'billing', 1), bench.mappingOn(second, 'fraud', 1)];
    const two = await bench.drain(both, clicks);
    note('billing and fraud at once, each', two.seconds);
    cpu.one.push(one.cpu);
    cpu.two.push(two.cpu);
  }
  const bare = rates.get(BARE) ?? [];
  const size = clicks.toLocaleString('en-US');
  return [
    {
      id: 'drain',
      title: `A backlog of ${size} clicks, drained end to end`,
      about: `${PARTITIONS} partitions, one poller for each group, from the start of its process until everything is committed; the readers do nothing with what they read. To reach: one group 60,000 clicks/s, two at once 33,000 each.`,
      rows: [...rates].map(([what, each]) => ({
        'drained by': what,
        'clicks/s': spreadOf(each),
        'of the bare loop': ratioOf(each, bare),
      })),
      chart: { x: 'drained by', y: 'clicks/s' },
    },
    {
      id: 'drain-cpu',
      title: 'What the processes of a drain work',
      about: `Microseconds of CPU per click and group in the same drains, by process: where the two cores of a laptop go. Only the functions are what runs on AWS too.`,
      rows: ['broker', 'poller', 'function', 'dynamodb', 'runtime'].map((role) => ({
        process: role,
        'billing alone, µs/click': spreadOf(cpu.one.map((used) => perClick(used, role, clicks))),
        'billing and fraud at once, µs/click': spreadOf(
          cpu.two.map((used) => perClick(used, role, 2 * clicks)),
        ),
      })),
    },
  ];
}

function perClick(cpu: Drained['cpu'], role: string, clicks: number): number {
  return (1e6 * (cpu.get(role) ?? Number.NaN)) / clicks;
}

async function matrix(bench: BenchRuntime, options: BenchOptions): Promise<Section> {
  const clicks = Math.round(options.clicks * MATRIX_CLICKS_SHARE);
  const rows: Section['rows'][number][] = [];
  for (const partitions of options.partitions) {
    for (const pollers of options.pollers) {
      options.say(`drain: ${clicks} clicks on ${partitions} partitions, ${pollers} pollers …`);
      const topic = await bench.filledTopic(partitions, clicks);
      const { seconds, joined } = await bench.drain([bench.mappingOn(topic, 'billing', pollers)], clicks);
      rows.push({
        partitions,
        pollers,
        'joined after, s': joined.seconds,
        'clicks/s':
          joined.clicks < clicks
            ? (clicks - joined.clicks) / (seconds - joined.seconds)
            : 'none left when seen to have joined',
        'clicks/s, joining included': clicks / seconds,
      });
    }
  }
  return {
    id: 'drain-matrix',
    title: 'Billing by partitions and pollers',
    about: `${clicks.toLocaleString('en-US')} clicks each, once. A partition belongs to one poller, so pollers beyond the partitions stand by; each that joins deals the partitions anew. On one machine more pollers are more processes for the same cores: what they gain is seen on AWS.`,
    rows,
    chart: { x: 'partitions', y: 'clicks/s', series: 'pollers' },
  };
}

/** Seconds. */
async function bareLoop(bench: BenchRuntime, topic: string, clicks: number): Promise<number> {
  const began = performance.now();
  const bootstrapBrokers = [...bench.localRuntime.kafka];
  const consumer = new Consumer({ clientId: 'bare', groupId: `bare-${topic}`, bootstrapBrokers });
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
  let read = 0;
  for await (const _ of stream) {
    read += 1;
    if (read === clicks) break;
  }
  await consumer.close(true);
  return (performance.now() - began) / 1_000;
}

/** Seconds, the start of its Java process left out: it prints its own times. */
async function performanceTool(bench: BenchRuntime, topic: string, clicks: number): Promise<number> {
  const { classPath, kafkaVersion } = await localJars();
  const tools = await toolsJar(kafkaVersion);
  const ran = await runTool(
    'java',
    [
      '-cp',
      `${tools}:${classPath}`,
      'org.apache.kafka.tools.ConsumerPerformance',
      '--bootstrap-server',
      bench.localRuntime.kafka.join(','),
      '--topic',
      topic,
      '--messages',
      String(clicks),
      '--group',
      `perf-${topic}`,
      '--timeout',
      '30000',
    ],
    READ_WITHIN_MS,
  );
  if (ran === 'missing' || ran.status !== 0)
    throw new Error(`Kafka's performance tool: ${ran === 'missing' ? 'no java' : ran.output}`);
  const [, from = '', to = ''] = /^(\d{4}-\S+ \S+), (\d{4}-\S+ \S+), /m.exec(ran.output) ?? [];
  const seconds = (Date.parse(isoOf(to)) - Date.parse(isoOf(from))) / 1_000;
  if (!(seconds > 0)) throw new Error(`Kafka's performance tool gave no times: ${ran.output}`);
  return seconds;
}

/** `2026-11-21 10:00:00:123` as it is printed. */
function isoOf(printed: string): string {
  return printed.replace(' ', 'T').replace(/:(\d{3})$/, '.$1');
}

/** The tools are not among the jars of the localRuntime: Maven fetches that one, once. */
async function toolsJar(version: string): Promise<string> {
  const folder = join(import.meta.dirname, '../../.clickledger/bench-tools');
  const jar = join(folder, `kafka-tools-${version}.jar`);
  if (!existsSync(jar)) {
    const artifact = `-Dartifact=org.apache.kafka:kafka-tools:${version}`;
    const ran = await runTool(
      'mvn',
      ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${folder}`],
      READ_WITHIN_MS,
    );
    if (ran === 'missing' || ran.status !== 0)
      throw new Error(`kafka-tools can't be fetched: ${ran === 'missing' ? 'no mvn' : ran.output}`);
  }
  return jar;
}
