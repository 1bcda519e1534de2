/**
 * One proof: clicks flow through a local runtime while faults happen to processes, requests, groups, journals, the topic and the
 * code. Then the faults end, the groups have to catch up, for which they have as long as they progress, and the auditor judges
 * every ledger at rest.
 *
 * To run it: `npx clickledger prove`, with `--full`, `--mutants` or `--seed N` (docs/commands.md). All that happened is in
 * `.clickledger/prove/logs/events.jsonl`. The same seed gives the same choices, not the same run: processes are real, and so is
 * their timing. A new action is a function in actions.ts and a weight in profile.ts.
 *
 * Not covered (docs/adr/0007-proof-and-audit.md): a loss of power, damaged disks, several brokers and unclean elections, the
 * cooperative protocol of groups, Lambda's own pollers, rights and networks of AWS, and a click that a producer writes twice.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AuditFault, Findings } from '../../infra/audit/findings.ts';
import type { PartialRetry } from '../../infra/local/mapping/decide.ts';
import { Seeded } from '../../infra/local/seeded.ts';
import { Standstill } from '../../infra/ops/standstill.ts';
import { applyBeside, createActions } from './actions.ts';
import { auditAtRest, auditMeanwhile, judgeByFaults } from './audit.ts';
import { causeFaults } from './chaos.ts';
import { countSeen, describeMissing, Events, formatProgress, listBelowFloor, type Seen } from './events.ts';
import { Load } from './load.ts';
import type { Profile } from './profile.ts';
import { RequestFaults } from './requests.ts';
import { findOwner, type ProofRuntime, Rebalances, startProofRuntime } from './runtime.ts';
import { Processes, type Scene, Work } from './scene.ts';

export interface ProofOptions {
  readonly profile: Profile;
  readonly seed: number;
  readonly templates: string;
  /** The templates of another release, to be deployed at times. */
  readonly otherRelease: string | undefined;
  /** Everything of the proof is kept here. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Told how far it is, in a line that takes the place of the one before; `say` if it is not given. */
  readonly progress?: (line: string) => void;
  /** Ends as soon as the auditor has found a fault while faults happen. */
  readonly untilFault?: boolean;
  /** Aborted to end it early. */
  readonly signal: AbortSignal;
}

export interface Proof {
  readonly events: Events;
  /** What the mappings delivered again after a partial response. */
  readonly partialRetry: PartialRetry;
  /** By consumer group. */
  readonly ledgers: ReadonlyMap<string, Findings>;
  readonly seen: Seen;
  /** How long it took until nothing was left to read; undefined where it came to a standstill before. */
  readonly caughtUpMs: number | undefined;
  /** A server that could not be kept running, or another thing that nobody broke on purpose. */
  readonly brokeByItself: string | undefined;
}

