/**
 * Faults of a template that neither CDK's own checks nor cfn-lint find, and that only a deployment would: each check runs over both
 * stages, with all that they can ask for, and over an app of one's own, and each is shown to find a fault that was put in.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { groups } from '../../../functions/index.ts';
import { ConsumerGroup } from '../../../infra/aws/consumer-group.ts';
import { propsOf, spent, synthesized } from './foreign-app.ts';
import { askingForAll, type CfnTemplate, evaluated, resourcesOf, templatesOf } from './templates.ts';

type Templates = ReadonlyMap<string, CfnTemplate>;

const both: Templates = new Map(
  (['dev', 'prod'] as const).flatMap((stage) => [
    ...templatesOf(stage, groups, undefined, {}, askingForAll(stage)),
  ]),
);
const foreign: Templates = new Map([
  [
    'an app of its own',
    synthesized(
      (stack) =>
        void new ConsumerGroup(
          stack,
          'Orders',
          propsOf({ retry: spent, secrets: ['SALT'] }, { auditTrail: true }),
        ),
    ),
  ],
]);

/** Properties that name a resource within the account and region, so that a second one is refused. */
const NAMES = /^(\w*Name|Name)$/;
/** Of what a resource refers to, or unique in less than the account: a topic in its cluster, a policy in its role, an alias in its function. */
const REFERRED = new Set([
  'TableName',
  'TopicName',
  'FunctionName',
  'PolicyName',
  'MetricName',
  'ServiceName',
]);

/** Of a redrive's role: the account's own policies say who assumes it. */
const ACCOUNT = '111122223333';
const OWN_ACCOUNT = `arn:aws:iam::${ACCOUNT}:root`;
const services = ['ec2', 'lambda', 'scheduler', 'vpc-flow-logs'].map((name) => `${name}.amazonaws.com`);

/** Two resources of one name and type in one account. */
function clashes(templates: Templates): string[] {
  const owners = new Map<string, string>();
  const faults: string[] = [];
  for (const [stack, template] of templates)
    for (const [id, { Type, Properties = {} }] of Object.entries(template.Resources))
      for (const [key, value] of Object.entries(Properties)) {
        if (!NAMES.test(key) || REFERRED.has(key) || Type === 'AWS::Lambda::Alias') continue;
        const name = evaluated(template, value);
        if (typeof name !== 'string' || name.startsWith('{')) continue;
        const known = owners.get(`${Type} ${name}`);
        if (known !== undefined) faults.push(`${stack} ${id}: ${known} is called '${name}' too`);
        owners.set(`${Type} ${name}`, `${stack} ${id}`);
      }
  return faults;
}

/** `MinimumX` above `MaximumX` in one object, or `MinX` above `MaxX`, wherever it stands. */
function bounds(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Object.entries(value).flatMap(([key, min]) => {
    const max = (value as Record<string, unknown>)[key.replace(/^Min/, 'Max')];
    return key.startsWith('Min') && Number(min) > Number(max) ? [`${key} is ${min}, above ${max}`] : [];
  });
  return [...own, ...Object.values(value).flatMap(bounds)];
}

/** Amazon CloudWatch docs: CloudWatch-Dashboard-Body-Structure: 24 columns, 500 widgets. */
function dashboards(template: CfnTemplate): string[] {
  return resourcesOf(template, 'AWS::CloudWatch::Dashboard').flatMap(([id, { Properties }]) => {
    let widgets: Record<string, number>[];
    try {
      widgets = JSON.parse(evaluated(template, Properties.DashboardBody)).widgets;
    } catch (error) {
      return [`${id}: ${(error as Error).message}`];
    }
    const fits = ({ x = 0, y = 0, width = 6, height = 6 }: Record<string, number>) =>
      [x, y, width, height].every(Number.isInteger) && x >= 0 && x + width <= 24 && height <= 1_000;
    if (widgets.length === 0 || widgets.length > 500) return [`${id} has ${widgets.length} widgets`];
    return widgets.every(fits) ? [] : [`${id} has a widget that does not fit`];
  });
}

