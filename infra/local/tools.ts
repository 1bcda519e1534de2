/**
 * Runs a tool of the machine to its end. In: a name on the PATH and its arguments. Out: its exit status and all its
 * output, or `missing`. The caller explains what a missing or failed tool means.
 */
import { execFile } from 'node:child_process';

interface ToolRun {
  readonly status: number;
  readonly output: string;
}

const RUN_WITHIN_MS = 60_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

export function runTool(
  tool: string,
  given: readonly string[],
  withinMs = RUN_WITHIN_MS,
  folder = process.cwd(),
  env = process.env,
): Promise<ToolRun | 'missing'> {
  const limits = { timeout: withinMs, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES_MAX } as const;
  return new Promise((resolve) => {
    const child = execFile(tool, given, { ...limits, cwd: folder, env }, (error, stdout, stderr) => {
      const output = stderr + stdout;
      if (error === null) resolve({ status: 0, output });
      else if (error.code === 'ENOENT') resolve('missing');
      else if (error.killed === true)
        resolve({ status: -1, output: `${output}\nit did not end within ${withinMs / 1000} s` });
      else resolve({ status: typeof error.code === 'number' ? error.code : -1, output });
    });
    child.stdin?.end();
  });
}

/** While a silent tool works, one line on a terminal shows for how long. The line disappears at the end. */
export async function showWhile<Result>(
  what: string,
  work: Promise<Result>,
  out: NodeJS.WriteStream = process.stderr,
): Promise<Result> {
  if (!out.isTTY) return work;
  const began = performance.now();
  const show = () => out.write(`\r\u001b[K${what}: ${Math.round((performance.now() - began) / 1_000)} s`);
  const timer = setInterval(show, 1_000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    out.write('\r\u001b[K');
  }
}

const FAULT_LENGTH_MAX = 400;

/** The most useful line: Maven's first error, else the last line. */
export function findFirstFault(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const errors = lines
    .filter((line) => line.startsWith('[ERROR] '))
    .map((line) => line.slice('[ERROR] '.length));
  return (errors[0] ?? lines.at(-1) ?? 'no output').slice(0, FAULT_LENGTH_MAX);
}
