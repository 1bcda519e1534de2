import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readAction } from '../../../../infra/local/page/actions.ts';
import { Refused } from '../../../../infra/local/page/page-server.ts';

describe('an action of the page', () => {
  it('is one of those that a button has', () => {
    for (const action of [
      { action: 'kill-poller', group: 'billing-service', poller: 2 },
      { action: 'pause-group', group: 'fraud-service', on: true },
      { action: 'set-rate', rate: 1_000 },
      { action: 'reset' },
    ])
      assert.deepEqual(readAction(action), action);
  });

  it('is refused where it is another, lacks something, or has more', () => {
    for (const asked of [
      undefined,
      [],
      'reset',
      {},
      { action: 'kill', pid: 1 },
      { action: 'kill-poller', group: 'billing-service' },
      { action: 'kill-poller', group: 'billing-service', poller: -1 },
      { action: 'kill-poller', group: 'billing-service', poller: 1, pid: 1 },
      { action: 'kill-poller', group: '', poller: 1 },
      { action: 'set-rate', rate: 1_000_001 },
      { action: 'throttle', on: 'yes' },
      { action: 'reset', group: 'x' },
      { action: '__proto__' },
    ])
      assert.throws(() => readAction(asked), Refused, JSON.stringify(asked));
  });
});
