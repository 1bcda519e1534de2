import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EmittedMetrics } from '../../../infra/local/emitted-metrics.ts';

/** A line in the embedded metric format, as Powertools writes it. */
function embedded(values: Record<string, unknown>, names = Object.keys(values)): string {
  const directive = {
    Namespace: 'clickledger',
    Dimensions: [['service']],
    Metrics: names.map((Name) => ({ Name, Unit: 'Count' })),
  };
  return JSON.stringify({
    _aws: { Timestamp: 1, CloudWatchMetrics: [directive] },
    service: 'billing',
    ...values,
  });
}

describe('the metrics of a function', () => {
  it('add up by name over all of its lines', () => {
    const metrics = new EmittedMetrics();

    const taken = [embedded({ clicks: 3, parked: 1 }), embedded({ clicks: 4 })].map((line) =>
      metrics.take(line),
    );

    assert.deepEqual(taken, [true, true]);
    assert.deepEqual([metrics.sum('clicks'), metrics.sum('parked'), metrics.sum('unheard')], [7, 1, 0]);
  });

  // Amazon CloudWatch docs: a target member may be an array of up to 100 values.
  it('add up the values of a list', () => {
    const metrics = new EmittedMetrics();

    metrics.take(embedded({ clicks: [1, 2, 3.5] }));

    assert.equal(metrics.sum('clicks'), 6.5);
  });

  it('count only what the line declares as a metric', () => {
    const metrics = new EmittedMetrics();

    metrics.take(embedded({ clicks: 3, batch: 100 }, ['clicks', 'missing']));

    assert.deepEqual([metrics.sum('clicks'), metrics.sum('batch'), metrics.sum('missing')], [3, 0, 0]);
  });

  it('skip a value that is not a number', () => {
    const metrics = new EmittedMetrics();

    metrics.take(embedded({ clicks: ['7', null, 2] }));

    assert.equal(metrics.sum('clicks'), 2);
  });

  const whole = embedded({ clicks: 3 });
  const others: [why: string, line: string][] = [
    ['a plain line', 'hello'],
    ['an empty line', ''],
    ['a log line in JSON', '{"level":"INFO","message":"batch"}'],
    ['half a line, of a function that was killed', whole.slice(0, -9)],
    ['the other half of it', whole.slice(9)],
    ['a log line that quotes the format', JSON.stringify({ message: '"_aws"' })],
    ['a log line with such an object deeper down', JSON.stringify({ event: JSON.parse(whole) })],
    ['a declaration that is null', '{"_aws":null}'],
    ['a declaration that is no object', '{"_aws":1}'],
    ['a declaration without directives', '{"_aws":{}}'],
    ['directives that are no list', '{"_aws":{"CloudWatchMetrics":{}}}'],
    ['a directive that is null', '{"_aws":{"CloudWatchMetrics":[null]}}'],
    ['a directive without metrics', '{"_aws":{"CloudWatchMetrics":[{}]}}'],
    ['a metric that is null', '{"_aws":{"CloudWatchMetrics":[{"Metrics":[null]}]}}'],
    ['a metric without a name', '{"_aws":{"CloudWatchMetrics":[{"Metrics":[{}]}]}}'],
  ];
  for (const [why, line] of others)
    it(`treat any other line as a log: ${why}`, () => {
      const metrics = new EmittedMetrics();

      assert.equal(metrics.take(line), false);
      assert.equal(metrics.sum('clicks'), 0);
    });

  it('never throw, whatever a function prints', () => {
    const declarations = fc.oneof(
      fc.jsonValue(),
      fc.record({
        CloudWatchMetrics: fc.oneof(fc.jsonValue(), fc.array(fc.record({ Metrics: fc.jsonValue() }))),
      }),
    );

    fc.assert(
      fc.property(declarations, fc.jsonValue(), (_aws, clicks) => {
        const metrics = new EmittedMetrics();

        metrics.take(JSON.stringify({ _aws, clicks }));
      }),
    );
  });
});
