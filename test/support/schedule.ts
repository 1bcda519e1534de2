/**
 * Explores schedules: the real write path and the real rollup against a simulated DynamoDB, where a scheduler decides
 * which request takes effect next, whose reply is lost, who is killed between two calls, who wakes up late.
 *
 * A world holds a topic partition, two mappings on one ledger, and processes (deliveries and rollups). After the faults
 * it heals: everything is delivered, redriven and rolled up, and the judge looks at what is there.
 */

import { applyDelivery, startHead, type Writer } from '../../shared/journal/apply-delivery.ts';
import { buildOffsetSet, hasOffset } from '../../shared/journal/offsets.ts';
import { rollUp } from '../../shared/statement/rollup.ts';
import { START_MS } from './builders.ts';
import { pipe } from './clicks.ts';
import { judge } from './judge.ts';
import { type Chance, chanceOf } from './random.ts';
import { type Deploy, deploys, randomClick, recordAt, type SimulatedClick } from './simulated-log.ts';
import { type Mutation, type Process, type Role, SimulatedNetwork } from './simulated-network.ts';

export const JOURNAL = 'ad_clicks@1#0';
const DAY_MS = 86_400_000;

/** What goes wrong in a schedule. */
export interface Faults {
  readonly kills: boolean;
  readonly lostReplies: boolean;
  readonly zombies: boolean;
  readonly subsets: boolean;
  readonly replays: boolean;
  readonly skips: boolean;
  readonly secondMapping: boolean;
  readonly foldChanges: boolean;
  readonly overlappingRollups: boolean;
  readonly expiry: boolean;
  /** Offsets without a record; a mapping on such a topic delivers without subsets, skips and forward jumps. */
  readonly sparse: boolean;
  /** The operator has parked records applied once more, at times by several at once. */
  readonly redrives: boolean;
  /** The operator accepts parked records and open offsets, whether they could still be counted or not. */
  readonly accepts: boolean;
  /** The table is put back to an earlier moment, and the mappings go on where they are. */
  readonly restores: boolean;
  /** Offsets without a record, which only the operator closes, and only where a gap is. */
  readonly closings: boolean;
}

export const everyFault: Faults = {
  kills: true,
  lostReplies: true,
  zombies: true,
  subsets: true,
  replays: true,
  skips: true,
  secondMapping: true,
  foldChanges: true,
  overlappingRollups: true,
  expiry: true,
  redrives: true,
  accepts: true,
  restores: true,
  sparse: false,
  closings: false,
};

/** A restored table is behind the mappings, as if they had skipped what it lacks. */
export const everyFaultOfSparseTopics: Faults = {
  ...everyFault,
  ...{ sparse: true, subsets: false, skips: false, restores: false, accepts: false },
};

export const everyFaultBesideClosings: Faults = { ...everyFault, closings: true };

/** Runs one schedule; returns what is wrong, or nothing, and what happened. */
export async function explore(
  seed: number,
  faults: Faults,
  mutation: Mutation = (send) => send,
): Promise<{ faults: string[]; trace: string[]; met: SimulatedNetwork['met'] }> {
  const world = new World(seed, faults, mutation);
  const found = await world.run();
  return { faults: found, trace: world.network.trace, met: world.network.met };
}

interface Handed {
  readonly mapping: 0 | 1;
  readonly offsets: number[];
  readonly unpark: boolean;
  readonly deploy: Deploy;
  readonly accepted?: readonly number[];
}

class World {
  readonly network: SimulatedNetwork;
  readonly #chance: Chance;
  readonly #faults: Faults;
  readonly #clicks: SimulatedClick[] = [];
  readonly #broken: string[] = [];
  /** What each mapping has seen acknowledged, or discarded. */
  readonly #acked = [new Set<number>(), new Set<number>()] as const;
  readonly #running = new Set<Process>();
  #processes = 0;
  #goBack: (() => void) | undefined;
  #healing = false;

