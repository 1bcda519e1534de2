/** What an audit has to say: every inequality with its exact place, and what could not be checked any more. */

/** Each one breaks the promise, and the audit fails. */
export type FaultKind =
  | 'damage'
  | 'chain'
  | 'double'
  | 'missing'
  | 'lost'
  | 'phantom'
  | 'money'
  | 'fingerprint'
  | 'parked'
  | 'statement'
  | 'checkpoint';

export interface Fault {
  readonly kind: FaultKind;
  /** `<topic>@<incarnation>#<partition>`. */
  readonly journal: string;
  /** What is there and what should be, with offsets, version or line. */
  readonly what: string;
}

export const faultMeanings: Readonly<Record<FaultKind, string>> = {
  damage: 'an item is not what the layout allows',
  chain: 'an entry does not follow from its predecessor (I4)',
  double: 'offsets were counted by more than one entry (I1)',
  missing: 'the group has committed past records that are neither counted nor parked (I2, I7)',
  lost: 'the topic has deleted records that were never counted (I2)',
  phantom: 'offsets were counted that hold no record',
  money: 'an entry holds other sums than its records are worth (I6)',
  fingerprint: 'an offset holds another record than the one that was counted (I10)',
  parked: 'a record is parked that is a click, or counted that is none',
  statement: 'a statement line is not the sum of its entries',
  checkpoint: 'the checkpoint is not the state of its entry',
};

/** What the audit has seen of one partition; counts are of records. */
export interface PartitionTally {
  readonly journal: string;
  logStart: number;
  logEnd: number;
  committed: number | undefined;
  entries: number;
  applied: number;
  parked: number;
  /** Passed over, not counted, and not past the committed offset either. */
  gaps: number;
  /** After the newest resolved record. */
  lag: number;
  /** Counted before the log's start: nothing is left to compare them with. */
  unverifiable: number;
}

export class Findings {
  readonly faults: Fault[] = [];
  readonly partitions: PartitionTally[] = [];

  add(kind: FaultKind, journal: string, what: string): void {
    this.faults.push({ kind, journal, what });
  }

  /** Where no clicks flow any more, whatever is left to count is missing. */
  demandRest(): void {
    for (const { journal, gaps, lag } of this.partitions)
      if (gaps + lag > 0)
        this.add('missing', journal, `${gaps} records in gaps and ${lag} after the newest are not counted`);
  }
}
