/** The environment variables of Lambda that code may rely on (AWS Lambda docs: configuration-envvars), and DynamoDB's endpoint. */

import type { EndpointAccess } from '../endpoint-access.ts';
import { buildDynamoDbEnvironment } from '../servers/dynamodb.ts';
import type { PlannedFunction } from '../template/planned.ts';

export function buildLambdaEnvironment(
  planned: PlannedFunction,
  dynamodb: EndpointAccess,
): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    TZ: ':UTC',
    ...buildDynamoDbEnvironment(dynamodb),
    AWS_LAMBDA_FUNCTION_NAME: planned.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(planned.memoryMb),
    _HANDLER: planned.handler,
  };
}
