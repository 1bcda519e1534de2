import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Call, InjectedFault } from '../../infra/local/faults/fault.ts';
import { commit, heard, JOURNAL, lost, requestBench } from './request-bench.ts';

async function isThawed(fault: InjectedFault | undefined): Promise<boolean> {
  assert.ok(fault?.kind === 'frozen', `it is frozen: ${JSON.stringify(fault)}`);
  return Promise.race([fault.held.then(() => true), setImmediate(false)]);
}

describe('a frozen commit', () => {
  it('kills the poller that waits for it, once, and freezes once per group and journal', (t) => {
    const { faults, killed, rivals } = requestBench(t, 'frozen');
    faults.begin();

    const kindOf = (more: Partial<Call>) => faults.decide({ ...commit, ...more })?.kind;
    assert.deepEqual(
      [{}, {}, { sandbox: 'pid-2' }, { sandbox: 'pid-5' }, { pk: 'ad_clicks@1#1' }].map(kindOf),
      ['frozen', undefined, undefined, 'frozen', 'frozen'],
    );
    assert.deepEqual(killed, [`billing ${JOURNAL}`, `fraud ${JOURNAL}`, 'billing ad_clicks@1#1']);
    assert.deepEqual(
      rivals,
      killed.map((one) => `${one} 4-5`),
    );
  });

  it('is one of three at most, and of a group', async (t) => {
    const { faults, killed } = requestBench(t, 'frozen');
    faults.begin();
    assert.equal(faults.decide({ ...commit, sandbox: 'pid-99' }), undefined);
    const frozen = [0, 1, 2, 3].map((partition) =>
      faults.decide({ ...commit, pk: `ad_clicks@1#${partition}` }),
    );

    assert.deepEqual(
      frozen.map((fault) => fault?.kind),
      ['frozen', 'frozen', 'frozen', undefined],
    );
    assert.equal(killed.length, 3);

    faults.hear(heard({ of: { sandbox: 'pid-2' } }));
    assert.ok(await isThawed(frozen[0]));
    assert.equal(faults.decide({ ...commit, pk: 'ad_clicks@1#3' })?.kind, 'frozen');
  });

  it('is thawed when another sandbox of its group has committed on its journal, by nothing less', async (t) => {
    const { faults } = requestBench(t, 'frozen');
    faults.begin();
    const frozen = faults.decide(commit);

    faults.hear(heard());
    faults.hear(heard({ of: { sandbox: 'pid-2' }, ...lost }));
    faults.hear(heard({ of: { sandbox: 'pid-2' }, status: undefined }));
    faults.hear(heard({ of: { sandbox: 'pid-2', pk: 'ad_clicks@1#1' } }));
    faults.hear(heard({ of: { sandbox: 'pid-2', commits: undefined } }));
    faults.hear(heard({ of: { sandbox: 'pid-5' } }));
    assert.equal(await isThawed(frozen), false);
    faults.hear(heard({ of: { sandbox: 'pid-2' } }));

    assert.ok(await isThawed(frozen));
  });

  it('is thawed when the faults end', async (t) => {
    const { faults } = requestBench(t, 'frozen');
    faults.begin();
    const frozen = [commit, { ...commit, sandbox: 'pid-5' }].map((call) => faults.decide(call));

    faults.end();

    assert.deepEqual(await Promise.all(frozen.map(isThawed)), [true, true]);
  });

  it('is thawed after a while if nobody else commits', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { faults } = requestBench(t, 'frozen');
    faults.begin();
    const frozen = faults.decide(commit);

    t.mock.timers.tick(11_999);
    assert.equal(await isThawed(frozen), false);
    t.mock.timers.tick(1);

    assert.ok(await isThawed(frozen));
  });
});

describe('a commit that is outrun', () => {
  it('has a rival, and keeps the poller that waits for it', (t) => {
    const { faults, killed, rivals } = requestBench(t, 'outrun');
    faults.begin();

    assert.deepEqual(
      [faults.decide(commit), faults.decide(commit)].map((fault) => fault?.kind),
      ['outrun', undefined],
    );
    assert.deepEqual([killed, rivals], [[], [`billing ${JOURNAL} 4-5`]]);
  });

  it('goes on when another has committed on its journal, or before its function gives the request up', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { faults } = requestBench(t, 'outrun');
    faults.begin();
    const decided = [0, 1].map((partition) => faults.decide({ ...commit, pk: `ad_clicks@1#${partition}` }));
    const goesOn = (fault: InjectedFault | undefined) =>
      Promise.race([fault?.kind === 'outrun' && fault.held.then(() => true), setImmediate(false)]);

    faults.hear(heard());
    t.mock.timers.tick(2_799);
    assert.deepEqual(await Promise.all(decided.map(goesOn)), [false, false]);
    faults.hear(heard({ of: { sandbox: 'pid-2', pk: 'ad_clicks@1#0' } }));
    assert.deepEqual(await Promise.all(decided.map(goesOn)), [true, false]);
    t.mock.timers.tick(1);

    assert.deepEqual(await Promise.all(decided.map(goesOn)), [true, true]);
  });
});
