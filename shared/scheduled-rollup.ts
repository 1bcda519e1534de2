/** The Lambda handler of a group's schedule: one rollup, as far as the time of the invocation allows. */
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { systemClock } from './clock.ts';
import { readConfig } from './config.ts';
import { createLedgerClient, type Means } from './consumer.ts';
import type { GroupSpec } from './group.ts';
import { type RollupProgress, rollUp } from './statement/rollup.ts';
import { createTelemetry, reportRollup } from './telemetry.ts';

/** Time kept back for a pass that has begun: it may write 200 000 lines. Cut off half way it is safe, but pays again. */
const DEADLINE_MARGIN_MS = 90_000;

export function scheduledRollup(group: GroupSpec, given?: Means) {
  const { config, client, clock } = given ?? {
    config: readConfig([]),
    client: createLedgerClient(),
    clock: systemClock,
  };
  const ledger = { client, table: config.table, entryDays: group.entryDays };
  const telemetry = createTelemetry(group.ledger, config.table);
  return middy<unknown, RollupProgress>()
    .use(injectLambdaContext(telemetry.logger))
    .use(logMetrics(telemetry.metrics))
    .handler(async function rollUpLedger(_event: unknown, context: Context): Promise<RollupProgress> {
      const deadline = clock.now() + context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS;
      return rollUp(ledger, clock, deadline, (progress) => reportRollup(telemetry, progress));
    });
}
