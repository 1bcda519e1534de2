/** The groups that a ground runs and whose ledgers can be read: found as an operator finds them, by what their stacks publish. */

import type { Ground } from '../local/local-runtime.ts';
import type { PlannedMapping } from '../local/template/planned.ts';
import { UserError } from '../terminal/user-error.ts';

export interface WatchedGroup {
  /** The name under which its stack publishes the table. */
  readonly ledger: string;
  readonly table: string;
  readonly mapping: PlannedMapping;
}

/** `/clickledger/<stage>/ledger/<ledger>/table`, as infra/aws publishes it. */
const tablePath = /^\/clickledger\/[^/]+\/ledger\/([^/]+)\/table$/;

/** The groups whose function writes a ledger that its stack publishes. */
export function listWatchedGroups(ground: Ground): WatchedGroup[] {
  const { mappings, published } = ground.plan;
  const groups = Array.from(published, ([path, table]) => ({
    ledger: tablePath.exec(path)?.[1],
    table,
  })).flatMap(({ ledger, table }) => {
    const mapping = mappings.find(({ functionId }) =>
      Object.values(ground.functionOf(functionId).environment).includes(table),
    );
    return ledger === undefined || mapping === undefined ? [] : [{ ledger, table, mapping }];
  });
  if (groups.length === 0)
    throw new UserError(
      'the templates have no mapping whose function writes a published ledger: there is nothing to watch',
    );
  return groups;
}
