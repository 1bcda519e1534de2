/**
 * Generates clicks of an invented market. The n-th click of a partition depends only on (seed, partition, n), so a killed
 * producer continues exactly at the end of the log.
 *
 * Advertisers follow Zipf's law. Each advertiser has one partition, as a key has. A third of all clicks goes to partition 0,
 * the hot one, and the rest evenly to the others. About one click in two hundred comes from a bot.
 */
import { Seeded } from '../seeded.ts';

export interface Market {
  readonly seed: number;
  readonly partitions: number;
  readonly advertisers: number;
}

export interface MadeClick {
  readonly key: string;
  readonly value: string;
}

const HOT_SHARE = 1 / 3;
const ADS_PER_ADVERTISER = 40;
const BOT_SHARE = 1 / 200;
const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.7390 Safari/537.36 Ad/2.4';
/** For information only: billing uses the broker's append time. */
const CLICKED_AT_BASE_MS = Date.UTC(2026, 0, 1);

export class ClickSource {
  readonly #market: Market;
  /** Per partition: its advertisers, and their cumulative weights. */
  readonly #byPartition: { readonly ids: number[]; readonly upTo: number[] }[];
  readonly #total: number;

  constructor(market: Market) {
    this.#market = market;
    this.#byPartition = Array.from({ length: market.partitions }, () => ({ ids: [], upTo: [] }));
    const load = new Array<number>(market.partitions).fill(0);
    let total = 0;
    for (let id = 1; id <= market.advertisers; id++) {
      const weight = 1 / id;
      total += weight;
      const partition = this.#partitionFor(load, total);
      const loaded = (load[partition] ?? 0) + weight;
      load[partition] = loaded;
      this.#byPartition[partition]?.ids.push(id);
      this.#byPartition[partition]?.upTo.push(loaded);
    }
    this.#total = total;
  }

  /** How many of `clicks` clicks go to each partition. */
  shares(clicks: number): number[] {
    const shares = this.#byPartition.map(({ upTo }) =>
      Math.floor((clicks * (upTo.at(-1) ?? 0)) / this.#total),
    );
    const rest = clicks - shares.reduce((sum, share) => sum + share, 0);
    const served = shares.flatMap((_, partition) =>
      this.#byPartition[partition]?.ids.length ? [partition] : [],
    );
    for (let i = 0; i < rest; i++) {
      const partition = served[i % served.length] ?? 0;
      shares[partition] = (shares[partition] ?? 0) + 1;
    }
    return shares;
  }

  /** The first advertiser always gets partition 0. */
  readonly partitionOfHotKey = 0;

  /** The n-th click of the hot key's partition, by the hot key. */
  hotClick(n: number): MadeClick {
    return this.click(this.partitionOfHotKey, n, 1);
  }

  /** @param only the advertiser; default: a random one of the partition */
  click(partition: number, n: number, only?: number): MadeClick {
    const chance = chanceOf(this.#market.seed, partition, n);
    const drawn = this.#advertiser(partition, chance());
    const advertiser = only ?? drawn;
    const bot = chance() < BOT_SHARE;
    const ad = bot ? 1 : 1 + Math.floor(chance() * ADS_PER_ADVERTISER);
    const ip = bot ? `198.51.100.${advertiser % 5}` : `10.${byte(chance)}.${byte(chance)}.${byte(chance)}`;
    const value = JSON.stringify({
      v: 1,
      clickId: `${partition}-${n}-${Math.floor(chance() * 2 ** 32).toString(36)}`,
      advertiserId: `adv-${advertiser}`,
      campaignId: `cmp-${advertiser}-${1 + (ad % 5)}`,
      adId: `ad-${advertiser}-${ad}`,
      priceMicros: 10_000 + Math.floor(chance() * 990_000),
      ip,
      userAgent: USER_AGENT,
      clickedAt: new Date(CLICKED_AT_BASE_MS + n * 7).toISOString(),
    });
    return { key: `adv-${advertiser}`, value };
  }

  /** Partition 0 while it has less than its third, else the partition with the smallest load. */
  #partitionFor(load: readonly number[], total: number): number {
    if (load.length === 1 || (load[0] ?? 0) < HOT_SHARE * total) return 0;
    let least = 1;
    for (let partition = 2; partition < load.length; partition++) {
      if ((load[partition] ?? 0) < (load[least] ?? 0)) least = partition;
    }
    return least;
  }

  #advertiser(partition: number, chance: number): number {
    const { ids = [], upTo = [] } = this.#byPartition[partition] ?? {};
    const at = chance * (upTo.at(-1) ?? 0);
    let low = 0;
    let high = ids.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 0) > at) high = middle;
      else low = middle + 1;
    }
    return ids[low] ?? 1;
  }
}

function byte(chance: () => number): number {
  return Math.floor(chance() * 256);
}

/** A stream of numbers in [0, 1) for one click; its seed is a mix of seed, partition and n. */
function chanceOf(seed: number, partition: number, n: number): () => number {
  const random = new Seeded(
    Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^
      Math.imul(partition + 1, 0xc2b2ae35) ^
      Math.imul(n + 1, 0x27d4eb2f),
  );
  return () => random.next();
}
