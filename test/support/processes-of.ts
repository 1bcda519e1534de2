/**
 * The processes that belong to a local runtime's folder, found as an outsider finds them: those that name it in their command line
 * (servers, sandboxes) or have it in the environment that they inherited (start, pollers, producer).
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface FoundProcess {
  readonly pid: number;
  /** Command line and environment. */
  readonly text: string;
}

export function processesOf(folder: string): FoundProcess[] {
  const all = process.platform === 'linux' ? fromProc() : fromPs();
  return all.filter(({ pid, text }) => pid > 1 && pid !== process.pid && text.includes(folder));
}

function fromProc(): FoundProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isSafeInteger(pid)) return [];
    try {
      const [command, environment] = ['cmdline', 'environ'].map((file) =>
        readFileSync(`/proc/${pid}/${file}`, 'utf8'),
      );
      return [{ pid, text: `${command}\0${environment}` }];
    } catch {
      return []; // It has ended meanwhile, or is another user's.
    }
  });
}

function fromPs(): FoundProcess[] {
  const listed = execFileSync('ps', ['-axEww', '-o', 'pid=,command='], { encoding: 'utf8' });
  return listed.split('\n').map((line) => ({ pid: Number.parseInt(line, 10), text: line }));
}
