/**
 * Where the time of the hot path goes: the handlers on events of 10,000 clicks, read from their JSON as the runtime does, with a DynamoDB that
 * answers at once, under the profiler of the engine; and clicks per second of CPU, garbage collection included, which is what the planner's
 * default speed rests on.
 */
import { type Profiler, Session } from 'node:inspector/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KafkaEvent } from '../../shared/event/event.ts';
import { captured } from '../support/captured.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { eventOf } from './events.ts';
import { answersAtOnce, type Handler, handlerOf } from './handlers.ts';

const RECORDS = 10_000;
const ADVERTISERS = 500;
const EVENTS = 100;
const WARM_UPS = 20;
const SAMPLE_EVERY_US = 100;
const PLACES_SHOWN = 12;

export async function benchProfile({ seed, say, signal }: BenchOptions): Promise<Section[]> {
  const event = JSON.stringify(eventOf({ records: RECORDS, advertisers: ADVERTISERS, spread: 'Zipf', seed }));
  const sections: Section[] = [];
  for (const ledger of ['billing', 'fraud'] as const) {
    signal.throwIfAborted();
    say(`profile: ${EVENTS} events of ${RECORDS} clicks through ${ledger} …`);
    const handler = handlerOf(ledger, { client: answersAtOnce, table: 'bench' });
    const { result } = await captured(async () => {
      await repeat(WARM_UPS, handler, event);
      const seconds = await cpuSeconds(() => repeat(EVENTS, handler, event));
      return { seconds, profile: await profiled(() => repeat(EVENTS, handler, event)) };
    });
    const rate = Math.round((EVENTS * RECORDS) / result.seconds).toLocaleString('en-US');
    sections.push({
      id: `profile-${ledger}`,
      title: `Where the time of ${ledger}’s handler goes`,
      about: `Events of ${RECORDS.toLocaleString('en-US')} clicks of ${ADVERTISERS} Zipf advertisers from their JSON to the entry, DynamoDB answered at once: ${rate} clicks per second of CPU. The shares are the profiler’s samples by the function that was running.`,
      rows: placesOf(result.profile),
    });
  }
  return sections;
}

async function repeat(times: number, handler: Handler, event: string): Promise<void> {
  for (let i = 0; i < times; i++) await handler(parsedAsByTheRuntime(event));
}

/** By itself, so that the profile tells it from the handler's own work. */
function parsedAsByTheRuntime(event: string): KafkaEvent {
  return JSON.parse(event) as KafkaEvent;
}

async function cpuSeconds(run: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function profiled(run: () => Promise<void>): Promise<Profiler.Profile> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
    await session.post('Profiler.start');
    await run();
    return (await session.post('Profiler.stop')).profile;
  } finally {
    session.disconnect();
  }
}

/** Self time by function, the most first. */
function placesOf({ nodes }: Profiler.Profile): Section['rows'] {
  const samples = new Map<string, number>();
  for (const { callFrame, hitCount = 0 } of nodes) {
    const place = placeOf(callFrame);
    samples.set(place, (samples.get(place) ?? 0) + hitCount);
  }
  samples.delete('(idle)');
  const all = [...samples.values()].reduce((sum, hits) => sum + hits, 0);
  const most = [...samples].sort(([, a], [, b]) => b - a).slice(0, PLACES_SHOWN);
  const rest = all - most.reduce((sum, [, hits]) => sum + hits, 0);
  return [...most, ['all else', rest] as const].map(([place, hits]) => ({
    function: place,
    'share of the time, %': (100 * hits) / all,
  }));
}

function placeOf({ functionName, url }: { functionName: string; url: string }): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (!url.startsWith('file:')) return url === '' ? name : `${name}, ${url}`;
  const file = relative(fileURLToPath(new URL('../..', import.meta.url)), fileURLToPath(url));
  return `${name}, ${file.replace(/^node_modules\//, '')}`;
}
