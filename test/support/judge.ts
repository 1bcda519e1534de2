/**
 * The verdict on a world at rest. It knows the log and what each record is worth under each deploy, and asks: is each
 * position resolved by one entry, applied by one, and is every entry, statement line and total worth just that?
 */
import type { Entry } from '../../shared/journal/journal.ts';
import { formatEntrySk, type Item } from '../../shared/journal/journal-items.ts';
import { listJournals, readCheckpoint, type Sender } from '../../shared/journal/journal-store.ts';
import { hasOffset } from '../../shared/journal/offsets.ts';
import { type SimulatedClick, worth } from './simulated-log.ts';
import type { Command, SimulatedTable } from './simulated-table.ts';

interface Evidence {
  readonly journal: string;
  readonly clicks: readonly SimulatedClick[];
  /** Every entry that was ever put, by `<pk> <sk>`. */
  readonly archive: ReadonlyMap<string, Entry>;
  readonly table: SimulatedTable;
}

/** What is wrong, in words; empty where nothing is. */
export async function judge(evidence: Evidence): Promise<string[]> {
  return [
    ...judgeVersions(evidence),
    ...judgeEntries(evidence),
    ...judgePositions(evidence),
    ...judgeStatement(evidence),
    ...(await judgeCheckpoint(evidence)),
  ];
}

function* judgeVersions({ journal, archive }: Evidence): Generator<string> {
  for (let version = 1; version <= archive.size; version++) {
    if (!archive.has(`${journal} ${formatEntrySk(version)}`))
      yield `of ${archive.size} entries, version ${version} is missing`;
  }
}

/** An entry's lines are the worth of exactly the offsets that it applied. */
function* judgeEntries({ clicks, archive }: Evidence): Generator<string> {
  for (const entry of archive.values()) {
    const expected = new Map<string, { clicks: number; micros: number }>();
    for (const [offset, click] of clicks.entries()) {
      if (!applies(entry, offset)) continue;
      const { line, micros } = worth(click, entry.by.code);
      const sum = expected.get(line) ?? { clicks: 0, micros: 0 };
      expected.set(line, { clicks: sum.clicks + 1, micros: sum.micros + micros });
    }
    const held = linesText(linesOf(entry));
    if (held !== linesText(expected))
      yield `entry ${entry.state.version} holds\n${held}\n but is worth\n${linesText(expected)}`;
  }
}

function* judgePositions({ clicks, archive }: Evidence): Generator<string> {
  for (const [offset, { kind }] of clicks.entries()) {
    const resolvedBy = [...archive.values()].filter(({ changed }) => hasOffset(changed.offsets, offset));
    const appliedBy = [...archive.values()].filter((entry) => applies(entry, offset));
    const versions = resolvedBy.map(({ state }) => state.version).join();
    const acceptedBy = [...archive.values()].filter(({ changed }) =>
      hasOffset(changed.accepted?.offsets ?? [], offset),
    );
    if (acceptedBy.length > 1) yield `offset ${offset} (${kind}) is accepted ${acceptedBy.length} times`;
    const resolutions = kind === 'void' ? Math.min(resolvedBy.length, 1) : 1;
    if (kind !== 'void' && resolvedBy.some(({ changed }) => hasOffset(changed.void, offset)))
      yield `offset ${offset} (${kind}) is void in entries [${versions}]`;
    if (resolvedBy.length !== resolutions)
      yield `offset ${offset} (${kind}) is resolved by entries [${versions}]`;
    const applications = kind === 'poison' || kind === 'void' || acceptedBy.length > 0 ? 0 : 1;
    if (appliedBy.length !== applications)
      yield `offset ${offset} (${kind}) is applied ${appliedBy.length} times`;
  }
}

