/** A table as a plan has it, with only what a test is about said. */
import type { PlannedTable } from '../../infra/local/template/planned.ts';

/** One with a ledger's keys. */
export function aPlannedTable(more: Partial<PlannedTable> = {}): PlannedTable {
  return {
    name: 'app-Ledger',
    stack: 'app',
    logicalId: 'Ledger',
    keys: [
      { attribute: 'pk', type: 'HASH' },
      { attribute: 'sk', type: 'RANGE' },
    ],
    attributes: [
      { name: 'pk', type: 'S' },
      { name: 'sk', type: 'S' },
    ],
    globalIndexes: [],
    localIndexes: [],
    expiryAttribute: undefined,
    ...more,
  };
}