  constructor(seed: number, faults: Faults, mutation: Mutation) {
    this.#chance = chanceOf(seed);
    this.#faults = faults;
    this.network = new SimulatedNetwork(this.#chance, START_MS, mutation);
  }

  async run(): Promise<string[]> {
    this.#append(8 + this.#chance.below(14));
    for (let step = 40 + this.#chance.below(160); step > 0; step--) await this.#step();
    for (let age = this.#faults.expiry ? 1 + this.#chance.below(2) : 0; age > 0; age--) {
      await this.#passDays(40);
      this.#append(4 + this.#chance.below(8));
      for (let step = 20 + this.#chance.below(100); step > 0; step--) await this.#step();
    }
    await this.#heal();
    const { archive, table } = this.network;
    return [...this.#broken, ...(await judge({ journal: JOURNAL, clicks: this.#clicks, archive, table }))];
  }

  #append(count: number): void {
    for (let i = 0; i < count; i++) {
      this.network.now = Math.floor(this.network.now) + this.#chance.below(900_000);
      this.#clicks.push(
        randomClick(this.#chance, this.network.now, this.#faults.sparse || this.#faults.closings),
      );
    }
  }

  async #step(): Promise<void> {
    this.network.now += 1 + this.#chance.below(50);
    const roll = this.#chance.next();
    const rollups = [...this.#running].filter(({ role }) => role === 'rollup').length;
    if (roll < 0.12 && this.#running.size < (this.#faults.zombies ? 5 : 1)) this.#startDelivery();
    else if (roll < 0.16 && rollups < (this.#faults.overlappingRollups ? 3 : 1)) this.#startRollup();
    else if (roll < 0.19 && this.#faults.kills) this.#kill();
    else if (roll < 0.21 && this.#faults.skips) this.#skip();
    else if (roll < 0.28 && this.#faults.expiry) this.#expireOne();
    else if (roll < 0.3 && this.#faults.redrives) this.#redrive();
    else if (roll < 0.31 && this.#faults.accepts) this.#accept();
    else if (roll < 0.32 && this.#faults.restores) this.#restore();
    else this.network.advance(this.#faults.zombies ? 'any' : 'oldest', this.#faults.lostReplies);
    await drained();
  }

  /** What a mapping may deliver: its next batch, a redelivery with other bounds, a subset, or all from some offset on. */
  #startDelivery(): void {
    const mapping = this.#faults.secondMapping && this.#chance.happens(0.4) ? 1 : 0;
    const next = this.#openOffsets(mapping)[0] ?? this.#clicks.length - 1;
    const replay = this.#faults.replays && this.#chance.happens(0.15);
    if (replay) this.network.meet('replays');
    if (mapping === 1) this.network.meet('secondMapping');
    const first = replay ? this.#chance.below(this.#faults.sparse ? next + 1 : this.#clicks.length) : next;
    const size = 1 + this.#chance.below(9);
    const batch = this.#recordOffsets().filter((offset) => offset >= first && offset < first + size);
    const some =
      this.#faults.subsets && this.#chance.happens(0.25)
        ? batch.filter(() => this.#chance.happens(0.6))
        : batch;
    const deploy = this.#faults.foldChanges && this.#chance.happens(0.5) ? 'v2' : 'v1';
    if (some.length < batch.length) this.network.meet('subsets');
    if (deploy === 'v2') this.network.meet('foldChanges');
    if (this.#running.size > 0) this.network.meet('zombies');
    if (some.length > 0) this.#deliver({ mapping, offsets: some, unpark: false, deploy });
  }

  /** By one operator or by two, of the fold that mends, of parked records or of whatever else lies there. */
  #redrive(): void {
    const parked = [...(this.network.table.items.get(`parked#${JOURNAL}`)?.keys() ?? [])].map(Number);
    const records = this.#recordOffsets();
    const offsets = (parked.length > 0 && this.#chance.happens(0.7) ? parked : records).filter(() =>
      this.#chance.happens(0.7),
    );
    if (offsets.length === 0) return;
    this.network.meet('redrives');
    const operators = 1 + this.#chance.below(2);
    if (operators > 1) this.network.meet('redrives at once');
    for (let operator = 0; operator < operators; operator++)
      this.#deliver({ mapping: 0, offsets, unpark: true, deploy: 'v2' });
  }

  #accept(): void {
    const accepted = [this.#chance.below(this.#clicks.length), this.#chance.below(this.#clicks.length)];
    this.network.meet('accepts');
    this.#deliver({ mapping: 0, offsets: [], unpark: false, deploy: 'v1', accepted });
  }

  /** Whoever runs writes to the table that was, and is heard of no more. */
  #restore(): void {
    if (this.#goBack === undefined || this.#chance.happens(0.3)) {
      this.#goBack = this.network.snapshot();
      return;
    }
    this.network.meet('restores');
    for (const process of this.#running) process.alive = false;
    this.#running.clear();
    this.#goBack();
    this.#goBack = undefined;
  }

  #voidOffsets(): number[] {
    return this.#clicks.flatMap(({ kind }, offset) => (kind === 'void' ? [offset] : []));
  }

  #recordOffsets(): number[] {
    return this.#clicks.flatMap(({ kind }, offset) => (kind === 'void' ? [] : [offset]));
  }

  #openOffsets(mapping: 0 | 1): number[] {
    return this.#recordOffsets().filter((offset) => !this.#acked[mapping].has(offset));
  }

  #deliver({ mapping, offsets, unpark, deploy, accepted = [] }: Handed): void {
    const process = this.#newProcess('consumer', mapping);
    const records = offsets.map((offset) => recordAt(offset, this.#clicks[offset] as SimulatedClick));
    const closed = this.#faults.closings && (this.#healing || this.#chance.happens(0.2));
    const empty = buildOffsetSet(closed ? this.#voidOffsets() : []);
    const accept = {
      offsets: buildOffsetSet([...new Set(accepted)].sort((a, b) => a - b)),
      reason: 'no',
      who: 'op',
    };
    const asked = { empty, ...(accepted.length > 0 && { accept }) };
    const delivery = { topic: 'ad_clicks', partition: 0, records, ...asked };
    const writer: Writer<{ count: number }> = {
      ledger: { client: this.network.senderOf(process), table: 'ledger', entryDays: 35 },
      group: {
        ledger: 'billing',
        offsets: this.#faults.sparse ? 'sparse' : 'dense',
        rejects: { shareMax: 1, countMin: 1 },
        retry: { until: 'done' },
      },
      ...pipe,
      fold: deploys[deploy],
      clock: this.network.clockOf(process),
      code: deploy,
    };
    const deadline = this.#healing
      ? Number.POSITIVE_INFINITY
      : this.network.now + 200 + this.#chance.below(4_000);
    const chosen = accepted.length > 0;
    const invocation = { request: process.name, deadline, signal: undefined, unpark, chosen };
    this.network.trace.push(
      `${process.name} delivers ${offsets.join()} with ${deploy}${unpark ? ' unparking' : ''}${accepted.length > 0 ? ` accepting ${accepted.join()}` : ''}`,
    );
    applyDelivery(writer, JOURNAL, delivery, invocation, startHead(writer, JOURNAL, delivery))
      .then(({ failure }) => {
        this.network.trace.push(`${process.name} ends ${failure?.code ?? 'well'}`);
        if (failure === undefined && process.alive) this.#acknowledge(process, mapping, offsets);
      })
      .catch((error: unknown) => this.#broken.push(String(error)))
      .finally(() => this.#running.delete(process));
  }

  #acknowledge(process: Process, mapping: 0 | 1, offsets: readonly number[]): void {
    for (const offset of offsets) {
      const resolved = [...this.network.archive.values()].some(({ changed }) =>
        hasOffset(changed.offsets, offset),
      );
      if (!resolved) this.#broken.push(`I7: ${process.name} acknowledged ${offset} before it was resolved`);
      this.#acked[mapping].add(offset);
    }
  }

  #startRollup(): void {
    const process = this.#newProcess('rollup', 0);
    if ([...this.#running].filter(({ role }) => role === 'rollup').length > 1)
      this.network.meet('overlappingRollups');
    const ledger = { client: this.network.senderOf(process), table: 'ledger', entryDays: 35 };
    rollUp(ledger, this.network.clockOf(process), Number.POSITIVE_INFINITY)
      .catch((error: unknown) => this.network.trace.push(`${process.name} fails: ${String(error)}`))
      .finally(() => this.#running.delete(process));
  }

  #newProcess(role: Role, mapping: number): Process {
    this.#processes += 1;
    const process = { name: `${role} ${this.#processes} of mapping ${mapping}`, role, mapping, alive: true };
    this.#running.add(process);
    return process;
  }

  #kill(): void {
    if (this.#running.size === 0) return;
    const victim = this.#chance.pick([...this.#running]);
    this.#running.delete(victim);
    this.network.kill(victim);
  }

  /** A mapping discards on a batch and moves on. */
  #skip(): void {
    this.network.meet('skips');
    for (const offset of this.#openOffsets(0).slice(0, 1 + this.#chance.below(4))) this.#acked[0].add(offset);
  }

  /** DynamoDB removes expired items one by one, in no order. */
  #expireOne(): void {
    const pk = this.#chance.pick([JOURNAL, JOURNAL, `parked#${JOURNAL}`]);
    const items = [...(this.network.table.items.get(pk)?.values() ?? [])];
    const expired = items.filter(
      (item) => Number(item['expires']?.N ?? Number.POSITIVE_INFINITY) * 1000 < this.network.now,
    );
    if (expired.length === 0) return;
    const sk = this.#chance.pick(expired)['sk']?.S ?? '';
    this.network.table.delete(pk, sk);
    this.network.meet(pk === JOURNAL ? 'expiry' : 'expiry of settled records');
    this.network.trace.push(`${sk} expires`);
  }

  /** No invocation lives for days, and a rollup that falls days behind is alarmed; so both are at rest first. */
  async #passDays(days: number): Promise<void> {
    this.#healing = true;
    await this.#untilIdle();
    this.#startRollup();
    await this.#untilIdle();
    this.#goBack = undefined; // A table goes back 35 days at most.
    this.network.now += days * DAY_MS;
    this.#healing = false;
  }

  async #heal(): Promise<void> {
    this.#healing = true;
    await this.#untilIdle();
    for (const unpark of [false, true]) {
      this.#deliver({ mapping: 0, offsets: this.#recordOffsets(), unpark, deploy: 'v2' });
      await this.#untilIdle();
    }
    this.#startRollup();
    await this.#untilIdle();
  }

  async #untilIdle(): Promise<void> {
    for (let step = 0; this.#running.size > 0 || !this.network.idle; step++) {
      if (step > 20_000) throw new Error('the world does not come to rest');
      this.network.now += 1;
      this.network.advance('oldest', false);
      await drained();
    }
  }
}

/** Until every process waits for the scheduler again. */
function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
