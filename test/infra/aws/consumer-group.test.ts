/** What a group owns: its table, its bucket, its functions with their environment, its secrets, its schedule. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { groups } from '../../../functions/index.ts';
import { type StageName, stages } from '../../../infra/aws/stages.ts';
import { type CfnTemplate, evaluated, resourceOf, resourcesOf, templateOf } from './templates.ts';

const stageNames = Object.keys(stages) as StageName[];
const teams = Object.keys(groups);

function eachGroup(check: (template: CfnTemplate, team: string, stage: StageName) => void): void {
  for (const stage of stageNames) for (const team of teams) check(templateOf(stage, team), team, stage);
}

/** The environment of one function, evaluated. */
function environmentOf(template: CfnTemplate, idPrefix: string): Record<string, string> {
  const { Properties } = resourceOf(template, 'AWS::Lambda::Function', idPrefix);
  return evaluated(template, Properties.Environment.Variables);
}

/** What CloudFormation does with data when its stack goes, as the stage says. */
const policyOf = { retain: 'Retain', destroy: 'Delete' } as const;
const dataPolicy = (stage: StageName) => policyOf[stages[stage].removalPolicy];

describe('consumer group', () => {
  test("a ledger outlives its stack and can't be dropped by hand, except where the stage keeps nothing; it can be restored to any second", () => {
    assert.deepEqual([dataPolicy('dev'), dataPolicy('prod')], ['Delete', 'Retain']);
    eachGroup((template, _, stage) => {
      const table = resourceOf(template, 'AWS::DynamoDB::Table');
      assert.equal(table.DeletionPolicy, dataPolicy(stage));
      assert.equal(table.UpdateReplacePolicy, dataPolicy(stage));
      assert.equal(table.Properties.DeletionProtectionEnabled, stage === 'prod');
      assert.equal(table.Properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled, true);
    });
  });

  test("a ledger is keyed and expires as the journal writes it, on demand, under the group's key", () => {
    eachGroup((template) => {
      const { Properties: table } = resourceOf(template, 'AWS::DynamoDB::Table');
      assert.deepEqual(table.KeySchema, [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ]);
      assert.deepEqual(table.AttributeDefinitions, [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ]);
      assert.deepEqual(table.TimeToLiveSpecification, { AttributeName: 'expires', Enabled: true });
      assert.equal(table.BillingMode, 'PAY_PER_REQUEST');
      assert.match(table.SSESpecification.KMSMasterKeyId['Fn::GetAtt'][0], /^GroupKey/);
    });
  });

  test('keys rotate, and stay as long as what they encrypt', () => {
    eachGroup((template, _, stage) => {
      const key = resourceOf(template, 'AWS::KMS::Key');
      assert.equal(key.Properties.EnableKeyRotation, true);
      assert.equal(key.DeletionPolicy, dataPolicy(stage));
    });
  });

  test("CloudWatch Logs may use a group's key for that group's log groups only", () => {
    eachGroup((template, team, stage) => {
      const statements = evaluated(
        template,
        resourceOf(template, 'AWS::KMS::Key').Properties.KeyPolicy.Statement,
      );
      const { Condition } = statements.find(({ Sid }: { Sid?: string }) => Sid === 'OwnLogs');
      const logGroups = `arn:aws:logs:eu-west-1:111122223333:log-group:/clickledger/${stage}/${team}/*`;
      assert.deepEqual(Condition, { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } });
    });
  });

  test('functions are told exactly what shared/config.ts reads, and the code names itself', () => {
    eachGroup((template) => {
      const [[table]] = resourcesOf(template, 'AWS::DynamoDB::Table') as [[string, unknown]];
      const { CODE_VERSION, ...rest } = environmentOf(template, 'GroupRollup');
      assert.deepEqual(rest, {
        LEDGER_TABLE: `{${table}}`,
        TOPIC_INCARNATION: '1',
        TOPIC_LOG: 'unsaid',
        TOPIC_RETENTION_HOURS: '168',
        TOPIC_TIMESTAMPS: 'broker',
        PARTIAL_RESPONSES: 'true',
      });
      assert.match(CODE_VERSION!, /^[0-9a-f]{12}$/);
    });
  });

  test('functions run Node 24 on arm64, in no VPC, as long and as large as the team says', () => {
    eachGroup((template, team) => {
      const { Properties: handler } = resourceOf(template, 'AWS::Lambda::Function', 'GroupHandler');
      const { Properties: rollup } = resourceOf(template, 'AWS::Lambda::Function', 'GroupRollup');
      assert.equal(handler.Timeout, groups[team]!.sandbox.timeoutSeconds);
      assert.equal(handler.MemorySize, groups[team]!.sandbox.memoryMb);
      for (const { Runtime, Architectures, VpcConfig } of [handler, rollup])
        assert.deepEqual([Runtime, Architectures, VpcConfig], ['nodejs24.x', ['arm64'], undefined]);
    });
  });

  test("logs are kept as long as the stage says, under the group's key", () => {
    eachGroup((template, team, stage) => {
      for (const [, { Properties }] of resourcesOf(template, 'AWS::Logs::LogGroup')) {
        assert.equal(Properties.RetentionInDays, stages[stage].logDays);
        assert.match(Properties.LogGroupName, new RegExp(`^/clickledger/${stage}/${team}/(handler|rollup)$`));
        assert.match(Properties.KmsKeyId['Fn::GetAtt'][0], /^GroupKey/);
      }
    });
  });

  test('a secret reaches the handler as a reference; no template holds one, and no rollup gets one', () => {
    eachGroup((template, team, stage) => {
      const names = groups[team]!.secrets;
      const handler = environmentOf(template, 'GroupHandler');
      for (const name of names)
        assert.match(handler[name]!, /^\{\{resolve:secretsmanager:\{GroupSecrets\w+\}:SecretString:::\}\}$/);
      const secrets = resourcesOf(template, 'AWS::SecretsManager::Secret');
      assert.equal(secrets.length, names.length);
      for (const [, { Properties, DeletionPolicy }] of secrets) {
        assert.deepEqual(Properties.GenerateSecretString, { ExcludePunctuation: true, PasswordLength: 64 });
        assert.equal(Properties.SecretString, undefined);
        assert.equal(DeletionPolicy, stage === 'prod' ? 'RetainExceptOnCreate' : 'Delete');
      }
      for (const name of names) assert.equal(environmentOf(template, 'GroupRollup')[name], undefined);
    });
  });

  test("an environment with secrets in it is encrypted under the group's key", () => {
    eachGroup((template, team) => {
      const { KmsKeyArn } = resourceOf(template, 'AWS::Lambda::Function', 'GroupHandler').Properties;
      if (groups[team]!.secrets.length === 0) assert.equal(KmsKeyArn, undefined);
      else assert.match(KmsKeyArn['Fn::GetAtt'][0], /^GroupKey/);
    });
  });

  test('a rollup runs every minute, and one that fails is left to the next minute', () => {
    eachGroup((template) => {
      const { Properties: schedule } = resourceOf(template, 'AWS::Scheduler::Schedule');
      const { Properties: queue } = resourceOf(template, 'AWS::Lambda::EventInvokeConfig');
      assert.equal(schedule.ScheduleExpression, 'rate(1 minute)');
      assert.deepEqual(schedule.FlexibleTimeWindow, { Mode: 'OFF' });
      assert.equal(schedule.Target.RetryPolicy.MaximumRetryAttempts, 0);
      assert.match(schedule.Target.Arn['Fn::GetAtt'][0], /^GroupRollup/);
      assert.equal(queue.MaximumRetryAttempts, 0);
      assert.match(queue.FunctionName.Ref, /^GroupRollup/);
    });
  });

  test('only a team that gives up has a bucket: private, encrypted, TLS only, emptied after 30 days', () => {
    eachGroup((template, team, stage) => {
      if (groups[team]!.retry.until === 'done') {
        assert.deepEqual(resourcesOf(template, 'AWS::S3::Bucket'), []);
        return;
      }
      const bucket = resourceOf(template, 'AWS::S3::Bucket');
      assert.equal(bucket.DeletionPolicy, stage === 'prod' ? 'RetainExceptOnCreate' : 'Delete');
      assert.deepEqual(Object.values(bucket.Properties.PublicAccessBlockConfiguration), [
        true,
        true,
        true,
        true,
      ]);
      assert.equal(bucket.Properties.VersioningConfiguration, undefined);
      assert.equal(bucket.Properties.LifecycleConfiguration.Rules[0].ExpirationInDays, 30);
      const [encryption] = bucket.Properties.BucketEncryption.ServerSideEncryptionConfiguration;
      assert.equal(encryption.BucketKeyEnabled, true);
      assert.equal(encryption.ServerSideEncryptionByDefault.SSEAlgorithm, 'aws:kms');
      const { Statement } = resourceOf(template, 'AWS::S3::BucketPolicy').Properties.PolicyDocument;
      assert.deepEqual(Statement[0].Condition, { Bool: { 'aws:SecureTransport': 'false' } });
      assert.equal(Statement[0].Effect, 'Deny');
    });
  });

  test("whoever wants to read a ledger, or to operate on it, finds its parts published under the ledger's name", () => {
    eachGroup((template, team, stage) => {
      const [[table]] = resourcesOf(template, 'AWS::DynamoDB::Table') as [[string, unknown]];
      const under = `/clickledger/${stage}/ledger/${groups[team]!.ledger}`;
      const published = Object.fromEntries(
        resourcesOf(template, 'AWS::SSM::Parameter').map(([, { Properties }]) => [
          Properties.Name.replace(`${under}/`, ''),
          evaluated(template, Properties.Value).replace(/(?<=Table|Key|Role|GivenUp)\w{8}/, ''),
        ]),
      );
      assert.deepEqual(published, {
        table: '{GroupTable}',
        'table-arn': '{GroupTable.Arn}',
        'redrive-role-arn': '{GroupRedriveRole.Arn}',
        'key-arn': '{GroupKey.Arn}',
        ...(groups[team]!.retry.until === 'spent' && { 'bucket-arn': '{GroupGivenUp.Arn}' }),
      });
      assert.deepEqual(template.Outputs?.['LedgerTableName']?.Value, { Ref: table });
    });
  });
});
