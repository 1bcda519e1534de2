/**
 * Evaluates IAM statements as one account does for its own roles: an explicit Deny beats every Allow, nothing is allowed that no
 * statement allows (AWS IAM docs: reference_policies_evaluation-logic). Of conditions it knows those that our templates
 * use; any other throws, so that none is passed over.
 */

export interface Statement {
  readonly Effect: string;
  /** In policies of resources only: who is meant. */
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** One call: what, on what, and what IAM knows of the request besides. */
export interface Call {
  /** `Service:cloudwatch.amazonaws.com` or `AWS:<arn>`. Without it statements are of the caller's own policies. */
  readonly principal?: string;
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

export function isAllowed(statements: readonly Statement[], call: Call): boolean {
  const applying = statements.filter((statement) => applies(statement, call));
  return applying.some(({ Effect }) => Effect === 'Allow') && !isDenied(statements, call);
}

export function isDenied(statements: readonly Statement[], call: Call): boolean {
  return statements.some((statement) => statement.Effect === 'Deny' && applies(statement, call));
}

function applies({ Principal, Action, Resource, Condition = {} }: Statement, call: Call): boolean {
  return (
    isMeant(Principal, call.principal) &&
    // Actions are compared without regard to case, resources with it.
    [Action].flat().some((pattern) => matches(pattern.toLowerCase(), call.action.toLowerCase())) &&
    [Resource].flat().some((pattern) => matches(pattern, call.resource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) =>
        holds(operator, [wanted].flat(), [call.context?.[key] ?? []].flat()),
      ),
    )
  );
}

function isMeant(principal: Statement['Principal'], caller: string | undefined): boolean {
  if (principal === undefined) return caller === undefined;
  if (caller === undefined) throw new Error('a policy of a resource needs to know who calls');
  if (principal === '*') return true;
  return Object.entries(principal).some(([kind, names]) =>
    [names].flat().some((name) => name === '*' || `${kind}:${name}` === caller),
  );
}

/** @param values that the request has for the key; none if it lacks it */
function holds(operator: string, wanted: readonly string[], values: readonly string[]): boolean {
  const [given] = values;
  switch (operator) {
    case 'Null':
      return wanted.includes(String(values.length === 0));
    case 'BoolIfExists':
      return given === undefined || wanted.includes(given);
    case 'ArnNotEquals':
      return !wanted.some((arn) => arn === given);
    case 'ForAllValues:StringLike':
      return values.every((value) => wanted.some((pattern) => matches(pattern, value)));
    case 'StringEquals':
    case 'Bool':
      return given !== undefined && wanted.includes(given);
    case 'ArnLike':
    case 'StringLike':
      return given !== undefined && wanted.some((pattern) => matches(pattern, given));
    case 'NumericLessThan':
      return given !== undefined && wanted.some((bound) => Number(given) < Number(bound));
    default:
      throw new Error(`the evaluator does not know the condition ${operator}`);
  }
}

/** `*` stands for any text, `?` for any one character. */
function matches(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}
