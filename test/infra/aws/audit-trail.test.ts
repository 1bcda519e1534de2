/** The trail of a ledger's writers: off unless asked for, and then what CloudTrail needs, by evaluating the bucket's policy as S3 would. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { groups } from '../../../functions/index.ts';
import { isAllowed, type Statement } from '../../support/iam.ts';
import {
  askingForAll,
  type CfnTemplate,
  evaluated,
  resourceOf,
  resourcesOf,
  templateOf,
  templatesOf,
} from './templates.ts';

const withTrail = templatesOf('prod', groups, undefined, {}, askingForAll('prod'));
const template = withTrail.get('clickledger-prod-billing') as CfnTemplate;
const only = (type: string) => {
  const [first, ...others] = resourcesOf(template, type);
  assert.ok(first !== undefined && others.length === 0, `${others.length + 1} of ${type}`);
  return { id: first[0], ...first[1] };
};
const trail = only('AWS::CloudTrail::Trail');
const bucket = only('AWS::S3::Bucket');

describe('the audit trail', () => {
  test('no stage has one unless it says so', () => {
    for (const stage of ['dev', 'prod'] as const)
      for (const team of Object.keys(groups))
        assert.deepEqual(resourcesOf(templateOf(stage, team), 'AWS::CloudTrail::Trail'), []);
  });

  test('records writes to the table and invocations of the handler under any alias, and nothing else', () => {
    const selectors = evaluated(template, trail.Properties.AdvancedEventSelectors) as {
      FieldSelectors: { Field: string; Equals?: string[]; StartsWith?: string[] }[];
    }[];
    const [[table]] = resourcesOf(template, 'AWS::DynamoDB::Table') as [[string, unknown]];
    const handlers = resourcesOf(template, 'AWS::Lambda::Function').filter(([id]) =>
      id.startsWith('GroupHandler'),
    );
    assert.equal(handlers.length, 1);
    const selector = (type: string, id: string) => [
      { Field: 'eventCategory', Equals: ['Data'] },
      { Field: 'resources.type', Equals: [type] },
      { Field: 'resources.ARN', StartsWith: [`{${id}.Arn}`] },
      { Field: 'readOnly', Equals: ['false'] },
    ];
    assert.deepEqual(
      selectors.map(({ FieldSelectors }) => FieldSelectors),
      [selector('AWS::DynamoDB::Table', table), selector('AWS::Lambda::Function', handlers[0]![0])],
    );
    const { IsLogging, EnableLogFileValidation, IsMultiRegionTrail, IncludeGlobalServiceEvents } =
      trail.Properties;
    assert.deepEqual([IsLogging, EnableLogFileValidation], [true, true]);
    assert.deepEqual([IsMultiRegionTrail, IncludeGlobalServiceEvents], [false, false]);
  });

  test('CloudTrail may write for this trail, for no other, and not before its bucket says so', () => {
    const policy = only('AWS::S3::BucketPolicy');
    assert.ok(
      trail.DependsOn?.includes(policy.id),
      'CloudTrail tries the policy out when the trail is created',
    );
    const statements = evaluated(template, policy.Properties.PolicyDocument.Statement) as Statement[];
    const arn = `arn:aws:cloudtrail:eu-west-1:111122223333:trail/${trail.Properties.TrailName}`;
    const call = (action: string, path: string, source = arn) => ({
      principal: 'Service:cloudtrail.amazonaws.com',
      action,
      resource: `{${bucket.id}.Arn}${path}`,
      context: {
        'aws:SourceArn': source,
        'aws:SecureTransport': 'true',
        's3:TlsVersion': '1.3',
        's3:x-amz-acl': 'bucket-owner-full-control',
      },
    });
    const event = '/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/27/event.json.gz';
    assert.ok(isAllowed(statements, call('s3:GetBucketAcl', '')));
    assert.ok(isAllowed(statements, call('s3:PutObject', event)));
    assert.ok(!isAllowed(statements, call('s3:PutObject', event, `${arn}-of-another`)));
    assert.ok(!isAllowed(statements, call('s3:PutObject', '/AWSLogs/444455556666/event.json.gz')));
    assert.ok(!isAllowed(statements, call('s3:GetObject', event)));
    const ofAnother = call('s3:PutObject', event);
    Object.assign(ofAnother.context, { 's3:x-amz-acl': 'private' });
    assert.ok(!isAllowed(statements, ofAnother), 'an object that the account could not read');
  });

  test('its bucket stays in any stage and after any rollback, since CloudFormation deletes none that holds something', () => {
    for (const stage of ['dev', 'prod'] as const) {
      const templates = templatesOf(stage, groups, undefined, {}, askingForAll(stage));
      const one = resourceOf(
        templates.get(`clickledger-${stage}-billing`) as CfnTemplate,
        'AWS::S3::Bucket',
        'GroupAuditTrail',
      );
      assert.deepEqual([one.DeletionPolicy, one.UpdateReplacePolicy], ['Retain', 'Retain'], stage);
      assert.equal(one.Properties.BucketName, undefined, 'a name would block the next deployment');
    }
  });

  test('its events are private, encrypted, and kept for a year', () => {
    const { Properties } = bucket;
    assert.deepEqual(Object.values(Properties.PublicAccessBlockConfiguration), [true, true, true, true]);
    assert.equal(Properties.LifecycleConfiguration.Rules[0].ExpirationInDays, 365);
    const [encryption] = Properties.BucketEncryption.ServerSideEncryptionConfiguration;
    assert.equal(encryption.ServerSideEncryptionByDefault.SSEAlgorithm, 'AES256');
  });
});
