/**
 * Counts a topic again from its log, by the auditor's reading and judging, which share nothing with the pipe. What comes out is
 * what every ledger of the topic has to hold once it is drained.
 */

import { TopicLog } from '../kafka/topic-log.ts';
import { judgeClick } from './judge-click.ts';

export interface Recount {
  readonly records: number;
  readonly clicks: number;
  readonly micros: bigint;
  /** Records that are no clicks, as `<partition>/<offset>`. */
  readonly rejected: readonly string[];
  /** By `<hour> <advertiser>`. */
  readonly lines: ReadonlyMap<string, { readonly clicks: bigint; readonly micros: bigint }>;
}

/** Reads every partition from its oldest record to where it ends now. */
export async function recountTopic(bootstrap: readonly string[], topic: string): Promise<Recount> {
  const log = new TopicLog({ bootstrapBrokers: [...bootstrap] }, topic, 'clickledger-recount');
  const lines = new Map<string, { clicks: bigint; micros: bigint }>();
  const tally = { records: 0, clicks: 0, micros: 0n, rejected: [] as string[] };
  try {
    for (const [partition, bounds] of (await log.bounds()).entries()) {
      for await (const { offset, time, value } of log.records(partition, bounds)) {
        tally.records += 1;
        const worth = judgeClick(time, value);
        if (typeof worth === 'string') {
          tally.rejected.push(`${partition}/${offset}`);
          continue;
        }
        tally.clicks += 1;
        tally.micros += worth.micros;
        const line = lines.get(worth.line) ?? { clicks: 0n, micros: 0n };
        line.clicks += 1n;
        line.micros += worth.micros;
        lines.set(worth.line, line);
      }
    }
  } finally {
    await log.close();
  }
  return { ...tally, lines };
}
