/** What a proof does to processes, groups, journals, the topic and the functions while clicks flow. profile.ts says how often. */

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Child } from '../../infra/local/children.ts';
import { forgetGroup } from '../../infra/local/faults/forget-group.ts';
import { buildEventPayload, buildFetchedRecord } from '../../infra/local/mapping/kafka-event.ts';
import { createSecretLookup } from '../../infra/local/secrets.ts';
import type { PlannedFunction, PlannedMapping } from '../../infra/local/template/planned.ts';
import { readPlan } from '../../infra/local/template/read-plan.ts';
import { countRows } from '../../infra/ops/redrive/undone.ts';
import { formatQuantity } from '../../infra/terminal/text.ts';
import { letTimePass } from './aftermath.ts';
import type { ActionName, Profile } from './profile.ts';
import { redrive, withLedger } from './runtime.ts';
import { ledgerOf, pollersOf, type Scene } from './scene.ts';

type Action = () => Promise<void>;
export type Actions = Readonly<Record<ActionName, Action>>;

/** @param otherRelease the templates of another release; undefined where there is none to deploy */
export function createActions(
  scene: Scene,
  { groupFrozenMs }: Pick<Profile, 'groupFrozenMs'>,
  otherRelease: string | undefined,
): Actions {
  return {
    ...createProcessActions(scene, groupFrozenMs),
    ...createGroupActions(scene),
    ...createJournalActions(scene),
    ...createTopicActions(scene),
    ...createReleaseActions(scene, otherRelease),
  };
}

const pickMapping = ({ random, runtime }: Scene) =>
  random.pick(runtime.localRuntime.plan.mappings) as PlannedMapping;

const LOOK_EVERY_MS = 100;

/** Processes at any time: killed, or frozen and woken up later. */
function createProcessActions(scene: Scene, groupFrozenMs: number) {
  const { processes, requests, random, events, work } = scene;
  const kill =
    (role: Child['role']): Action =>
    async () =>
      processes.kill(processes.pick(role), 'at any time');
  return {
    killFunction: kill('function'),
    killPoller: kill('poller'),
    killProducer: kill('producer'),
    killBroker: kill('broker'),
    killDynamoDb: kill('dynamodb'),

    /** Longer than its session, so that the group continues without it, and others own its partitions when it wakes up. */
    freezePoller: () => processes.freeze(processes.pick('poller'), random.between(2_500, 5_000)),

    freezeFunction: () => processes.freeze(processes.pick('function'), random.between(300, 4_000)),

    /** Stopped one by one and woken up in another order. */
    async freezeOneByOne() {
      events.add('functions frozen one by one');
      for (const child of processes.list('function').filter(() => random.chance(0.5))) {
        work.begin('freezeOneByOne', processes.freeze(child, random.between(300, 3_000)));
        await work.wait(random.between(20, 200));
      }
    },

    /** Every function of one group, those that start meanwhile too; the others have to continue untouched (I9). */
    async freezeGroup() {
      const { groupId } = pickMapping(scene);
      const frozen = new Map<number, Child>();
      const ends = performance.now() + groupFrozenMs;
      events.add('group frozen', { what: groupId });
      requests.frozenGroup = groupId;
      while (performance.now() < ends && !work.until.aborted) {
        for (const child of processes.list('function', groupId))
          if (!frozen.has(child.pid) && processes.signal(child, 'SIGSTOP')) frozen.set(child.pid, child);
        await work.wait(LOOK_EVERY_MS);
      }
      requests.frozenGroup = undefined;
      for (const child of frozen.values()) processes.signal(child, 'SIGCONT');
    },

    async throttle() {
      requests.throttle(random.between(500, 4_000));
      events.add('throttled for a while');
    },
  } satisfies Partial<Actions>;
}

const POLLERS_MAX = 4;

