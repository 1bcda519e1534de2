import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readAction } from '../../../../infra/local/page/actions.ts';
import { Refused } from '../../../../infra/local/page/page-server.ts';

describe('an action of the page', () => {
  it('is accepted if a button has it', () => {
    for (const action of [
      { action: 'kill-poller', group: 'billing-service', poller: 2 },
      { action: 'pause-group', group: 'fraud-service', on: true },
      { action: 'set-rate', rate: 1_000 },
      { action: 'reset' },
    ])
      assert.deepEqual(readAction(action), action);
  });

  it('is refused if it is unknown, or has too few or too many fields', () => {
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
