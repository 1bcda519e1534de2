/**
 * Every failure of the pipe, in one table: its code, what cures it, and the sentence a person reads.
 *
 * Whatever the code, the partition is reported failed and delivered again. Remedy `time`: it may pass. Remedy `person`:
 * it will fail again until somebody acts; the partition halts, loudly, and nothing of it is lost (I2).
 * A record that can't be counted is no error at all: it is a value (`Rejected`, see decode.ts) and is parked.
 */

export const failures = {
  'config.invalid': { remedy: 'person', says: 'the function was given an environment it cannot work with' },
  'event.malformed': { remedy: 'person', says: 'this is not an event of a Kafka event source mapping' },
  'event.topic': {
    remedy: 'person',
    says: 'these records are of another topic than the one that this group counts',
  },
  'event.timestamps': {
    remedy: 'person',
    says: 'producers have stamped these records, and the ledger is made for times that the broker gives',
  },
  'log.mismatch': {
    remedy: 'person',
    says: 'these positions now hold other records than the ones counted (I10)',
  },
  'incarnation.unexplained': {
    remedy: 'person',
    says: 'a journal would begin beside a younger one of the same topic, and nobody has said whether its log is new',
  },
  'journal.full': {
    remedy: 'person',
    says: 'the journal would have to remember more gaps or parked records than it may',
  },
  'journal.torn': { remedy: 'person', says: 'the journal lacks an entry between two others' },
  'batch.rejected': {
    remedy: 'person',
    says: 'too large a share of the batch was rejected: a bad deploy, not bad data',
  },
  'journal.damaged': {
    remedy: 'person',
    says: 'an item of the ledger is not as it was written: nothing is counted on it',
  },
  'ledger.count': {
    remedy: 'person',
    says: 'the ledger holds other sums than the ones that the group counts now',
  },
  'fold.broken': { remedy: 'person', says: 'the fold of the group does what no fold may' },
  'entry.large': { remedy: 'person', says: 'the entry of a single record does not fit an item' },
  'table.refused': {
    remedy: 'person',
    says: 'DynamoDB refused the request for a reason that time does not cure',
  },
  'table.deadline': {
    remedy: 'time',
    says: 'the time of the invocation ran out before the entry was known to stand',
  },
} as const satisfies Record<string, { remedy: 'time' | 'person'; says: string }>;

type FailureCode = keyof typeof failures;

/** The one error class. `message` tells what was met; the table adds what it means. */
export class AppError extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, detail: string, cause?: unknown) {
    super(`${code}: ${detail} (${failures[code].says})`, cause === undefined ? undefined : { cause });
    this.name = 'AppError';
    this.code = code;
  }
}

/** Guards against our own bugs: a broken promise crashes the batch, so that Lambda delivers it again. */
export function assertInvariant(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new Error(`invariant broken: ${promise}`);
}
