/** The page's files in the folder `browser`. They are read once and served by exact path, so a request can't name another file. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const folder = join(import.meta.dirname, 'browser');

/** By path. */
export function readPageFiles(): Map<string, PageFile> {
  const files = readdirSync(folder).flatMap((name) => {
    const type = types[extname(name)];
    return type === undefined
      ? []
      : [[`/${name}`, { type, content: readFileSync(join(folder, name)) }] as const];
  });
  const served = new Map<string, PageFile>(files);
  const index = served.get('/index.html');
  if (index !== undefined) served.set('/', index);
  return served;
}
