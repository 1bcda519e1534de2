import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GroupView, LogLine } from '../../../../infra/local/page/view.ts';
import { Happenings } from '../../../../infra/start/page/happenings.ts';

const owner = (poller: number, partitions: number[]) =>
  ({ poller, pid: 100 + poller, state: partitions.length > 0 ? 'owner' : 'standby', partitions }) as const;

function aGroup(fields: Partial<GroupView> = {}): GroupView {
  return {
    group: 'billing-service',
    ledger: 'billing',
    state: 'stable',
    rebalancingSince: undefined,
    lastRebalanceMs: undefined,
    generation: 1,
    members: [owner(1, [0])],
    partitions: [aPartition(1)],
    clicks: 0,
    money: '0.000000',
    duplicates: 0,
    parked: 0,
    gaps: 0,
    ...fields,
  };
}

function aPartition(of: number | undefined) {
  return { partition: 0, owner: of, committed: 1_234, applied: 1_234, lag: 0, lagSeconds: 0 };
}

function told(...looks: GroupView[]): LogLine[] {
  const lines: LogLine[] = [];
  const happenings = new Happenings((line) => lines.push(line));
  for (const [i, group] of looks.entries()) happenings.look([group], i * 1_000);
  return lines;
}

describe('what happened', () => {
  it('is nothing while nothing changes', () => {
    assert.deepEqual(told(aGroup(), aGroup(), aGroup({ clicks: 5 })), []);
  });

  it('tells a hand-over: who is gone, what was taken away, and where its successor goes on', () => {
    const standby = aGroup({ members: [owner(1, [0]), owner(2, [])] });
    const orphaned = aGroup({ members: [owner(2, [])], partitions: [aPartition(undefined)] });
    const after = aGroup({ members: [owner(2, [0])], partitions: [aPartition(2)], generation: 2 });

    const lines = told(standby, orphaned, orphaned, after).map(({ kind, says }) => `${kind}: ${says}`);

    assert.deepEqual(lines, [
      'left: poller 1 is gone (pid 101)',
      'revoked: partition 0 from poller 1',
      'assigned: partition 0 to poller 2, which goes on at committed offset 1,234, after 2.0 s without an owner',
      'generation: generation 2',
    ]);
  });

  it('puts duplicates that come in many batches into one line, and parked records into another', () => {
    const lines = told(aGroup(), aGroup({ duplicates: 10 }), aGroup({ duplicates: 25, parked: 1 }));

    assert.deepEqual(
      lines.map(({ n, says }) => [n, says.slice(0, 22)]),
      [
        [1, '10 records came again '],
        [1, '25 records came again '],
        [2, '1 record is no click: '],
      ],
    );
  });

  it('is kept so long and no longer', () => {
    const happenings = new Happenings(() => {});
    for (let n = 0; n < 500; n++) happenings.add('killed', undefined, String(n));

    assert.equal(happenings.lines.length, 200);
    assert.equal(happenings.lines.at(-1)?.says, '499');
  });

  it('says when another process gets the number of one that is gone, and when generations begin anew', () => {
    const other = { ...owner(1, [0]), pid: 777 };
    const lines = told(aGroup({ generation: 7 }), aGroup({ members: [other], generation: 2 }));

    assert.deepEqual(
      lines.map(({ says }) => says),
      [
        'a new poller 1 joined (pid 777)',
        'poller 1 is gone (pid 101)',
        'the group was created again: its generations count from 1 again',
      ],
    );
  });

  it('says that the broker has removed a poller that still believes it owns', () => {
    const frozen = { ...owner(1, [0]), state: 'frozen' as const };
    const empty = aGroup({ state: 'empty', members: [frozen], partitions: [aPartition(undefined)] });

    assert.deepEqual(
      told(aGroup(), empty, empty).map(({ kind }) => kind),
      ['revoked', 'timed-out'],
    );
  });

  it('says once that the broker is away, and once that it is back, and for how long', () => {
    const lines: LogLine[] = [];
    const happenings = new Happenings((line) => lines.push(line));
    for (const [i, answers] of [undefined, true, false, false, true, true].entries())
      happenings.lookAtBroker(answers, i * 1_000);

    assert.deepEqual(
      lines.map(({ at, says }) => [at, says]),
      [
        [2_000, 'the Kafka broker does not answer'],
        [4_000, 'the Kafka broker answers again, after 2.0 s'],
      ],
    );
  });
});