/** Consumer groups: members that come and leave, offsets that are forgotten, other batches, another group on the same ledger. */
function createGroupActions(scene: Scene) {
  const { runtime, processes, random, events, work } = scene;
  const { localRuntime } = runtime;
  return {
    async addPoller() {
      const mapping = pickMapping(scene);
      const pollers = localRuntime.pollersOf(mapping);
      if (pollers.count >= POLLERS_MAX || work.isLocked(pollersOf(mapping))) return;
      pollers.add();
      events.add('poller added');
    },

    async removePoller() {
      const mapping = pickMapping(scene);
      const pollers = localRuntime.pollersOf(mapping);
      if (pollers.count <= 1 || work.isLocked(pollersOf(mapping))) return;
      events.add('poller removed');
      await pollers.remove();
    },

    /** Forgets what a group has committed, as an expiry of offsets would: it reads everything again. */
    async replay() {
      const mapping = pickMapping(scene);
      await work.alone([pollersOf(mapping)], async () => {
        await localRuntime.pollersOf(mapping).stop();
        const forgotten = await forgetGroup(localRuntime.kafka, mapping.groupId);
        localRuntime.addMapping(mapping);
        if (forgotten) events.add('replayed', { what: mapping.groupId });
      });
    },

    /** Starts a mapping again, with batches of another size. */
    async changeBatches() {
      const mapping = pickMapping(scene);
      await work.alone([pollersOf(mapping)], async () => {
        await localRuntime.pollersOf(mapping).stop();
        localRuntime.addMapping(mapping);
        events.add('other batches', { what: mapping.groupId });
      });
    },

    /** For a while another group reads into the same ledger: the whole topic, or what comes from now on, before the first does. */
    async addSecondMapping() {
      const mapping = pickMapping(scene);
      await work.alone([ledgerOf(mapping)], async () => {
        const id = `${mapping.id}-second-${events.count('second mapping')}`;
        const from = random.chance(0.5) ? 'LATEST' : 'TRIM_HORIZON';
        const second = { ...mapping, id, groupId: `${id}-group`, startingPosition: { from } } as const;
        events.add('second mapping', { what: `${mapping.groupId} ${from}` });
        // With the first group away for a while, the second begins ahead of it, and what lies between is a gap until it comes.
        for (const child of from === 'LATEST' ? processes.list('poller', mapping.groupId) : [])
          processes.kill(child, 'before a second mapping');
        const pollers = localRuntime.addMapping(second);
        await work.wait(random.between(5_000, 15_000));
        await pollers.stop();
      });
    },
  } satisfies Partial<Actions>;
}

const PATIENCE_MS = 30_000;

/** Journals beside their groups: rollups at once, records that come again, early or in part, and weeks that pass. */
function createJournalActions(scene: Scene) {
  const { runtime, random, events, work } = scene;
  const { localRuntime } = runtime;
  return {
    /** Two runs of a ledger's rollup at once, beside the schedule's own; with more of them nothing else would get the machine. */
    async rollUpTwice() {
      const { functionId } = random.pick(localRuntime.plan.schedules) ?? {};
      if (functionId === undefined) return;
      const run = () => localRuntime.sandboxesOf(functionId).invoke(Buffer.from('{}'));
      // A rollup runs for as long as entries come, and nothing waits for it.
      void work.alone([`rollup ${functionId}`], async () => {
        events.add('two rollups at once', { what: functionId });
        await Promise.allSettled([run(), run()]);
      });
    },

    applyInPart: () => applyInPart(scene, pickMapping(scene)),

    /** Beside live traffic, at times by two at once. */
    async redrive() {
      const mapping = pickMapping(scene);
      if (work.isLocked(ledgerOf(mapping))) return;
      const runs = Array.from({ length: random.chance(0.5) ? 2 : 1 }, () =>
        redrive(runtime, mapping, work.until),
      );
      for (const { found } of await Promise.all(runs))
        events.add('redriven', {
          what: `${mapping.groupId}: ${formatQuantity(countRows(found), 'record')} open`,
        });
    },

    async letWeeksPass() {
      const mapping = pickMapping(scene);
      const pass = async () => {
        // What reads the head before and puts its entry after would wake up weeks later, and no function runs so long.
        if (!(await work.ended(['applyInPart', 'redrive'], PATIENCE_MS))) return;
        const removed = await letTimePass(scene, mapping);
        const passed = typeof removed === 'number' && removed > 0;
        const what = `${mapping.groupId}: ${removed}`;
        events.add(passed ? 'weeks passed' : 'weeks could not pass', { what });
      };
      await work.alone([pollersOf(mapping), ledgerOf(mapping)], pass, PATIENCE_MS);
    },
  } satisfies Partial<Actions>;
}

/** Every second one of them makes as many gaps as a journal can hold (1,000), or more. */
const RECORDS_READ = 2_200;

/**
 * Hands records to a function beside its group, as a redrive does: read from the log again, all or some of a range, so that two
 * writers meet on one journal with batches that were cut in different places.
 * @param at where; anywhere if it is left out, most often at the log's end
 */
async function applyInPart(
  scene: Scene,
  mapping: PlannedMapping,
  at?: { readonly partition: number; readonly from: number },
): Promise<void> {
  const { runtime, random, events, work } = scene;
  const { localRuntime } = runtime;
  if (work.isLocked(ledgerOf(mapping))) return;
  const { topic } = mapping;
  const payload = await withLedger(localRuntime, mapping, async ({ log }) => {
    const bounds = await log.bounds();
    const partition = at?.partition ?? Math.floor(random.next() * bounds.length);
    const { start, end } = bounds[partition] ?? { start: 0, end: 0 };
    const anywhere = random.chance(0.7)
      ? Math.max(start, end - RECORDS_READ)
      : Math.floor(random.between(start, end));
    const from = Math.max(start, at?.from ?? anywhere);
    const until = Math.min(end, from + Math.ceil(random.between(1, RECORDS_READ)));
    const every = random.pick(at === undefined ? [1, 2, 2, 3] : [2, 2, 3]) as number;
    const taken = [];
    for await (const { offset, time, key, value } of log.records(partition, { start: from, end: until }))
      if (offset % every === 0) {
        const record = { topic, partition, offset, timestamp: time, key, value, headers: [] };
        taken.push(buildFetchedRecord({ ...record, timestampType: 'LOG_APPEND_TIME' }));
      }
    const source = { arn: mapping.sourceArn, bootstrap: localRuntime.kafka.join(',') };
    return buildEventPayload(source, new Map([[`${topic}-${partition}`, taken]]));
  });
  events.add('applied in part', { what: mapping.groupId });
  await localRuntime.sandboxesOf(mapping.functionId).invoke(payload);
}

