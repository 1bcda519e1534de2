/**
 * What people read: an advertiser's clicks and money by hour, from the statement lines of all partitions.
 *
 * Lines say how far they go (`through`), so a statement is either as of the last rollup or exact: then the entries after
 * each line's `through` are added, in whatever order rollups run meanwhile. Sums are BigInt (I6).
 */
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
  clicks: bigint;
  /** Millionths of the currency unit. */
  micros: bigint;
  flagged: bigint;
}

/** Hours from and to, both inclusive. */
interface Period {
  readonly from: string;
  readonly to: string;
}

/** Every hour that can be written, so also every statement. */
export const wholePeriod: Period = { from: '0000-01-01T00', to: '9999-12-31T23' };

/** The hours of the period in which the advertiser has lines, ascending. */
export async function readStatement(
  ledger: Ledger,
  advertiser: string,
  period: Period,
  exact: boolean,
): Promise<StatementHour[]> {
  // Checkpoints before lines: an entry that a rollup folds in between is then seen in the line or after it, never lost.
  const checkpoints = exact ? await readCheckpoints(ledger) : new Map<string, number>();
  const hours = new Map<string, StatementHour>();
  const through = new Map<string, number>();
  for await (const item of linesOf(ledger, advertiser, period)) {
    const line = readIntact(item, lineIn);
    through.set(line.sk, line.through);
    add(hours, line.sk.slice(0, line.sk.indexOf('#')), line);
  }
  for (const [journal, checkpoint] of checkpoints) {
    for await (const { changed, state } of readEntriesAfter(ledger, journal, checkpoint)) {
      for (const { hour, advertiser: of, line } of parseLines(changed.lines)) {
        if (of !== advertiser || hour < period.from || hour > period.to) continue;
        if (state.version <= (through.get(`${hour}#${journal}`) ?? 0)) continue;
        const { clicks, micros, flagged } = line;
        add(hours, hour, { clicks: BigInt(clicks), micros: BigInt(micros), flagged: BigInt(flagged) });
      }
    }
  }
  return [...hours.values()].sort((a, b) => (a.hour < b.hour ? -1 : 1));
}

function lineIn(item: Item): Omit<StatementHour, 'hour'> & { sk: string; through: number } {
  return {
    sk: readText(item['sk']),
    through: readNumber(item['through']),
    clicks: BigInt(readDigits(item['clicks'])),
    micros: BigInt(readDigits(item['micros'])),
    flagged: BigInt(readDigits(item['flagged'])),
  };
}

function add(hours: Map<string, StatementHour>, hour: string, sums: Omit<StatementHour, 'hour'>): void {
  const line = hours.get(hour) ?? { hour, clicks: 0n, micros: 0n, flagged: 0n };
  line.clicks += sums.clicks;
  line.micros += sums.micros;
  line.flagged += sums.flagged;
  hours.set(hour, line);
}

async function readCheckpoints(ledger: Ledger): Promise<Map<string, number>> {
  const checkpoints = new Map<string, number>();
  for (const journal of await listJournals(ledger)) {
    checkpoints.set(journal, (await readCheckpoint(ledger, journal))?.version ?? 0);
  }
  return checkpoints;
}

function linesOf(ledger: Ledger, advertiser: string, period: Period): AsyncGenerator<Item> {
  return queryAll(ledger, {
    KeyConditionExpression: 'pk = :advertiser AND sk BETWEEN :from AND :to',
    ExpressionAttributeValues: {
      ':advertiser': { S: `advertiser#${advertiser}` },
      ':from': { S: `${period.from}#` },
      ':to': { S: `${period.to}$` }, // `$` follows `#`: every journal of the last hour is included.
    },
  });
}
