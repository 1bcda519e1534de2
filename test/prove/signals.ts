/** Signals to the processes of a ground, by what a request says of its sandbox or a journal of its owner. */
import type { Child } from '../../infra/local/children.ts';
import type { InjectedFault } from '../../infra/local/faults/fault.ts';
import type { Ground } from '../../infra/local/local-runtime.ts';
import type { Events } from './events.ts';

/** Kills the poller that owns the partition of a journal. */
export function killOwner(
  ground: Ground,
  group: string,
  journal: string,
  kill: (child: Child | undefined) => void,
): void {
  const partition = Number(journal.split('#').at(-1));
  for (const mapping of ground.plan.mappings.filter(({ groupId }) => groupId === group)) {
    const owner = ground.owned(mapping).get(partition)?.poller;
    kill(
      ground.children
        .list()
        .find(
          (child) => child.role === 'poller' && child.group === group && child.name === `poller ${owner}`,
        ),
    );
  }
}

/** Only to a process that the ground has started. */
export function signalSandbox(
  ground: Ground,
  sandbox: string,
  name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT',
  at: InjectedFault['kind'],
  events: Events,
): void {
  const child = ground.children
    .list()
    .find(({ pid, role }) => role === 'function' && `pid-${pid}` === sandbox);
  if (child === undefined) return;
  try {
    process.kill(child.pid, name);
    if (name === 'SIGKILL') events.add('killed: function', { what: at });
    if (name !== 'SIGCONT') events.add(`function ${at}`);
  } catch {
    // It has ended by itself since.
  }
}
