/**
 * Runs one JVM as a child process. In: the jars, the Launcher's command, a log file. Out: its pid and port once it
 * serves, a promise of its end, and a way to stop it. It ends with this process, because it reads its standard input from a
 * pipe that this process holds open. It has its own process group: Ctrl-C in a terminal reaches only this process, which
 * then chooses the order of stopping.
 *
 * It uses the serial collector and the first-level compiler. On two cores a broker is then ready in 1.5 s instead of 3.4 s,
 * and needs a third less CPU time for the same million records (measured; both servers are short-lived with small
 * heaps).
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { UserError } from '../../terminal/user-error.ts';
import { buildChildEnvironment, getPid } from '../children.ts';
import type { Jars } from './jars.ts';

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningJvm {
  readonly pid: number;
  readonly port: number;
  /** Resolves when the process has ended, for any reason; never rejects. */
  readonly exited: Promise<Exit>;
  /** Sends SIGTERM, and SIGKILL if it has not ended within a bound. */
  stop(): Promise<void>;
}

interface JvmOptions {
  readonly jars: Jars;
  /** Its name in error messages. */
  readonly name: string;
  readonly heapMb: number;
  /** Created if missing. Also its working folder, and the place for its unpacked native code. */
  readonly dataFolder: string;
  /** Appended to. */
  readonly logFile: string;
  /** For the Launcher. */
  readonly command: readonly string[];
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 5_000;
const LOG_LINES_SHOWN = 12;

export async function startJvm(options: JvmOptions): Promise<RunningJvm> {
  const { logFile } = options;
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const logged = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const child = launch(options);
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  const readiness = await Promise.race([readyPort(child), exited, after(READY_WITHIN_MS)]);
  if (typeof readiness === 'number')
    return { pid: getPid(child), port: readiness, exited, stop: () => stop(child, exited) };
  child.kill('SIGKILL');
  const end =
    readiness === 'late'
      ? `was not ready within ${READY_WITHIN_MS / 1000} s`
      : `ended (${described(readiness)})`;
  throw new UserError(`${options.name} ${end}; the last lines of ${logFile}:\n${lastLines(logFile, logged)}`);
}

function launch({ jars, heapMb, dataFolder, logFile, command }: JvmOptions): Child {
  const temporary = join(dataFolder, 'tmp');
  // Otherwise native code that a killed run has unpacked would stay for ever.
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  const log = openSync(logFile, 'a');
  const flags = [
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:-UsePerfData',
    '-XX:+ExitOnOutOfMemoryError',
    `-Xmx${heapMb}m`,
    '-Djava.net.preferIPv4Stack=true',
    `-Djava.io.tmpdir=${temporary}`,
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
  ];
  try {
    const child = spawn('java', [...flags, '-cp', jars.classPath, 'Launcher', ...command], {
      cwd: dataFolder,
      // Java decodes paths on its command line by the locale's encoding; without a locale that is ASCII.
      env: { ...buildChildEnvironment(), LC_ALL: 'C.UTF-8' },
      detached: true,
      stdio: ['pipe', 'pipe', log],
    }) as Child;
    // Nothing is ever written to it, so `exit` reports every failure too.
    child.stdin.on('error', () => undefined);
    return child;
  } finally {
    closeSync(log);
  }
}

/** The Launcher writes one line to standard output: `ready <port>`. */
function readyPort(child: Child): Promise<number> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, port] = /^ready (\d+)$/.exec(line) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
  });
}

async function stop(child: Child, exited: Promise<Exit>): Promise<void> {
  child.kill('SIGTERM');
  if ((await Promise.race([exited, after(STOP_WITHIN_MS)])) === 'late') child.kill('SIGKILL');
  await exited;
}

function after(ms: number): Promise<'late'> {
  return new Promise((resolve) => setTimeout(() => resolve('late'), ms).unref());
}

function described({ code, signal }: Exit): string {
  return signal === null ? `code ${code}` : signal;
}

function lastLines(file: string, from: number): string {
  return readFileSync(file)
    .subarray(from)
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .slice(-LOG_LINES_SHOWN)
    .join('\n');
}
