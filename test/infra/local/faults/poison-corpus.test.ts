import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { judgeClick } from '../../../../infra/audit/judge-click.ts';
import { oddRecords } from '../../../../infra/local/faults/poison-corpus.ts';
import { isRejected } from '../../../../shared/contract/decode.ts';
import { aRecord, base64, START_MS } from '../../../support/builders.ts';
import { decode } from '../../../support/clicks.ts';

/** What a broker takes in one batch by default (Apache Kafka docs: max.message.bytes). */
const BATCH_BYTES_MAX = 1_048_588;
const worths = oddRecords.map(({ name, value }) => ({ name, worth: judgeClick(START_MS, value ?? null) }));

describe('odd records', () => {
  it('have unique names', () => {
    assert.equal(new Set(oddRecords.map(({ name }) => name)).size, oddRecords.length);
  });

  for (const [i, { name, value }] of oddRecords.entries()) {
    it(`${name}: the functions and the auditor, which share no code, judge it alike`, () => {
      const record = aRecord({ value: value === undefined ? null : base64(value) });

      const decoded = decode({ ...record, timestamp: START_MS });

      const worth = worths[i]?.worth;
      if (isRejected(decoded)) assert.equal(decoded.rejected, worth);
      else assert.equal(typeof worth === 'object' && worth.micros, BigInt(decoded.priceMicros));
    });
  }

  it('are refused for many reasons, and some are valid clicks', () => {
    const reasons = new Set(worths.flatMap(({ worth }) => (typeof worth === 'string' ? [worth] : [])));

    assert.ok(reasons.size >= 9, [...reasons].join(', '));
    assert.ok(worths.filter(({ worth }) => typeof worth === 'object').length >= 8);
  });

  it("are within the broker's limit when compressed", () => {
    const all = oddRecords.map(({ value }) => value ?? Buffer.alloc(0));

    assert.ok(gzipSync(Buffer.concat(all)).length < BATCH_BYTES_MAX / 2);
    assert.ok(Math.max(...all.map(({ length }) => length)) > 2_000_000);
  });
});
