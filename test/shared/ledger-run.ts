/** Random steps on a ledger: what the pipe does with its table, in any order, with versions and watermarks that may not fit. */
import { AppError } from '../../shared/errors.ts';
import type { Entry } from '../../shared/journal/journal.ts';
import { ENTRY_PREFIX, formatEntrySk } from '../../shared/journal/journal-items.ts';
import {
  listJournals,
  putEntry,
  queryAll,
  readCheckpoint,
  readEntriesAfter,
  readHead,
} from '../../shared/journal/journal-store.ts';
import { buildOffsetSet } from '../../shared/journal/offsets.ts';
import { listOpenParked, listParked, type Parking } from '../../shared/journal/parked-items.ts';
import { addSums, type Pass } from '../../shared/statement/project-entries.ts';
import { rollUp } from '../../shared/statement/rollup.ts';
import { readStatement, wholePeriod } from '../../shared/statement/statement.ts';
import { START_MS } from '../support/builders.ts';
import { steppedClock } from '../support/memory-ledger.ts';
import type { Chance } from '../support/random.ts';
import type { TwinTables } from './twin-tables.ts';

const DAY_MS = 86_400_000;
const journals = ['ad_clicks@1#0', 'ad_clicks@1#10', 'ad.clicks-2@2#0'];
const advertisers = ['adv-7', 'a', 'A:b.c-d'];
const hours = ['2026-11-21T09', '2026-11-21T10', '2026-11-21T11'];
const VERSIONS = 9;
const clock = steppedClock(START_MS);

/** Each call takes one step. */
export function ledgerRun(ledger: TwinTables, chance: Chance): () => Promise<unknown> {
  const journal = () => chance.pick(journals);
  const version = () => 1 + chance.below(VERSIONS);
  const put = (of: string, at: number): Promise<unknown> =>
    putEntry(ledger, of, anEntry(at, chance), START_MS);
  const period = () => {
    const [from = '', to = ''] = [chance.pick(hours), chance.pick(hours)].sort();
    return chance.happens(0.5) ? wholePeriod : { from, to };
  };
  const steps: readonly (() => Promise<unknown>)[] = [
    () => put(journal(), version()),
    async () => {
      const of = journal();
      for (let entries = 1 + chance.below(4); entries > 0; entries--)
        await put(of, (await readHead(ledger, of, START_MS)).state.version + 1);
    },
    () => readHead(ledger, journal(), START_MS + chance.below(40) * DAY_MS),
    () => readCheckpoint(ledger, journal()),
    () => listJournals(ledger),
    () => readEntries(ledger, journal(), chance.below(4)),
    () => readWhileExpiring(ledger, journal()),
    () => ledger.expire(journal(), formatEntrySk(version())),
    () => readStatement(ledger, chance.pick(advertisers), period(), chance.happens(0.5)).catch(tornOnly),
    () => rolledUp(ledger, 1),
    () => rolledUp(ledger, 2),
    () => addSums(ledger, journal(), { sums: someSums(chance), counted: undefined }, chance.below(VERSIONS)),
    () => listParked(ledger, journal(), someParkings(chance)),
    () => Array.fromAsync(listOpenParked(ledger, journal(), chance.below(2), 1 + chance.below(5))),
    async () => {
      const of = journal();
      await listParked(ledger, of, someParkings(chance));
      await put(of, (await readHead(ledger, of, START_MS)).state.version + chance.below(2));
    },
  ];
  return () => chance.pick(steps)();
}

async function readEntries(ledger: TwinTables, journal: string, after: number): Promise<void> {
  try {
    for await (const { state } of readEntriesAfter(ledger, journal, after)) void state;
  } catch (error) {
    tornOnly(error);
  }
}

/** Entries are gone as soon as they were read, those too that a page ended with. */
async function readWhileExpiring(ledger: TwinTables, journal: string): Promise<void> {
  const items = queryAll(ledger, {
    KeyConditionExpression: 'pk = :journal',
    ExpressionAttributeValues: { ':journal': { S: journal } },
  });
  for await (const { sk } of items) if (sk?.S?.startsWith(ENTRY_PREFIX)) await ledger.expire(journal, sk.S);
}

async function rolledUp(ledger: TwinTables, atOnce: number): Promise<void> {
  const runs = Array.from({ length: atOnce }, () => rollUp(ledger, clock, Number.POSITIVE_INFINITY));
  for (const run of await Promise.allSettled(runs)) {
    if (run.status === 'fulfilled') continue;
    if (!(run.reason instanceof AggregateError)) throw run.reason;
    for (const error of run.reason.errors) tornOnly((error as Error).cause);
  }
}

/** Entries that were put far ahead, or expired in between, tear a journal: that is no difference between two tables. */
function tornOnly(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'journal.torn')) throw error;
}

function anEntry(version: number, chance: Chance): Entry {
  const first = chance.below(1_000);
  const offsets = buildOffsetSet([first, first + 1, first + 2 + chance.below(2)]);
  const parked = { offset: first, reason: 'value.json', sha256: String(chance.below(10)).repeat(64) };
  const micros = chance.below(2 ** 31);
  const lines = { [chance.pick(hours)]: { [chance.pick(advertisers)]: [chance.below(9), micros] } };
  return {
    changed: {
      offsets,
      void: chance.happens(0.3) ? buildOffsetSet([first + 1]) : [],
      parked: chance.happens(0.5) ? [parked] : [],
      unparked: chance.happens(0.3) ? buildOffsetSet([chance.below(3)]) : [],
      accepted: chance.happens(0.2) ? { offsets: [0, 1], reason: 'r', who: 'w' } : undefined,
      lines: chance.happens(0.2) ? '{}' : JSON.stringify(lines),
      flags: chance.happens(0.3) ? [{ offset: first, rule: 'velocity', score: 21 }] : [],
    },
    state: {
      version,
      resolved: offsets,
      openParked: chance.below(2),
      keys: chance.below(2),
      newest: START_MS + chance.below(1_000),
      marks: [{ offset: first, fingerprint: '0123456789abcdef' }],
      carried: chance.happens(0.5) ? 'é;☕;😀' : '',
      counted: undefined,
      totals: [BigInt(chance.below(100)), BigInt(micros) * 10n ** BigInt(chance.below(25))],
    },
    by: { code: 'c', request: `r${chance.below(3)}`, at: '' },
  };
}

type Sum = Pass['sums'] extends ReadonlyMap<string, infer S> ? S : never;

function someSums(chance: Chance): Pass['sums'] {
  const sum = () => {
    const [hour, key] = [chance.pick(hours), chance.pick(advertisers)];
    const micros = 10n ** BigInt(chance.below(30));
    const to = chance.below(VERSIONS);
    return [`${hour} ${key}`, { hour, key, totals: [1n, micros], flagged: 0n, to }] as [string, Sum];
  };
  return new Map(Array.from({ length: 1 + chance.below(3) }, sum));
}

function someParkings(chance: Chance): Parking[] {
  return [...new Set([chance.below(3), chance.below(3)])].map((offset) => {
    const reason = chance.pick(['value.utf8', 'value.json']);
    return { offset, reason, sha256: 'f'.repeat(64), version: 1 + chance.below(VERSIONS) };
  });
}
