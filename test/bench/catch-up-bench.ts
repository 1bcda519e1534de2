/**
 * What a group's trouble costs it and its neighbour: fraud is away and catches up beside live traffic; a poller that owns partitions is killed
 * and another takes over; one joins, and partitions are dealt anew.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { killProcess } from '../../infra/local/children.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import { BenchRuntime } from './bench-runtime.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { type Spread, spreadOf } from './interleaved.ts';

const PARTITIONS = 3;
const RATE = 5_000;
const AWAY_MS = 20_000;
const SAMPLE_EVERY_MS = 100;

export async function benchCatchUp(options: BenchOptions): Promise<Section[]> {
  return await BenchRuntime.with(options, async (bench) => [
    await catchUp(bench, options),
    await takeOver(bench, options),
  ]);
}

/** Time lag of a group, in seconds: how long ago as much had been produced as it has committed. */
class Lag {
  readonly #history: { readonly at: number; readonly produced: number }[] = [];

  note(produced: number): void {
    this.#history.push({ at: performance.now(), produced });
  }

  seconds(committed: number): number {
    const since = this.#history.find(({ produced }) => produced > committed);
    return since === undefined ? 0 : (performance.now() - since.at) / 1_000;
  }
}

async function catchUp(bench: BenchRuntime, { say }: BenchOptions): Promise<Section> {
  say(`catch-up: ${RATE} clicks/s, fraud away for ${AWAY_MS / 1_000} s …`);
  const topic = await bench.topic(PARTITIONS);
  const billing = bench.mappingOn(topic, 'billing', 1);
  const fraud = bench.mappingOn(topic, 'fraud', 1);
  const pollers = [billing, fraud].map((mapping) => bench.localRuntime.addMapping(mapping));
  const producer = bench.produce(topic, PARTITIONS, undefined, RATE);
  const lag = new Lag();
  const rows: Section['rows'][number][] = [];
  async function phase(name: string, over: () => boolean): Promise<void> {
    const began = performance.now();
    const before = await Promise.all([billing, fraud].map((mapping) => spent(bench, mapping)));
    const lags = { billing: [] as number[], fraud: [] as number[] };
    await bench.until(`${name} is over`, async () => {
      lag.note(producer.produced);
      lags.billing.push(lag.seconds(bench.committed(billing)));
      lags.fraud.push(lag.seconds(bench.committed(fraud)));
      await pause(SAMPLE_EVERY_MS);
      return performance.now() - began > 3_000 && over();
    });
    const after = await Promise.all([billing, fraud].map((mapping) => spent(bench, mapping)));
    const [ofBilling = '', ofFraud = ''] = after.map((spend, i) => unitsPerClick(before[i] ?? spend, spend));
    rows.push({
      phase: name,
      seconds: (performance.now() - began) / 1_000,
      'billing’s lag, s': spreadOf(lags.billing),
      'fraud’s lag, s': spreadOf(lags.fraud),
      'billing’s write units per click': ofBilling,
      'fraud’s write units per click': ofFraud,
    });
  }
  const for_ = (ms: number) => {
    const end = performance.now() + ms;
    return () => performance.now() > end;
  };
  try {
    await bench.until('both have begun', () => bench.committed(billing) > 0 && bench.committed(fraud) > 0);
    await phase('both live', for_(AWAY_MS / 2));
    await pollers[1]?.stop();
    await phase('fraud away', for_(AWAY_MS));
    pollers[1] = bench.localRuntime.addMapping(fraud);
    await phase('fraud catches up', () => lag.seconds(bench.committed(fraud)) < 2);
    await phase('both live again', for_(AWAY_MS / 2));
  } finally {
    producer.stop();
    await Promise.all(pollers.map((each) => each.stop()));
  }
  return {
    id: 'catch-up',
    title: `A group catches up beside live traffic of ${RATE.toLocaleString('en-US')} clicks/s`,
    about:
      'The lag is the time since as much had been produced as the group has committed. One group’s trouble is not the other’s. Write units are those of the entries; larger batches make a backlog cheaper than live traffic.',
    rows,
  };
}

