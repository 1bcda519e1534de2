/**
 * What a request costs by the billing rules, computed from what is sent, since DynamoDB Local misreports transactions: an item is rounded
 * up to whole KB, an update pays for the larger of before and after, a transaction twice, a failed condition like a write
 * (DynamoDB docs: read-write-operations, CapacityUnitCalculations).
 */
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { countItemBytes } from '../../infra/ops/size/item-sizes.ts';

type Item = Readonly<Record<string, AttributeValue>>;

const UNIT_BYTES = 1024;

export function unitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / UNIT_BYTES));
}

interface Written {
  readonly Item?: Item | undefined;
  readonly Key?: Item | undefined;
  readonly ExpressionAttributeValues?: Item | undefined;
}

/** Of an update only what it sets is known, which is enough for items of less than 1 KB; a larger one is refused. */
function unitsOfWrite({ Item: item, Key: key, ExpressionAttributeValues: values }: Written): number {
  if (item !== undefined) return unitsOf(countItemBytes(item));
  const bytes = countItemBytes({ ...key, ...values });
  if (bytes > UNIT_BYTES / 2)
    throw new RangeError(`an update of ${bytes} bytes: the size of its item is not known`);
  return 1;
}

/** Write units of a command of the SDK, by the name that the SDK gives it; 0 for one that only reads. */
export function writeUnits(command: string, input: object): number {
  switch (command) {
    case 'PutItemCommand':
    case 'UpdateItemCommand':
    case 'DeleteItemCommand':
      return unitsOfWrite(input as Written);
    case 'TransactWriteItemsCommand': {
      const { TransactItems: actions = [] } = input as {
        TransactItems?: { Put?: Written; Update?: Written }[];
      };
      return actions.reduce(
        (sum, { Put: put, Update: update }) => sum + 2 * unitsOfWrite(put ?? update ?? {}),
        0,
      );
    }
    case 'QueryCommand':
    case 'GetItemCommand':
      return 0;
    default:
      throw new RangeError(`no rule for the write units of ${command}`);
  }
}

export interface Meter {
  requests: number;
  writes: number;
  units: number;
}

/** Counts what a client sends from now on; once for each command, however often the SDK tries. */
export function metered(client: DynamoDBClient): Meter {
  const meter: Meter = { requests: 0, writes: 0, units: 0 };
  client.middlewareStack.add(
    (next, context) => (args) => {
      const units = writeUnits(context.commandName ?? '', args.input);
      meter.requests += 1;
      meter.writes += units > 0 ? 1 : 0;
      meter.units += units;
      return next(args);
    },
    { step: 'initialize', name: 'meter' },
  );
  return meter;
}
