/** Whether the policy of a VPC endpoint lets Lambda's pollers do what they have to. */

export type Admits = 'yes' | 'no' | 'on conditions';

const PRINCIPAL = 'lambda.amazonaws.com';

/** @param policy as CloudFormation has it, or parsed from what EC2 returns; undefined is the default policy, which allows all */
export function checkPolicy(policy: unknown, action: string): Admits {
  if (policy === undefined) return 'yes';
  const statements = listOf(fieldOf(policy, 'Statement')).filter(
    (statement) =>
      concernsLambda(fieldOf(statement, 'Principal')) &&
      listOf(fieldOf(statement, 'Action')).some((name) => covers(name, action)),
  );
  const conditional = (statement: unknown) =>
    fieldOf(statement, 'Condition') !== undefined || !listOf(fieldOf(statement, 'Resource')).includes('*');
  const denied = statements.filter((statement) => fieldOf(statement, 'Effect') === 'Deny');
  const allowed = statements.filter((statement) => fieldOf(statement, 'Effect') === 'Allow');
  if (denied.some((statement) => !conditional(statement)) || allowed.length === 0) return 'no';
  return denied.length === 0 && allowed.some((statement) => !conditional(statement))
    ? 'yes'
    : 'on conditions';
}

function concernsLambda(principal: unknown): boolean {
  if (principal === '*') return true;
  return ['AWS', 'Service'].some((kind) =>
    listOf(fieldOf(principal, kind)).some((name) => name === '*' || name === PRINCIPAL),
  );
}

/** `lambda:Invoke*` covers `lambda:InvokeFunction`; actions know no case. */
function covers(pattern: unknown, action: string): boolean {
  const escaped = String(pattern).replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(action);
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
