/**
 * Reads the cloud assembly that `cdk synth` wrote, as plain data. In: the folder `cdk.out`. Out: every stack's template, and
 * the folder of each code asset. Nothing is evaluated here; evaluate.ts does that.
 *
 * It relies on this: `manifest.json` lists an artifact for each stack, for each stack's assets and for each nested
 * assembly (a CDK stage). The assets file names the folder of an asset, and the object key in a function's
 * `Code.S3Key` (AWS CDK docs: cloud assembly schema). Templates of nested CloudFormation stacks are not
 * read.
 */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { UserError } from '../../terminal/user-error.ts';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export interface Resource {
  readonly stack: Stack;
  readonly id: string;
  readonly type: string;
  readonly properties: JsonObject;
  readonly metadata: JsonObject;
  /** The name of its condition, if it has one. */
  readonly condition: string | undefined;
}

export interface Stack {
  readonly name: string;
  readonly parameters: JsonObject;
  readonly mappings: JsonObject;
  readonly conditions: JsonObject;
  readonly outputs: JsonObject;
  readonly resources: ReadonlyMap<string, Resource>;
}

export interface Templates {
  readonly stacks: readonly Stack[];
  /** The folder or file of each asset, by object key. */
  readonly assets: ReadonlyMap<string, string>;
}

const manifestSchema = v.object({
  artifacts: v.record(
    v.string(),
    v.object({
      type: v.string(),
      properties: v.optional(
        v.object({
          templateFile: v.optional(v.string()),
          stackName: v.optional(v.string()),
          file: v.optional(v.string()),
          directoryName: v.optional(v.string()),
        }),
        {},
      ),
    }),
  ),
});

const assetsSchema = v.object({
  files: v.record(
    v.string(),
    v.object({
      source: v.object({ path: v.optional(v.string()) }),
      destinations: v.record(v.string(), v.object({ objectKey: v.string() })),
    }),
  ),
});

const jsonObjectSchema = v.custom<JsonObject>(isJsonObject, 'must be an object');

const templateSchema = v.object({
  Parameters: v.optional(jsonObjectSchema, {}),
  Mappings: v.optional(jsonObjectSchema, {}),
  Conditions: v.optional(jsonObjectSchema, {}),
  Outputs: v.optional(jsonObjectSchema, {}),
  Resources: v.record(
    v.string(),
    v.object({
      Type: v.string(),
      Properties: v.optional(jsonObjectSchema, {}),
      Metadata: v.optional(jsonObjectSchema, {}),
      Condition: v.optional(v.string()),
    }),
  ),
});

/** Limit for nested objects and lists in a file, because their readers recurse. */
const DEPTH_MAX = 100;

function isDeeper(content: unknown, max: number): boolean {
  let level = [content];
  for (let depth = 0; depth <= max; depth++)
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  return level.length > 0;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function readTemplates(folder: string): Templates {
  const stacks: Stack[] = [];
  const assets = new Map<string, string>();
  readAssembly(folder, stacks, assets);
  return { stacks, assets };
}

function readAssembly(folder: string, stacks: Stack[], assets: Map<string, string>): void {
  const { artifacts } = readJson(join(folder, 'manifest.json'), manifestSchema);
  for (const [id, { type, properties }] of Object.entries(artifacts)) {
    const { templateFile, stackName = id, file, directoryName } = properties;
    if (type === 'aws:cloudformation:stack' && templateFile !== undefined)
      stacks.push(readStack(stackName, join(folder, templateFile)));
    if (type === 'cdk:asset-manifest' && file !== undefined) readAssets(folder, join(folder, file), assets);
    if (type === 'cdk:cloud-assembly' && directoryName !== undefined)
      readAssembly(join(folder, directoryName), stacks, assets);
  }
}

function readStack(name: string, file: string): Stack {
  const template = readJson(file, templateSchema);
  const resources = new Map<string, Resource>();
  const stack: Stack = {
    name,
    parameters: template.Parameters,
    mappings: template.Mappings,
    conditions: template.Conditions,
    outputs: template.Outputs,
    resources,
  };
  for (const [id, given] of Object.entries(template.Resources)) {
    const { Type: type, Properties: properties, Metadata: metadata, Condition: condition } = given;
    resources.set(id, { stack, id, type, properties, metadata, condition });
  }
  return stack;
}

function readAssets(folder: string, file: string, assets: Map<string, string>): void {
  for (const { source, destinations } of Object.values(readJson(file, assetsSchema).files)) {
    if (source.path === undefined) continue;
    for (const { objectKey } of Object.values(destinations))
      assets.set(objectKey, resolve(folder, source.path));
  }
}

function readJson<Schema extends v.GenericSchema>(file: string, schema: Schema): v.InferOutput<Schema> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new UserError(`${file} can't be read as JSON: synthesize the templates first (cdk synth)`, cause);
  }
  if (isDeeper(content, DEPTH_MAX))
    throw new UserError(
      `${file} nests objects or lists more than ${DEPTH_MAX} levels deep, which no valid template does: synthesize it again`,
    );
  const parsed = v.safeParse(schema, content);
  if (parsed.success) return parsed.output;
  const faults = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
  throw new UserError(`${file} is not what CDK writes: ${faults.join('; ')}`);
}