interface Spent {
  readonly units: number;
  readonly clicks: number;
}

async function spent(bench: BenchRuntime, mapping: PlannedMapping): Promise<Spent> {
  return { units: await bench.entryUnits(mapping), clicks: bench.committed(mapping) };
}

function unitsPerClick(before: Spent, after: Spent): number | string {
  return after.clicks > before.clicks
    ? (after.units - before.units) / (after.clicks - before.clicks)
    : 'nothing counted';
}

/** How long nothing is committed of the partitions that change hands, in ms. */
async function takeOver(bench: BenchRuntime, { rounds, say }: BenchOptions): Promise<Section> {
  const topic = await bench.topic(PARTITIONS);
  const mapping = bench.mappingOn(topic, 'billing', 2);
  const pollers = bench.localRuntime.addMapping(mapping);
  const producer = bench.produce(topic, PARTITIONS, undefined, RATE);
  const pauses = { crash: [] as number[], join: [] as number[], leave: [] as number[] };
  try {
    await bench.until('both pollers own partitions', () => ownersOf(bench, mapping).size === 2);
    for (let round = 1; round <= rounds; round++) {
      say(`take-over: round ${round} of ${rounds} …`);
      pauses.join.push(await longestPause(bench, mapping, () => pollers.add(), 3));
      pauses.leave.push(await longestPause(bench, mapping, () => pollers.remove(), 2));
      pauses.crash.push(await longestPause(bench, mapping, () => crash(bench, mapping), 2));
    }
  } finally {
    producer.stop();
    await pollers.stop();
  }
  const row = (
    what: string,
    ms: readonly number[],
  ): { what: string; 'longest pause of a partition, ms': Spread } => ({
    what,
    'longest pause of a partition, ms': spreadOf(ms),
  });
  return {
    id: 'take-over',
    title: 'Rebalance, and crash to resumed',
    about:
      'For how long at most a partition’s committed offset stands still. After a crash (SIGKILL) the broker first waits for the session of the dead member to end, 6 s here; joining and leaving only deal the partitions anew.',
    rows: [
      row('a poller joins', pauses.join),
      row('a poller leaves', pauses.leave),
      row('an owner crashes', pauses.crash),
    ],
  };
}

function ownersOf(bench: BenchRuntime, mapping: PlannedMapping): Set<number> {
  return new Set(
    [...bench.localRuntime.owned(mapping).values()].flatMap(({ poller }) =>
      poller === undefined ? [] : [poller],
    ),
  );
}

function crash(bench: BenchRuntime, mapping: PlannedMapping): void {
  const [owner] = ownersOf(bench, mapping);
  const child = bench.localRuntime.children
    .list()
    .find(
      ({ role, group, name }) => role === 'poller' && group === mapping.groupId && name === `poller ${owner}`,
    );
  if (child !== undefined) killProcess(child.pid);
}

/** The longest that the committed offset of any partition stood still, from the event until all owners are back and moving. */
async function longestPause(
  bench: BenchRuntime,
  mapping: PlannedMapping,
  event: () => unknown,
  owners: number,
): Promise<number> {
  const moved = new Map<number, { committed: number; at: number }>();
  let longest = 0;
  const look = () => {
    for (const [partition, { committed = 0 }] of bench.localRuntime.owned(mapping)) {
      const last = moved.get(partition);
      if (last !== undefined && committed <= last.committed) continue;
      if (last !== undefined) longest = Math.max(longest, performance.now() - last.at);
      moved.set(partition, { committed, at: performance.now() });
    }
  };
  look();
  const began = performance.now();
  await event();
  let settled: number | undefined;
  await bench.until('the group has settled', () => {
    look();
    const whole =
      ownersOf(bench, mapping).size === owners && [...moved.values()].every(({ at }) => at > began);
    settled = whole ? (settled ?? performance.now()) : undefined;
    return settled !== undefined && performance.now() - settled > 3_000;
  });
  return longest;
}
