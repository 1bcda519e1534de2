import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json } from '../../../../infra/local/template/cloud-assembly.ts';
import { type Template, variableFor } from '../../../support/cloud-assembly.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const table = { Type: 'AWS::DynamoDB::Table', Properties: { KeySchema: [], AttributeDefinitions: [] } };

const template: Partial<Template> = {
  Parameters: {
    Plain: { Type: 'String', Default: 'plain' },
    Several: { Type: 'CommaDelimitedList', Default: 'a, b' },
    Stage: { Type: 'String', Default: 'dev' },
    Asked: { Type: 'String' },
    Published: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/ad/incarnation' },
    Unpublished: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/ad/nothing' },
  },
  Mappings: { Sizes: { dev: { Memory: 'small' } } },
  Conditions: {
    IsDev: { 'Fn::Equals': [{ Ref: 'Stage' }, 'dev'] },
    IsProd: { 'Fn::Not': [{ Condition: 'IsDev' }] },
    Both: { 'Fn::And': [{ Condition: 'IsDev' }, { Condition: 'IsProd' }] },
    Either: { 'Fn::Or': [{ Condition: 'IsDev' }, { Condition: 'IsProd' }] },
    Loop: { 'Fn::Not': [{ Condition: 'Loop' }] },
  },
  Resources: {
    Ledger: table,
    Named: { ...table, Properties: { ...table.Properties, TableName: 'my-table' } },
    Gone: { Type: 'AWS::S3::Bucket', Condition: 'IsProd' },
    Bucket: { Type: 'AWS::S3::Bucket' },
    Queue: { Type: 'AWS::SQS::Queue' },
    Alarms: { Type: 'AWS::SNS::Topic' },
    Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Probe' }, Name: 'live' } },
    First: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Probe' } } },
    Role: { Type: 'AWS::IAM::Role' },
    Other: { Type: 'AWS::States::Activity' },
    Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/ad/logs' } },
    Cluster: { Type: 'AWS::MSK::Cluster', Properties: { ClusterName: 'c', KafkaVersion: '4.1.x' } },
    Answer: { Type: 'Custom::Lookup' },
    Key: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: { GenerateSecretString: { PasswordLength: 40 } },
    },
    Login: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: {
        GenerateSecretString: { SecretStringTemplate: '{"user":"ad"}', GenerateStringKey: 'password' },
      },
    },
    Itself: {
      Type: 'AWS::SSM::Parameter',
      Properties: { Name: '/ad/loop', Value: '{{resolve:ssm:/ad/loop}}' },
    },
  },
};

/** The stack that others read from. */
const stream: Template = {
  Resources: {
    Incarnation: {
      Type: 'AWS::SSM::Parameter',
      Properties: { Name: '/ad/incarnation', Value: { Ref: 'Number' } },
    },
  },
  Parameters: { Number: { Type: 'Number', Default: 7 } },
  Outputs: {
    Exported: {
      Value: { 'Fn::Join': ['-', ['x', 'y']] },
      Export: { Name: { 'Fn::Sub': `\${AWS::StackName}:out` } },
    },
  },
};

const REGION_ACCOUNT = 'eu-west-1:000000000000';

const evaluated: readonly (readonly [string, Json, string])[] = [
  ['Ref of a parameter', { Ref: 'Plain' }, 'plain'],
  ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'eu-west-1'],
  ['Ref of the stack', { Ref: 'AWS::StackName' }, 'app'],
  ['Ref of a parameter that another stack publishes', { Ref: 'Published' }, '7'],
  ['Ref of a table', { Ref: 'Ledger' }, 'app-Ledger'],
  ['Ref of a table with a name', { Ref: 'Named' }, 'my-table'],
  ['Ref of a queue', { Ref: 'Queue' }, 'https://sqs.eu-west-1.amazonaws.com/000000000000/app-Queue'],
  ['Ref of a topic for alarms', { Ref: 'Alarms' }, `arn:aws:sns:${REGION_ACCOUNT}:app-Alarms`],
  ['Ref of an alias', { Ref: 'Live' }, `arn:aws:lambda:${REGION_ACCOUNT}:function:app-Probe:live`],
  [
    'GetAtt of a table',
    { 'Fn::GetAtt': ['Ledger', 'Arn'] },
    `arn:aws:dynamodb:${REGION_ACCOUNT}:table/app-Ledger`,
  ],
  ['GetAtt as text', { 'Fn::GetAtt': 'Bucket.Arn' }, 'arn:aws:s3:::app-bucket'],
  [
    'GetAtt of a log group',
    { 'Fn::GetAtt': ['Logs', 'Arn'] },
    `arn:aws:logs:${REGION_ACCOUNT}:log-group:/ad/logs:*`,
  ],
  ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'Plain' }, 3]] }, 'a-plain-3'],
  ['Join of a list that is a parameter', { 'Fn::Join': ['+', { Ref: 'Several' }] }, 'a+b'],
  [
    'Sub',
    { 'Fn::Sub': `\${Plain}/\${Ledger.Arn}/\${!Kept}` },
    `plain/arn:aws:dynamodb:${REGION_ACCOUNT}:table/app-Ledger/\${Kept}`,
  ],
  [
    'Sub with variables',
    { 'Fn::Sub': [`\${a}\${Plain}`, { a: { 'Fn::Join': ['', ['1', '2']] } }] },
    '12plain',
  ],
  ['Select and Split', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
  ['Select of a zone', { 'Fn::Select': ['2', { 'Fn::GetAZs': '' }] }, 'eu-west-1c'],
  ['Base64', { 'Fn::Base64': { Ref: 'Plain' } }, 'cGxhaW4='],
  ['FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'Memory'] }, 'small'],
  ['FindInMap with a default', { 'Fn::FindInMap': ['Sizes', 'x', 'y', { DefaultValue: 'd' }] }, 'd'],
  ['If that holds', { 'Fn::If': ['IsDev', 'yes', { Ref: 'Gone' }] }, 'yes'],
  ['If that does not hold', { 'Fn::If': ['IsProd', { Ref: 'Gone' }, 'no'] }, 'no'],
  ['If with And', { 'Fn::If': ['Both', 'yes', 'no'] }, 'no'],
  ['If with Or', { 'Fn::If': ['Either', 'yes', 'no'] }, 'yes'],
  ['ImportValue', { 'Fn::ImportValue': 'stream:out' }, 'x-y'],
  ['a reference to a published parameter', 'n={{resolve:ssm:/ad/incarnation}}', 'n=7'],
  [
    'a reference to a generated secret, assembled by CDK',
    { 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: 'Key' }, ':SecretString:::}}']] },
    'secret of app/Key',
  ],
  [
    'a reference to a field of a generated secret',
    { 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: 'Login' }, ':SecretString:password::}}']] },
    'secret of app/Login',
  ],
  [
    'a reference to a field that the template gives',
    '{{resolve:secretsmanager:app-Login:SecretString:user}}',
    'ad',
  ],
];

