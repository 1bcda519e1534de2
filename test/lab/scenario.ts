/**
 * The scenario that every strategy goes through: some members share the partitions while records come at a steady pace; then one
 * joins, one leaves in order, one is killed. After each the group has to settle before the next.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../../infra/terminal/user-error.ts';
import { Deliveries, fewestMoves, movedBetween, type StepMeasures } from './deliveries.ts';
import type { MemberAssignment } from './member-process.ts';
import { Members } from './members.ts';

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
      measures[step] = await measured(step, members, deliveries, settled, signal);
    }
    return measures as Record<Step, StepMeasures>;
  } finally {
    await members.end();
  }
}

async function measured(
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
