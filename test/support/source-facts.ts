/** What sources declare and import, by TypeScript's own parser. Types are resolved by nobody, so that a whole tree takes a second. */
import { join } from 'node:path';
import {
  isArrowFunction,
  isCallExpression,
  isClassDeclaration,
  isExportDeclaration,
  isFunctionDeclaration,
  isFunctionExpression,
  isIdentifier,
  isImportDeclaration,
  isImportTypeNode,
  isInterfaceDeclaration,
  isLiteralTypeNode,
  isNamedImports,
  isStringLiteral,
  isTypeAliasDeclaration,
  isVariableStatement,
  type Node,
  type SourceFile,
  type Statement,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { createVirtualFileSystem } from 'typescript/unstable/fs';
import { API } from 'typescript/unstable/sync';

export interface SourceFacts {
  /** Files of the tree that it imports or exports from, for types too, by their paths from the root. */
  readonly imports: readonly string[];
  /** `<file> <name>` of each name that it imports from the tree; `<file> *` where it imports all of a file. */
  readonly importedNames: readonly string[];
  readonly exportedFunctions: readonly string[];
  /** Functions, classes and constants. */
  readonly exportedValues: readonly string[];
  /** Classes, interfaces and other types. */
  readonly exportedTypes: readonly string[];
}

/** @param texts by the file's path from the root, such as `shared/group.ts` */
export function readSourceFacts(texts: ReadonlyMap<string, string>): Map<string, SourceFacts> {
  const config = '/tree/tsconfig.json';
  const files = Object.fromEntries(Array.from(texts, ([file, text]) => [`/tree/${file}`, text]));
  const compilerOptions = { noLib: true, noResolve: true, types: [], noEmit: true };
  const fs = createVirtualFileSystem({
    ...files,
    [config]: JSON.stringify({ compilerOptions, files: [...texts.keys()] }),
  });
  const api = new API({ cwd: '/tree', fs });
  try {
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects();
    return new Map(
      Array.from(texts.keys(), (file) => {
        const source = project?.program.getSourceFile(`/tree/${file}`);
        if (source === undefined) throw new Error(`${file} is not parsed`);
        return [file, factsOf(file, source)];
      }),
    );
  } finally {
    api.close();
  }
}

function factsOf(file: string, source: SourceFile): SourceFacts {
  const exported = source.statements.filter(isExported);
  const imports = Array.from(importsIn(source)).filter(({ specifier }) => specifier.startsWith('.'));
  const pathOf = (specifier: string) => join(file, '..', specifier);
  return {
    imports: imports.map(({ specifier }) => pathOf(specifier)),
    importedNames: imports.flatMap(({ specifier, names }) =>
      names.map((name) => `${pathOf(specifier)} ${name}`),
    ),
    exportedFunctions: exported.flatMap(functionsOf),
    exportedValues: exported.flatMap(valuesOf),
    exportedTypes: exported.flatMap((statement) =>
      (isInterfaceDeclaration(statement) ||
        isTypeAliasDeclaration(statement) ||
        isClassDeclaration(statement)) &&
      statement.name !== undefined
        ? [statement.name.text]
        : [],
    ),
  };
}

function isExported(statement: Statement): boolean {
  const { modifiers } = statement as { readonly modifiers?: readonly Node[] };
  return modifiers?.some(({ kind }) => kind === SyntaxKind.ExportKeyword) === true;
}

function functionsOf(statement: Statement): string[] {
  if (isFunctionDeclaration(statement)) return statement.name === undefined ? [] : [statement.name.text];
  if (!isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(({ name, initializer }) =>
    initializer !== undefined &&
    (isArrowFunction(initializer) || isFunctionExpression(initializer)) &&
    isIdentifier(name)
      ? [name.text]
      : [],
  );
}

function valuesOf(statement: Statement): string[] {
  if (isFunctionDeclaration(statement) || isClassDeclaration(statement))
    return statement.name === undefined ? [] : [statement.name.text];
  if (!isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(({ name }) =>
    isIdentifier(name) ? [name.text] : [],
  );
}

interface Import {
  readonly specifier: string;
  readonly names: readonly string[];
}

/** Of `import`, `export … from`, `import(…)` and types like `import('…').Type`. */
function* importsIn(node: Node): Generator<Import> {
  if (isImportDeclaration(node)) {
    const bindings = node.importClause?.namedBindings;
    const names =
      bindings !== undefined && isNamedImports(bindings)
        ? bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text)
        : ['*'];
    if (isStringLiteral(node.moduleSpecifier)) yield { specifier: node.moduleSpecifier.text, names };
  }
  const whole = isExportDeclaration(node)
    ? node.moduleSpecifier
    : isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword
      ? node.arguments[0]
      : isImportTypeNode(node) && isLiteralTypeNode(node.argument)
        ? node.argument.literal
        : undefined;
  if (whole !== undefined && isStringLiteral(whole)) yield { specifier: whole.text, names: ['*'] };
  const children: Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
    return undefined;
  });
  for (const child of children) yield* importsIn(child);
}

/** Each group of files that import each other, directly or by way of others; Tarjan's strongly connected components. */
export function findCycles(graph: ReadonlyMap<string, Pick<SourceFacts, 'imports'>>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (file: string): number => {
    const at = order.size;
    order.set(file, at);
    lowest.set(file, at);
    stack.push(file);
    for (const target of graph.get(file)?.imports ?? []) {
      if (!graph.has(target)) continue;
      const reached = !order.has(target)
        ? visit(target)
        : stack.includes(target)
          ? order.get(target)
          : undefined;
      if (reached !== undefined) lowest.set(file, Math.min(lowest.get(file) ?? at, reached));
    }
    const low = lowest.get(file) ?? at;
    if (low === at) {
      const group = stack.splice(stack.indexOf(file));
      if (group.length > 1 || graph.get(file)?.imports.includes(file)) cycles.push(group.sort());
    }
    return low;
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return cycles;
}