/** The statement is the sum of all entries. */
function* judgeStatement({ archive, table }: Evidence): Generator<string> {
  const expected = new Map<string, { clicks: number; micros: number }>();
  for (const entry of archive.values()) {
    for (const [line, { clicks, micros }] of linesOf(entry)) {
      const sum = expected.get(line) ?? { clicks: 0, micros: 0 };
      expected.set(line, { clicks: sum.clicks + clicks, micros: sum.micros + micros });
    }
  }
  const held = new Map<string, { clicks: number; micros: number }>();
  for (const [pk, items] of table.items) {
    if (!pk.startsWith('advertiser#')) continue;
    for (const [sk, item] of items)
      held.set(`${sk.split('#')[0]} ${pk.slice('advertiser#'.length)}`, sumsOf(item));
  }
  for (const line of new Set([...expected.keys(), ...held.keys()])) {
    const [is, should] = [held.get(line), expected.get(line)].map((sums) => JSON.stringify(sums));
    if (is !== should) yield `statement line ${line} holds ${is}, the entries add up to ${should}`;
  }
}

async function judgeCheckpoint({ journal, clicks, archive, table }: Evidence): Promise<string[]> {
  const faults: string[] = [];
  const client = { send: async (command: Command) => table.execute(command) } as unknown as Sender;
  const ledger = { client, table: 'ledger', entryDays: 35 };
  const checkpoint = await readCheckpoint(ledger, journal);
  const accepted = [...archive.values()].map(({ changed }) => changed.accepted?.offsets ?? []);
  const isAccepted = (offset: number) => accepted.some((offsets) => hasOffset(offsets, offset));
  const poison = clicks.flatMap(({ kind }, offset) =>
    kind === 'poison' && !isAccepted(offset) ? [offset] : [],
  );
  if (poison.length !== checkpoint?.openParked)
    faults.push(`${checkpoint?.openParked} records are counted as parked, the poison is ${poison.join()}`);
  const listed = [...(table.items.get(`parked#${journal}`)?.values() ?? [])].filter(
    (item) => item['settled'] === undefined,
  );
  const listedOffsets = listed.map((item) => Number(item['sk']?.S)).sort((a, b) => a - b);
  if (listedOffsets.join() !== poison.join())
    faults.push(`listed as parked is ${listedOffsets.join()}, the poison is ${poison.join()}`);
  const good = clicks.filter(
    ({ kind }, offset) => (kind === 'good' || kind === 'breaks-v1') && !isAccepted(offset),
  ).length;
  if (Number(checkpoint?.carried) !== good)
    faults.push(`the fold carried ${checkpoint?.carried} clicks of ${good}`);
  if (Number(checkpoint?.totals[0]) !== good)
    faults.push(`the journal counts ${checkpoint?.totals[0]} clicks of ${good}`);
  if ((await listJournals(ledger)).join() !== journal) faults.push('the journal is not in the directory');
  return faults;
}

function applies({ changed }: Entry, offset: number): boolean {
  if (hasOffset(changed.unparked, offset)) return true;
  const aside =
    hasOffset(changed.void, offset) ||
    hasOffset(changed.accepted?.offsets ?? [], offset) ||
    changed.parked.some((parked) => parked.offset === offset);
  return hasOffset(changed.offsets, offset) && !aside;
}

function linesOf({ changed }: Entry): Map<string, { clicks: number; micros: number }> {
  const hours = JSON.parse(changed.lines) as Record<string, Record<string, [number, number]>>;
  return new Map(
    Object.entries(hours).flatMap(([hour, lines]) =>
      Object.entries(lines).map(([id, [clicks, micros]]) => [`${hour} ${id}`, { clicks, micros }] as const),
    ),
  );
}

function linesText(lines: Map<string, { clicks: number; micros: number }>): string {
  return Array.from(lines, ([line, { clicks, micros }]) => `${line} ${clicks} ${micros}`)
    .sort()
    .join('\n');
}

function sumsOf(item: Item): { clicks: number; micros: number } {
  return { clicks: Number(item['clicks']?.N), micros: Number(item['micros']?.N) };
}