const refused: readonly (readonly [string, Json, RegExp])[] = [
  ['a name that the template does not have', { Ref: 'Nobody' }, /there is no 'Nobody'/],
  ['a resource whose condition is false', { Ref: 'Gone' }, /'Gone' does not exist/],
  ['a parameter without a default', { Ref: 'Asked' }, /'Asked' has no default/],
  ['a parameter that nobody publishes', { Ref: 'Unpublished' }, /'\/ad\/nothing', which no template creates/],
  [
    'an attribute that only AWS knows',
    { 'Fn::GetAtt': ['Cluster', 'CurrentVersion'] },
    /only AWS knows the attribute 'CurrentVersion'/,
  ],
  [
    'the answer of a custom resource',
    { 'Fn::GetAtt': ['Answer', 'Brokers'] },
    /custom resource Answer \(Custom::Lookup\)/,
  ],
  ['an export that nobody makes', { 'Fn::ImportValue': 'x' }, /imports 'x', which no template exports/],
  ['an unknown function of CloudFormation', { 'Fn::Cidr': ['10.0.0.0/16', 2] }, /Fn::Cidr is not supported/],
  [
    'an unknown reference',
    '{{resolve:ssm-secure:/x:1}}',
    /\{\{resolve:ssm-secure:\/x:1\}\} is not supported/,
  ],
  [
    'a secret that no template creates',
    '{{resolve:secretsmanager:other:SecretString:k}}',
    /the secret 'other'/,
  ],
  [
    'a field that a secret does not have',
    '{{resolve:secretsmanager:app-Login:SecretString:k}}',
    /has no field 'k'/,
  ],
  ['a condition that refers to itself', { 'Fn::If': ['Loop', 'a', 'b'] }, /refers to itself/],
  ['a parameter that refers to itself', '{{resolve:ssm:/ad/loop}}', /refers to itself/],
  ['a Select of nothing', { 'Fn::Select': [3, ['a']] }, /picks nothing/],
];

describe('the intrinsics of a template', () => {
  for (const [name, value, expected] of evaluated) {
    it(`give CloudFormation's value: ${name}`, (t) => {
      assert.equal(variableFor(temporaryFolder(t), value, template, { stream }), expected);
    });
  }

  for (const [name, value, message] of refused) {
    it(`are refused by name and place, never guessed: ${name}`, (t) => {
      const read = () => variableFor(temporaryFolder(t), value, template, { stream });

      assert.throws(read, (error) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('remove a property if the template says so', (t) => {
    assert.equal(variableFor(temporaryFolder(t), { Ref: 'AWS::NoValue' }, template), undefined);
  });

  it('are refused if they are too deep for the stack, in a file or over many references', (t) => {
    const joined = (depth: number, inner: Json): Json => {
      let value = inner;
      for (let n = 0; n < depth; n++) value = { 'Fn::Join': ['', [value]] };
      return value;
    };
    const read = (value: Json, more: Template['Resources'] = {}) =>
      variableFor(temporaryFolder(t), value, {
        ...template,
        Resources: { ...template.Resources, ...more },
      });
    const chained = Array.from({ length: 50 }, (_, n): [string, Template['Resources'][string]] => [
      `Link${n}`,
      {
        Type: 'AWS::SSM::Parameter',
        Properties: { Name: `/ad/${n}`, Value: joined(25, { 'Fn::GetAtt': [`Link${n + 1}`, 'Value'] }) },
      },
    ]);

    assert.equal(read(joined(25, 'a')), 'a');
    assert.throws(() => read(joined(500, 'a')), {
      name: 'UserError',
      message: /app\.template\.json nests objects or lists more than 100 levels deep/,
    });
    assert.throws(() => read({ 'Fn::GetAtt': ['Link0', 'Value'] }, Object.fromEntries(chained)), {
      name: 'UserError',
      message: /^app Link\d+\.Value: refers to itself, or is more than 400 levels deep/,
    });
  });

  it('name stack, logical id and property in a refusal', (t) => {
    const read = () => variableFor(temporaryFolder(t), { 'Fn::Join': ['', [{ Ref: 'Nobody' }]] }, template);

    assert.throws(read, {
      message: "app Probe.Environment.Variables.VALUE: there is no 'Nobody' in this template",
    });
  });
});
