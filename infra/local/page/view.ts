/** What the page is sent: plain data, small, the same for everybody who looks. Money is text, exact to the micro. */

export interface PageView {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly topic: TopicView;
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
    /** Records a second, over some seconds. */
    readonly rate: number;
    /** Takes far more than its share. */
    readonly hot: boolean;
  }[];
  readonly records: number;
  readonly rate: number;
  /** What the log is worth by the auditor's reading; undefined before it has been read. */
  readonly worth: { readonly clicks: number; readonly micros: string; readonly refused: number } | undefined;
}

type GroupState = 'stable' | 'rebalancing' | 'paused' | 'empty' | 'unknown';

export interface GroupView {
  readonly group: string;
  readonly ledger: string;
  readonly state: GroupState;
  /** Since when a rebalance is under way; epoch milliseconds. */
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
  /** By the broker; undefined while nobody owns it. */
  readonly owner: number | undefined;
  /** The poller that takes itself for the owner, which may be frozen and removed from the group. */
  readonly believed?: number | undefined;
  /** Offset that the group reads next; undefined before its first commit. */
  readonly committed: number | undefined;
  /** Offset after the newest that the ledger has counted or parked. */
  readonly applied: number;
  readonly lag: number;
  /** How old the oldest record is that is not committed; undefined where nobody has looked for so long. */
  readonly lagSeconds: number | undefined;
}

export interface VerdictView {
  readonly state: 'exact' | 'wrong' | 'unknown';
  /** In words, whatever the state. */
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
  /** Why the broker can't be restarted, where it can't. */
  readonly brokerIsForeign: boolean;
  /** Undefined before it was asked. */
  readonly brokerAnswers: boolean | undefined;
  readonly naive: boolean;
}

/** The consumer without Clickledger. */
export interface NaiveView {
  readonly group: string;
  readonly members: readonly { readonly pid: number; readonly partitions: readonly number[] }[];
  readonly clicks: number;
  readonly money: string;
  /** By how much it has billed more than the whole log holds, at least; undefined before the log has been read. */
  readonly tooMuch: { readonly clicks: number; readonly money: string } | undefined;
}

export interface LogLine {
  readonly n: number;
  readonly at: number;
  readonly kind: string;
  readonly group: string | undefined;
  readonly says: string;
}

/** For the charts: one number a second. */
export interface Sample {
  readonly at: number;
  readonly rates: readonly number[];
  /** By group, then partition: records behind the log's end. */
  readonly lags: Readonly<Record<string, readonly number[]>>;
}
