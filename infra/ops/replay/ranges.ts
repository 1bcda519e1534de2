/** Which offsets of the log a replay means: from the start, an offset or a time, per partition, and never beyond what the log holds. */

import type { Bounds } from '../../kafka/topic-log.ts';
import { UserError } from '../../terminal/user-error.ts';
import type { RedriveScope } from '../redrive/open-work.ts';

/** An offset, or a time in epoch milliseconds. */
type Place = { readonly offset: number } | { readonly time: number };

export interface ReplayRequest {
  readonly from: 'start' | Place;
  /** An offset is included, a time is not; undefined: as far as the ledger has counted. */
  readonly to: Place | undefined;
  readonly partition: RedriveScope['partition'];
}

export interface ReplayRange extends Bounds {
  readonly partition: number;
}

/** What is known of a partition. */
export interface Extent {
  readonly partition: number;
  readonly log: Bounds;
  /** The offset after the newest that the ledger has resolved. */
  readonly counted: number;
}

/** Reads `--from` and `--to`: `start`, an offset, or a time like 2026-11-21T10:00Z. */
export function readPlace(option: string, given: string): Place {
  if (/^(0|[1-9]\d{0,15})$/.test(given) && Number.isSafeInteger(Number(given)))
    return { offset: Number(given) };
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}(:\d{2}(:\d{2}(\.\d{1,3})?)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(given);
  const hour = given.replace(/^(.*T\d{2})(Z|[+-])/, '$1:00$2');
  const time = isTime ? Date.parse(hour) : Number.NaN;
  if (!Number.isNaN(time) && time >= 0) return { time };
  throw new UserError(
    `--${option} is '${given}', allowed is an offset, or a time like 2026-11-21 or 2026-11-21T10:30Z`,
  );
}

/**
 * Pure: what is meant, clear of partitions where nothing is. Throws `UserError` with what the log has where a range leaves it.
 * @param at by partition, for each time that was asked for: the first offset that is as new
 */
export function resolveRanges(
  asked: ReplayRequest,
  extents: readonly Extent[],
  at: (time: number, partition: number) => number | undefined,
): ReplayRange[] {
  const meant = extents.filter(({ partition }) => (asked.partition ?? partition) === partition);
  const ranges = meant.map(({ partition, log, counted }): ReplayRange => {
    const offset = (place: Place, option: string, after: number): number => {
      if ('time' in place) return at(place.time, partition) ?? log.end;
      if (place.offset >= log.start && place.offset < log.end) return place.offset + after;
      throw new UserError(
        `--${option} ${place.offset} is outside of the log of partition ${partition}: ${held(meant)}`,
      );
    };
    const start = asked.from === 'start' ? log.start : offset(asked.from, 'from', 0);
    const end = asked.to === undefined ? Math.min(counted, log.end) : offset(asked.to, 'to', 1);
    return { partition, start, end };
  });
  const filled = ranges.filter(({ start, end }) => start < end);
  if (filled.length === 0) throw new UserError(`there is nothing in that range: ${held(meant)}`);
  return filled;
}

function held(extents: readonly Extent[]): string {
  const texts = extents.map(({ partition, log: { start, end }, counted }) =>
    start === end
      ? `partition ${partition} holds nothing`
      : `partition ${partition} holds ${start} to ${end - 1}, counted up to ${counted - 1}`,
  );
  return texts.join('; ');
}
