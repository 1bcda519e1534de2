/** A topic partition in memory, what its records are worth, and the folds of two deploys that disagree about it. */
import type { KafkaRecord } from '../../shared/event/event.ts';
import type { Fold } from '../../shared/fold/fold.ts';
import { aRecord } from './builders.ts';
import type { Chance } from './random.ts';

export interface SimulatedClick {
  readonly advertiser: string;
  readonly micros: number;
  /** `void`: the offset holds no record. `breaks-v1`: the fold of v1 throws on it. */
  readonly kind: 'good' | 'poison' | 'breaks-v1' | 'void';
  /** Epoch milliseconds. */
  readonly time: number;
}

export type Deploy = 'v1' | 'v2';

/** Each counts its clicks in the carried state; v1 fails on some, v2 books all elsewhere and a micro dearer. */
export const deploys: Readonly<Record<Deploy, Fold<{ count: number }>>> = {
  v1: {
    open: (carried) => ({ count: Number(carried) }),
    click(state, click, delta) {
      state.count += 1;
      delta.count(click);
      if (click.adId === 'breaks-v1') throw new Error('v1 cannot fold this');
    },
    close: (state) => String(state.count),
  },
  v2: {
    open: (carried) => ({ count: Number(carried) }),
    click(state, click, delta) {
      state.count += 1;
      delta.count({
        ...click,
        advertiserId: `${click.advertiserId}.v2`,
        priceMicros: (click['priceMicros'] as number) + 1,
      });
    },
    close: (state) => String(state.count),
  },
};

/** The line that a deploy books a click to, and its price, known without asking the folds. */
export function worth(click: SimulatedClick, deploy: string): { line: string; micros: number } {
  const hour = new Date(click.time).toISOString().slice(0, 13);
  if (deploy === 'v2') return { line: `${hour} ${click.advertiser}.v2`, micros: click.micros + 1 };
  return { line: `${hour} ${click.advertiser}`, micros: click.micros };
}

export function randomClick(chance: Chance, time: number, sparse: boolean): SimulatedClick {
  const kind =
    sparse && chance.happens(0.2)
      ? 'void'
      : chance.happens(0.08)
        ? 'poison'
        : chance.happens(0.08)
          ? 'breaks-v1'
          : 'good';
  return { advertiser: `adv-${chance.below(4)}`, micros: 1 + chance.below(1000), kind, time };
}

export function recordAt(offset: number, click: SimulatedClick): KafkaRecord {
  const { time: timestamp, kind } = click;
  if (kind === 'poison') return aRecord({ offset, timestamp, text: '{"half' });
  return aRecord({
    offset,
    timestamp,
    click: { advertiserId: click.advertiser, priceMicros: click.micros, adId: kind },
  });
}
