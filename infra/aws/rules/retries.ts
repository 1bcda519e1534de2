/** Rules of what is read, retried and discarded: the combinations that would silently lose clicks. */
import { createRangeRule, type Rule } from './rule.ts';

const RETRIES = 'AWS Lambda docs: kafka-retry-configurations';
const DESTINATIONS = 'AWS Lambda docs: kafka-on-failure-destination';

export const retries: readonly Rule[] = [
  {
    id: 'complete-from-the-start',
    because:
      'LATEST may skip records while a mapping is created or updated, and a group that retries until done has to be complete (AWS Lambda docs: kafka-starting-positions)',
    check: ({ group: { startingPosition, retry } }) =>
      startingPosition === 'LATEST' && retry.until === 'done'
        ? { given: "startingPosition is 'LATEST' with retry until 'done'", allowed: "'TRIM_HORIZON'" }
        : undefined,
  },
  {
    id: 'endless-without-destination',
    because: `beside a destination Lambda silently turns endless retries into 10 (${DESTINATIONS})`,
    check: ({ group: { retry } }) =>
      retry.destination !== undefined && (retry.until === 'done' || retry.attempts === -1)
        ? {
            given: `retry is until '${retry.until}'${retry.attempts === -1 ? ' with attempts -1' : ''} and has a destination`,
            allowed: "until 'done' without a destination, or until 'spent' with attempts from 0",
          }
        : undefined,
  },
  {
    id: 'done-without-bounds',
    because: `at a bound on retries Lambda drops the records (${RETRIES})`,
    check: ({ group: { retry } }) => {
      const { until, attempts, ageSeconds, bisect } = retry;
      const bounded = [attempts, ageSeconds, bisect].some((value) => value !== undefined);
      return until === 'done' && bounded
        ? { given: `retry is ${JSON.stringify(retry)}`, allowed: "until 'done' alone, or until 'spent'" }
        : undefined;
    },
  },
  {
    id: 'spent-in-full',
    because: `without attempts and age nothing is ever discarded, and without a destination it would be lost (${RETRIES})`,
    check: ({ group: { retry } }) => {
      const { until, attempts, ageSeconds, bisect, destination } = retry;
      const complete = [attempts, ageSeconds, bisect, destination].every((value) => value !== undefined);
      return until === 'spent' && !complete
        ? {
            given: `retry is ${JSON.stringify(retry)}`,
            allowed: "until 'spent' with attempts, ageSeconds, bisect and destination",
          }
        : undefined;
    },
  },
  createRangeRule(
    'retry-attempts',
    'retry.attempts',
    [0, 10_000],
    RETRIES,
    ({ group }) => group.retry.attempts,
  ),
  createRangeRule(
    'retry-age',
    'retry.ageSeconds',
    [60, 604_800],
    RETRIES,
    ({ group }) => group.retry.ageSeconds,
  ),
  {
    id: 'no-filters',
    because:
      'a filtered record is consumed and never reaches the function (AWS Lambda docs: kafka-filtering), so its offset would stay a gap, or hide a lost one (I2)',
    check: ({ group: { filters } }) =>
      filters !== undefined && filters.length > 0
        ? {
            given: `filters has ${filters.length} for a ledger that tracks gaps`,
            allowed: "none: pass the record over in the team's fold",
          }
        : undefined,
  },
  {
    id: 'sparse-until-done',
    because:
      'a single record that a bisected batch discards leaves the same hole as an offset without a record (I2)',
    check: ({ group: { offsets, retry } }) =>
      offsets === 'sparse' && retry.until === 'spent'
        ? { given: "offsets is 'sparse' with retry until 'spent'", allowed: "until 'done'" }
        : undefined,
  },
];
