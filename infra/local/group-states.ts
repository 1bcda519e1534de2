/**
 * Asks the broker about consumer groups: whether they exist before a poller joins them, and whether they are rebalancing.
 */

import { Admin } from '@platformatic/kafka';
import { UserError } from '../terminal/user-error.ts';
import { RETRIES_ELSEWHERE, useAdmin } from './servers/broker-topics.ts';

export type BrokerGroupState = 'stable' | 'rebalancing' | 'empty';

const rebalancing = new Set([
  'PREPARING_REBALANCE',
  'COMPLETING_REBALANCE',
  'Assigning',
  'Reconciling',
  'PreparingRebalance',
  'CompletingRebalance',
]);

/**
 * Refuses groups that exist on the user's broker. A group exists while it has members or committed offsets. Pollers that
 * join it take partitions from its members and commit for it.
 */
export async function refuseExistingGroups(
  bootstrap: readonly string[],
  groupIds: readonly string[],
): Promise<void> {
  const existing = await useAdmin(bootstrap, RETRIES_ELSEWHERE, async (admin) => {
    const known = await admin.listGroups({});
    return Promise.all(
      groupIds.filter((id) => known.has(id)).map(async (id) => `'${id}' (${await membersOf(admin, id)})`),
    );
  });
  if (existing.length > 0)
    throw new UserError(
      `Kafka at ${bootstrap.join(',')} already has the consumer group ${existing.join(' and ')}: pollers started here would take over its partitions and commit for it. If you want that, for example to continue an earlier run, give --join; else choose another Kafka`,
    );
}

/** The broker lists groups of other protocols, but does not describe them. */
async function membersOf(admin: Admin, groupId: string): Promise<string> {
  const described = await admin.describeGroups({ groups: [groupId] }).catch(() => undefined);
  const members = described?.get(groupId)?.members.size;
  return members === undefined ? 'members unknown' : `members: ${members}`;
}

export class GroupStates {
  readonly #admin: Admin;

  constructor(bootstrap: readonly string[]) {
    this.#admin = new Admin({
      clientId: 'clickledger-observer',
      bootstrapBrokers: [...bootstrap],
      connectTimeout: 1_000,
      requestTimeout: 2_000,
      retries: 0,
    });
  }

  /** Undefined while the broker does not answer. */
  async stateOf(groupId: string): Promise<BrokerGroupState | undefined> {
    try {
      const described = await this.#admin.describeGroups({ groups: [groupId] });
      const state = described.get(groupId)?.state ?? '';
      if (rebalancing.has(state)) return 'rebalancing';
      return /^stable$/i.test(state) ? 'stable' : 'empty';
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#admin.close();
  }
}
