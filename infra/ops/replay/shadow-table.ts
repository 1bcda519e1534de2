/** The table of a shadow ledger: made with a ledger's keys, never one that stands already, and gone afterwards. */
import {
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { OpsError } from '../ops-error.ts';

const EXISTS_WITHIN_S = 120;

export async function createShadowTable(client: DynamoDBClient, table: string): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    );
  } catch (error) {
    const why =
      error instanceof ResourceInUseException
        ? 'it stands already, and a shadow ledger has to begin empty'
        : String(error instanceof Error ? error.message : error);
    throw new OpsError(`table ${table} can't be made: ${why}`, error);
  }
  await waitUntilTableExists({ client, maxWaitTime: EXISTS_WITHIN_S, minDelay: 1 }, { TableName: table });
}

export async function deleteShadowTable(client: DynamoDBClient, table: string): Promise<void> {
  try {
    await client.send(new DeleteTableCommand({ TableName: table }));
  } catch (error) {
    throw new OpsError(
      `table ${table} can't be removed, do it yourself: ${error instanceof Error ? error.message : error}`,
      error,
    );
  }
}
