/**
 * The bundle that would be deployed to a ledger's group, by the templates in `cdk.out`: the code of the function that the mapping
 * invokes, in the stack that publishes the ledger's table. Read here by own code, as an operator's tool that knows the published
 * names and nothing else of the stacks.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OpsError } from '../ops-error.ts';

export interface Bundle {
  readonly file: string;
  /** The name that the file exports. */
  readonly exported: string;
  /** Variables that the function is told besides those of every function: its secrets. */
  readonly secrets: readonly string[];
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}
type Resources = Readonly<Record<string, Resource>>;

const CDK_OUT = fileURLToPath(new URL('../../../cdk.out', import.meta.url));
const tablePath = /^\/clickledger\/[^/]+\/ledger\/([^/]+)\/table$/;
/** What shared/config.ts reads of every function. */
const known = new Set(['LEDGER_TABLE', 'TOPIC_INCARNATION', 'PARTIAL_RESPONSES', 'CODE_VERSION']);
const endings = ['.mjs', '.js', '.cjs'];

export function synthesizedBundle(ledger: string, folder = CDK_OUT): Bundle {
  const whatToDo = 'npm run synth writes it, or name a bundle with --bundle';
  const templates = templatesIn(folder);
  const ledgers = templates.flatMap(ledgersOf);
  const resources = templates.find((each) => ledgersOf(each).includes(ledger));
  if (resources === undefined)
    throw new OpsError(
      `${folder} has no stack of ledger '${ledger}', it has ${ledgers.join(', ') || 'none'}: ${whatToDo}`,
    );
  const { Properties: properties = {} } = invokedIn(resources) ?? {};
  const key = (properties['Code'] as { S3Key?: unknown } | undefined)?.S3Key;
  const handler = String(properties['Handler'] ?? '');
  const stem = join(folder, `asset.${String(key).replace(/\.zip$/, '')}`, handler.replace(/\.[^./]*$/, ''));
  const file = endings.map((ending) => stem + ending).find((path) => existsSync(path));
  if (file === undefined) throw new OpsError(`${folder} lacks the code of ledger '${ledger}': ${whatToDo}`);
  const variables = Object.keys(
    (properties['Environment'] as { Variables?: object } | undefined)?.Variables ?? {},
  );
  return {
    file,
    exported: handler.slice(handler.lastIndexOf('.') + 1),
    secrets: variables.filter((name) => !known.has(name)),
  };
}

function templatesIn(folder: string): Resources[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => {
      const template = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { Resources?: Resources };
      return template.Resources ?? {};
    });
}

function ledgersOf(resources: Resources): string[] {
  return Object.values(resources).flatMap(({ Type, Properties }) => {
    const name = Type === 'AWS::SSM::Parameter' ? String(Properties?.['Name']) : '';
    return tablePath.exec(name)?.[1] ?? [];
  });
}

/** The function of the mapping, by its name, its ARN, or an alias of a version of it. */
function invokedIn(resources: Resources): Resource | undefined {
  const mapping = Object.values(resources).find(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping');
  let found = mapping;
  for (let step = 0; step < 3 && found !== undefined && found.Type !== 'AWS::Lambda::Function'; step++)
    found = resources[referred(found.Properties?.['FunctionName'])];
  return found?.Type === 'AWS::Lambda::Function' ? found : undefined;
}

function referred(value: unknown): string {
  const { Ref: ref, 'Fn::GetAtt': attribute } = (value ?? {}) as { Ref?: string; 'Fn::GetAtt'?: string[] };
  return ref ?? attribute?.[0] ?? '';
}
