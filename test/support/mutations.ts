/**
 * Broken variants of the code, made at the edge where it meets DynamoDB: each sends what a wrong implementation would
 * send, or reads what it would have understood. They prove that the property test can fail.
 */
import {
  type AttributeValue,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { type Item, sealItem } from '../../shared/journal/journal-items.ts';

import { JOURNAL } from './schedule.ts';
import type { Mutation } from './simulated-network.ts';

export const mutations: Readonly<Record<string, Mutation>> = {
  'no condition on the put': (send) => (command) =>
    send(
      isEntryPut(command)
        ? new PutItemCommand({ ...command.input, ConditionExpression: undefined })
        : command,
    ),

  'effect beside the entry': (send) => async (command) => {
    if (!isEntryPut(command)) return send(command);
    const item = command.input.Item as Item;
    const bare = withChanged(item, { lines: { S: '{}' } });
    const result = await send(new PutItemCommand({ ...command.input, Item: bare }));
    await send(new PutItemCommand({ TableName: 'ledger', Item: item }));
    return result;
  },

  'watermark instead of the set': (send) => async (command) => {
    const result = (await send(command)) as { Items?: Item[]; Item?: Item };
    if (!(command instanceof QueryCommand || command instanceof GetItemCommand)) return result;
    return {
      ...result,
      ...(result.Items && { Items: result.Items.map(asWatermark) }),
      ...(result.Item && { Item: asWatermark(result.Item) }),
    };
  },

  'rollup without its condition': (send) => (command) =>
    send(
      command instanceof UpdateItemCommand
        ? new UpdateItemCommand({ ...command.input, ConditionExpression: undefined })
        : command,
    ),

  'settled without condition': (send) => (command) =>
    send(
      command instanceof TransactWriteItemsCommand
        ? new TransactWriteItemsCommand({ TransactItems: command.input.TransactItems?.map(unconditional) })
        : command,
    ),

  'settled beside the entry': (send) => async (command) => {
    if (!(command instanceof TransactWriteItemsCommand)) return send(command);
    const [entry, ...settlings] = command.input.TransactItems ?? [];
    const result = await send(new PutItemCommand(entry?.Put as PutItemCommandInput));
    for (const { Update } of settlings) await send(new UpdateItemCommand(Update as UpdateItemCommandInput));
    return result;
  },

  'parked records listed again': (send) => (command) =>
    send(
      command instanceof PutItemCommand && command.input.Item?.['sha256'] !== undefined
        ? new PutItemCommand({ ...command.input, ConditionExpression: undefined })
        : command,
    ),

  'settled records that expire at once': (send) => (command) =>
    send(
      command instanceof TransactWriteItemsCommand
        ? new TransactWriteItemsCommand({ TransactItems: command.input.TransactItems?.map(shortLived) })
        : command,
    ),

  'a head forgotten after expiry':
    (send, { role }) =>
    async (command) =>
      role === 'consumer' && command instanceof GetItemCommand ? {} : send(command),

  'the mapping in the key':
    (send, { mapping }) =>
    (command) => {
      const key = mapping === 0 ? JOURNAL : JOURNAL.replace('#', '0#');
      const renamed = JSON.parse(JSON.stringify(command.input).replaceAll(JOURNAL, key));
      if (renamed.Item?.seal !== undefined) renamed.Item = resealed(renamed.Item);
      return send(new (command.constructor as new (input: unknown) => typeof command)(renamed));
    },
};

function unconditional(item: TransactWriteItem): TransactWriteItem {
  if (item.Update === undefined) return item;
  return { Update: { ...item.Update, ConditionExpression: undefined } };
}

function shortLived(item: TransactWriteItem): TransactWriteItem {
  if (item.Update === undefined) return item;
  const values = { ...item.Update.ExpressionAttributeValues, ':expires': { N: '0' } };
  return { Update: { ...item.Update, ExpressionAttributeValues: values } };
}

function isEntryPut(command: unknown): command is PutItemCommand {
  return command instanceof PutItemCommand && (command.input.Item?.['sk']?.S ?? '').startsWith('entry#');
}

function withChanged(item: Item, changes: Item): Item {
  return resealed({ ...item, changed: { M: { ...item['changed']?.M, ...changes } } });
}

/** A broken variant would write a seal that fits, or the seal would find it. */
/** The item under a seal that fits what it holds now. */
export function resealed({ seal: _, ...item }: Item): Item {
  return sealItem(item);
}

function asWatermark(item: Item): Item {
  const state = item['state']?.M;
  const resolved = state?.['resolved']?.S;
  if (state === undefined || !resolved) return item;
  const highest = /\d+$/.exec(resolved)?.[0];
  const fields: Record<string, AttributeValue> = {
    ...state,
    resolved: { S: highest === '0' ? '0' : `0-${highest}` },
  };
  return resealed({ ...item, state: { M: fields } });
}
