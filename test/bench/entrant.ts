/** One way to count clicks, with events of a partition of its own, so that none finds what another has written, and a meter of what it sends. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Meter, metered } from '../support/write-units.ts';
import { TABLE } from './bench-table.ts';
import { type EventShape, eventOf } from './events.ts';
import { interleaved, type Race } from './interleaved.ts';
import type { Peer } from './peers.ts';

export interface Lot {
  readonly shape: Omit<EventShape, 'from'>;
  /** That it bills in a turn. */
  readonly events: number;
}

export class Entrant {
  readonly name: string;
  readonly meter: Meter;
  /** Clicks billed, those of warm-ups included. */
  billed = 0;
  readonly #peer: Peer;
  readonly #client: DynamoDBClient;
  readonly #lot: Lot;
  #made = 0;
  #prepared: ReturnType<typeof eventOf>[] = [];

  constructor(made: (client: DynamoDBClient, table: string) => Peer, client: DynamoDBClient, lot: Lot) {
    this.#peer = made(client, TABLE);
    this.name = this.#peer.name;
    this.#client = client;
    this.#lot = lot;
    this.meter = metered(client);
  }

  /** Clicks/s of each turn of each entrant; making the events is not counted. */
  static async race(
    entrants: readonly Entrant[],
    race: Omit<Race<string>, 'before'>,
  ): Promise<Map<string, number[]>> {
    const byName = new Map(entrants.map((entrant) => [entrant.name, entrant]));
    const rivals = Object.fromEntries(Array.from(byName, ([name, entrant]) => [name, () => entrant.#bill()]));
    const before = (name: string) => (byName.get(name) as Entrant).#prepare();
    const taken = await interleaved(rivals, { ...race, before });
    for (const entrant of entrants) entrant.#client.destroy();
    const rate = ({ events, shape }: Lot, ms: number) => (events * shape.records * 1_000) / ms;
    return new Map(
      Array.from(byName, ([name, entrant]) => [
        name,
        (taken[name] ?? []).map((ms) => rate(entrant.#lot, ms)),
      ]),
    );
  }

  /** Nobody is given a record twice: this is the price of counting it once. */
  #prepare(): void {
    const { shape, events } = this.#lot;
    this.#prepared = Array.from({ length: events }, () => {
      const from = this.#made;
      this.#made += shape.records;
      return eventOf({ ...shape, seed: shape.seed + from, from });
    });
  }

  async #bill(): Promise<void> {
    for (const event of this.#prepared) await this.#peer.bill(event);
    this.billed += this.#prepared.length * this.#lot.shape.records;
  }
}
