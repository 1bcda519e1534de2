/** The stages: which there are, and that their data fits the brokers it asks for. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseStage, stages } from '../../../infra/aws/stages.ts';

describe('stages', () => {
  test('a stage that nobody named is dev', () => {
    assert.equal(parseStage(undefined), 'dev');
  });

  test('an unknown stage is refused with what was given and what is allowed', () => {
    assert.throws(() => parseStage('production'), {
      message: "stage 'production' is unknown, allowed are dev, prod",
    });
  });

  test('Kafka 4.2 is asked of Express brokers only, and no KRaft cluster of a t3 broker', () => {
    for (const { brokers, kafkaVersion } of Object.values(stages)) {
      assert.match(kafkaVersion, brokers.type === 'express' ? /^4\.2\.x\.kraft$/ : /^4\.1\.x\.kraft$/);
      assert.doesNotMatch(brokers.instanceType, /t3/);
    }
  });

  test('brokers spread evenly over three zones', () => {
    for (const { brokers } of Object.values(stages)) assert.equal(brokers.count % 3, 0);
  });
});
