/** A proof under way: the ground with the proxy before its DynamoDB, the clicks, the faults, and the judge. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Ground } from '../local/ground.ts';
import { type Fault, Findings } from '../ops/audit/findings.ts';
import { Arena } from './arena.ts';
import { Chaos } from './chaos.ts';
import { Events } from './events.ts';
import { missedFloors, type Seen, seenIn } from './floors.ts';
import { Load } from './load.ts';
import { healed, judged } from './measures.ts';
import type { Proof, ProofOptions } from './proof.ts';
import { type ProofGround, startProofGround } from './proof-ground.ts';
import { Rebalances } from './rebalances.ts';
import { RequestFaults } from './request-faults.ts';
import { Seeded } from './seeded.ts';
import { killOwner } from './signals.ts';

const TOLD_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 250;
const AUDIT_AFTER_MS = 5_000;

/** What there is once it has been started. */
interface Started extends ProofGround {
  readonly load: Load;
  readonly rebalances: Rebalances;
}

export class Proving {
  readonly #options: ProofOptions;
  readonly #events: Events;
  readonly #random: Seeded;
  readonly #faults: RequestFaults;
  #parts: Started | undefined;
  #arena: Arena | undefined;
  #broke: string | undefined;
  /** The first faults that were found in each ledger before the end. */
  readonly #meanwhile = new Map<string, readonly Fault[]>();

  constructor(options: ProofOptions) {
    this.#options = options;
    this.#events = new Events(join(options.folder, 'logs', 'events.jsonl'));
    this.#random = new Seeded(options.seed);
    this.#faults = new RequestFaults(this.#random, this.#events, {
      groupOf: (sandbox) => this.#ground.children.list().find(({ pid }) => `pid-${pid}` === sandbox)?.group,
      killOwner: (group, journal) =>
        killOwner(this.#ground, group, journal, (child) => this.#arena?.kill(child, `owner of ${journal}`)),
    });
  }

  async start(): Promise<void> {
    const { templates, folder, profile, seed } = this.#options;
    const parts = { random: this.#random, events: this.#events };
    const giveUp = (error: unknown) => {
      this.#broke ??= error instanceof Error ? error.message : String(error);
    };
    const running = await startProofGround({ ...parts, templates, folder, faults: this.#faults, giveUp });
    const { ground } = running;
    const load = new Load({ ...parts, ground, profile, seed });
    this.#parts = { ...running, load, rebalances: new Rebalances(ground, this.#events) };
  }

  /** Until the time is over and enough has happened. */
  async breakThings(): Promise<void> {
    const { profile, signal, folder, otherRelease } = this.#options;
    const { ground, load, asPlanned } = this.#started;
    const enough = new AbortController();
    const until = AbortSignal.any([signal, enough.signal]);
    const arena = new Arena({
      ground,
      faults: this.#faults,
      random: this.#random,
      events: this.#events,
      until,
    });
    const releases = otherRelease === undefined ? undefined : { other: otherRelease, folder };
    const chaos = new Chaos(arena, profile, load, releases);
    this.#arena = arena;
    until.addEventListener('abort', () => this.#faults.end());
    this.#faults.begin();
    const ran = Promise.all([chaos.run(), this.#auditMeanwhile(arena)]);
    await this.#untilEnough(until);
    enough.abort();
    await load.stop();
    signal.throwIfAborted();
    await ran;
    asPlanned();
    await chaos.heal();
  }

  async judge(): Promise<Proof> {
    const { profile, signal, say } = this.#options;
    const ground = this.#ground;
    const healedMs = await healed(ground, profile.healWithinMs, signal);
    if (healedMs === undefined)
      for (const mapping of ground.plan.mappings)
        say(
          `${mapping.groupId}: ${JSON.stringify([...ground.owned(mapping)])} ${JSON.stringify(ground.children.list())}`,
        );
    say('Reading the log and the ledgers by other code …');
    const ledgers = new Map<string, Findings>();
    for (const mapping of ground.plan.mappings)
      ledgers.set(mapping.groupId, await judged(ground, mapping, true));
    for (const [group, faults] of this.#meanwhile)
      for (const { kind, journal, what } of faults)
        ledgers.get(group)?.add(kind, journal, `meanwhile: ${what}`);
    this.#events.flush();
    const records = Math.min(
      ...Array.from(ledgers.values(), ({ partitions }) =>
        partitions.reduce((sum, { applied, parked }) => sum + applied + parked, 0),
      ),
    );
    const seen = { ...this.#seen(), records };
    return { events: this.#events, ledgers, seen, healedMs, brokeByItself: this.#broke };
  }

  async stop(): Promise<void> {
    this.#faults.end();
    await this.#parts?.load.stop();
    this.#parts?.rebalances.stop();
    await this.#parts?.stop();
  }

  async #untilEnough(until: AbortSignal): Promise<void> {
    const { profile, say, untilFault } = this.#options;
    const began = performance.now();
    let toldAt = began;
    while (!until.aborted) {
      await pause(LOOK_EVERY_MS);
      const now = performance.now();
      if (now - began > profile.faultsForMs && missedFloors(this.#seen(), profile).length === 0) return;
      if (now - began > profile.faultsForMsMax || this.#broke !== undefined) return;
      if (untilFault === true && this.#meanwhile.size > 0) return;
      if (now - toldAt > TOLD_EVERY_MS) {
        toldAt = now;
        say(progressLine((now - began) / 1000, this.#seen()));
      }
    }
  }

  /** What the auditor finds while all this goes on counts too; while a server is away it can't look. */
  async #auditMeanwhile(arena: Arena): Promise<void> {
    const { until } = arena;
    let tookMs = 0; // It shares a process with the proxy, and may not take all of it.
    while (!until.aborted) {
      await pause(Math.max(AUDIT_AFTER_MS, 3 * tookMs), undefined, { signal: until }).catch(() => {});
      const began = performance.now();
      for (const mapping of until.aborted ? [] : arena.mappings) {
        const { faults } = await arena
          .readingAlone(() => judged(arena.ground, mapping, false))
          .catch(() => new Findings());
        if (faults.length > 0 && !this.#meanwhile.has(mapping.groupId))
          this.#meanwhile.set(mapping.groupId, faults);
      }
      tookMs = performance.now() - began;
    }
  }

  #seen(): Seen {
    const { ground, load, rebalances } = this.#started;
    const redelivered = ground.plan.mappings.reduce(
      (sum, { functionId }) => sum + ground.metric(functionId, 'Duplicates'),
      0,
    );
    return seenIn(this.#events, {
      rebalances: rebalances.count,
      partitionsMoved: rebalances.moved,
      redelivered,
      records: load.produced,
      oddClasses: load.poison.classes,
      codes: this.#faults.codes.size,
    });
  }

  get #started(): Started {
    if (this.#parts === undefined) throw new Error('the ground has not been started');
    return this.#parts;
  }

  get #ground(): Ground {
    return this.#started.ground;
  }
}

function progressLine(seconds: number, seen: Seen): string {
  const counts = Object.entries(seen).map(([what, count]) => `${what} ${count}`);
  return `${String(Math.round(seconds)).padStart(5)} s  ${counts.join(', ')}`;
}
