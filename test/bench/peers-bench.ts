/**
 * Billing against the usual ways to count each record once, on DynamoDB Local as it is, and with 5 ms added to every request, which is
 * nearer to AWS and fairer to those that work on many records at once.
 */
import { captured } from '../support/captured.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { type Clients, withTable } from './bench-table.ts';
import { Entrant } from './entrant.ts';
import { ratioOf, spreadOf } from './interleaved.ts';
import { billing, CONCURRENCY, itemPerRecord, powertools, transactionPerRecord } from './peers.ts';

const RECORDS = 1_000;
const ADVERTISERS = 50;
const DELAYS_MS = [0, 5];
/** In the time of one event of a peer. */
const EVENTS_OF_OURS = 20;

export async function benchPeers(options: BenchOptions): Promise<Section[]> {
  return await withTable(async (clients) => {
    const sections: Section[] = [];
    for (const delayMs of DELAYS_MS) sections.push(await benchAt(delayMs, clients, options));
    return sections;
  });
}

async function benchAt(
  delayMs: number,
  clients: Clients,
  { seed, rounds, say, signal }: BenchOptions,
): Promise<Section> {
  say(`peers: ${RECORDS} records, ${ADVERTISERS} advertisers, ${delayMs} ms added …`);
  const entrants: Entrant[] = [];
  for (const made of [billing, powertools, transactionPerRecord, itemPerRecord]) {
    const partition = 10 * delayMs + entrants.length;
    const shape = { records: RECORDS, advertisers: ADVERTISERS, spread: 'Zipf', seed, partition } as const;
    const events = made === billing ? EVENTS_OF_OURS : 1;
    entrants.push(new Entrant(made, await clients(delayMs), { shape, events }));
  }
  const { result: rates } = await captured(() =>
    Entrant.race(entrants, { turns: rounds + 1, warmUps: 1, signal }),
  );
  const [ours = []] = rates.values();
  return {
    id: `peers-${delayMs}`,
    title:
      delayMs === 0
        ? 'Counting each record once: DynamoDB Local as it is'
        : `The same with ${delayMs} ms added to every request`,
    about: `Events of ${RECORDS} records of ${ADVERTISERS} advertisers; the peers work on ${CONCURRENCY} records at once. Write units are computed from what was sent, by the billing rules. To reach on DynamoDB Local as it is: 400 times Powertools’ clicks/s at a thousandth of its write units.`,
    rows: entrants.map(({ name, meter, billed }) => {
      const own = rates.get(name) ?? [];
      return {
        'counted by': name,
        'clicks/s': spreadOf(own),
        'Clickledger is so many times as fast': ratioOf(ours, own),
        'write units per click': meter.units / billed,
        'requests per click': meter.requests / billed,
      };
    }),
    chart: { x: 'counted by', y: 'clicks/s', log: true },
  };
}
