/**
 * The part of CloudWatch's metric math that our alarms use, over one period: numbers, ids, FILL, IF, PERIOD, arithmetic, comparisons,
 * AND and OR (Amazon CloudWatch docs: using-metric-math). What is computed from missing data is missing, but for FILL. In: an expression.
 * Out: its value in one period. Anything else in an expression is an error, so that no alarm uses what this does not know.
 */

/** Undefined is missing. */
type Value = number | undefined;

export interface Period {
  readonly seconds: number;
  readonly read: (id: string) => Value;
}

type Node = (period: Period) => Value;

/** From weakest to strongest. */
const levels: readonly Readonly<Record<string, (left: number, right: number) => number>>[] = [
  { OR: (left, right) => Number(left !== 0 || right !== 0) },
  { AND: (left, right) => Number(left !== 0 && right !== 0) },
  {
    '>=': (left, right) => Number(left >= right),
    '<=': (left, right) => Number(left <= right),
    '>': (left, right) => Number(left > right),
    '<': (left, right) => Number(left < right),
  },
  { '+': (left, right) => left + right, '-': (left, right) => left - right },
  { '*': (left, right) => left * right, '/': (left, right) => left / right },
];

export function compiled(expression: string): Node {
  const tokens = expression.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|>=|<=|\S/g) ?? [];
  let next = 0;
  const take = (expected: string) => {
    if (tokens[next] !== expected)
      throw new Error(`'${tokens[next] ?? 'the end'}' is where '${expected}' is expected in ${expression}`);
    next += 1;
  };

  function binary(level: number): Node {
    const operators = levels[level];
    if (operators === undefined) return unary();
    let left = binary(level + 1);
    while (Object.hasOwn(operators, tokens[next] ?? '')) {
      const operate = operators[tokens[next++]!]!;
      const [before, right] = [left, binary(level + 1)];
      left = (period) => {
        const [one, other] = [before(period), right(period)];
        return one === undefined || other === undefined ? undefined : operate(one, other);
      };
    }
    return left;
  }

  function unary(): Node {
    const token = tokens[next++] ?? '';
    if (token === '-') {
      const of = unary();
      return (period) => {
        const value = of(period);
        return value === undefined ? undefined : -value;
      };
    }
    if (token === '(') {
      const inner = binary(0);
      take(')');
      return inner;
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (/^[a-z]/.test(token)) return ({ read }) => read(token);
    return call(token);
  }

  function call(name: string): Node {
    if (!/^[A-Z]/.test(name)) throw new Error(`'${name}' is not known, in ${expression}`);
    take('(');
    const given = [binary(0)];
    while (tokens[next] === ',') {
      next += 1;
      given.push(binary(0));
    }
    take(')');
    const [first, second, third] = given as [Node, Node, Node];
    if (name === 'FILL' && given.length === 2) return (period) => first(period) ?? second(period);
    if (name === 'PERIOD' && given.length === 1) return ({ seconds }) => seconds;
    if (name === 'IF' && given.length === 3)
      return (period) => {
        const condition = first(period);
        if (condition === undefined) return undefined;
        return condition === 0 ? third(period) : second(period);
      };
    throw new Error(`${name} of ${given.length} is not known, in ${expression}`);
  }

  const whole = binary(0);
  if (next < tokens.length) throw new Error(`'${tokens[next]}' is too much in ${expression}`);
  return whole;
}
