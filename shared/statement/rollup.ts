/**
 * Fifth stage: folds the entries of each journal into statement lines, then moves the journal's checkpoint.
 *
 *   checkpoint.through ──► entries (through, to] ──► lines += …, each on condition of its own `through`
 *                                                ──► parked records listed, each put once
 *                                                ──► checkpoint = state of entry `to`
 *
 * A watermark is sound here, where it was not on the topic, because a journal is dense, ordered and immutable. A line's
 * `through` is the last version in its sums. The checkpoint moves only after every line of the entries before it, so all
 * entries up to `from` that touch a line are in it, and adding (from, to] is right while the line says `through <= from`.
 * Where it says more, another run has been there: what it lacks is (its through, to]. Two runs at once, a run that died
 * half way, and one that wakes up late therefore all add each entry to each line once.
 */
import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../clock.ts';
import { emptyState, type State } from '../journal/journal.ts';
import { buildCheckpointItem } from '../journal/journal-items.ts';
import { type Ledger, listJournals, readCheckpoint } from '../journal/journal-store.ts';
import { computeBoundUsed } from '../journal/next-entry.ts';
import { countOffsets, findGaps } from '../journal/offsets.ts';
import { listParked } from '../journal/parked-items.ts';
import { addSums, type Pass, sumEntries } from './project-entries.ts';

/** What a run did, and how the ledger stands as far as statement lines reach. */
export interface RollupProgress {
  /** Entries folded. */
  folded: number;
  /** Journals whose head was not reached, those that failed included. */
  behind: number;
  /** Of those, the greatest age of the newest record in statement lines; 0 if none is behind. */
  ageMs: number;
  /** Offsets passed over and not resolved. */
  openGap: number;
  /** Parked records that are neither applied nor accepted. */
  openParked: number;
  /** Of what may halt a partition, the most that any has used, in percent. */
  boundUsed: number;
}

/** As many journals are under way at once; each holds the lines of its pass in memory. */
const JOURNALS_AT_ONCE = 2;
/** Below the 50 connections of the SDK's client, which would queue what is beyond. */
const REQUESTS_AT_ONCE = 48;

/**
 * Rolls up all journals of the ledger, each as far as the deadline (epoch milliseconds) allows. A journal that fails
 * does not hold up the others; its error is thrown after them, and after the progress was reported.
 *
 * Nor does one with more lines than a pass can write: several are under way at once and take turns at the table, and after a
 * pass a journal goes to the back of the queue. Which is first is left to chance, so runs that overlap begin apart; a journal
 * that another run has moved on is taken from where that left it.
 */
export async function rollUp(
  ledger: Ledger,
  clock: Clock,
  deadline: number,
  report: (progress: RollupProgress) => void = () => {},
): Promise<RollupProgress> {
  const errors: unknown[] = [];
  const onDamage = (cause: unknown) =>
    errors.push(new Error('a registration of a journal could not be read', { cause }));
  const journals = (await listJournals(ledger, onDamage)).map(startOf);
  const first = Math.floor(clock.random() * journals.length);
  const queue = [...journals.slice(first), ...journals.slice(0, first)];
  const fair = inTurns(ledger);
  async function worker(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (clock.now() >= deadline && next.read) continue;
      try {
        await turn(fair, next, clock.now() < deadline);
        if (!next.reached) queue.push(next);
      } catch (error) {
        errors.push(new Error(`the rollup of ${next.journal} failed`, { cause: error }));
      }
    }
  }
  await Promise.all(Array.from({ length: JOURNALS_AT_ONCE }, worker));
  const progress = progressOf(journals, clock.now());
  report(progress);
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} journals could not be rolled up`);
  return progress;
}

/** How far a run is with a journal. */
interface Journey {
  readonly journal: string;
  /** Whether its checkpoint was read. */
  read: boolean;
  state: State;
  reached: boolean;
  folded: number;
}

function startOf(journal: string): Journey {
  return { journal, read: false, state: emptyState, reached: false, folded: 0 };
}

/** One pass, if there is time for it, from where this run or another has come to. */
async function turn(ledger: Ledger, journey: Journey, inTime: boolean): Promise<void> {
  const { journal } = journey;
  const checkpoint = await readCheckpoint(ledger, journal);
  journey.read = true;
  if (checkpoint !== undefined && checkpoint.version > journey.state.version) journey.state = checkpoint;
  if (!inTime) return;
  const from = journey.state.version;
  const pass = await rollUpPass(ledger, journal, from);
  journey.reached = pass.toTheHead;
  journey.state = pass.reached ?? journey.state;
  journey.folded += journey.state.version - from;
}

function progressOf(journals: readonly Journey[], now: number): RollupProgress {
  const progress: RollupProgress = {
    folded: 0,
    behind: 0,
    ageMs: 0,
    openGap: 0,
    openParked: 0,
    boundUsed: 0,
  };
  for (const { state, reached, folded } of journals) {
    progress.folded += folded;
    progress.openGap += countOffsets(findGaps(state.resolved));
    progress.openParked += state.openParked;
    progress.boundUsed = Math.max(progress.boundUsed, computeBoundUsed(state));
    if (reached) continue;
    progress.behind += 1;
    if (state.version > 0) progress.ageMs = Math.max(progress.ageMs, now - state.newest);
  }
  return progress;
}

/** The ledger with at most REQUESTS_AT_ONCE requests under way; who waits longest is next, whichever journal it is of. */
function inTurns(ledger: Ledger): Ledger {
  const waiting: (() => void)[] = [];
  let free = REQUESTS_AT_ONCE;
  async function send(...given: Parameters<Ledger['client']['send']>): Promise<unknown> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await ledger.client.send(...given);
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  }
  return { ...ledger, client: { send: send as Ledger['client']['send'] } };
}

/** One pass over the entries of a journal after version `from`. What comes meanwhile is for the next run, or this one would never end. */
async function rollUpPass(ledger: Ledger, journal: string, from: number): Promise<Pass> {
  const pass = await sumEntries(ledger, journal, from);
  const reached = pass.reached;
  if (reached === undefined) return pass;
  await listParked(ledger, journal, pass.parkings);
  let passed = await addSums(ledger, journal, pass, from);
  while (passed.size > 0) {
    const again = await sumEntries(ledger, journal, from, { to: reached.version, lines: passed });
    passed = await addSums(ledger, journal, again, from, passed);
  }
  await moveCheckpoint(ledger, journal, reached);
  return pass;
}

/** Never backwards: a run that woke up late may not undo what a later one has done. */
async function moveCheckpoint(ledger: Ledger, journal: string, state: State): Promise<void> {
  try {
    await ledger.client.send(
      new PutItemCommand({
        TableName: ledger.table,
        Item: buildCheckpointItem(journal, state),
        ConditionExpression: 'attribute_not_exists(through) OR through < :through',
        ExpressionAttributeValues: { ':through': { N: String(state.version) } },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
