/**
 * A DynamoDB table in memory: just the requests and expressions that the ledger uses, each executed at one instant.
 * Expressions are parsed, not recognised, so that a changed condition in the code changes what happens here; anything
 * outside the grammar throws. `test/shared/simulated-table.test.ts` holds it against DynamoDB Local.
 */
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Item } from '../../shared/journal/journal-items.ts';

export type Command =
  | GetItemCommand
  | PutItemCommand
  | QueryCommand
  | TransactWriteItemsCommand
  | UpdateItemCommand;
type Values = Record<string, AttributeValue>;

export class SimulatedTable {
  readonly items = new Map<string, Map<string, Item>>();
  /** Items per page of a query, small so that paging is met. */
  pageSize = 3;

  execute(command: Command): Record<string, unknown> {
    if (command instanceof GetItemCommand) {
      const item = this.get(textAt(command.input.Key, 'pk'), textAt(command.input.Key, 'sk'));
      return item === undefined ? {} : { Item: structuredClone(item) };
    }
    if (command instanceof QueryCommand) return this.#query(command.input);
    if (command instanceof PutItemCommand) {
      const { Item: item = {} } = command.input;
      this.#assertCondition(item, command.input);
      this.set(structuredClone(item));
      return {};
    }
    if (command instanceof UpdateItemCommand) {
      const { Key: key = {}, ExpressionAttributeValues = {}, ExpressionAttributeNames = {} } = command.input;
      const UpdateExpression = (command.input.UpdateExpression ?? '').replaceAll(
        /#\w+/g,
        (name) => ExpressionAttributeNames[name] ?? name,
      );
      this.#assertCondition(key, command.input);
      const standing = this.get(textAt(key, 'pk'), textAt(key, 'sk')) ?? key;
      this.set({ ...standing, ...assignments(UpdateExpression, standing, ExpressionAttributeValues) });
      return {};
    }
    if (command instanceof TransactWriteItemsCommand) return this.#transact(command);
    throw new Error('the simulation does not know this command');
  }

  get(pk: string, sk: string): Item | undefined {
    return this.items.get(pk)?.get(sk);
  }

  set(item: Item): void {
    const pk = textAt(item, 'pk');
    const collection = this.items.get(pk) ?? new Map<string, Item>();
    this.items.set(pk, collection);
    collection.set(textAt(item, 'sk'), item);
  }

  delete(pk: string, sk: string): void {
    this.items.get(pk)?.delete(sk);
  }

  /** All or nothing; each item says whether its own condition holds. */
  #transact({ input }: TransactWriteItemsCommand): Record<string, unknown> {
    const commands = (input.TransactItems ?? []).map(({ Put, Update }) =>
      Update
        ? new UpdateItemCommand(Update as UpdateItemCommandInput)
        : new PutItemCommand(Put as PutItemCommandInput),
    );
    const reasons = commands.map((command) => {
      try {
        const key = command instanceof UpdateItemCommand ? command.input.Key : command.input.Item;
        this.#assertCondition(key ?? {}, command.input);
        return { Code: 'None' };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return { Code: 'ConditionalCheckFailed', ...(error.Item && { Item: error.Item }) };
      }
    });
    if (reasons.some(({ Code }) => Code !== 'None'))
      throw new TransactionCanceledException({
        message: 'Transaction cancelled',
        $metadata: {},
        CancellationReasons: reasons,
      });
    for (const command of commands) this.execute(command);
    return {};
  }

  /** A copy as of this moment, as a restored table is one. */
  copy(): Map<string, Map<string, Item>> {
    return structuredClone(this.items);
  }

  restore(copy: ReadonlyMap<string, Map<string, Item>>): void {
    this.items.clear();
    for (const [pk, collection] of structuredClone(copy)) this.items.set(pk, collection);
  }

  #query(input: QueryCommandInput): Record<string, unknown> {
    const values = input.ExpressionAttributeValues ?? {};
    const matches = keyCondition(input.KeyConditionExpression ?? '', values);
    const sorted = [...(this.items.get(matches.pk) ?? new Map<string, Item>())]
      .filter(([sk]) => matches.sk(sk))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    if (input.ScanIndexForward === false) sorted.reverse();
    // The item that the last page ended with may be gone; a full page says there may be more, though none comes, unless it
    // ends with the last key that was asked for.
    const start = input.ExclusiveStartKey && textAt(input.ExclusiveStartKey, 'sk');
    const isRest = (sk: string) =>
      start === undefined || (input.ScanIndexForward === false ? sk < start : sk > start);
    const size = Math.min(input.Limit ?? this.pageSize, this.pageSize);
    const items = sorted.filter(([sk]) => isRest(sk)).slice(0, size);
    const last = items.at(-1)?.[1];
    return {
      Items: items.map(([, item]) => structuredClone(projected(item, input))),
      ...(last &&
        items.length === size &&
        items.at(-1)?.[0] !== matches.last && { LastEvaluatedKey: { pk: last['pk'], sk: last['sk'] } }),
    };
  }

  #assertCondition(key: Item, input: PutItemCommandInput | UpdateItemCommandInput): void {
    const { ConditionExpression: condition, ExpressionAttributeValues: values = {} } = input;
    const standing = this.get(textAt(key, 'pk'), textAt(key, 'sk'));
    if (condition === undefined || holds(condition, standing ?? {}, values)) return;
    const asked = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
    throw new ConditionalCheckFailedException({
      message: 'The conditional request failed',
      $metadata: {},
      ...(standing && asked && { Item: structuredClone(standing) }),
    });
  }
}

