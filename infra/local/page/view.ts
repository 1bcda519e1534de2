/** The data that the page gets: small, plain, and the same for every viewer. Money is text, exact to the micro. */

export interface PageView {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly topic: TopicView;
  /** Topics beside it that no group reads, with how many records each has. */
  readonly unread: readonly { readonly topic: string; readonly records: number }[];
  readonly groups: readonly GroupView[];
  readonly verdict: VerdictView;
  readonly controls: ControlsView;
  readonly naive: NaiveView | undefined;
}

export interface TopicView {
  readonly name: string;
  readonly partitions: readonly {
    readonly partition: number;
    /** Offset after the newest record. */
    readonly end: number;
    /** Records per second, averaged over some seconds. */
    readonly rate: number;
    /** It gets far more than its share of the records. */
    readonly hot: boolean;
  }[];
  readonly records: number;
  readonly rate: number;
  /** The value of the log by the auditor's reading; undefined before the first reading. */
  readonly worth: { readonly clicks: number; readonly micros: string; readonly refused: number } | undefined;
}

type GroupState = 'stable' | 'rebalancing' | 'paused' | 'empty' | 'unknown';

export interface GroupView {
  readonly group: string;
  readonly ledger: string;
  readonly state: GroupState;
  /** Start of the current rebalance, in epoch milliseconds. */
  readonly rebalancingSince: number | undefined;
  readonly lastRebalanceMs: number | undefined;
  readonly generation: number | undefined;
  readonly members: readonly MemberView[];
  readonly partitions: readonly GroupPartitionView[];
  readonly clicks: number;
  readonly money: string;
  readonly duplicates: number;
  readonly parked: number;
  readonly gaps: number;
}

type MemberState = 'owner' | 'standby' | 'joining' | 'frozen';

export interface MemberView {
  readonly poller: number;
  readonly pid: number;
  readonly state: MemberState;
  readonly partitions: readonly number[];
}

interface GroupPartitionView {
  readonly partition: number;
  /** The owner according to the broker; undefined while nobody owns it. */
  readonly owner: number | undefined;
  /** The poller that considers itself the owner. It may be frozen, and removed from the group. */
  readonly believed?: number | undefined;
  /** The group's committed offset; undefined before its first commit. */
  readonly committed: number | undefined;
  /** The offset after the newest one that the ledger has counted or parked. */
  readonly applied: number;
  readonly lag: number;
  /** Age of the oldest uncommitted record; undefined if it is older than what the page has seen. */
  readonly lagSeconds: number | undefined;
}

export interface VerdictView {
  readonly state: 'exact' | 'wrong' | 'unknown';
  /** A sentence, for every state. */
  readonly says: string;
  readonly ledgers: readonly LedgerVerdictView[];
}

export interface LedgerVerdictView {
  readonly ledger: string;
  readonly state: 'exact' | 'wrong' | 'unknown';
  readonly says: string;
  readonly faults: readonly string[];
}

interface ControlsView {
  readonly rate: number | undefined;
  readonly rates: readonly number[];
  readonly heated: boolean;
  readonly throttled: boolean;
  /** True for the user's own broker, which the page can't restart. */
  readonly brokerIsForeign: boolean;
  /** Undefined before the first request. */
  readonly brokerAnswers: boolean | undefined;
  readonly naive: boolean;
}

/** The consumer without Clickledger. */
export interface NaiveView {
  readonly group: string;
  readonly members: readonly { readonly pid: number; readonly partitions: readonly number[] }[];
  readonly clicks: number;
  readonly money: string;
  /** The least that it has billed above the value of the whole log; undefined before the log has been read. */
  readonly tooMuch: { readonly clicks: number; readonly money: string } | undefined;
}

export interface LogLine {
  readonly n: number;
  readonly at: number;
  readonly kind: string;
  readonly group: string | undefined;
  readonly says: string;
}

/** A point of the charts, one per second. */
export interface Sample {
  readonly at: number;
  readonly rates: readonly number[];
  /** Lag in records, by group and then by partition. */
  readonly lags: Readonly<Record<string, readonly number[]>>;
}
