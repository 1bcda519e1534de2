/**
 * The scenario that every strategy goes through: some members share the partitions while records come at a steady pace; then one
 * joins, one leaves in order, one is killed. After each the group has to settle before the next. The members are child processes,
 * ended whatever happens; the records come from the lab's own process.
 */

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ProduceAcks, Producer } from '@platformatic/kafka';
import { ManagedProcess } from '../../infra/local/managed-process.ts';
import { UserError } from '../../infra/terminal/user-error.ts';
import { type Arrival, Deliveries, fewestMoves, movedBetween, type StepMeasures } from './deliveries.ts';
import type { Delivery, MemberAssignment } from './member-process.ts';

export const steps = ['join', 'leave', 'crash'] as const;
export type Step = (typeof steps)[number];

interface ScenarioOptions {
  readonly assignment: MemberAssignment;
  readonly partitions: number;
  /** At first. */
  readonly members: number;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
}

const LOOK_EVERY_MS = 50;
/** So long everything has to flow to the right members before a step counts as over. */
const SETTLED_FOR_MS = 1_500;
const FLOWS_WITHIN_MS = 1_000;
const QUIET_MS = 2_000;
const SETTLE_WITHIN_MS = 90_000;

export async function runScenario(options: ScenarioOptions): Promise<Record<Step, StepMeasures>> {
  const { assignment, partitions, progress, signal } = options;
  const deliveries = new Deliveries(partitions, Date.now());
  const members = new Members(assignment, (arrival) => deliveries.take(arrival));
  const settled = () => settle(members, deliveries, signal);
  const measures: Partial<Record<Step, StepMeasures>> = {};
  try {
    for (let started = 0; started < options.members; started++) members.start();
    progress('settles');
    await settled();
    for (const step of steps) {
      progress(step);
      measures[step] = await measureStep(step, members, deliveries, settled, signal);
    }
    return measures as Record<Step, StepMeasures>;
  } finally {
    await members.end();
  }
}

async function measureStep(
  step: Step,
  members: Members,
  deliveries: Deliveries,
  settled: () => Promise<void>,
  signal: AbortSignal,
): Promise<StepMeasures> {
  deliveries.begin();
  await pause(QUIET_MS, undefined, { signal });
  const quietMs = Math.max(...deliveries.pausesMs(Date.now()));
  const quietRedelivered = deliveries.redelivered;
  const before = deliveries.owners();
  deliveries.begin();
  await act(step, members);
  await settled();
  const after = deliveries.owners();
  return {
    moved: movedBetween(before, after),
    fewest: fewestMoves(before, members.numbers),
    redelivered: deliveries.redelivered,
    pausesMs: deliveries.pausesMs(Date.now()),
    quietMs,
    quietRedelivered,
  };
}

async function act(step: Step, members: Members): Promise<void> {
  const [oldest = 0] = members.numbers;
  if (step === 'join') members.start();
  else if (step === 'leave') await members.leave(oldest);
  else await members.crash(oldest);
}

async function settle(members: Members, deliveries: Deliveries, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + SETTLE_WITHIN_MS;
  let since: number | undefined;
  for (;;) {
    members.check();
    const now = performance.now();
    if (!deliveries.isSettled(members.numbers, Date.now(), FLOWS_WITHIN_MS)) since = undefined;
    else since ??= now;
    if (since !== undefined && now - since >= SETTLED_FOR_MS) return;
    if (now > deadline)
      throw new UserError(
        `the group has not settled within ${SETTLE_WITHIN_MS / 1000} s: owners ${deliveries.owners().join(', ')} of members ${members.numbers.join(', ')}`,
      );
    await pause(LOOK_EVERY_MS, undefined, { signal });
  }
}

const PROCESS_FILE = join(import.meta.dirname, 'member-process.ts');
const LEAVE_WITHIN_MS = 10_000;

export class Members {
  readonly #assignment: MemberAssignment;
  readonly #take: (arrival: Arrival) => void;
  readonly #running = new Map<number, ManagedProcess<'leave', readonly Delivery[]>>();
  readonly #expected = new Set<number>();
  #next = 1;
  #broke: string | undefined;

  constructor(assignment: MemberAssignment, take: (arrival: Arrival) => void) {
    this.#assignment = assignment;
    this.#take = take;
  }

  get numbers(): number[] {
    return [...this.#running.keys()];
  }

  /** Throws where one has ended that nobody ended: what is measured then is something else. */
  check(): void {
    if (this.#broke !== undefined) throw new UserError(`a member of the lab ended by itself: ${this.#broke}`);
  }

  start(): void {
    const number = this.#next++;
    const member = new ManagedProcess<'leave', readonly Delivery[]>({
      file: PROCESS_FILE,
      argument: () => this.#assignment,
      hear: (deliveries) => {
        for (const [partition, offset, at] of deliveries)
          this.#take({ member: number, partition, offset, at });
      },
      ended: () => void this.#running.delete(number),
      closed: (how, lastWords) => {
        if (!this.#expected.has(number)) this.#broke ??= `${how} ${lastWords ?? ''}`;
      },
    });
    this.#running.set(number, member);
  }

  /** Leaves the group as Kafka wants it; resolves when it has. */
  async leave(number: number): Promise<void> {
    this.#expected.add(number);
    await this.#running.get(number)?.stop('leave', LEAVE_WITHIN_MS);
  }

  async crash(number: number): Promise<void> {
    this.#expected.add(number);
    await this.#running.get(number)?.crash();
  }

  async end(): Promise<void> {
    await Promise.all(this.numbers.map((number) => this.crash(number)));
  }
}

const TICK_MS = 20;

export class SteadyProducer {
  readonly #producer: Producer<Buffer, Buffer, Buffer, Buffer>;
  readonly #topic: string;
  readonly #partitions: number;
  readonly #rate: number;
  readonly #ended: Promise<void>;
  #stopping = false;

  constructor(bootstrap: string, topic: string, partitions: number, rate: number) {
    this.#topic = topic;
    this.#partitions = partitions;
    this.#rate = rate;
    this.#producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
      clientId: 'clickledger-lab',
      bootstrapBrokers: [bootstrap],
      autocreateTopics: false,
    });
    this.#ended = this.#produce();
    this.#ended.catch(() => {});
  }

  /** Rejects where it could not produce. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#ended.finally(() => this.#producer.close());
  }

  async #produce(): Promise<void> {
    const began = performance.now();
    const value = Buffer.from('{}');
    for (let sent = 0; !this.#stopping; ) {
      const due = Math.floor(((performance.now() - began) * this.#rate) / 1000);
      const messages = Array.from({ length: due - sent }, (_, i) => ({
        topic: this.#topic,
        partition: (sent + i) % this.#partitions,
        value,
      }));
      if (messages.length > 0) await this.#producer.send({ messages, acks: ProduceAcks.LEADER });
      sent = due;
      await pause(TICK_MS);
    }
  }
}
