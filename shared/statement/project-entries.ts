/**
 * What the rollup makes of entries: sums to add to statement lines, and the parked records to list. Each line says through
 * which version it has been made, and is changed only on condition of that.
 */
import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type Line, parseLines } from '../fold/delta.ts';
import type { State } from '../journal/journal.ts';
import { type Item, readIntact, readNumber } from '../journal/journal-items.ts';
import { type Ledger, readEntriesAfter, runAtOnce } from '../journal/journal-store.ts';
import type { Parking } from '../journal/parked-items.ts';

/** A pass ends at either bound: more entries save writes of lines, fewer lines and parked records save memory. */
const ENTRIES_PER_PASS = 1_000;
const LINES_PER_PASS = 200_000;

/** What the entries of a pass add to one statement line. */
interface LineSum {
  readonly hour: string;
  readonly advertiser: string;
  clicks: bigint;
  micros: bigint;
  flagged: bigint;
  /** The last version that is in the sums. */
  to: number;
}

export interface Pass {
  readonly sums: Map<string, LineSum>;
  readonly parkings: Parking[];
  /** The state after the last entry; undefined if there was none. */
  readonly reached: State | undefined;
  /** Whether it ended because no entry came after. */
  readonly toTheHead: boolean;
}

/** Only some lines, each from the version after its own `through`, for a pass that met another run. */
interface Again {
  readonly to: number;
  readonly lines: ReadonlyMap<string, number>;
}

export async function sumEntries(
  ledger: Ledger,
  journal: string,
  from: number,
  again?: Again,
): Promise<Pass> {
  const sums = new Map<string, LineSum>();
  const parkings: Parking[] = [];
  let reached: State | undefined;
  let toTheHead = true;
  for await (const { changed, state } of readEntriesAfter(ledger, journal, from)) {
    if (again !== undefined && state.version > again.to) break;
    for (const { hour, advertiser, line } of parseLines(changed.lines)) {
      const key = `${hour} ${advertiser}`;
      if (again !== undefined && state.version <= (again.lines.get(key) ?? again.to)) continue;
      addLine(sums, key, { hour, advertiser }, line, state.version);
    }
    for (const parked of changed.parked) parkings.push({ ...parked, version: state.version });
    reached = state;
    toTheHead = state.version - from < ENTRIES_PER_PASS && sums.size + parkings.length < LINES_PER_PASS;
    if (again === undefined && !toTheHead) break;
  }
  return { sums, parkings, reached, toTheHead };
}

function addLine(
  sums: Map<string, LineSum>,
  key: string,
  of: { readonly hour: string; readonly advertiser: string },
  line: Line,
  version: number,
): void {
  let sum = sums.get(key);
  if (sum === undefined) {
    sum = { ...of, clicks: 0n, micros: 0n, flagged: 0n, to: version };
    sums.set(key, sum);
  }
  sum.clicks += BigInt(line.clicks);
  sum.micros += BigInt(line.micros);
  sum.flagged += BigInt(line.flagged);
  sum.to = version;
}

/** Adds each sum to its line; returns the `through` of the lines where another run has been meanwhile. */
export async function addSums(
  ledger: Ledger,
  journal: string,
  sums: ReadonlyMap<string, LineSum>,
  from: number,
  seen?: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  const passed = new Map<string, number>();
  await runAtOnce(sums.entries(), async ([key, sum]) => {
    const line = { pk: { S: `advertiser#${sum.advertiser}` }, sk: { S: `${sum.hour}#${journal}` } };
    const standing = await updateUnlessPassed(ledger, line, ADD_TO_LINE, {
      ':zero': { N: '0' },
      ':clicks': { N: String(sum.clicks) },
      ':micros': { N: String(sum.micros) },
      ':flagged': { N: String(sum.flagged) },
      ':to': { N: String(sum.to) },
      ':seen': { N: String(seen?.get(key) ?? from) },
    });
    if (standing !== undefined && standing < sum.to) passed.set(key, standing);
  });
  return passed;
}

const ADD_TO_LINE =
  'SET clicks = if_not_exists(clicks, :zero) + :clicks, micros = if_not_exists(micros, :zero) + :micros, ' +
  'flagged = if_not_exists(flagged, :zero) + :flagged, through = :to';

/** Updates an item that has seen no version after `:seen`; returns the version it has seen otherwise. */
async function updateUnlessPassed(
  ledger: Ledger,
  key: Item,
  update: string,
  values: Item,
): Promise<number | undefined> {
  try {
    await ledger.client.send(
      new UpdateItemCommand({
        TableName: ledger.table,
        Key: key,
        UpdateExpression: update,
        ConditionExpression: 'attribute_not_exists(through) OR through <= :seen',
        ExpressionAttributeValues: values,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return undefined;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException && error.Item !== undefined)
      return readIntact(error.Item, ({ through }) => readNumber(through));
    // An attribute of another type than was written: nothing else of the request depends on what the item holds.
    if (error instanceof Error && error.name === 'ValidationException')
      return readIntact(key, () => {
        throw error;
      });
    throw error;
  }
}