export async function runProof(options: ProofOptions): Promise<Proof> {
  const { profile, seed, templates, otherRelease, folder, say, signal } = options;
  for (const old of ['data', 'logs', 'destinations'])
    rmSync(join(folder, old), { recursive: true, force: true });
  mkdirSync(join(folder, 'logs'), { recursive: true, mode: 0o700 });
  const events = new Events(join(folder, 'logs', 'events.jsonl'));
  const random = new Seeded(seed);
  const requests = new RequestFaults(random, events);
  const enough = new AbortController();
  const until = AbortSignal.any([signal, enough.signal]);
  let broke: string | undefined;
  const fail = (error: unknown) => {
    broke ??= error instanceof Error ? error.message : String(error);
  };
  const toStop = new AsyncDisposableStack();
  try {
    const runtime = await startProofRuntime({ templates, folder, requests, random, events, fail });
    toStop.defer(() => runtime.stop());
    say(`After a partial response the mappings deliver again: ${runtime.partialRetry}`);
    const rebalances = new Rebalances(runtime.localRuntime, events);
    toStop.defer(() => rebalances.stop());
    const load = new Load({ localRuntime: runtime.localRuntime, profile, seed, random, events });
    toStop.defer(() => load.stop());
    toStop.defer(() => requests.end());
    const work = new Work(events, until);
    const processes = new Processes(runtime.localRuntime.children, { events, random, work });
    const scene: Scene = { runtime, load, requests, processes, work, random, events };
    const see = () => countAll(scene, rebalances);

    const began = performance.now();
    beginRequestFaults(scene);
    until.addEventListener('abort', () => requests.end());
    const found = new Map<string, readonly AuditFault[]>();
    const isFound = () => options.untilFault === true && found.size > 0;
    const overdue = () =>
      performance.now() - began > profile.faultsForMs ? listBelowFloor(see(), profile) : [];
    const actions = createActions(scene, profile, otherRelease);
    const faults = Promise.all([
      causeFaults({ actions, work, random, events, overdue }),
      auditMeanwhile(scene, found),
    ]);
    faults.catch(() => {}); // Awaited below, unless the proof ends before.
    await waitUntilEnough(options, scene, see, () => broke !== undefined || isFound());
    enough.abort();
    load.stopClicks();
    signal.throwIfAborted();

    let audited = judgeByFaults(found);
    if (!isFound()) {
      await faults;
      await restoreMappings(runtime);
      say('The faults have ended; what is left has to be caught up …');
      audited = await auditAtRest(scene, { profile, signal, say, meanwhile: found, broke: () => broke });
    }
    events.flush();
    const { ledgers, caughtUpMs, records, failed } = audited;
    const seen = { ...see(), records };
    const { partialRetry } = runtime;
    return { events, partialRetry, ledgers, seen, caughtUpMs, brokeByItself: broke ?? failed };
  } finally {
    await toStop.disposeAsync();
  }
}

function beginRequestFaults(scene: Scene): void {
  const { runtime, processes, requests } = scene;
  requests.begin({
    groupOf: (sandbox) => processes.list('function').find(({ pid }) => `pid-${pid}` === sandbox)?.group,
    rival: (group, journal, commits) => applyBeside(scene, group, journal, commits),
    killOwner: (group, journal) =>
      processes.kill(findOwner(runtime.localRuntime, group, journal), `owner of ${journal}`),
  });
}

function countAll({ runtime, load, requests, events }: Scene, rebalances: Rebalances): Seen {
  const { localRuntime } = runtime;
  const redelivered = localRuntime.plan.mappings.reduce(
    (sum, { functionId }) => sum + localRuntime.metric(functionId, 'Duplicates'),
    0,
  );
  return countSeen(events, {
    rebalances: rebalances.count,
    partitionsMoved: rebalances.moved,
    redelivered,
    records: load.produced,
    oddClasses: load.poison.classes,
    codes: requests.codes.size,
  });
}

const REPORT_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 250;

/** Until the time is over and every floor is reached; earlier where nothing progresses or `isOver` says so. */
async function waitUntilEnough(
  { profile, say, progress = say }: ProofOptions,
  { work, load }: Scene,
  see: () => Seen,
  isOver: () => boolean,
): Promise<void> {
  const began = performance.now();
  let reportedAt = began;
  const standstill = new Standstill(profile.standstillMs);
  while (!work.until.aborted && !isOver()) {
    await pause(LOOK_EVERY_MS);
    load.easeOff();
    const now = performance.now();
    const seen = see();
    const missing = describeMissing(seen, profile);
    if (now - began > profile.faultsForMs && missing.length === 0) return;
    if (standstill.lasts(missing) && missing.length > 0) return;
    if (now - reportedAt < REPORT_EVERY_MS) continue;
    reportedAt = now;
    progress(formatProgress(now - began, seen, profile));
  }
}

/** Every mapping as it is planned, with two members. */
async function restoreMappings({ localRuntime, startAsPlanned }: ProofRuntime): Promise<void> {
  startAsPlanned();
  const { mappings } = localRuntime.plan;
  await Promise.all(mappings.map((mapping) => localRuntime.pollersOf(mapping).stop()));
  for (const mapping of mappings) {
    const pollers = localRuntime.addMapping(mapping);
    while (pollers.count < 2) pollers.add();
  }
}
