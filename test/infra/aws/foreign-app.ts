/** Somebody else's CDK app with a group in it: a cluster that is known by ARN and name, and nothing of this repository's stages. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type App, Stack } from 'aws-cdk-lib/core';
import { ConsumerGroup, type ConsumerGroupProps } from '../../../infra/aws/consumer-group.ts';

import type { GroupSpec, RetryUntilSpent } from '../../../shared/group.ts';
import { type CfnTemplate, unbundledApp } from './templates.ts';

export const CLUSTER_ARN =
  'arn:aws:kafka:eu-west-1:111122223333:cluster/clicks/0a1b2c3d-4e5f-6789-abcd-0123456789ab-7';

const orders: GroupSpec = {
  ledger: 'orders',
  groupId: 'orders-service',
  topic: 'orders',
  contract: {
    format: 'json',
    fields: { shop: { kind: 'text', max: 64 }, totalMicros: { kind: 'micros', max: 1_000_000_000 } },
  },
  count: { by: ['shop'], measures: { orders: 1, micros: 'totalMicros' } },
  startingPosition: 'TRIM_HORIZON',
  batch: { records: 1_000, windowSeconds: 1 },
  retry: { until: 'done' },
  pollers: { min: 1, max: 3 },
  offsets: 'dense',
  rejects: { shareMax: 0.5, countMin: 100 },
  entryDays: 35,
  sandbox: { memoryMb: 512, timeoutSeconds: 30 },
  secrets: [],
};

export const spent: RetryUntilSpent = {
  until: 'spent',
  attempts: 3,
  ageSeconds: 600,
  bisect: true,
  destination: 's3',
};

/** A change as plain JavaScript may make it, past what the types allow. */
export type Change = { readonly [P in keyof GroupSpec]?: unknown } & { readonly [other: string]: unknown };

const functions = fileURLToPath(new URL('../../../functions/', import.meta.url));

export function propsOf(change: Change = {}, more: Partial<ConsumerGroupProps> = {}): ConsumerGroupProps {
  return {
    group: { ...orders, ...change } as GroupSpec,
    cluster: { arn: CLUSTER_ARN, name: 'clicks' },
    topic: { partitions: 3, retentionHours: 168, incarnation: 1 },
    code: { handler: `${functions}billing/handler.ts`, rollup: `${functions}billing/rollup.ts` },
    ...more,
  };
}

/** What `fill` puts into an app of one stack, or more that it makes itself, synthesized without bundling. */
export function synthesized(fill: (stack: Stack, app: App) => void): CfnTemplate {
  const outdir = mkdtempSync(join(tmpdir(), 'clickledger-foreign-'));
  try {
    const app = unbundledApp(outdir);
    const stack = new Stack(app, 'Shop');
    fill(stack, app);
    return app.synth().getStackByName('Shop').template;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The lines of what synthesis refuses; none where it goes through. */
export function refusalsOf(change: Change, more: Partial<ConsumerGroupProps> = {}): string[] {
  return refusalsIn((stack) => void new ConsumerGroup(stack, 'Orders', propsOf(change, more)));
}

export function refusalsIn(fill: (stack: Stack, app: App) => void): string[] {
  try {
    synthesized(fill);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').filter((line) => !line.startsWith('Validation failed'));
  }
}
