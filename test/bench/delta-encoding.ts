/**
 * What ADR 0002 rests on: how large the delta of one batch is in each encoding, what it costs in write units, and how long
 * encoding takes, on the same clicks. Run with `node test/bench/delta-encoding.ts`.
 */
import { gzipSync } from 'node:zlib';
import { Delta, formatLines } from '../../shared/fold/delta.ts';
import { aRecord } from '../support/builders.ts';
import { type Click, counting, decode } from '../support/clicks.ts';
import { chanceOf } from '../support/random.ts';

type Lines = Delta['hours'];

const chance = chanceOf(1);
const BATCH = 10_000;
const ROUNDS = 20;

const encodings: Readonly<Record<string, (hours: Lines) => number>> = {
  'JSON text, arrays (chosen)': (hours) => formatLines(hours).length,
  'JSON text, named fields': (hours) => JSON.stringify(withNames(hours)).length,
  'DynamoDB map of maps': (hours) => mapBytes(hours),
  'JSON text, gzip': (hours) => gzipSync(formatLines(hours)).length,
};

function withNames(hours: Lines) {
  return Object.fromEntries(
    Array.from(hours, ([hour, lines]) => [
      hour,
      Object.fromEntries(
        Array.from(
          lines,
          ([
            id,
            {
              sums: [clicks, micros],
            },
          ]) => [id, { clicks, micros }],
        ),
      ),
    ]),
  );
}

/** As DynamoDB counts: names and texts in bytes, two digits of a number in one byte and one more, 3 for a map, 1 for each thing in it. */
function mapBytes(hours: Lines): number {
  const number = (value: number) => Math.ceil(String(value).length / 2) + 1;
  let bytes = 3;
  for (const [hour, lines] of hours) {
    bytes += hour.length + 1 + 3;
    for (const [
      id,
      {
        sums: [clicks = 0, micros = 0],
      },
    ] of lines)
      bytes += id.length + 1 + 3 + 'clicks'.length + 'micros'.length + 2 + number(clicks) + number(micros);
  }
  return bytes;
}

function deltaOf(advertisers: number, zipf: boolean): Delta {
  const weights: number[] = [];
  for (let id = 1; id <= advertisers; id++) weights.push((weights.at(-1) ?? 0) + (zipf ? 1 / id : 1));
  const total = weights.at(-1) ?? 1;
  const delta = new Delta(counting);
  for (let i = 0; i < BATCH; i++) {
    const at = chance.next() * total;
    const id = 1 + weights.findIndex((upTo) => upTo > at);
    const click = { advertiserId: `adv-${id}`, priceMicros: 10_000 + chance.below(990_000) };
    delta.count(decode(aRecord({ offset: i, click })) as Click);
  }
  return delta;
}

for (const [advertisers, zipf] of [
  [50, true],
  [500, true],
  [5_000, true],
  [100_000, false],
] as const) {
  const delta = deltaOf(advertisers, zipf);
  const lines = [...delta.hours.values()].reduce((sum, { size }) => sum + size, 0);
  console.log(
    `\n${advertisers} advertisers (${zipf ? 'Zipf' : 'uniform'}), a batch of ${BATCH}: ${lines} lines`,
  );
  for (const [name, encode] of Object.entries(encodings)) {
    const bytes = encode(delta.hours);
    const start = performance.now();
    for (let round = 0; round < ROUNDS; round++) encode(delta.hours);
    const ms = (performance.now() - start) / ROUNDS;
    const units = Math.ceil((bytes + 600) / 1024) / BATCH;
    console.log(
      `${name.padEnd(28)} ${String(bytes).padStart(8)} bytes ${units.toFixed(5).padStart(9)} write units/click ${ms.toFixed(2).padStart(7)} ms`,
    );
  }
}
