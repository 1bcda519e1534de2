/**
 * Fifth stage: folds the entries of each journal into statement lines, then moves the journal's checkpoint.
 *
 *   checkpoint.through ──► entries (through, to] ──► lines += …, each on condition of its own `through`
 *                                                ──► parked records listed, on the same condition
 *                                                ──► checkpoint = state of entry `to`
 *
 * A watermark is sound here, where it was not on the topic, because a journal is dense, ordered and immutable. A line's
 * `through` is the last version in its sums. The checkpoint moves only after every line of the entries before it, so all
 * entries up to `from` that touch a line are in it, and adding (from, to] is right while the line says `through <= from`.
 * Where it says more, another run has been there: what it lacks is (its through, to]. Two runs at once, a run that died
 * half way, and one that wakes up late therefore all add each entry to each line once.
 */
import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from './clock.ts';
import type { State } from './journal.ts';
import { CHECKPOINT_SK, stateAttribute } from './journal-items.ts';
import { type Ledger, listJournals, readCheckpoint } from './journal-store.ts';
import { addSums, listParkings, sumEntries } from './projections.ts';

export interface RollupProgress {
  /** Entries folded. */
  folded: number;
  /** Journals whose head was not reached. */
  behind: number;
}

/**
 * Rolls up all journals of the ledger, each as far as the deadline (epoch milliseconds) allows. A journal that fails
 * does not hold up the others; its error is thrown after them.
 */
export async function rollUp(ledger: Ledger, clock: Clock, deadline: number): Promise<RollupProgress> {
  const progress: RollupProgress = { folded: 0, behind: 0 };
  const errors: unknown[] = [];
  for (const journal of await listJournals(ledger)) {
    try {
      await rollUpJournal(ledger, journal, clock, deadline, progress);
    } catch (error) {
      errors.push(new Error(`the rollup of ${journal} failed`, { cause: error }));
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} journals could not be rolled up`);
  return progress;
}

async function rollUpJournal(
  ledger: Ledger,
  journal: string,
  clock: Clock,
  deadline: number,
  progress: RollupProgress,
): Promise<void> {
  let folded: number;
  do {
    if (clock.now() >= deadline) {
      progress.behind += 1;
      return;
    }
    folded = await rollUpPass(ledger, journal);
    progress.folded += folded;
  } while (folded > 0);
}

/** One pass over a journal from its checkpoint on; returns how many entries it folded. */
async function rollUpPass(ledger: Ledger, journal: string): Promise<number> {
  const from = (await readCheckpoint(ledger, journal))?.version ?? 0;
  const pass = await sumEntries(ledger, journal, from);
  const reached = pass.reached;
  if (reached === undefined) return 0;
  await listParkings(ledger, journal, pass);
  let { sums } = pass;
  let passed = await addSums(ledger, journal, sums, from);
  while (passed.size > 0) {
    ({ sums } = await sumEntries(ledger, journal, from, { to: reached.version, lines: passed }));
    passed = await addSums(ledger, journal, sums, from, passed);
  }
  await moveCheckpoint(ledger, journal, reached);
  return reached.version - from;
}

/** Never backwards: a run that woke up late may not undo what a later one has done. */
async function moveCheckpoint(ledger: Ledger, journal: string, state: State): Promise<void> {
  try {
    await ledger.client.send(
      new PutItemCommand({
        TableName: ledger.table,
        Item: {
          pk: { S: journal },
          sk: { S: CHECKPOINT_SK },
          through: { N: String(state.version) },
          state: stateAttribute(state),
        },
        ConditionExpression: 'attribute_not_exists(through) OR through < :through',
        ExpressionAttributeValues: { ':through': { N: String(state.version) } },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
