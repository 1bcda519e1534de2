/** Entries, checkpoints and findings made by hand, with only what a test of one check is about. */
import assert from 'node:assert/strict';
import { readLines } from '../../../infra/audit/entry-lines.ts';
import { Findings } from '../../../infra/audit/findings.ts';
import type { CheckpointRead, EntryRead, StateRead } from '../../../infra/audit/layout.ts';
import { parseRanges } from '../../../infra/audit/offset-ranges.ts';

export const JOURNAL = 't@1#0';
export const SHA = 'f'.repeat(64);
export const HOUR = '2026-11-21T10';

function state(version: number, resolved: string, more: Partial<StateRead> = {}): StateRead {
  const none = { openParked: 0, keys: 0, newest: version, marks: new Map(), carried: '' };
  return { version, resolved: parseRanges(resolved), ...none, clicks: 0n, micros: 0n, ...more };
}

export interface Given {
  readonly offsets?: string;
  readonly void?: string;
  readonly unparked?: string;
  readonly accepted?: string;
  readonly settled?: string;
  readonly parked?: readonly number[];
  readonly flagged?: readonly number[];
  readonly lines?: string;
  readonly expires?: number;
  readonly broken?: string;
  readonly state?: Partial<StateRead>;
  readonly resolved?: string;
}

export function entry(version: number, given: Given = {}): EntryRead {
  return {
    version,
    expiresSeconds: given.expires ?? 1_000,
    offsets: parseRanges(given.offsets ?? ''),
    void: parseRanges(given.void ?? ''),
    unparked: parseRanges(given.unparked ?? ''),
    accepted: parseRanges(given.accepted ?? ''),
    settled: parseRanges(given.settled ?? given.unparked ?? ''),
    parked: new Map((given.parked ?? []).map((offset) => [offset, { reason: 'r', sha256: SHA }])),
    flagged: given.flagged ?? [],
    lines: readLines(given.lines ?? '{}'),
    state: state(version, given.resolved ?? '', given.state),
    seal: 's',
    broken: given.broken,
  };
}

export function checkpointOf(through: number, resolved = '', more: Partial<StateRead> = {}): CheckpointRead {
  return { through, state: state(through, resolved, more), broken: undefined };
}

export function faultsOf(check: (findings: Findings) => unknown): string[] {
  const findings = new Findings();
  check(findings);
  assert.ok(findings.faults.every(({ journal }) => journal === JOURNAL));
  return findings.faults.map(({ kind, what }) => `${kind}: ${what}`);
}
