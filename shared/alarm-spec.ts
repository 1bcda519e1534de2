/**
 * What a team decides about its alarms, as plain data in its group.ts: who is called for what, from which value on, and
 * which alarm it goes without, each with the reason. Every alarm has its page in docs/runbook/.
 */

/** `page` wakes somebody, `ticket` waits for the working day, `notice` is for whoever looks. */
export const severities = ['page', 'ticket', 'notice'] as const;
export type Severity = (typeof severities)[number];

export const groupAlarms = [
  'record-age',
  'lag-unseen',
  'no-progress',
  'retention',
  'partition-stuck',
  'partition-halted',
  'log-mismatch',
  'duplicates',
  'parked',
  'open-gap',
  'redrive-overdue',
  'journal-bounds',
  'rollup-behind',
  'foreign-writer',
  'failed-invokes',
  'destination',
  'dropped',
  'mapping-errors',
  'throttles',
  'poller-ceiling',
  'table-throttles',
  'table-errors',
] as const;
export type GroupAlarm = (typeof groupAlarms)[number];

export const streamAlarms = [
  'no-controller',
  'broker-cpu',
  'offline-partitions',
  'under-min-isr',
  'under-replicated',
  'broker-disk',
  'express-quota-in',
  'express-quota-out',
  'express-throttled-in',
  'express-throttled-out',
  'express-storage',
] as const;
export type StreamAlarm = (typeof streamAlarms)[number];

export interface AlarmSpec<Name extends string = GroupAlarm> {
  readonly thresholds?: Partial<AlarmThresholds>;
  /** Other than the default. */
  readonly severities?: Readonly<Partial<Record<Name, Severity>>>;
  /** Alarms that there shall not be, each with the reason, which the dashboard repeats. */
  readonly without?: Readonly<Partial<Record<Name, string>>>;
}

export interface AlarmThresholds {
  /** How old the oldest open record may be. */
  readonly recordAgeSecondsMax: number;
  /** How many records of the topic may wait, over all partitions. */
  readonly lagRecordsMax: number;
  /** Duplicates among the records of five minutes, 0 to 1. A rebalance delivers again what was not committed. */
  readonly duplicateShareMax: number;
  /** How long offsets may stay passed over; records that come late close a gap by themselves. */
  readonly openGapMinutesMax: number;
  /** How long statement lines may lag behind the journals. */
  readonly rollupBehindMinutesMax: number;
  /** Which share of the topic's retention may pass before somebody is called, 0 to 1. */
  readonly retentionShareMax: number;
}

/** Five minutes of lag are what AWS proposes to alarm on; the records are five minutes at 33 000 a second. */
export const defaultThresholds: AlarmThresholds = {
  recordAgeSecondsMax: 300,
  lagRecordsMax: 10_000_000,
  duplicateShareMax: 0.2,
  openGapMinutesMax: 15,
  rollupBehindMinutesMax: 15,
  retentionShareMax: 0.5,
};
