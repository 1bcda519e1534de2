/**
 * The live lines of `npm start`: for each group a total and its partitions, within the columns and rows of the terminal. A narrow terminal
 * shows the most important columns, a low one the partitions with the most lag; the rest is counted.
 */
import { formatCount } from '../terminal/text.ts';

export interface LivePartition {
  readonly partition: number;
  /** Number of the poller that owns it; undefined while none does. */
  readonly owner: number | undefined;
  readonly committed: number | undefined;
  /** What it was just before the ledger was read: never ahead of what is counted (I7). */
  readonly committedThen: number | undefined;
  readonly end: number | undefined;
  /** Offset after the newest that the ledger has resolved. */
  readonly applied: number;
  readonly gaps: number;
  readonly clicks: bigint;
  readonly micros: bigint;
  readonly parked: number;
}

export interface LiveGroup {
  readonly groupId: string;
  readonly partitions: readonly LivePartition[];
}

/** A topic with records that no group reads. */
export interface UnreadTopic {
  readonly topic: string;
  readonly records: number;
}

export function formatUnread({ topic, records }: UnreadTopic): string {
  return `${topic}: ${formatCount(records)} records, no group reads it`;
}

/** What the lines have to fit into; undefined where there is no terminal. */
interface Screen {
  readonly columns: number;
  readonly rows: number;
}

interface Row {
  readonly name: string;
  readonly owner: string;
  readonly committed: string;
  readonly lag: string;
  readonly seconds: string;
  readonly rate: string;
  readonly amount: string;
  readonly parked: string;
}

type Column = keyof Row;

const heads: Row = {
  name: 'group',
  owner: 'owner',
  committed: 'committed',
  lag: 'lag',
  seconds: 'lag s',
  rate: 'clicks/s',
  amount: 'amount',
  parked: 'parked',
};
/** What goes first where the terminal is too narrow. The name, the lag and the amount stay. */
const DROPPED: readonly Column[] = ['committed', 'owner', 'seconds', 'rate', 'parked'];
const GAP = '  ';
const NAME_MIN = 6;

/** Rates are over this long, so that a batch a second does not make them jump. */
const RATE_OVER_MS = 3_000;
/** Looks that are kept of a log's end; beyond them every second one is dropped. */
const ENDS_MAX = 600;

interface Seen {
  clicks: { readonly at: number; readonly clicks: bigint }[];
  ends: { readonly at: number; readonly end: number }[];
}

interface Measured extends LivePartition {
  readonly lag: number | undefined;
  /** Age of the oldest record that is not committed, in seconds; Infinity where it is older than the observations. */
  readonly lagSeconds: number;
  readonly rate: number;
}

export class LiveLines {
  readonly #seen = new Map<string, Seen>();
  #beganAt: number | undefined;

