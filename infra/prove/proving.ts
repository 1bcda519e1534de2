/** A proof under way: the ground with the proxy before its DynamoDB, the clicks, the faults, and the judge. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Ground } from '../local/ground.ts';
import { ClickProducer } from '../local/producer/click-producer.ts';
import { type Fault, Findings } from '../ops/audit/findings.ts';
import { Chaos } from './chaos.ts';
import { Events } from './events.ts';
import { FaultProxy } from './fault-proxy.ts';
import { missedFloors, type Seen, seenIn } from './floors.ts';
import { healed, judged } from './measures.ts';
import { Poison } from './poison.ts';
import type { Proof, ProofOptions } from './proof.ts';
import { Rebalances } from './rebalances.ts';
import { RequestFaults } from './request-faults.ts';
import { Seeded } from './seeded.ts';
import { killOwner, signalSandbox } from './signals.ts';

const TOLD_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 250;
const AUDIT_AFTER_MS = 5_000;
const SESSION_TIMEOUT_MS = 2_000;
const ADVERTISERS = 500;
/** Clicks come faster than the profile asks for, since the broker is away at times. */
const RATE_AHEAD = 1.5;

export class Proving {
  readonly #options: ProofOptions;
  readonly #events: Events;
  readonly #random: Seeded;
  readonly #faults: RequestFaults;
  #ground: Ground | undefined;
  #proxy: FaultProxy | undefined;
  #producer: ClickProducer | undefined;
  #rebalances: Rebalances | undefined;
  #broke: string | undefined;
  #kill: Chaos['kill'] = () => {};
  /** The first faults that were found in each ledger before the end. */
  readonly #meanwhile = new Map<string, readonly Fault[]>();

  constructor(options: ProofOptions) {
    this.#options = options;
    this.#events = new Events(join(options.folder, 'logs', 'events.jsonl'));
    this.#random = new Seeded(options.seed);
    this.#faults = new RequestFaults(this.#random, this.#events, {
      groupOf: (sandbox) => this.#running.children.list().find(({ pid }) => `pid-${pid}` === sandbox)?.group,
      killOwner: (group, journal) =>
        killOwner(this.#running, group, journal, (child) => this.#kill(child, 'owner of a frozen commit')),
    });
  }

  async start(): Promise<void> {
    const { templates, folder, profile, seed } = this.#options;
    this.#ground = await Ground.start({
      templates,
      folder,
      own: { kafka: undefined, dynamodb: undefined },
      kafkaPort: undefined,
      dynamodbPort: undefined,
      fresh: false,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      // So many kills spend any number of attempts: what is given up would have to be redriven before it is judged.
      mappings: (planned) => ({ ...planned, retryAttempts: -1, maxAgeSeconds: -1, destination: undefined }),
      say: (line) => this.#events.add('said', { what: line }),
      giveUp: (error) => {
        this.#broke ??= error instanceof Error ? error.message : String(error);
      },
      functionsReach: async (direct) => {
        this.#proxy = await FaultProxy.start({
          endpoint: direct.endpoint,
          decide: (call) => this.#faults.decide(call),
          heard: (heard) => this.#faults.hear(heard),
          signal: (sandbox, name, at) => signalSandbox(this.#running, sandbox, name, at, this.#events),
        });
        return { ...direct, endpoint: this.#proxy.endpoint };
      },
    });
    const { name: topic, partitions } = this.#topic;
    const rate = Math.ceil((RATE_AHEAD * profile.clicks * 1000) / profile.faultsForMs);
    this.#producer = new ClickProducer({
      assignment: {
        bootstrap: this.#ground.kafka,
        topic,
        partitions,
        seed,
        advertisers: ADVERTISERS,
        clicks: undefined,
        rate,
      },
      children: this.#ground.children,
      logFolder: this.#ground.logFolder,
      say: (line) => this.#events.add('said', { what: line }),
    });
    this.#rebalances = new Rebalances(this.#ground);
  }

  /** Until the time is over and enough has happened. */
  async breakThings(): Promise<void> {
    const { profile, signal, say } = this.#options;
    const { name, partitions } = this.#topic;
    const enough = new AbortController();
    const until = AbortSignal.any([signal, enough.signal]);
    const poison = new Poison(this.#running.kafka, name, partitions, this.#random);
    const parts = { ground: this.#running, faults: this.#faults, random: this.#random, events: this.#events };
    const chaos = new Chaos({ ...parts, poison }, until);
    this.#kill = (child, why) => chaos.kill(child, why);
    until.addEventListener('abort', () => this.#faults.end());
    this.#faults.begin();
    const ran = Promise.all([chaos.run(), this.#auditMeanwhile(until)]);
    const began = performance.now();
    let toldAt = began;
    while (!until.aborted) {
      await pause(LOOK_EVERY_MS);
      const now = performance.now();
      const missed = missedFloors(this.#seen(), profile);
      if (now - began > profile.faultsForMs && missed.length === 0) enough.abort();
      if (now - began > profile.faultsForMsMax || this.#broke !== undefined) enough.abort();
      if (this.#options.untilFault === true && this.#meanwhile.size > 0) enough.abort();
      if (now - toldAt > TOLD_EVERY_MS) {
        toldAt = now;
        say(progressLine((now - began) / 1000, this.#seen()));
      }
    }
    this.#producer?.stop();
    signal.throwIfAborted();
    await ran;
    await poison.close().catch(() => {});
  }

  async judge(): Promise<Proof> {
    const { profile, signal, say } = this.#options;
    const ground = this.#running;
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
    const [first] = ledgers.values();
    const records = (first?.partitions ?? []).reduce(
      (sum, { logStart, logEnd }) => sum + logEnd - logStart,
      0,
    );
    const seen = { ...this.#seen(), records };
    return { events: this.#events, ledgers, seen, healedMs, brokeByItself: this.#broke };
  }

  async stop(): Promise<void> {
    this.#faults.end();
    this.#producer?.stop();
    this.#rebalances?.stop();
    await this.#ground?.stop();
    await this.#proxy?.close();
  }

  /** What the auditor finds while all this goes on counts too; while a server is away it can't look. */
  async #auditMeanwhile(until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      await pause(AUDIT_AFTER_MS, undefined, { signal: until }).catch(() => {});
      for (const mapping of until.aborted ? [] : this.#running.plan.mappings) {
        const { faults } = await judged(this.#running, mapping, false).catch(() => new Findings());
        if (faults.length > 0 && !this.#meanwhile.has(mapping.groupId))
          this.#meanwhile.set(mapping.groupId, faults);
      }
    }
  }

  #seen(): Seen {
    const redelivered = this.#running.plan.mappings.reduce(
      (sum, { functionId }) => sum + this.#running.metric(functionId, 'Duplicates'),
      0,
    );
    const counted = { rebalances: this.#rebalances?.count ?? 0, redelivered };
    return seenIn(this.#events, { ...counted, records: this.#producer?.produced ?? 0 });
  }

  get #running(): Ground {
    if (this.#ground === undefined) throw new Error('the ground has not been started');
    return this.#ground;
  }

  get #topic() {
    const [topic] = this.#running.plan.topics;
    if (topic === undefined) throw new Error('the templates have no topic');
    return topic;
  }
}

function progressLine(seconds: number, seen: Seen): string {
  const counts = Object.entries(seen).map(([what, count]) => `${what} ${count}`);
  return `${String(Math.round(seconds)).padStart(5)} s  ${counts.join(', ')}`;
}
