/**
 * One client before two tables: each command goes to the simulated table and to DynamoDB Local, one command at a time, and both
 * must answer the same. Whoever uses it sends the very commands of the write path, whatever they will be.
 */
import assert from 'node:assert/strict';
import {
  type CancellationReason,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  QueryCommand,
  ScanCommand,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import type { Item } from '../../shared/journal/journal-items.ts';
import type { Ledger, Sender } from '../../shared/journal/journal-store.ts';
import { type Command, SimulatedTable } from '../support/simulated-table.ts';

/** What callers may see of an answer. */
interface Answer {
  readonly refused?: true;
  /** Of a transaction, item by item. */
  readonly reasons?: CancellationReason[];
  readonly Item?: Item;
  readonly Items?: readonly Item[];
  readonly LastEvaluatedKey?: Item;
}

export class TwinTables implements Ledger {
  readonly memory = new SimulatedTable();
  readonly entryDays = 35;
  readonly table: string;
  readonly client: Sender;
  /** Commands that both answered alike, by name; those whose condition failed as `refused`. */
  readonly compared = new Map<string, number>();
  readonly #real: DynamoDBClient;
  #last: Promise<unknown> = Promise.resolve();

  constructor(real: DynamoDBClient, table: string, pageSize: number) {
    this.#real = real;
    this.table = table;
    this.memory.pageSize = pageSize;
    const send = (command: Command) => this.#inTurn(() => this.#both(command));
    this.client = { send } as unknown as Sender;
  }

  /** As time does to an entry. */
  expire(pk: string, sk: string): Promise<unknown> {
    return this.#inTurn(async () => {
      this.memory.delete(pk, sk);
      const Key = { pk: { S: pk }, sk: { S: sk } };
      await this.#real.send(new DeleteItemCommand({ TableName: this.table, Key }));
    });
  }

  /** Both tables hold the same items, down to the last attribute; returns how many. */
  async assertSame(): Promise<number> {
    const scan = new ScanCommand({ TableName: this.table, ConsistentRead: true });
    const { Items = [] } = await this.#real.send(scan);
    const simulated = [...this.memory.items.values()].flatMap((collection) => [...collection.values()]);
    assert.deepEqual(byKey(simulated), byKey(Items));
    return Items.length;
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #both(command: Command): Promise<unknown> {
    const real = await answerOf(() => this.#real.send(this.#paged(command) as QueryCommand));
    const simulated = await answerOf(async () => this.memory.execute(command));
    assert.deepEqual(simulated, real, `${command.constructor.name} ${JSON.stringify(command.input)}`);
    const name = real.reasons ? 'cancelled' : real.refused ? 'refused' : command.constructor.name;
    this.compared.set(name, (this.compared.get(name) ?? 0) + 1);
    if (!real.refused) return real;
    if (real.reasons !== undefined)
      throw new TransactionCanceledException({
        message: 'refused by both',
        $metadata: {},
        CancellationReasons: real.reasons,
      });
    throw new ConditionalCheckFailedException({
      message: 'refused by both',
      $metadata: {},
      ...(real.Item && { Item: real.Item }),
    });
  }

  /** Pages of DynamoDB end at 1 MB; a limit makes them as short as the simulated ones. */
  #paged(command: Command): Command {
    if (!(command instanceof QueryCommand)) return command;
    const { pageSize } = this.memory;
    return new QueryCommand({ ...command.input, Limit: Math.min(command.input.Limit ?? pageSize, pageSize) });
  }
}

async function answerOf(send: () => Promise<unknown>): Promise<Answer> {
  try {
    const { Item, Items, LastEvaluatedKey } = (await send()) as Answer;
    return { ...(Item && { Item }), ...(Items && { Items }), ...(LastEvaluatedKey && { LastEvaluatedKey }) };
  } catch (error) {
    if (error instanceof TransactionCanceledException)
      return {
        refused: true,
        reasons: (error.CancellationReasons ?? []).map(({ Code, Item }) => ({ Code, ...(Item && { Item }) })),
      };
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { refused: true, ...(error.Item && { Item: error.Item }) };
  }
}

function byKey(items: readonly Item[]): Item[] {
  const keyOf = (item: Item) => `${item['pk']?.S} ${item['sk']?.S}`;
  return items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