  /** @param now milliseconds; @returns lines no wider and no more than the screen, all of them where there is none */
  lines(groups: readonly LiveGroup[], now: number, screen?: Screen): string[] {
    this.#beganAt ??= now;
    const measured = groups.map(({ groupId, partitions }) => ({
      groupId,
      partitions: partitions.map((each) => this.#measure(`${groupId} ${each.partition}`, each, now)),
    }));
    const rows = chosenRows(measured, (screen?.rows ?? Number.POSITIVE_INFINITY) - 1, now - this.#beganAt);
    return tableOf([heads, ...rows], screen?.columns ?? Number.POSITIVE_INFINITY);
  }

  #measure(key: string, live: LivePartition, now: number): Measured {
    const seen = this.#seen.get(key) ?? { clicks: [], ends: [] };
    this.#seen.set(key, seen);
    const { end, committed = 0, clicks } = live;
    seen.clicks = [...seen.clicks.filter(({ at }) => now - at <= RATE_OVER_MS), { at: now, clicks }];
    const [first] = seen.clicks;
    const rate =
      first === undefined || first.at === now
        ? 0
        : Math.round((Number(clicks - first.clicks) * 1000) / (now - first.at));
    if (end === undefined) return { ...live, lag: undefined, lagSeconds: 0, rate };
    // The newest observation at which everything was committed: what came after is the lag.
    const caughtUp = seen.ends.findLastIndex((look) => look.end <= committed);
    seen.ends = [...seen.ends.slice(Math.max(0, caughtUp)), { at: now, end }];
    if (seen.ends.length > ENDS_MAX) seen.ends = seen.ends.filter((_, i) => i % 2 === 0);
    const lag = Math.max(0, end - committed);
    const since = caughtUp < 0 ? undefined : seen.ends[0];
    const lagSeconds =
      lag === 0 ? 0 : since === undefined ? Number.POSITIVE_INFINITY : (now - since.at) / 1000;
    return { ...live, lag, lagSeconds, rate };
  }
}

interface MeasuredGroup {
  readonly groupId: string;
  readonly partitions: readonly Measured[];
}

/** As many rows as there is room for: a total for each group, and its partitions, those with the largest lag first to be shown. */
function chosenRows(groups: readonly MeasuredGroup[], room: number, watchedMs: number): Row[] {
  if (groups.length > room) {
    const shown = groups.slice(0, Math.max(0, room - 1));
    const note = noteRow(`… and ${groups.length - shown.length} more groups`);
    return [...shown.map((group) => totalRow(group, watchedMs)), note].slice(0, room);
  }
  let left = room - groups.length;
  return groups.flatMap((group, i) => {
    const share = Math.floor(left / (groups.length - i));
    const below = partitionRows(group.partitions, share, watchedMs);
    left -= below.length;
    return [totalRow(group, watchedMs), ...below];
  });
}

function partitionRows(partitions: readonly Measured[], room: number, watchedMs: number): Row[] {
  if (partitions.length <= room) return partitions.map((each) => partitionRow(each, watchedMs));
  if (room <= 0) return [];
  const worst = [...partitions].sort(
    (a, b) => Number(a.owner !== undefined) - Number(b.owner !== undefined) || (b.lag ?? 0) - (a.lag ?? 0),
  );
  const listed = worst.slice(0, room - 1).sort((a, b) => a.partition - b.partition);
  const hidden = partitions.length - listed.length;
  return [
    ...listed.map((each) => partitionRow(each, watchedMs)),
    noteRow(`  … and ${hidden} more${listed.length === 0 ? '' : ', with less lag'}`),
  ];
}

function partitionRow(each: Measured, watchedMs: number): Row {
  return {
    name: `  partition ${each.partition}`,
    owner: each.owner === undefined ? 'nobody' : `poller ${each.owner}`,
    committed: each.committed === undefined ? '-' : formatCount(each.committed),
    lag: each.lag === undefined ? '' : formatCount(each.lag),
    seconds: each.lag === undefined ? '' : secondsText(each.lagSeconds, watchedMs),
    rate: formatCount(each.rate),
    amount: cents(each.micros),
    parked: formatCount(each.parked),
  };
}

function totalRow({ groupId, partitions }: MeasuredGroup, watchedMs: number): Row {
  const sum = (of: (each: Measured) => number) => partitions.reduce((total, each) => total + of(each), 0);
  const owned = partitions.filter(({ owner }) => owner !== undefined).length;
  return {
    name: groupId,
    owner: `${owned} of ${partitions.length}`,
    committed: formatCount(sum(({ committed = 0 }) => committed)),
    lag: formatCount(sum(({ lag = 0 }) => lag)),
    seconds: secondsText(Math.max(0, ...partitions.map(({ lagSeconds }) => lagSeconds)), watchedMs),
    rate: formatCount(sum(({ rate }) => rate)),
    amount: cents(partitions.reduce((total, { micros }) => total + micros, 0n)),
    parked: formatCount(sum(({ parked }) => parked)),
  };
}

function noteRow(name: string): Row {
  return { name, owner: '', committed: '', lag: '', seconds: '', rate: '', amount: '', parked: '' };
}

function isNote({ amount }: Row): boolean {
  return amount === '';
}

/** A lag that is older than the observations is at least as old as they are. */
function secondsText(seconds: number, watchedMs: number): string {
  if (seconds !== Number.POSITIVE_INFINITY) return seconds.toFixed(1);
  return `>${Math.floor(watchedMs / 1000)}`;
}

/** To the cent, for the eye: statements have every digit. */
function cents(micros: bigint): string {
  const size = micros < 0n ? -micros : micros;
  return `${micros < 0n ? '-' : ''}${formatCount(size / 1_000_000n)}.${String((size / 10_000n) % 100n).padStart(2, '0')}`;
}

function tableOf(rows: readonly Row[], columns: number): string[] {
  const cellRows = rows.filter((row) => !isNote(row));
  const widthOf = (column: Column) => Math.max(...cellRows.map((row) => row[column].length));
  let kept = Object.keys(heads) as Column[];
  const rest = () => kept.slice(1).reduce((sum, column) => sum + GAP.length + widthOf(column), 0);
  for (const column of DROPPED) {
    if (rest() + Math.min(widthOf('name'), NAME_MIN * 3) <= columns) break;
    kept = kept.filter((each) => each !== column);
  }
  const nameWidth = Math.min(widthOf('name'), Math.max(NAME_MIN, columns - rest()));
  return rows.map((row) => {
    if (isNote(row)) return cut(row.name, columns);
    const cells = kept
      .slice(1)
      .map((column) =>
        column === 'owner' ? row[column].padEnd(widthOf(column)) : row[column].padStart(widthOf(column)),
      );
    return cut([cut(row.name, nameWidth).padEnd(nameWidth), ...cells].join(GAP), columns);
  });
}

/** What does not fit ends with a mark. */
function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