/**
 * A rival of a commit that is held back: it writes from the same offset on, every second or third record, so that of more
 * than one some are left for the other to write.
 * @param commits the offsets of the commit, as the entry says them
 */
export function applyBeside(scene: Scene, group: string, journal: string, commits: string): void {
  const mapping = scene.runtime.localRuntime.plan.mappings.find(({ groupId }) => groupId === group);
  const at = { partition: Number(journal.split('#').at(-1)), from: Number.parseInt(commits, 10) };
  if (mapping !== undefined && !Number.isNaN(at.from))
    scene.work.begin('applyInPart', applyInPart(scene, mapping, at));
}

const ODD_AT_ONCE = 8;
/** So that odd records are a small part of the log. */
const HANDFULS_MAX = 300;

function createTopicActions({ load, events }: Scene) {
  let grown = false;
  return {
    async sendOddRecords() {
      if (events.count('odd records sent') >= HANDFULS_MAX) return;
      await load.poison.send(ODD_AT_ONCE);
      events.add('odd records sent');
    },

    /** Once: a topic can't lose it again. */
    async addPartition() {
      if (grown) return;
      grown = true;
      await load.addPartition();
      events.add('partition added');
    },
  } satisfies Partial<Actions>;
}

const HOUR_MS = 3_600_000;
const CLOCKS_OFF_BY_MS = [-400 * 24, -26, -1, 1, 26, 60 * 24].map((hours) => hours * HOUR_MS);

/** Functions get the code of another release, or a clock that is wrong. */
function createReleaseActions(scene: Scene, otherRelease: string | undefined) {
  const { runtime, random, events } = scene;
  const { localRuntime, folder } = runtime;
  const none: Action = async () => {};
  if (otherRelease === undefined) return { deploy: none, setClocksWrong: none };
  const plan = readPlan(otherRelease, { secrets: createSecretLookup(join(folder, 'data', 'secrets.json')) });
  const released = new Map(plan.functions.map((planned) => [planned.id, planned]));
  const isOther = new Map<string, boolean>();
  return {
    async deploy() {
      const deployed = random.pick(localRuntime.plan.functions) as PlannedFunction;
      const toOther = !(isOther.get(deployed.id) ?? false);
      isOther.set(deployed.id, toOther);
      const { file, environment } = (toOther ? released.get(deployed.id) : undefined) ?? deployed;
      localRuntime.sandboxesOf(deployed.id).useBundle(file, environment);
      events.add('deployed', { what: `${deployed.name} ${toOther ? 'the other release' : 'back'}` });
    },

    /** Of every second sandbox that starts from now on. */
    async setClocksWrong() {
      const { functionId } = pickMapping(scene);
      const deployed = localRuntime.functionOf(functionId);
      const offBy = random.pick(CLOCKS_OFF_BY_MS) as number;
      const file = buildWithWrongClock(deployed, offBy, join(folder, 'clocks'));
      isOther.set(functionId, false);
      localRuntime.sandboxesOf(functionId).useBundle(file, deployed.environment);
      events.add('clocks wrong', { what: `${deployed.name} by ${offBy / HOUR_MS} h` });
    },
  } satisfies Partial<Actions>;
}

/** A file that sets the clock of its process wrong where the pid is even, then is the function's own bundle. */
export function buildWithWrongClock(
  { file, handler }: Pick<PlannedFunction, 'file' | 'handler'>,
  offByMs: number,
  folder: string,
): string {
  const exported = handler.slice(handler.lastIndexOf('.') + 1);
  const text = `if (process.pid % 2 === 0) {
  const { now } = Date;
  const wrong = () => now() + ${offByMs};
  globalThis.Date = new Proxy(Date, {
    construct: (Clock, given) => (given.length === 0 ? new Clock(wrong()) : new Clock(...given)),
    get: (Clock, name) => (name === 'now' ? wrong : Reflect.get(Clock, name)),
  });
}
const bundle = await import(${JSON.stringify(pathToFileURL(file).href)});
const { ${exported} } = bundle;
export { ${exported} };
`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const written = join(folder, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.mjs`);
  writeFileSync(written, text);
  return written;
}
