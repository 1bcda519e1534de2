/**
 * What AWS charges, as dated data: prices.json in this folder, or a user's own file of the same shape. Prices are in USD, without free
 * tiers, discounts or taxes. A user's file needs no units and no sources, and needs the price of a broker only for the stage that it sizes.
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as v from 'valibot';
import { findInnermostMessage, UserError } from '../../terminal/user-error.ts';

/** As a person names it from here. */
export const PRICES_FILE = relative(process.cwd(), join(import.meta.dirname, 'prices.json'));

/** Every price but those of brokers, whose names are instance types. */
const priceNames = [
  'standard-storage',
  'express-storage',
  'express-data-in',
  'event-poller-unit',
  'lambda-request',
  'lambda-gb-second',
  'dynamodb-write-unit',
  'dynamodb-read-unit',
  'dynamodb-storage',
  'dynamodb-recovery',
  'alarm',
  'dashboard',
  'metric',
  'logs-in',
  'key',
] as const;

type PriceName = (typeof priceNames)[number];

const BROKER = /^(kafka|express)\.[a-z0-9]+\.[a-z0-9]+$/;

const priceSchema = v.strictObject({
  usd: v.pipe(v.number(), v.finite(), v.minValue(0)),
  unit: v.optional(v.string()),
  source: v.optional(v.string()),
});

const schema = v.strictObject({
  date: v.pipe(v.string(), v.isoDate()),
  region: v.pipe(v.string(), v.nonEmpty()),
  prices: v.record(v.string(), priceSchema),
});

export interface PriceList extends Readonly<v.InferOutput<typeof schema>> {
  readonly file: string;
}

/** Reads and checks a file of prices. Throws `UserError` with the first thing that is wrong in it. */
export function readPrices(file = PRICES_FILE): PriceList {
  const said = (what: string, cause?: unknown) =>
    new UserError(`--prices ${file}: ${what}. Copy ${PRICES_FILE} and change its prices.`, cause);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw said(`it can't be read (${findInnermostMessage(error)})`, error);
  }
  const { success, output, issues } = v.safeParse(schema, json);
  if (!success) throw said(`${v.getDotPath(issues[0]) ?? 'the file'}: ${issues[0].message}`);
  const unknown = Object.keys(output.prices).find(
    (name) => !BROKER.test(name) && !priceNames.some((known) => known === name),
  );
  if (unknown !== undefined)
    throw said(
      `'${unknown}' is no price. Allowed are ${priceNames.join(', ')}, and instance types of brokers`,
    );
  const missing = priceNames.filter((name) => !Object.hasOwn(output.prices, name));
  if (missing.length > 0) throw said(`it lacks ${missing.join(', ')}`);
  return { ...output, file };
}

/** USD of one unit. Throws `UserError` for an instance type without a price. */
export function getPrice({ prices, file }: PriceList, name: PriceName | `${string}.${string}`): number {
  const price = prices[name];
  if (price === undefined)
    throw new UserError(`${file} has no price for ${name}. Add it to a copy, and name that with --prices.`);
  return price.usd;
}
