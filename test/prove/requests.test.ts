import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Call, InjectedFault } from '../../infra/local/faults/fault.ts';
import { Seeded } from '../../infra/local/seeded.ts';
import { type Bench, commit, heard, JOURNAL, lost, query, requestBench } from './proof-fixtures.ts';

/** The kinds that so many requests meet, with their times. */
function decisions({ faults }: Bench, count: number, call: Call): string[] {
  return Array.from({ length: count }, () => {
    const fault = faults.decide(call) ?? { kind: 'none' };
    return 'ms' in fault ? `${fault.kind} ${fault.ms}` : fault.kind;
  });
}

describe('faults at requests', () => {
  it('fall between begin and end only, whatever else is asked for', (t) => {
    const { faults } = requestBench(t, 'reply-lost');
    faults.throttle(60_000);

    assert.equal(faults.decide(commit), undefined);
    faults.begin();
    assert.notEqual(faults.decide(commit), undefined);
    faults.end();
    faults.throttle(60_000);

    for (let n = 0; n < 50; n++) assert.equal(faults.decide(commit), undefined);
  });

  it('never befall a request of nobody', (t) => {
    const { faults } = requestBench(t, 'reply-lost');
    faults.begin();

    assert.equal(faults.decide({ ...commit, sandbox: undefined }), undefined);
    assert.deepEqual(faults.decide(commit), { kind: 'reply-lost' });
  });

  it('are the same by the same seed, and others by another', (t) => {
    const of = (seed: number) => {
      const started = requestBench(t, new Seeded(seed));
      started.faults.begin();
      const found = [...decisions(started, 300, commit), ...decisions(started, 300, query)];
      started.faults.end();
      return found;
    };

    assert.deepEqual(of(7), of(7));
    assert.notDeepEqual(of(7), of(8));
  });

  it('befall commits in every way, and other requests only so that they can be sent again', (t) => {
    const started = requestBench(t, new Seeded(7));
    started.faults.begin();
    const kinds = (call: Call) => {
      const met = Array.from({ length: 3_000 }, (_, n) => decisions(started, 1, { ...call, pk: `j@1#${n}` }));
      return [...new Set(met.flat().map((kind) => kind.split(' ')[0]))];
    };

    const again = ['delayed', 'internal-error', 'none', 'reset-before-forward', 'silent', 'throttled'];
    const killed = ['killed-after-forward', 'killed-after-reply', 'killed-before-forward'];
    const commits = [...again, ...killed, 'frozen', 'outrun', 'reply-late', 'reply-lost', 'unavailable'];
    commits.push('poller-killed-after-reply');
    assert.deepEqual(kinds(commit).sort(), commits.sort());
    assert.deepEqual(kinds(query).sort(), again);
  });

  it('delay a request shortly, and a late reply longer than a function waits', (t) => {
    const { faults } = requestBench(t, 'delayed');
    faults.begin();

    for (let n = 0; n < 50; n++) {
      const fault = faults.decide(commit);
      assert.ok(fault?.kind === 'delayed' && fault.ms >= 10 && fault.ms < 600, JSON.stringify(fault));
    }
    const late = requestBench(t, 'reply-late').faults;
    late.begin();
    assert.deepEqual(late.decide(commit), { kind: 'reply-late', ms: 3_500 });
  });

  it('throttle most requests for so long, and then no more', (t) => {
    const { faults } = requestBench(t, 'none' as InjectedFault['kind']);
    let now = 1_000;
    t.mock.method(performance, 'now', () => now);
    faults.begin();
    const throttled = () =>
      Array.from({ length: 200 }, () => faults.decide(query)).filter((fault) => fault?.kind === 'throttled');

    assert.equal(throttled().length, 0);
    faults.throttle(500);
    now += 499;
    assert.ok(throttled().length > 100 && throttled().length < 200);
    now += 1;
    assert.equal(throttled().length, 0);
  });
});

describe('what is heard of requests', () => {
  it('is counted: commits, lost puts, and those of the frozen among them', (t) => {
    const { faults, events } = requestBench(t, 'frozen');
    faults.hear(heard());
    faults.hear(heard({ fault: 'reply-lost' }));
    faults.hear(heard({ ...lost }));
    faults.hear(heard({ fault: 'frozen', ...lost }));
    faults.hear(heard({ fault: 'frozen' }));
    faults.hear(heard({ fault: 'throttled', status: undefined }));
    faults.hear(heard({ of: { commits: undefined }, fault: 'delayed', ...lost }));

    assert.deepEqual(events.counts(), {
      'commit unanswered': 1,
      committed: 3,
      'fault: delayed': 1,
      'fault: frozen': 2,
      'fault: reply-lost': 1,
      'fault: throttled': 1,
      'late write': 1,
      'not committed': 2,
      'put lost': 2,
    });
  });

  it('is found by the offsets that were to be committed, with who it was and how it went', (t) => {
    const { faults, events } = requestBench(t, 'frozen');
    faults.begin();
    faults.hear(heard({ of: { commits: '0-3' } }));
    faults.hear(heard({ fault: 'frozen', ...lost }));

    const [found, ...more] = events.around(JOURNAL, 5);

    assert.deepEqual(more, []);
    assert.equal(found?.kind, 'not committed');
    assert.equal(found?.what, 'billing pid-1 code v1 frozen 400 ConditionalCheckFailedException');
  });
});

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
