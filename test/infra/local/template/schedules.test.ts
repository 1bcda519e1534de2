import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { JsonObject } from '../../../../infra/local/template/cloud-assembly.ts';
import { aFunction, planOf } from '../../../support/cloud-assembly.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const target = { Arn: { 'Fn::GetAtt': ['Rollup', 'Arn'] }, RoleArn: 'r' };

function planWith(t: TestContext, Type: string, Properties: JsonObject) {
  return planOf(temporaryFolder(t), { Resources: { Rollup: aFunction(), Clock: { Type, Properties } } });
}

describe('a schedule of the templates', () => {
  for (const [expression, everyMs] of [
    ['rate(1 minute)', 60_000],
    ['rate(5 minutes)', 300_000],
    ['rate(2 hours)', 7_200_000],
    ['rate(1 day)', 86_400_000],
  ] as const) {
    it(`runs its function at its rate: ${expression}`, (t) => {
      const { schedules } = planWith(t, 'AWS::Scheduler::Schedule', {
        ScheduleExpression: expression,
        Target: target,
      });

      assert.deepEqual(schedules, [{ id: 'app/Clock', functionId: 'app/Rollup', everyMs, input: {} }]);
    });
  }

  it('passes its input to the function, also from a rule', (t) => {
    const Targets = [{ ...target, Id: 'T', Input: '{"full":true}' }];

    const { schedules } = planWith(t, 'AWS::Events::Rule', { ScheduleExpression: 'rate(1 hour)', Targets });

    assert.deepEqual(schedules, [
      { id: 'app/Clock', functionId: 'app/Rollup', everyMs: 3_600_000, input: { full: true } },
    ]);
  });

  const notes: readonly (readonly [string, string, JsonObject, string])[] = [
    [
      'by cron',
      'AWS::Scheduler::Schedule',
      { ScheduleExpression: 'cron(0 3 * * ? *)', Target: target },
      "'cron(0 3 * * ? *)' is not imitated; rate(…) is",
    ],
    [
      'that is disabled',
      'AWS::Scheduler::Schedule',
      { ScheduleExpression: 'rate(1 day)', State: 'DISABLED', Target: target },
      'is disabled in the template',
    ],
    [
      'of another target',
      'AWS::Scheduler::Schedule',
      { ScheduleExpression: 'rate(1 day)', Target: { Arn: 'arn:aws:sqs:eu-west-1:1:q', RoleArn: 'r' } },
      'its target arn:aws:sqs:eu-west-1:1:q is not a function, and is not run',
    ],
    [
      'for events',
      'AWS::Events::Rule',
      { EventPattern: {}, Targets: [target] },
      'is a rule for events, and is not run; rules with rate(…) are',
    ],
  ];
  for (const [what, Type, Properties, note] of notes) {
    it(`${what} is noted and not run`, (t) => {
      const plan = planWith(t, Type, Properties);

      assert.deepEqual(plan.schedules, []);
      assert.deepEqual(plan.notes, [`app Clock: ${note}`]);
    });
  }

  it('is refused if its input is not JSON', (t) => {
    const Target = { ...target, Input: '{' };

    assert.throws(
      () => planWith(t, 'AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(1 day)', Target }),
      /app Clock\.Input: is not JSON: \{/,
    );
  });

  it('is refused if no template creates its function', (t) => {
    const Target = { ...target, Arn: 'arn:aws:lambda:eu-west-1:000000000000:function:other' };

    assert.throws(
      () => planWith(t, 'AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(1 day)', Target }),
      /function:other, which no template creates/,
    );
  });
});
