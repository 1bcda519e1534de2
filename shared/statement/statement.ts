/**
 * What people read: the sums of a key by hour, from the statement lines of all partitions.
 *
 * Lines say how far they go (`through`), so a statement is either as of the last rollup or exact: then the entries after
 * each line's `through` are added, in whatever order rollups run meanwhile. Sums are BigInt (I6).
 */
import { linePrefixes, parseCounted } from '../fold/count.ts';
import { parseLines } from '../fold/delta.ts';
import { type Item, readDigits, readIntact, readNumber, readText } from '../journal/journal-items.ts';
import {
  type Ledger,
  listJournals,
  queryAll,
  readCheckpoint,
  readEntriesAfter,
} from '../journal/journal-store.ts';

export interface StatementHour {
  /** UTC, as `2026-11-21T10`. */
  readonly hour: string;
  /** By measure. */
  readonly sums: Readonly<Record<string, bigint>>;
  readonly flagged: bigint;
}

/** Hours from and to, both inclusive. */
interface Period {
  readonly from: string;
  readonly to: string;
}

/** Every hour that can be written, so also every statement. */
export const wholePeriod: Period = { from: '0000-01-01T00', to: '9999-12-31T23' };

/**
 * The hours of the period in which the key has lines, ascending.
 * @param key as `formatKey` writes it
 */
export async function readStatement(
  ledger: Ledger,
  key: string,
  period: Period,
  exact: boolean,
): Promise<StatementHour[]> {
  // Checkpoints before lines: an entry that a rollup folds in between is then seen in the line or after it, never lost.
  const checkpoints = exact ? await readCheckpoints(ledger) : new Map<string, number>();
  const hours = new Map<string, StatementHour>();
  const through = new Map<string, number>();
  for await (const item of linesOf(ledger, key, period)) {
    const line = readIntact(item, lineIn);
    through.set(line.sk, line.through);
    add(hours, line.sk.slice(0, line.sk.indexOf('#')), line);
  }
  for (const [journal, checkpoint] of checkpoints) {
    for await (const { changed, state } of readEntriesAfter(ledger, journal, checkpoint)) {
      const { measures } = parseCounted(state.counted);
      for (const { hour, key: of, line } of parseLines(changed.lines, measures.length)) {
        if (of !== key || hour < period.from || hour > period.to) continue;
        if (state.version <= (through.get(`${hour}#${journal}`) ?? 0)) continue;
        const sums = Object.fromEntries(measures.map((name, i) => [name, BigInt(line.sums[i] ?? 0)]));
        add(hours, hour, { sums, flagged: BigInt(line.flagged) });
      }
    }
  }
  return [...hours.values()].sort((a, b) => (a.hour < b.hour ? -1 : 1));
}

/** Every number of a line beside these is the sum of a measure. */
const ofEveryLine = ['pk', 'sk', 'through', 'flagged'];

function lineIn(item: Item): Omit<StatementHour, 'hour'> & { sk: string; through: number } {
  const measures = Object.keys(item).filter((name) => !ofEveryLine.includes(name));
  if (measures.length === 0) throw new RangeError('a statement line has no sums');
  return {
    sk: readText(item['sk']),
    through: readNumber(item['through']),
    sums: Object.fromEntries(measures.map((name) => [name, BigInt(readDigits(item[name]))])),
    flagged: BigInt(readDigits(item['flagged'])),
  };
}

function add(hours: Map<string, StatementHour>, hour: string, more: Omit<StatementHour, 'hour'>): void {
  const none: Omit<StatementHour, 'hour'> = { sums: {}, flagged: 0n };
  const { sums, flagged } = hours.get(hour) ?? none;
  const added = Object.entries(more.sums).map(([name, sum]) => [name, (sums[name] ?? 0n) + sum]);
  hours.set(hour, { hour, sums: { ...sums, ...Object.fromEntries(added) }, flagged: flagged + more.flagged });
}

async function readCheckpoints(ledger: Ledger): Promise<Map<string, number>> {
  const checkpoints = new Map<string, number>();
  for (const journal of await listJournals(ledger)) {
    checkpoints.set(journal, (await readCheckpoint(ledger, journal))?.version ?? 0);
  }
  return checkpoints;
}

async function* linesOf(ledger: Ledger, key: string, period: Period): AsyncGenerator<Item> {
  for (const prefix of linePrefixes)
    yield* queryAll(ledger, {
      KeyConditionExpression: 'pk = :key AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: {
        ':key': { S: `${prefix}${key}` },
        ':from': { S: `${period.from}#` },
        ':to': { S: `${period.to}$` }, // `$` follows `#`: every journal of the last hour is included.
      },
    });
}