function trusts(template: CfnTemplate): string[] {
  return resourcesOf(template, 'AWS::IAM::Role').flatMap(([id, { Properties }]) => {
    const statements = evaluated(template, Properties.AssumeRolePolicyDocument.Statement);
    return statements.flatMap(({ Principal }: { Principal: unknown }) => {
      const named = (Principal as { Service?: string | string[] }).Service;
      if ((Principal as { AWS?: string }).AWS === OWN_ACCOUNT && /RedriveRole/.test(id)) return [];
      const known = named !== undefined && [named].flat().every((service) => services.includes(service));
      return known && Object.keys(Principal as object).length === 1
        ? []
        : [`${id} trusts ${JSON.stringify(Principal)}`];
    });
  });
}

/** Services that may act for any account's resource, unless a condition says whose. */
const SOURCES = /^(aws:Source(Account|Arn)|kms:EncryptionContext:aws:\w+:\w+)$/;
/** A role can't be passed to an instance of another account (AWS IAM docs: id_roles_use_passrole). */
const OF_OWN_ACCOUNT_ONLY = 'ec2.amazonaws.com';

/** Whom a service acts for, wherever a policy names a service: in trusts for this account, in other policies for what is its own. */
function confused(template: CfnTemplate): string[] {
  return Object.entries(template.Resources).flatMap(([id, { Type, Properties = {} }]) =>
    Object.values(evaluated(template, Properties))
      .flatMap((property) => (property as { Statement?: readonly PolicyStatement[] } | null)?.Statement ?? [])
      .flatMap(({ Effect, Principal, Condition = {} }) => {
        const named = [typeof Principal === 'object' ? (Principal.Service ?? []) : []].flat();
        if (Effect !== 'Allow' || named.every((name) => name === OF_OWN_ACCOUNT_ONLY)) return [];
        const conditions = Object.assign({}, ...Object.values(Condition)) as Record<string, unknown>;
        if (Type === 'AWS::IAM::Role')
          return conditions['aws:SourceAccount'] === ACCOUNT ? [] : [`${id} trusts ${named} for any account`];
        const bound = Object.entries(conditions).some(
          ([key, value]) => SOURCES.test(key) && String(value).includes(ACCOUNT),
        );
        return bound ? [] : [`${id} lets ${named} in for any account`];
      }),
  );
}

interface PolicyStatement {
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly Resource?: string;
  readonly Principal?: string | { readonly Service?: string | string[] };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const OF_LOGS = ['Encrypt', 'Decrypt', 'ReEncrypt', 'GenerateDataKey', 'Describe'].map(
  (verb) => `kms:${verb}*`,
);

/** CloudWatch Logs is known by its region's name, and may use the key for this owner's groups alone (encrypt-log-data-kms). */
function logKeys(template: CfnTemplate): string[] {
  const prefixes = resourcesOf(template, 'AWS::Logs::LogGroup').map(
    ([, { Properties }]) => evaluated(template, Properties.LogGroupName).replace(/[^/]*$/, '') as string,
  );
  if (prefixes.length === 0) return [];
  const statements: (PolicyStatement & { readonly Sid?: string })[] = resourcesOf(
    template,
    'AWS::KMS::Key',
  ).flatMap(([, { Properties }]) => evaluated(template, Properties.KeyPolicy.Statement));
  const ofLogs = statements.filter(({ Sid }) => Sid === 'OwnLogs');
  if (ofLogs.length !== 1) return [`${ofLogs.length} keys are for logs`];
  const [{ Principal, Condition, Action, Resource } = {} as PolicyStatement] = ofLogs;
  const service = typeof Principal === 'object' ? Principal.Service : Principal;
  const groups = Condition?.['ArnLike']?.['kms:EncryptionContext:aws:logs:arn'];
  return [
    ...(service === 'logs.eu-west-1.amazonaws.com' ? [] : [`logs are encrypted by ${service}`]),
    ...(Resource === '*' ? [] : [`the key lets logs use ${Resource}`]),
    ...OF_LOGS.filter((action) => !Action?.includes(action)).map((action) => `logs need ${action}`),
    ...prefixes
      .filter((prefix) => groups !== `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:${prefix}*`)
      .map((prefix) => `${prefix} is not what the key is for: ${groups}`),
  ];
}

/** Every key has a name for people, under the owner's. */
function aliases(template: CfnTemplate): string[] {
  const named = resourcesOf(template, 'AWS::KMS::Alias').map(([, { Properties }]) => Properties);
  return resourcesOf(template, 'AWS::KMS::Key').flatMap(([id]) => {
    const own = named.filter(({ TargetKeyId }) => TargetKeyId['Fn::GetAtt'][0] === id);
    if (own.length !== 1) return [`${id} has ${own.length} aliases`];
    return /^alias\/clickledger\/[\w-]+\/[\w-]+$/.test(own[0]?.AliasName)
      ? []
      : [`${id} is called ${own[0]?.AliasName}`];
  });
}

/** What an alarm's page asks for outlives the stack with the data: kept wherever the key is. */
function keptLogs(template: CfnTemplate): string[] {
  const policies = (type: string) =>
    resourcesOf(template, type).map(([id, { DeletionPolicy }]) => ({ id, policy: DeletionPolicy }));
  const kept = policies('AWS::KMS::Key').some(({ policy }) => policy !== 'Delete');
  return policies('AWS::Logs::LogGroup')
    .filter(({ policy }) => policy !== (kept ? 'RetainExceptOnCreate' : 'Delete'))
    .map(({ id, policy }) => `${id} is ${policy} where its key ${kept ? 'stays' : 'goes'}`);
}

/** Lambda tries the rights out when it makes the mapping, so every policy of the role has to be there before. */
function mappings(template: CfnTemplate): string[] {
  return resourcesOf(template, 'AWS::Lambda::EventSourceMapping').flatMap(
    ([id, { Properties, DependsOn = [] }]) => {
      const alias = template.Resources[Properties.FunctionName.Ref]!;
      const handler = template.Resources[alias.Properties.FunctionName.Ref]!;
      const role = handler.Properties.Role['Fn::GetAtt'][0];
      const policies = resourcesOf(template, 'AWS::IAM::Policy').filter(([, policy]) =>
        policy.Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role),
      );
      if (policies.length === 0) return [`${id}: its role has no policy`];
      return policies
        .filter(([policy]) => !DependsOn.includes(policy))
        .map(([policy]) => `${id} does not wait for ${policy}`);
    },
  );
}

