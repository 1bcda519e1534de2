/**
 * What the rollup makes of entries: sums to add to statement lines, and the parked records to list. Each line says through
 * which version it has been made, and is changed only on condition of that.
 */
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { findLinePrefix, parseCounted } from '../fold/count.ts';
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
  readonly key: string;
  /** In the order of the measures. */
  readonly totals: bigint[];
  flagged: bigint;
  /** The last version that is in the sums. */
  to: number;
}

export interface Pass {
  readonly sums: Map<string, LineSum>;
  /** Of the entries, as they say it. */
  readonly counted: string | undefined;
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
    const { measures } = parseCounted(state.counted);
    for (const { hour, key, line } of parseLines(changed.lines, measures.length)) {
      const at = `${hour} ${key}`;
      if (again !== undefined && state.version <= (again.lines.get(at) ?? again.to)) continue;
      addLine(sums, at, { hour, key }, line, state.version);
    }
    for (const parked of changed.parked) parkings.push({ ...parked, version: state.version });
    reached = state;
    toTheHead = state.version - from < ENTRIES_PER_PASS && sums.size + parkings.length < LINES_PER_PASS;
    if (again === undefined && !toTheHead) break;
  }
  return { sums, counted: reached?.counted, parkings, reached, toTheHead };
}

function addLine(
  sums: Map<string, LineSum>,
  at: string,
  of: { readonly hour: string; readonly key: string },
  line: Line,
  version: number,
): void {
  let sum = sums.get(at);
  if (sum === undefined) {
    sum = { ...of, totals: line.sums.map(() => 0n), flagged: 0n, to: version };
    sums.set(at, sum);
  }
  for (const [i, added] of line.sums.entries()) sum.totals[i] = (sum.totals[i] ?? 0n) + BigInt(added);
  sum.flagged += BigInt(line.flagged);
  sum.to = version;
}

/** Adds each sum to its line; returns the `through` of the lines where another run has been meanwhile. */
export async function addSums(
  ledger: Ledger,
  journal: string,
  { sums, counted }: Pick<Pass, 'sums' | 'counted'>,
  from: number,
  seen?: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  const passed = new Map<string, number>();
  const { measures } = parseCounted(counted);
  const prefix = findLinePrefix(counted);
  const { expression, names } = buildLineUpdate(measures);
  await runAtOnce(sums.entries(), async ([at, sum]) => {
    const line = { pk: { S: `${prefix}${sum.key}` }, sk: { S: `${sum.hour}#${journal}` } };
    const totals = sum.totals.map((total, i): [string, AttributeValue] => [`:m${i}`, { N: String(total) }]);
    const standing = await updateUnlessPassed(ledger, line, expression, names, {
      ':zero': { N: '0' },
      ...Object.fromEntries(totals),
      ':flagged': { N: String(sum.flagged) },
      ':to': { N: String(sum.to) },
      ':seen': { N: String(seen?.get(at) ?? from) },
    });
    if (standing !== undefined && standing < sum.to) passed.set(at, standing);
  });
  return passed;
}

/** A measure may be called like a word that DynamoDB keeps for itself. */
function buildLineUpdate(measures: readonly string[]) {
  const added = measures.map((_, i) => `#m${i} = if_not_exists(#m${i}, :zero) + :m${i}`);
  return {
    expression: `SET ${[...added, 'flagged = if_not_exists(flagged, :zero) + :flagged', 'through = :to'].join(', ')}`,
    names: Object.fromEntries(measures.map((name, i) => [`#m${i}`, name])),
  };
}

/** Updates an item that has seen no version after `:seen`; returns the version it has seen otherwise. */
async function updateUnlessPassed(
  ledger: Ledger,
  key: Item,
  update: string,
  names: Readonly<Record<string, string>>,
  values: Item,
): Promise<number | undefined> {
  try {
    await ledger.client.send(
      new UpdateItemCommand({
        TableName: ledger.table,
        Key: key,
        UpdateExpression: update,
        ConditionExpression: 'attribute_not_exists(through) OR through <= :seen',
        ExpressionAttributeNames: names,
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
