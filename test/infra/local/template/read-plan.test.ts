import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readPlan } from '../../../../infra/local/template/read-plan.ts';
import { aFunction, aMapping, aTopic, planOf, writeAssembly } from '../../../support/cloud-assembly.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('the plan', () => {
  it('joins stacks that are linked by published parameters only', (t) => {
    const ClusterArn = { Type: 'AWS::MSK::Cluster', Properties: { ClusterName: 'c', KafkaVersion: '4.1.x' } };
    const Published = {
      Type: 'AWS::SSM::Parameter',
      Properties: { Name: '/cluster', Value: { Ref: 'Cluster' } },
    };
    const stream = { Resources: { Cluster: ClusterArn, Topic: aTopic('clicks'), Published } };
    const group = {
      Parameters: { Source: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cluster' } },
      Resources: { Handler: aFunction(), Mapping: aMapping({ EventSourceArn: { Ref: 'Source' } }) },
    };
    const folder = writeAssembly(temporaryFolder(t), { stream, billing: group, fraud: group });

    const { mappings, functions } = readPlan(folder, { secrets: () => '' });

    assert.deepEqual(
      mappings.map(({ functionId }) => functionId),
      ['billing/Handler', 'fraud/Handler'],
    );
    for (const { sourceArn } of mappings)
      assert.match(sourceArn, /^arn:aws:kafka:eu-west-1:000000000000:cluster\/c\/[-0-9a-f]+-1$/);
    assert.equal(new Set(mappings.map(({ groupId }) => groupId)).size, 2);
    assert.equal(functions.length, 2);
  });

  it('uses a given value instead of a published parameter', (t) => {
    const Published = { Type: 'AWS::SSM::Parameter', Properties: { Name: '/incarnation', Value: '1' } };
    const Environment = { Variables: { TOPIC_INCARNATION: { Ref: 'Incarnation' }, OTHER: '1' } };
    const group = {
      Parameters: { Incarnation: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/incarnation' } },
      Resources: { Handler: aFunction({ Environment }), Mapping: aMapping() },
    };
    const stream = { Resources: { Topic: aTopic('clicks'), Published } };
    const folder = writeAssembly(temporaryFolder(t), { stream, billing: group });
    const parameter = (name: string, value: string) => (name === '/incarnation' ? '2' : value);

    const { functions, published } = readPlan(folder, { secrets: () => '', parameter });

    const { TOPIC_INCARNATION, OTHER } = functions[0]?.environment ?? {};
    assert.deepEqual([TOPIC_INCARNATION, OTHER, published.get('/incarnation')], ['2', '1', '2']);
  });

  it('notes resources without a counterpart here, and ignores those without effect', (t) => {
    const Resources = {
      Role: { Type: 'AWS::IAM::Role' },
      Alarm: { Type: 'AWS::CloudWatch::Alarm' },
      Bucket: { Type: 'AWS::S3::Bucket' },
      Machine: { Type: 'AWS::StepFunctions::StateMachine' },
      Lookup: { Type: 'Custom::AWS' },
    };

    const { notes } = planOf(temporaryFolder(t), { Resources });

    assert.deepEqual(notes, [
      'app Machine: AWS::StepFunctions::StateMachine has no counterpart here',
      'app Lookup: Custom::AWS has no counterpart here',
    ]);
  });

  it('leaves out resources whose condition is false', (t) => {
    const Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
    const Resources = {
      Topic: { ...aTopic('clicks'), Condition: 'Never' },
      Machine: { Type: 'AWS::Unknown::Thing', Condition: 'Never' },
    };

    const { topics, notes } = planOf(temporaryFolder(t), { Conditions, Resources });

    assert.deepEqual(topics, []);
    assert.deepEqual(notes, []);
  });
});
