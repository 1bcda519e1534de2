import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildVerdict, type Known } from '../../../../infra/start/page/auditing.ts';

const NOW = 1_000_000;

function known(agoMs: number, records: number, more: Partial<Known> & { faults?: string[] } = {}): Known {
  const { faults = [], ...rest } = more;
  const found = { kind: 'audit', ledger: 'billing', records, tookMs: 900, faults } as const;
  return { audit: { at: NOW - agoMs, found }, sums: { at: NOW, agree: true }, ...rest };
}

function said(of: Record<string, Known>, setAside = 0) {
  const { state, says } = buildVerdict(Object.entries(of), NOW, { records: 1_087_801, setAside });
  return [state, says];
}

describe('the verdict of the page', () => {
  it('claims what was audited: up to where by the ledger that has least, and how long ago', () => {
    assert.deepEqual(said({ billing: known(3_000, 1_087_000), fraud: known(62_000 - 2_000, 318_471) }), [
      'exact',
      'Exact: every click counted once (318,471 of 1,087,801 records audited 60 s ago)',
    ]);
  });

  it('says that records are set aside, which are not counted', () => {
    assert.deepEqual(said({ billing: known(3_000, 1_087_801) }, 5), [
      'exact',
      'Exact: every click counted once, 5 set aside (1,087,801 of 1,087,801 records audited 3.0 s ago)',
    ]);
  });

  it('is not green by an audit of more than a minute ago, and says what is known since', () => {
    const old = { fraud: known(274_000, 318_471) };

    assert.deepEqual(said(old), [
      'unknown',
      'It was exact: 318,471 of 1,087,801 records audited 274 s ago; the sums agree up to now',
    ]);
    assert.deepEqual(said({ fraud: known(60_001, 7, { sums: { at: NOW, agree: undefined } }) }), [
      'unknown',
      'It was exact: 7 of 1,087,801 records audited 60 s ago',
    ]);
  });

  it('is wrong with a fault in any ledger, and unknown before the first audit of each', () => {
    assert.deepEqual(said({ billing: known(1, 1), fraud: known(274_000, 1, { faults: ['it'] }) }), [
      'wrong',
      'A ledger does not agree with the log',
    ]);
    assert.deepEqual(said({ billing: known(1, 1), fraud: {} }), ['unknown', 'Checking']);
  });
});
