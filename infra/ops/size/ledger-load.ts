/**
 * What one group's ledger needs: entries, rollups, reads, bytes. Sizes are not assumed: the code that writes entries and statement lines
 * makes samples, which are measured by DynamoDB's rule (names and values in UTF-8, numbers about two digits to a byte).
 */

import { WRITES_AT_ONCE } from '../../../shared/journal/journal-store.ts';
import { ENTRY_BYTES_MAX } from '../../../shared/journal/next-entry.ts';
import type { ConsumerPlan } from './consumers.ts';
import { buildFigure, type Figure, formatNumber } from './figure.ts';
import type { Inputs } from './inputs.ts';
import { entryFixedBytes, entryLineBytes, statementLineBytes } from './item-sizes.ts';
import { countDistinctKeys, type Keys } from './keys.ts';
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
  const lines = countDistinctKeys(keys, round) / count;
  const bytes = entryFixedBytes + lines * entryLineBytes;
  const units = Math.ceil(bytes / limits.writeUnitBytes.value);
  const parts = Math.ceil((lines * entryLineBytes) / ENTRY_BYTES_MAX);
  const linesAMinute = countDistinctKeys(keys, load * ROLLUP_SECONDS);
  const rollupUnits = linesAMinute + count * SMALL_ITEM_UNITS;
  const writes = entries.perSecond * units + rollupUnits / ROLLUP_SECONDS;
  const { hottestPartition } = partitions;
  const journal = (hottestPartition.value / load) * entries.perSecond * units;
  return {
    entriesPerSecond: buildFigure(entries.perSecond, 'entries/s', entries.because),
    linesPerEntry: buildFigure(
      lines,
      'advertisers',
      `Σ over keys of 1 − (1 − share)^${formatNumber(round)} (the clicks of ${count} entries), / ${count}`,
    ),
    entryBytes: buildFigure(
      bytes,
      'bytes',
      `${entryFixedBytes} + ${formatNumber(lines)} × ${formatNumber(entryLineBytes)}, as shared/journal/journal-items.ts writes them${parts > 1 ? `; split into ${parts} entries` : ''}`,
    ),
    unitsPerEntry: buildFigure(
      units,
      'write units',
      `ceil(${formatNumber(bytes)} / ${limits.writeUnitBytes.value})`,
    ),
    rollupUnitsPerMinute: buildFigure(
      rollupUnits,
      'write units/min',
      `${formatNumber(linesAMinute)} lines touched (Σ 1 − (1 − share)^${formatNumber(load * ROLLUP_SECONDS)}) + ${count} checkpoints`,
    ),
    writeUnitsPerSecond: buildFigure(
      writes,
      'write units/s',
      `${formatNumber(entries.perSecond)} × ${units} + ${formatNumber(rollupUnits)} / ${ROLLUP_SECONDS}`,
    ),
    writeUnitsPerClick: buildFigure(
      writes / load,
      'write units/click',
      `${formatNumber(writes)} / ${formatNumber(load)}`,
    ),
    hottestJournal: buildFigure(
      journal,
      'write units/s',
      `${formatNumber(entries.perSecond)} × ${units} × ${formatNumber(hottestPartition.value)} / ${formatNumber(load)}, of ${formatNumber(limits.hotKeyWrites.value)} that one journal can take`,
    ),
    readUnitsPerSecond: reads(entries.perSecond, bytes, count),
    rollupSeconds: buildFigure(
      ((linesAMinute + count) / WRITES_AT_ONCE) * (commitMs / 2000),
      's',
      `(${formatNumber(linesAMinute)} + ${count}) writes / ${WRITES_AT_ONCE} at once × ${commitMs} ms / 2, of a minute`,
    ),
    entriesGb: buildFigure(
      (entries.perSecond * bytes * entryDays * DAY_SECONDS) / 1e9,
      'GB',
      `${formatNumber(entries.perSecond)}/s × ${formatNumber(bytes)} B × ${entryDays} days: no more than that, since entries expire`,
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
    because: `${formatNumber(invocations)} invocations/s × ${partitions.value} / ${consumers.pollers.value} partitions of a poller, at most one for each click`,
  };
}

function reads(entriesPerSecond: number, bytes: number, partitions: number): Figure {
  const page = limits.readUnitBytes.value;
  const head = Math.ceil(bytes / page);
  const rolledUp = (entriesPerSecond * bytes) / page;
  const small = (3 * partitions + 1) / ROLLUP_SECONDS;
  return buildFigure(
    entriesPerSecond * head + rolledUp + small,
    'read units/s',
    `heads ${formatNumber(entriesPerSecond)} × ceil(${formatNumber(bytes)} / ${page}) + rollup ${formatNumber(entriesPerSecond)} × ${formatNumber(bytes)} / ${page} + (3 × ${partitions} + 1) / ${ROLLUP_SECONDS} small ones`,
  );
}

function linesAfterAMonth(clicksPerSecond: number, keys: Keys): Figure {
  const hours = MONTH_SECONDS / HOUR_SECONDS;
  const anHour = countDistinctKeys(keys, clicksPerSecond * HOUR_SECONDS);
  return buildFigure(
    (anHour * hours * statementLineBytes) / 1e9,
    'GB a month',
    `${formatNumber(anHour)} lines an hour × ${hours} h × ${statementLineBytes} B: kept for good, so as much again each month`,
  );
}
