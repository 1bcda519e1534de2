/**
 * Runs a tool of the machine to its end. In: a name on the PATH and its arguments. Out: its exit status and all that it wrote, or
 * `missing`. Callers say what the absence or the failure of their tool means.
 */
import { execFile } from 'node:child_process';

export interface ToolRun {
  readonly status: number;
  readonly output: string;
}

const RUN_WITHIN_MS = 60_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

export function run(
  tool: string,
  given: readonly string[],
  withinMs = RUN_WITHIN_MS,
): Promise<ToolRun | 'missing'> {
  const limits = { timeout: withinMs, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES_MAX } as const;
  return new Promise((resolve) => {
    const child = execFile(tool, given, limits, (error, stdout, stderr) => {
      const output = stderr + stdout;
      if (error === null) resolve({ status: 0, output });
      else if (error.code === 'ENOENT') resolve('missing');
      else if (error.killed === true)
        resolve({ status: -1, output: `${output}\nno end within ${withinMs / 1000} s` });
      else resolve({ status: typeof error.code === 'number' ? error.code : -1, output });
    });
    child.stdin?.end();
  });
}

/** The line that tells most: Maven's first error, else the last line. */
export function firstFault(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const error = lines.find((line) => line.startsWith('[ERROR]'))?.replace(/^\[ERROR\]\s*/, '');
  return error ?? lines.at(-1) ?? 'without a word';
}
