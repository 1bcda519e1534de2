/** What the broker says of consumer groups: whether their partitions are being dealt out anew at this moment. */
import { Admin } from '@platformatic/kafka';

export type BrokerGroupState = 'stable' | 'rebalancing' | 'empty';

const rebalancing = new Set([
  'PREPARING_REBALANCE',
  'COMPLETING_REBALANCE',
  'Assigning',
  'Reconciling',
  'PreparingRebalance',
  'CompletingRebalance',
]);

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
