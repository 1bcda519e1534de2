/**
 * Reads the functions of the plan: bundle, handler, environment, limits. In: `AWS::Lambda::Function`. Out: all that a
 * sandbox needs to run one. If a mapping or a schedule runs a function that can't run here, the templates are refused. Any
 * other function that can't run, such as a helper of CDK, is noted and left out, because nothing here would call it.
 */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { UserError } from '../../terminal/user-error.ts';
import type { Resource } from './cloud-assembly.ts';
import { listResources, resolvePhysicalName } from './evaluate.ts';
import type { PlannedFunction } from './planned.ts';
import { parseWholeNumber, readProperties, text } from './properties.ts';
import { buildPlace, formatLabel, refuse, type TemplateScope } from './scope.ts';

/** The service's defaults and limits (AWS Lambda docs: gettingstarted-limits). */
const functionSchema = v.object({
  PackageType: v.optional(text, 'Zip'),
  Runtime: v.optional(text, ''),
  Handler: v.optional(text, ''),
  Code: v.object({ S3Key: v.optional(text) }),
  Environment: v.optional(
    v.object({
      Variables: v.optional(
        v.record(
          v.string(),
          v.pipe(v.union([text, v.number(), v.boolean()], 'must be a text'), v.transform(String)),
        ),
      ),
    }),
  ),
  Timeout: v.optional(parseWholeNumber(1, 900), 3),
  MemorySize: v.optional(parseWholeNumber(128, 10_240), 128),
});

/** Properties that change how a function runs, and that a process on this machine can't imitate. */
const unimitated = ['Layers', 'ReservedConcurrentExecutions', 'FileSystemConfigs', 'SnapStart'];

const LOCAL_RUNTIME = `nodejs${process.versions.node.replace(/\..*$/, '')}.x`;

const extensions = ['.mjs', '.js', '.cjs'];

export function formatFunctionId({ stack, id }: Resource): string {
  return `${stack.name}/${id}`;
}

/** The function with that name, if a template has one. */
export function findFunction(scope: TemplateScope, name: string): Resource | undefined {
  return listResources(scope, 'AWS::Lambda::Function').find(
    (resource) => resolvePhysicalName(scope, buildPlace(resource, 'FunctionName'), resource) === name,
  );
}

/** @param invoked ids of the functions that a mapping or a schedule runs */
export function readFunctions(
  scope: TemplateScope,
  invoked: ReadonlySet<string>,
  notes: string[],
): PlannedFunction[] {
  const functions: PlannedFunction[] = [];
  for (const resource of listResources(scope, 'AWS::Lambda::Function')) {
    try {
      functions.push(readFunction(scope, resource, notes));
    } catch (error) {
      if (!(error instanceof UserError) || invoked.has(formatFunctionId(resource))) throw error;
      notes.push(`${error.message}; nothing here runs this function, so it is left out`);
    }
  }
  return functions;
}

function readFunction(scope: TemplateScope, resource: Resource, notes: string[]): PlannedFunction {
  const given = readProperties(scope, resource, functionSchema);
  if (given.PackageType !== 'Zip')
    refuse(
      buildPlace(resource, 'PackageType'),
      `is ${given.PackageType}; only zipped code runs here, not images`,
    );
  if (!given.Runtime.startsWith('nodejs'))
    refuse(buildPlace(resource, 'Runtime'), `is '${given.Runtime}'; only nodejs runtimes run here`);
  if (given.Runtime !== LOCAL_RUNTIME)
    notes.push(`${formatLabel(resource)}: Runtime is ${given.Runtime}, and runs on ${LOCAL_RUNTIME} here`);
  for (const name of unimitated)
    if (resource.properties[name] !== undefined)
      notes.push(`${formatLabel(resource)}: ${name} is not imitated`);
  const folder = codeFolder(scope, resource, given.Code.S3Key);
  return {
    id: formatFunctionId(resource),
    name: resolvePhysicalName(scope, buildPlace(resource, 'FunctionName'), resource),
    stack: resource.stack.name,
    logicalId: resource.id,
    codeFolder: folder,
    file: handlerFile(resource, folder, given.Handler),
    handler: given.Handler,
    environment: given.Environment?.Variables ?? {},
    timeoutSeconds: given.Timeout,
    memoryMb: given.MemorySize,
  };
}

function codeFolder(scope: TemplateScope, resource: Resource, key: string | undefined): string {
  const place = buildPlace(resource, 'Code');
  if (key === undefined) return refuse(place, 'is inline; only the code of an asset runs here');
  const folder = scope.templates.assets.get(key);
  if (folder === undefined) return refuse(place, `the S3Key '${key}' is not an asset of this assembly`);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    return refuse(place, `its asset ${folder} is not a folder; synthesize the templates again`);
  return folder;
}

/** `folder/file.export`: the part after the last dot is the export (AWS Lambda docs: nodejs-handler). */
function handlerFile(resource: Resource, folder: string, handler: string): string {
  const stem = join(folder, handler.replace(/\.[^./]*$/, ''));
  const file = extensions
    .map((extension) => stem + extension)
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  return (
    file ??
    refuse(
      buildPlace(resource, 'Handler'),
      `is '${handler}', and ${stem} has none of ${extensions.join(', ')}`,
    )
  );
}