function projected(item: Item, input: QueryCommandInput): Item {
  if (input.ProjectionExpression === undefined) return item;
  const names = input.ProjectionExpression.split(', ').map(
    (name) => input.ExpressionAttributeNames?.[name] ?? name,
  );
  return Object.fromEntries(names.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])));
}

/** `pk = :v`, alone or with `begins_with(sk, :v)` or `sk BETWEEN :v AND :v`. */
function keyCondition(
  expression: string,
  values: Values,
): { pk: string; last: string | undefined; sk: (sk: string) => boolean } {
  const match = /^pk = (:\w+)(?: AND (?:begins_with\(sk, (:\w+)\)|sk BETWEEN (:\w+) AND (:\w+)))?$/.exec(
    expression,
  );
  if (match === null) throw new Error(`the simulation does not know the key condition '${expression}'`);
  const [, pk = '', prefix, from, to] = match;
  return {
    pk: textAt(values, pk),
    last: to && textAt(values, to),
    sk: (sk) => {
      if (prefix !== undefined) return sk.startsWith(textAt(values, prefix));
      return (
        from === undefined || to === undefined || (sk >= textAt(values, from) && sk <= textAt(values, to))
      );
    },
  };
}

/** Terms `attribute_exists(name)`, `attribute_not_exists(name)` and `name < | <= | = :v`, joined by AND, these by OR. */
function holds(condition: string, item: Item, values: Values): boolean {
  return condition
    .split(' OR ')
    .some((terms) => terms.split(' AND ').every((term) => termHolds(term, item, values)));
}

function termHolds(term: string, item: Item, values: Values): boolean {
  const [, not, asked] = /^attribute_(not_)?exists\((\w+)\)$/.exec(term) ?? [];
  if (asked !== undefined) return (item[asked] === undefined) === (not !== undefined);
  const compared = /^(\w+) (<|<=|=) (:\w+)$/.exec(term);
  if (compared === null) throw new Error(`the simulation does not know the condition '${term}'`);
  const [, name = '', operator, value = ''] = compared;
  if (item[name] === undefined) return false;
  const left = numberIn(item[name]);
  const right = numberIn(values[value]);
  return operator === '<' ? left < right : operator === '<=' ? left <= right : left === right;
}

/** `SET a = :v, b = if_not_exists(b, :zero) + :v`. */
function assignments(expression: string, item: Item, values: Values): Item {
  if (!expression.startsWith('SET '))
    throw new Error(`the simulation does not know the update '${expression}'`);
  const changed: Item = {};
  for (const part of expression.slice(4).split(/, (?=\w+ = )/)) {
    const match = /^(\w+) = (?:if_not_exists\((\w+), (:\w+)\) \+ )?(:\w+)$/.exec(part);
    if (match === null) throw new Error(`the simulation does not know the assignment '${part}'`);
    const [, name = '', base, otherwise = '', value = ''] = match;
    const given = values[value];
    if (given === undefined) throw new Error(`no value for ${value}`);
    if (base === undefined) changed[name] = given;
    else
      changed[name] = {
        N: String(numberIn(item[base] ?? values[otherwise]) + numberIn(given)),
      };
  }
  return changed;
}

function numberIn(value: AttributeValue | undefined): bigint {
  if (!/^-?\d+$/.test(value?.N ?? ''))
    throw new Error(`the simulation needs a whole number, not ${JSON.stringify(value)}`);
  return BigInt(value?.N as string);
}

function textAt(values: Values | undefined, name: string): string {
  const text = values?.[name]?.S;
  if (text === undefined) throw new Error(`the simulation needs a text for '${name}'`);
  return text;
}