/** Without the account in its policy nobody can ever change or delete a key (AWS KMS docs: key-policy-default). */
function keys(template: CfnTemplate): string[] {
  return resourcesOf(template, 'AWS::KMS::Key').flatMap(([id, { Properties }]) => {
    const statements = evaluated(template, Properties.KeyPolicy.Statement);
    const ofAccount = statements.some(
      ({ Effect, Principal, Action }: Record<string, unknown>) =>
        Effect === 'Allow' && Action === 'kms:*' && (Principal as { AWS?: string }).AWS === OWN_ACCOUNT,
    );
    return ofAccount ? [] : [`${id} is out of the account's reach`];
  });
}

const checks = { dashboards, trusts, confused, logKeys, aliases, keptLogs, mappings, keys, bounds } as const;

describe('templates have no fault that only a deployment would find', () => {
  for (const [name, check] of Object.entries(checks))
    it(name, () => {
      for (const [stack, template] of [...both, ...foreign]) assert.deepEqual(check(template), [], stack);
    });

  it('names, across all stacks of both stages in one account', () => {
    assert.deepEqual(clashes(both), []);
  });

  it('there is something of each kind to look at', () => {
    const types = [...both.values()].flatMap(({ Resources }) =>
      Object.values(Resources).map(({ Type }) => Type),
    );
    for (const type of [
      'CloudWatch::Dashboard',
      'IAM::Role',
      'Lambda::EventSourceMapping',
      'KMS::Key',
      'Logs::LogGroup',
    ])
      assert.ok(types.filter((each) => each === `AWS::${type}`).length >= 4, type);
  });
});

