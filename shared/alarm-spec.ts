/**
 * What a team decides about its alarms, as plain data in its group.ts: what it promises, who is called for what, from which value
 * on, and which alarm it goes without, each with the reason. Every alarm has its page in docs/runbook/.
 */

/** `page` wakes somebody, `ticket` waits for the working day, `notice` is for whoever looks. */
export const severities = ['page', 'ticket', 'notice'] as const;
export type Severity = (typeof severities)[number];

export const groupAlarms = [
  'slo-fast-burn',
  'slo-slow-burn',
  'no-progress',
  'retention',
  'partition-stuck',
  'partition-halted',
  'redrive-due',
  'redrive-overdue',
  'dropped',
  'journal-bounds',
  'rollup-behind',
  'foreign-writer',
  'throttles',
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

/**
 * What the team promises: in `share` of all minutes the oldest open record is younger than `ageSeconds`. The rest is its budget of bad
 * minutes; the alarms `slo-fast-burn` and `slo-slow-burn` tell when it is used up too fast.
 */
export interface ServiceLevel {
  /** 1 to 604 800. */
  readonly ageSeconds: number;
  /** 0.94 to 0.9999. Below, an hour without a single good minute would not be fast enough. */
  readonly share: number;
}

/** Five minutes of lag are what AWS proposes to alarm on. In a month of 30 days the budget is 216 bad minutes. */
export const defaultSlo: ServiceLevel = { ageSeconds: 300, share: 0.995 };

export interface AlarmThresholds {
  /** How long a gap or a parked record may be open; records that come late close a gap by themselves. */
  readonly openMinutesMax: number;
  /** How long statement lines may lag behind the journals. */
  readonly rollupBehindMinutesMax: number;
  /** Which share of the topic's retention may pass before somebody is called, 0 to 1. */
  readonly retentionShareMax: number;
}

export const defaultThresholds: AlarmThresholds = {
  openMinutesMax: 15,
  rollupBehindMinutesMax: 15,
  retentionShareMax: 0.5,
};
