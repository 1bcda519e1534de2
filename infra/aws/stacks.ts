/**
 * All stacks of a stage: the stream's, and one for every group of the registry. Stacks know neither account nor region and
 * look nothing up, so that synthesis needs no credentials and no network, and any account can take what comes out.
 */
import { type App, RemovalPolicy, type Stack, Tags } from 'aws-cdk-lib/core';
import cdk from '../../cdk.json' with { type: 'json' };
import { formatOwnName } from '../../shared/published.ts';
import { keepOnceCreated } from './data-key.ts';
import { type Deployed, findDeployedMapping, readDeployed } from './deployed.ts';
import type { Groups } from './group-rules.ts';
import { GroupStack } from './group-stack.ts';
import { OperatorStack } from './operator-stack.ts';
import { type StageConfig, type StageName, stages } from './stages.ts';
import { StreamStack } from './stream-stack.ts';

interface Stacks {
  readonly stream: StreamStack;
  /** By the name of the team's folder. */
  readonly groups: ReadonlyMap<string, GroupStack>;
  /** Undefined in a stage that asks for none. */
  readonly operator: OperatorStack | undefined;
}

/**
 * The feature flags of cdk.json, for tests and bundles that don't get them from the CLI. Every flag that this version of CDK recommends is
 * decided there. Without uniqueImdsv2TemplateName two operators' instances of one account had launch templates of the same name.
 */
export const featureFlags: Readonly<Record<string, unknown>> = cdk.context;

const STREAM = 'stream';
const OPERATOR = 'operator';

/** The context value that takes the mapping out of the stacks of the teams it names, separated by commas. */
const WITHOUT_MAPPING = 'withoutMapping';

/**
 * @param deployed of the stage; the committed record by default, another in tests
 * @param config of the stage; that of stages.ts by default, another in tests
 */
export function addStacks(
  app: App,
  stage: StageName,
  groups: Groups,
  deployed: Deployed = readDeployed(stage),
  config: StageConfig = stages[stage],
): Stacks {
  const withoutMapping = teamsNamed(app.node.tryGetContext(WITHOUT_MAPPING), groups);
  const { terminationProtection } = config;
  const removalPolicy = config.removalPolicy === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
  const stream = new StreamStack(app, formatOwnName({ stage, owner: STREAM }), {
    ...{ stage, config, removalPolicy: keepOnceCreated(removalPolicy) },
    description: 'Clickledger: the brokers and the topics',
    terminationProtection,
  });
  tag(stream, stage, STREAM);
  const ofGroups = Object.entries(groups).map(([owner, group]): [string, GroupStack] => {
    const name = formatOwnName({ stage, owner });
    const stack = new GroupStack(app, name, {
      ...{ stage, config, removalPolicy },
      owner,
      group,
      deployed: findDeployedMapping(deployed, name),
      withoutMapping: withoutMapping.includes(owner),
      description: `Clickledger: the group ${group.groupId} and its ledger ${group.ledger}`,
      terminationProtection,
    });
    tag(stack, stage, owner);
    return [owner, stack];
  });
  const operator = addOperator(app, stage, groups, config);
  return { stream, groups: new Map(ofGroups), operator };
}

function addOperator(
  app: App,
  stage: StageName,
  groups: Groups,
  config: StageConfig,
): OperatorStack | undefined {
  if (config.operator === undefined) return undefined;
  const { teams } = config.operator;
  const unknown = teams.find((team) => groups[team] === undefined);
  if (unknown !== undefined || teams.length === 0)
    throw new Error(
      `operator.teams of stage '${stage}' has ${unknown === undefined ? 'nobody' : `'${unknown}'`}, allowed are ${Object.keys(groups).join(', ')}: name those on whose ledgers the operator works`,
    );
  const operator = new OperatorStack(app, formatOwnName({ stage, owner: OPERATOR }), {
    ...{ stage, config },
    groups: Object.fromEntries(Object.entries(groups).filter(([team]) => teams.includes(team))),
    description: 'Clickledger: the instance that operators work from',
  });
  tag(operator, stage, OPERATOR);
  return operator;
}

function teamsNamed(given: unknown, groups: Groups): string[] {
  const teams = given === undefined ? [] : String(given).split(',');
  const unknown = teams.find((team) => groups[team] === undefined);
  if (unknown !== undefined)
    throw new Error(
      `${WITHOUT_MAPPING} names '${unknown}', allowed are ${Object.keys(groups).join(', ')}, separated by commas`,
    );
  return teams;
}

function tag(stack: Stack, stage: StageName, owner: string): void {
  for (const [name, value] of Object.entries({ project: 'clickledger', stage, owner }))
    Tags.of(stack).add(name, value);
}