describe('a fault that was put in is found', () => {
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape, and here it is spoilt.
  const spoilt = (type: string, spoil: (resource: any) => void): CfnTemplate => {
    const template = structuredClone(both.get('clickledger-dev-billing')!) as CfnTemplate;
    spoil(resourcesOf(template, type)[0]![1]);
    return template;
  };
  const faults: readonly [keyof typeof checks, CfnTemplate, RegExp][] = [
    [
      'bounds',
      spoilt('AWS::Lambda::EventSourceMapping', ({ Properties }) => {
        Properties.ProvisionedPollerConfig = { MinimumPollers: 4, MaximumPollers: 3 };
      }),
      /MinimumPollers is 4, above 3/,
    ],
    [
      'dashboards',
      spoilt('AWS::CloudWatch::Dashboard', ({ Properties }) => {
        Properties.DashboardBody = '{"widgets":[';
      }),
      /JSON/,
    ],
    [
      'dashboards',
      spoilt('AWS::CloudWatch::Dashboard', ({ Properties }) => {
        Properties.DashboardBody = '{"widgets":[{"x":20,"y":0,"width":6,"height":6}]}';
      }),
      /does not fit/,
    ],
    [
      'trusts',
      spoilt('AWS::IAM::Role', ({ Properties }) => {
        Properties.AssumeRolePolicyDocument.Statement[0].Principal = { AWS: '*' };
      }),
      /trusts \{"AWS":"\*"\}/,
    ],
    [
      'trusts',
      spoilt('AWS::IAM::Role', ({ Properties }) => {
        Properties.AssumeRolePolicyDocument.Statement[0].Principal = { AWS: OWN_ACCOUNT };
      }),
      /GroupHandlerRole\w+ trusts .*:root/,
    ],
    [
      'trusts',
      spoilt('AWS::IAM::Role', ({ Properties }) => {
        Properties.AssumeRolePolicyDocument.Statement[0].Principal = { Service: 'lamda.amazonaws.com' };
      }),
      /lamda/,
    ],
    [
      'confused',
      spoilt('AWS::IAM::Role', ({ Properties }) => {
        delete Properties.AssumeRolePolicyDocument.Statement[0].Condition;
      }),
      /trusts lambda\.amazonaws\.com for any account/,
    ],
    [
      'confused',
      spoilt('AWS::KMS::Key', ({ Properties }) => {
        for (const statement of Properties.KeyPolicy.Statement) delete statement.Condition;
      }),
      /lets .* in for any account/,
    ],
    [
      'logKeys',
      spoilt('AWS::KMS::Key', ({ Properties }) => {
        for (const statement of Properties.KeyPolicy.Statement)
          if (statement.Sid === 'OwnLogs') statement.Principal.Service = 'logs.amazonaws.com';
      }),
      /logs are encrypted by logs\.amazonaws\.com/,
    ],
    [
      'logKeys',
      spoilt('AWS::KMS::Key', ({ Properties }) => {
        for (const statement of Properties.KeyPolicy.Statement)
          if (statement.Sid === 'OwnLogs') statement.Action = statement.Action.slice(1);
      }),
      /logs need kms:Decrypt\*/,
    ],
    [
      'logKeys',
      spoilt('AWS::Logs::LogGroup', ({ Properties }) => {
        Properties.LogGroupName = '/clickledger/dev/fraud/handler';
      }),
      /fraud\/ is not what the key is for/,
    ],
    [
      'aliases',
      spoilt('AWS::KMS::Alias', ({ Properties }) => {
        Properties.TargetKeyId = { 'Fn::GetAtt': ['Other', 'Arn'] };
      }),
      /has 0 aliases/,
    ],
    [
      'keptLogs',
      spoilt('AWS::Logs::LogGroup', (logs) => {
        logs.DeletionPolicy = 'Retain';
      }),
      /is Retain where its key goes/,
    ],
    [
      'keptLogs',
      spoilt('AWS::KMS::Key', (key) => {
        key.DeletionPolicy = 'Retain';
      }),
      /is Delete where its key stays/,
    ],
    [
      'mappings',
      spoilt('AWS::Lambda::EventSourceMapping', (mapping) => {
        mapping.DependsOn = [];
      }),
      /does not wait for GroupHandler/,
    ],
    [
      'keys',
      spoilt('AWS::KMS::Key', ({ Properties }) => {
        Properties.KeyPolicy.Statement.shift();
      }),
      /out of the account's reach/,
    ],
  ];

  for (const [name, template, told] of faults)
    it(`${name}: ${told.source}`, () => assert.match(checks[name](template)[0] ?? 'nothing', told));

  it('names', () => {
    const dev = both.get('clickledger-dev-billing')!;

    assert.match(
      clashes(
        new Map([
          ['a', dev],
          ['b', dev],
        ]),
      )[0] ?? 'nothing',
      /is called '.*' too/,
    );
  });
});
