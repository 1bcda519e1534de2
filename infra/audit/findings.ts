/** What an audit has to say: every inequality with its exact place, and what could not be checked any more. */
import { formatQuantity } from '../terminal/text.ts';

/** Each one breaks the promise, and the audit fails. */
export type FaultKind =
  | 'damage'
  | 'seal'
  | 'stray'
  | 'chain'
  | 'double'
  | 'missing'
  | 'not-yet'
  | 'lost'
  | 'phantom'
  | 'money'
  | 'fingerprint'
  | 'parked'
  | 'statement'
  | 'checkpoint'
  | 'fallen';

export interface AuditFault {
  readonly kind: FaultKind;
  /** `<topic>@<incarnation>#<partition>`. */
  readonly journal: string;
  /** What is there and what should be, with offsets, version or line. */
  readonly what: string;
}

export const faultMeanings: Readonly<Record<FaultKind, string>> = {
  damage: 'an item is not what the layout allows',
  seal: 'an item is not as it was written: its seal is another',
  stray: 'an item belongs to nothing that the ledger lists',
  chain: 'an entry does not follow from its predecessor (I4)',
  double: 'offsets were counted by more than one entry (I1)',
  missing: 'the group has committed past records that are neither counted nor parked (I2, I7)',
  'not-yet':
    'rest was demanded, and records are not counted yet; the group has not committed past them, so none is lost: wait until its lag is 0, and redrive what is in gaps',
  lost: 'the topic has deleted records that were never counted (I2)',
  phantom: 'offsets were counted, or committed, that hold no record (I10)',
  money: 'an entry holds other sums than its records are worth (I6)',
  fingerprint: 'an offset holds another record than the one that was counted (I10)',
  parked:
    'a record is parked that is a click, or counted that is none, or the list of parked records is wrong',
  statement: 'a statement line is not the sum of its entries',
  checkpoint: 'the checkpoint is not the state of its entry',
  fallen: 'less is there than at the earlier audit (A7)',
};

/** What the audit has seen of one partition; counts are of records. */
export interface PartitionTally {
  readonly journal: string;
  logStart: number;
  logEnd: number;
  committed: number | undefined;
  /** That the log holds. */
  records: number;
  entries: number;
  applied: number;
  /** What the ledger has counted, and what the records of it that are still in the log are worth. */
  micros: bigint;
  microsByLog: bigint;
  /** Neither applied nor accepted. */
  parked: number;
  /** By entries that have not expired: never to be counted, as an operator has decided. */
  accepted: number;
  /** Counted, and compared with the record at its offset. */
  compared: number;
  /** Before the committed offset, and neither counted nor parked. */
  missing: number;
  /** Passed over, not counted, and not past the committed offset either. */
  gaps: number;
  gapOffsets: string;
  /** Offsets passed over where the log holds no record: nothing is owed for them. */
  explainedOffsets: string;
  /** After the newest resolved record. */
  lag: number;
  /** Counted before the log's start: nothing is left to compare them with. */
  unverifiable: number;
}

/** What an audit keeps of a journal, for a later one to compare (journal-state.ts). */
export interface JournalState {
  readonly journal: string;
  readonly version: number;
  readonly resolved: string;
  readonly parked: string;
  readonly clicks: string;
  readonly micros: string;
  /** Version of the checkpoint; 0 before there is one. */
  readonly through: number;
  /** Of the newest entry; '' where all have expired. */
  readonly seal: string;
  /** Of the log; -1 for an earlier log. */
  readonly logEnd: number;
}

export class Findings {
  readonly faults: AuditFault[] = [];
  /** By partition of the log. */
  readonly partitions: PartitionTally[] = [];
  /** The state of each journal, for the next audit to look back at; of earlier logs too. */
  readonly journals: JournalState[] = [];
  /** What is no fault, and worth knowing: what could not be verified, what is in gaps. */
  readonly notes: string[] = [];
  /** True for a moment while rollups run; a fault of the checkpoint at rest. */
  readonly passing: Omit<AuditFault, 'kind'>[] = [];
  /** What keeps it from a verdict where no fault was found. */
  readonly unsure: string[] = [];

  get verdict(): 'pass' | 'fail' | 'unsure' {
    if (this.faults.length > 0) return 'fail';
    return this.unsure.length > 0 ? 'unsure' : 'pass';
  }

  add(kind: FaultKind, journal: string, what: string): void {
    this.faults.push({ kind, journal, what });
  }

  /** Where no clicks flow any more and no rollup runs, nothing may be left to count or to roll up. */
  demandRest(): void {
    for (const { journal, what } of this.passing) this.add('checkpoint', journal, what);
    this.demandCounted();
  }

  /** Where no clicks flow any more, nothing may be left to count. */
  demandCounted(): void {
    for (const { journal, gaps, lag, gapOffsets } of this.partitions) {
      const where = gaps > 0 ? ` (offsets ${gapOffsets})` : '';
      if (gaps + lag > 0)
        this.add(
          'not-yet',
          journal,
          `not counted yet: ${formatQuantity(gaps, 'record')} in gaps${where}, ${formatQuantity(lag, 'record')} after the newest`,
        );
    }
  }
}
