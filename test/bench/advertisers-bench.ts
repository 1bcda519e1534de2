/**
 * Whether very many advertisers make billing slow: a minute of a partition at 33,000 clicks/s, in events of 10,000 through the handler into
 * DynamoDB Local.
 */
import { captured } from '../support/captured.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { withTable } from './bench-table.ts';
import { Entrant } from './entrant.ts';
import { ratioOf, spreadOf } from './interleaved.ts';
import { billing } from './peers.ts';

const RECORDS = 10_000;
const CLICKS_PER_SECOND = 33_000;
const TURNS = (60 * CLICKS_PER_SECOND) / RECORDS;
const MARKETS = [
  { advertisers: 500, spread: 'Zipf' },
  { advertisers: 5_000, spread: 'Zipf' },
  { advertisers: 100_000, spread: 'uniform' },
] as const;

export async function benchAdvertisers({ seed, say, signal }: BenchOptions): Promise<Section[]> {
  return await withTable(async (clients) => {
    say(`advertisers: ${TURNS} events of ${RECORDS} records for each of ${MARKETS.length} markets …`);
    const entrants: Entrant[] = [];
    for (const market of MARKETS) {
      const made: typeof billing = (client, table) => ({
        ...billing(client, table),
        name: `${market.advertisers}, ${market.spread}`,
      });
      const shape = { records: RECORDS, ...market, seed, partition: entrants.length };
      entrants.push(new Entrant(made, await clients(0), { shape, events: 1 }));
    }
    const { result: rates } = await captured(() =>
      Entrant.race(entrants, { turns: TURNS, warmUps: 0, signal }),
    );
    const [fewest = []] = rates.values();
    return [
      {
        id: 'advertisers',
        title: `A minute of ${CLICKS_PER_SECOND.toLocaleString('en-US')} clicks/s in one partition, by number of advertisers`,
        about: `Events of ${RECORDS.toLocaleString('en-US')} records through billing’s handler into DynamoDB Local. To reach: 100,000 advertisers at above a third of the speed of 500. What the rollup of that minute costs is in the table of write units.`,
        rows: entrants.map(({ name, meter, billed }) => {
          const own = rates.get(name) ?? [];
          return {
            advertisers: name,
            'clicks/s': spreadOf(own),
            'of the speed with 500': ratioOf(own, fewest),
            'entries, units per click': meter.units / billed,
          };
        }),
        chart: { x: 'advertisers', y: 'clicks/s' },
      },
    ];
  });
}
