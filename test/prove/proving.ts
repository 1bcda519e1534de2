/** A proof under way: the ground with the proxy before its DynamoDB, the clicks, the faults, and the judge. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Ground } from '../../infra/local/local-runtime.ts';
import { Seeded } from '../../infra/local/seeded.ts';
import { Standstill } from '../../infra/ops/standstill.ts';
import { applyBeside } from './apply-in-part.ts';
import { Arena } from './arena.ts';
import { Chaos } from './chaos.ts';
import { Events } from './events.ts';
import { belowFloor, missedFloors, progressLine, type Seen, seenIn } from './floors.ts';
import { Judging, unhealed } from './judging.ts';
import { Load } from './load.ts';
import { LookingOn } from './looking-on.ts';
import type { Proof, ProofOptions } from './proof.ts';
import { type ProofGround, startProofGround } from './proof-ground.ts';
import { Rebalances } from './rebalances.ts';
import { RequestFaults } from './request-faults.ts';
import { killOwner } from './signals.ts';

const TOLD_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 250;

/** What there is once it has been started. */
interface Started extends ProofGround {
  readonly arena: Arena;
  readonly enough: AbortController;
  readonly load: Load;
  readonly rebalances: Rebalances;
}

export class Proving {
  readonly #options: ProofOptions;
  readonly #events: Events;
  readonly #random: Seeded;
  readonly #faults: RequestFaults;
  #parts: Started | undefined;
  #broke: string | undefined;
  readonly #meanwhile = new LookingOn();

  constructor(options: ProofOptions) {
    this.#options = options;
    this.#events = new Events(join(options.folder, 'logs', 'events.jsonl'));
    this.#random = new Seeded(options.seed);
    this.#faults = new RequestFaults(this.#random, this.#events, {
      groupOf: (sandbox) => this.#ground.children.list().find(({ pid }) => `pid-${pid}` === sandbox)?.group,
      rival: (group, journal, commits) => applyBeside(this.#started.arena, group, journal, commits),
      killOwner: (group, journal) =>
        killOwner(this.#ground, group, journal, (child) =>
          this.#started.arena.kill(child, `owner of ${journal}`),
        ),
    });
  }

  async start(): Promise<void> {
    const { templates, folder, profile, seed, signal, say } = this.#options;
    const parts = { random: this.#random, events: this.#events };
    const fail = (error: unknown) => {
      this.#broke ??= error instanceof Error ? error.message : String(error);
    };
    const running = await startProofGround({ ...parts, templates, folder, faults: this.#faults, fail });
    const { ground, partialRetry } = running;
    say(`After a partial response the mappings deliver again: ${partialRetry}`);
    const load = new Load({ ...parts, ground, profile, seed });
    const enough = new AbortController();
    const until = AbortSignal.any([signal, enough.signal]);
    const arena = new Arena({ ...parts, ground, faults: this.#faults, until });
    this.#parts = { ...running, load, arena, enough, rebalances: new Rebalances(ground, this.#events) };
  }

  /** Until the time is over and enough has happened. */
  async breakThings(): Promise<void> {
    const { profile, signal, folder, otherRelease } = this.#options;
    const { load, asPlanned, arena, enough } = this.#started;
    const { until } = arena;
    const releases = otherRelease === undefined ? undefined : { other: otherRelease, folder };
    const began = performance.now();
    const overdue = () =>
      performance.now() - began > profile.faultsForMs ? belowFloor(this.#seen(), profile) : [];
    const chaos = new Chaos(arena, profile, { load, operated: this.#started, releases, overdue });
    until.addEventListener('abort', () => this.#faults.end());
    this.#faults.begin();
    const ran = Promise.all([chaos.run(), this.#meanwhile.lookOn(arena)]);
    await this.#untilEnough(until);
    enough.abort();
    load.stopClicks();
    signal.throwIfAborted();
    if (this.#isFound) return void ran.catch(() => {}); // It ends with the ground.
    await ran;
    asPlanned();
    await chaos.heal();
  }

  /** At rest, and again after what comes then, if all was well; at once where somebody only waits for a fault. */
  async judge(): Promise<Proof> {
    const { found } = this.#meanwhile;
    const { profile, signal, say } = this.#options;
    const judging = new Judging(this.#started, { profile, signal, say });
    const judged = this.#isFound ? unhealed(found) : await judging.judge(found, () => this.#broke);
    this.#events.flush();
    return {
      events: this.#events,
      partialRetry: this.#started.partialRetry,
      ledgers: judged.ledgers,
      seen: { ...this.#seen(), records: judged.records },
      healedMs: judged.healedMs,
      brokeByItself: this.#broke ?? judged.failed,
    };
  }

  async stop(): Promise<void> {
    this.#faults.end();
    await this.#parts?.load.stop();
    this.#parts?.rebalances.stop();
    await this.#parts?.stop();
  }

  async #untilEnough(until: AbortSignal): Promise<void> {
    const { profile, say, progress = say } = this.#options;
    const began = performance.now();
    let toldAt = began;
    const standstill = new Standstill(profile.standstillMs);
    while (!until.aborted) {
      await pause(LOOK_EVERY_MS);
      this.#started.load.easeOff();
      const now = performance.now();
      const seen = this.#seen();
      const missed = missedFloors(seen, profile);
      if (now - began > profile.faultsForMs && missed.length === 0) return;
      if (standstill.lasts(missed) && missed.length > 0) return;
      if (this.#broke !== undefined || this.#isFound) return;
      if (now - toldAt > TOLD_EVERY_MS) {
        toldAt = now;
        progress(progressLine(now - began, seen, profile));
      }
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

  get #isFound(): boolean {
    return this.#options.untilFault === true && this.#meanwhile.found.size > 0;
  }

  get #started(): Started {
    if (this.#parts === undefined) throw new Error('the ground has not been started');
    return this.#parts;
  }

  get #ground(): Ground {
    return this.#started.ground;
  }
}
