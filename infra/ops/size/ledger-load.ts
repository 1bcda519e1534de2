/**
 * What one group's ledger takes: entries, rollups, reads, bytes. Sizes are not assumed: an entry and a statement line are made by the
 * very code that writes them, and measured by DynamoDB's rule (names and values in UTF-8, numbers about two digits to a byte).
 */

import { WRITES_AT_ONCE } from '../../../shared/journal/journal-store.ts';
import { ENTRY_BYTES_MAX } from '../../../shared/journal/next-entry.ts';
import type { ConsumerPlan } from './consumers.ts';
import { type Figure, figure, plain } from './figure.ts';
import type { Inputs } from './inputs.ts';
import { entryFixedBytes, entryLineBytes, statementLineBytes } from './item-sizes.ts';
import { distinctKeys, type Keys } from './keys.ts';
import { limits, MONTH_SECONDS } from './limits.ts';
import type { PartitionPlan } from './partitions.ts';

export interface LedgerLoad {
  readonly entriesPerSecond: Figure;
  readonly linesPerEntry: Figure;
  readonly entryBytes: Figure;
  readonly unitsPerEntry: Figure;
  readonly rollupUnitsPerMinute: Figure;
  readonly rollupSeconds: Figure;
  readonly writeUnitsPerSecond: Figure;
  readonly writeUnitsPerClick: Figure;
  readonly hottestJournal: Figure;
  readonly readUnitsPerSecond: Figure;
  readonly entriesGb: Figure;
  readonly linesGb: Figure;
}

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3_600;
/** A checkpoint, or a page of a query that finds nothing. */
const SMALL_ITEM_UNITS = 1;
const ROLLUP_SECONDS = 60;

export function planLedger(inputs: Inputs, partitions: PartitionPlan, consumers: ConsumerPlan): LedgerLoad {
  const { clicksPerSecond: load, entryDays, commitMs } = inputs;
  const { keys } = partitions;
  const count = partitions.partitions.value;
  const entries = entriesOf(inputs, partitions, consumers);
  const round = (load / entries.perSecond) * count;
  const lines = distinctKeys(keys, round) / count;
  const bytes = entryFixedBytes + lines * entryLineBytes;
  const units = Math.ceil(bytes / limits.writeUnitBytes.value);
  const parts = Math.ceil((lines * entryLineBytes) / ENTRY_BYTES_MAX);
  const linesAMinute = distinctKeys(keys, load * ROLLUP_SECONDS);
  const rollupUnits = linesAMinute + count * SMALL_ITEM_UNITS;
  const writes = entries.perSecond * units + rollupUnits / ROLLUP_SECONDS;
  const { hottestPartition } = partitions;
  const journal = (hottestPartition.value / load) * entries.perSecond * units;
  return {
    entriesPerSecond: figure(entries.perSecond, 'entries/s', entries.because),
    linesPerEntry: figure(
      lines,
      'advertisers',
      `Σ over keys of 1 − (1 − share)^${plain(round)} (the clicks of ${count} entries), / ${count}`,
    ),
    entryBytes: figure(
      bytes,
      'bytes',
      `${entryFixedBytes} + ${plain(lines)} × ${plain(entryLineBytes)}, as shared/journal/journal-items.ts writes them${parts > 1 ? `; split into ${parts} entries` : ''}`,
    ),
    unitsPerEntry: figure(units, 'write units', `ceil(${plain(bytes)} / ${limits.writeUnitBytes.value})`),
    rollupUnitsPerMinute: figure(
      rollupUnits,
      'write units/min',
      `${plain(linesAMinute)} lines touched (Σ 1 − (1 − share)^${plain(load * ROLLUP_SECONDS)}) + ${count} checkpoints`,
    ),
    writeUnitsPerSecond: figure(
      writes,
      'write units/s',
      `${plain(entries.perSecond)} × ${units} + ${plain(rollupUnits)} / ${ROLLUP_SECONDS}`,
    ),
    writeUnitsPerClick: figure(writes / load, 'write units/click', `${plain(writes)} / ${plain(load)}`),
    hottestJournal: figure(
      journal,
      'write units/s',
      `${plain(entries.perSecond)} × ${units} × ${plain(hottestPartition.value)} / ${plain(load)}, of ${plain(limits.hotKeyWrites.value)} that one journal can take`,
    ),
    readUnitsPerSecond: reads(entries.perSecond, bytes, count),
    rollupSeconds: figure(
      ((linesAMinute + count) / WRITES_AT_ONCE) * (commitMs / 2000),
      's',
      `(${plain(linesAMinute)} + ${count}) writes / ${WRITES_AT_ONCE} at once × ${commitMs} ms / 2, of a minute`,
    ),
    entriesGb: figure(
      (entries.perSecond * bytes * entryDays * DAY_SECONDS) / 1e9,
      'GB',
      `${plain(entries.perSecond)}/s × ${plain(bytes)} B × ${entryDays} days: no more than that, since entries expire`,
    ),
    linesGb: linesAfterAMonth(load, keys),
  };
}

/** An invocation holds all partitions of its poller, as far as each has a click; a partition with few clicks has fewer entries. */
function entriesOf(inputs: Inputs, { partitions }: PartitionPlan, consumers: ConsumerPlan) {
  const perInvocation = partitions.value / consumers.pollers.value;
  const invocations = consumers.invocationsPerSecond.value;
  const perSecond = Math.min(inputs.clicksPerSecond, invocations * perInvocation);
  return {
    perSecond,
    because: `${plain(invocations)} invocations/s × ${partitions.value} / ${consumers.pollers.value} partitions of a poller, at most one for each click`,
  };
}

function reads(entriesPerSecond: number, bytes: number, partitions: number): Figure {
  const page = limits.readUnitBytes.value;
  const head = Math.ceil(bytes / page);
  const rolledUp = (entriesPerSecond * bytes) / page;
  const small = (3 * partitions + 1) / ROLLUP_SECONDS;
  return figure(
    entriesPerSecond * head + rolledUp + small,
    'read units/s',
    `heads ${plain(entriesPerSecond)} × ceil(${plain(bytes)} / ${page}) + rollup ${plain(entriesPerSecond)} × ${plain(bytes)} / ${page} + (3 × ${partitions} + 1) / ${ROLLUP_SECONDS} small ones`,
  );
}

function linesAfterAMonth(clicksPerSecond: number, keys: Keys): Figure {
  const hours = MONTH_SECONDS / HOUR_SECONDS;
  const anHour = distinctKeys(keys, clicksPerSecond * HOUR_SECONDS);
  return figure(
    (anHour * hours * statementLineBytes) / 1e9,
    'GB a month',
    `${plain(anHour)} lines an hour × ${hours} h × ${statementLineBytes} B: kept for good, so as much again each month`,
  );
}
