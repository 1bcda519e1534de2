import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Section } from './bench-section.ts';
import { barsOf } from './chart.ts';

const rows = [
  { rival: 'one that has quite a long name', rate: 120_000, spread: { median: 2, p10: 1, p90: 3 } },
  { rival: 'another', rate: 180, spread: { median: 1, p10: 1, p90: 1 } },
  { rival: 'one that was not measured', rate: 'nothing counted', spread: { median: 4, p10: 4, p90: 4 } },
];

/** Heights of the bars in pixels, by what they show. */
async function heights(chart: Section['chart']): Promise<[text: string, height: number][]> {
  const svg = (await barsOf({ id: 's', title: 's', about: '', rows, ...(chart && { chart }) })) ?? '';
  const bars = svg.matchAll(
    /aria-label="([^"]+)"[^>]* aria-roledescription="bar" d="M[^h]+h[\d.]+v([\d.]+)h/g,
  );
  return Array.from(bars, ([, text = '', height]) => [text.replaceAll('&#xA;', '\n'), Number(height)]);
}

describe('the chart of a section', () => {
  for (const log of [false, true])
    it(`has a bar as high as its figure, ${log ? 'logarithmic' : 'linear'}`, async () => {
      const bars = await heights({ x: 'rival', y: 'rate', log });

      assert.deepEqual(
        bars.map(([text]) => text),
        ['rival: one that has\nquite a long\nname; rate: 120000', 'rival: another; rate: 180'],
      );
      const [[, high] = ['', 0], [, low] = ['', 0]] = bars;
      const share = log ? Math.log10(180 / 100) / Math.log10(120_000 / 100) : 180 / 120_000;
      assert.ok(low > 0 && Math.abs(low / high - share) < 0.002, `${low} of ${high} pixels`);
    });

  it('of several columns has a bar for each, and the median of a spread', async () => {
    const bars = await heights({ x: 'rival', y: ['rate', 'spread'], where: { rival: 'another' } });

    assert.deepEqual(
      bars.map(([text]) => text),
      ['rival: another; y: 180; series: rate', 'rival: another; y: 1; series: spread'],
    );
  });

  it('is left out where the section has none', async () => {
    assert.equal(await barsOf({ id: 's', title: 's', about: '', rows }), undefined);
  });
});
