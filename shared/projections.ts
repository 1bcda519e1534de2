/**
 * What the rollup makes of entries: sums to add to statement lines, and the operator's list of parked records. Each item says
 * through which version it has been made, and is changed only on condition of that.
 */
import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type Line, parseLines } from './delta.ts';
import type { Changed, State } from './journal.ts';
import { type Item, numberOf } from './journal-items.ts';
import { entriesAfter, type Ledger } from './journal-store.ts';
import { offsetsIn } from './offsets.ts';

/** A pass ends at either bound: more entries save writes of lines, fewer lines save memory. */
const ENTRIES_PER_PASS = 1_000;
const LINES_PER_PASS = 200_000;
export const WRITES_AT_ONCE = 32;

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
  readonly parkings: Map<number, Parking>;
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
  const parkings = new Map<number, Parking>();
  let reached: State | undefined;
  let toTheHead = true;
  for await (const { changed, state } of entriesAfter(ledger, journal, from)) {
    if (again !== undefined && state.version > again.to) break;
    for (const { hour, advertiser, line } of parseLines(changed.lines)) {
      const key = `${hour} ${advertiser}`;
      if (again !== undefined && state.version <= (again.lines.get(key) ?? again.to)) continue;
      addLine(sums, key, { hour, advertiser }, line, state.version);
    }
    for (const parking of parkingsOf(changed, state.version)) parkings.set(parking.offset, parking);
    reached = state;
    toTheHead = state.version - from < ENTRIES_PER_PASS && sums.size < LINES_PER_PASS;
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
  await eachAtOnce(sums.entries(), async ([key, sum]) => {
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

/** A record's latest turn within the entries: parked with a reason, or applied after all. */
interface Parking {
  readonly offset: number;
  readonly version: number;
  readonly parked: { readonly reason: string; readonly sha256: string } | undefined;
}

function* parkingsOf({ parked, unparked }: Changed, version: number): Generator<Parking> {
  for (const { offset, reason, sha256 } of parked) yield { offset, version, parked: { reason, sha256 } };
  for (const offset of offsetsIn(unparked)) yield { offset, version, parked: undefined };
}

/** Brings the operator's list up to date with what the pass has seen. */
export async function listParkings(ledger: Ledger, journal: string, { parkings }: Pass): Promise<void> {
  await eachAtOnce(parkings.values(), (parking) => listParking(ledger, journal, parking));
}

async function listParking(
  ledger: Ledger,
  journal: string,
  { offset, version, parked }: Parking,
): Promise<void> {
  const values: Item = { ':to': { N: String(version) }, ':seen': { N: String(version - 1) } };
  const key: Item = { pk: { S: `parked#${journal}` }, sk: { S: String(offset).padStart(16, '0') } };
  if (parked === undefined) {
    await updateUnlessPassed(ledger, key, 'SET through = :to, applied = :to', values);
    return;
  }
  const fields = { ':reason': { S: parked.reason }, ':sha256': { S: parked.sha256 } };
  await updateUnlessPassed(ledger, key, 'SET through = :to, reason = :reason, sha256 = :sha256', {
    ...values,
    ...fields,
  });
}

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
      return numberOf(error.Item['through']);
    throw error;
  }
}

async function eachAtOnce<T>(items: IterableIterator<T>, run: (item: T) => Promise<void>): Promise<void> {
  async function worker(): Promise<void> {
    for (const item of items) await run(item);
  }
  await Promise.all(Array.from({ length: WRITES_AT_ONCE }, worker));
}
