/**
 * Which guarantee rests on which setting, under each broker type: the table in the head of broker-settings.ts, read from
 * the templates of the stage that runs such brokers.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type StageName, stages } from '../../../infra/aws/stages.ts';
import { type CfnTemplate, resourceOf, templateOf } from './templates.ts';

/** What Express brokers fix (AWS MSK docs: msk-configuration-express-read-only); to set one is an error there. */
const fixedOnExpress = [
  'default.replication.factor',
  'min.insync.replicas',
  'unclean.leader.election.enable',
];

/** What a topic on Express brokers may set at all (AWS MSK docs: msk-configuration-express-read-write). */
const topicMaySetOnExpress = [
  'cleanup.policy',
  'compression.type',
  'delete.retention.ms',
  'max.compaction.lag.ms',
  'max.message.bytes',
  'message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms',
  'message.timestamp.type',
  'min.compaction.lag.ms',
  'retention.bytes',
  'retention.ms',
];

function settingsIn(lines: string): Record<string, string> {
  return Object.fromEntries(lines.split('\n').map((line) => line.split('=')));
}

function brokerSettingsIn(template: CfnTemplate): Record<string, string> {
  return settingsIn(resourceOf(template, 'AWS::MSK::Configuration').Properties.ServerProperties);
}

function topicSettingsIn(template: CfnTemplate): Record<string, string> {
  return settingsIn(resourceOf(template, 'AWS::MSK::Topic', 'Topic').Properties.Configs['Fn::Base64']);
}

const stageNames = Object.keys(stages) as StageName[];
const onStandard = stageNames.filter((stage) => stages[stage].brokers.type === 'standard');
const onExpress = stageNames.filter((stage) => stages[stage].brokers.type === 'express');

describe('broker settings', () => {
  test('both broker types are rehearsed by a stage', () => {
    assert.ok(onStandard.length > 0 && onExpress.length > 0);
  });

  test('Standard brokers: an acknowledged click is on two of three replicas, whatever the topic says', () => {
    for (const template of onStandard.map((stage) => templateOf(stage, 'stream'))) {
      assert.equal(resourceOf(template, 'AWS::MSK::Topic', 'Topic').Properties.ReplicationFactor, 3);
      assert.equal(topicSettingsIn(template)['min.insync.replicas'], '2');
      assert.equal(brokerSettingsIn(template)['min.insync.replicas'], '2');
      assert.equal(brokerSettingsIn(template)['default.replication.factor'], '3');
    }
  });

  test('Standard brokers: a replica that lagged behind never becomes leader and rewrites the log (I10)', () => {
    for (const template of onStandard.map((stage) => templateOf(stage, 'stream'))) {
      assert.equal(topicSettingsIn(template)['unclean.leader.election.enable'], 'false');
      assert.equal(brokerSettingsIn(template)['unclean.leader.election.enable'], 'false');
    }
  });

  test('Express brokers: what MSK fixes is set by nobody, and the topic sets nothing that is not allowed', () => {
    for (const template of onExpress.map((stage) => templateOf(stage, 'stream'))) {
      const ofBroker = Object.keys(brokerSettingsIn(template));
      const ofTopic = Object.keys(topicSettingsIn(template));
      assert.deepEqual(
        [...ofBroker, ...ofTopic].filter((property) => fixedOnExpress.includes(property)),
        [],
      );
      assert.deepEqual(
        ofTopic.filter((property) => !topicMaySetOnExpress.includes(property)),
        [],
      );
      assert.equal(resourceOf(template, 'AWS::MSK::Topic', 'Topic').Properties.ReplicationFactor, 3);
    }
  });

  test('the broker stamps append time, so a recreated topic is found out (I10) and no producer moves an hour', () => {
    for (const template of stageNames.map((stage) => templateOf(stage, 'stream'))) {
      assert.equal(topicSettingsIn(template)['message.timestamp.type'], 'LogAppendTime');
      assert.equal(brokerSettingsIn(template)['log.message.timestamp.type'], 'LogAppendTime');
    }
  });

  test('a click stays as long as the published retention says, and is never compacted away (I2)', () => {
    for (const stage of stageNames) {
      const settings = topicSettingsIn(templateOf(stage, 'stream'));
      assert.equal(settings['cleanup.policy'], 'delete');
      assert.equal(settings['retention.ms'], String(stages[stage].topics[0].retentionHours * 3_600_000));
    }
  });

  test('no topic comes into being by a mistyped name', () => {
    for (const template of stageNames.map((stage) => templateOf(stage, 'stream')))
      assert.equal(brokerSettingsIn(template)['auto.create.topics.enable'], 'false');
  });

  test('a group that was switched off for weeks resumes where it stopped', () => {
    const kafkaDefaultMinutes = 7 * 24 * 60;
    for (const template of stageNames.map((stage) => templateOf(stage, 'stream')))
      assert.ok(Number(brokerSettingsIn(template)['offsets.retention.minutes']) >= 4 * kafkaDefaultMinutes);
  });
});
