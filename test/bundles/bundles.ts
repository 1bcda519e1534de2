/** The functions as they are deployed: bundled by the stacks, told what the template tells them, one process each. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { groups } from '../../functions/index.ts';
import { addStacks, featureFlags } from '../../infra/aws/stacks.ts';
import type { EndpointAccess } from '../../infra/local/endpoint-access.ts';
import { buildLambdaEnvironment } from '../../infra/local/sandbox/lambda-environment.ts';
import type { RuntimePlan } from '../../infra/local/template/planned.ts';
import { readPlan } from '../../infra/local/template/read-plan.ts';

/** What `cdk synth` writes, bundles included, and the plan that is read from it. */
export function synthesized(folder: string): RuntimePlan {
  const app = new App({ analyticsReporting: false, outdir: folder, postCliContext: featureFlags });
  addStacks(app, 'dev', groups);
  app.synth();
  return readPlan(folder, { secrets: () => 'a secret of thirty-two characters' });
}

/** An answer, or the words of the error that the function threw. */
type Answer = { readonly returned: unknown } | { readonly failed: string };

const PROCESS = join(import.meta.dirname, 'bundle-process.ts');

export class Bundles {
  /** All that the functions have logged, metrics included. */
  logged = '';
  readonly #plan: RuntimePlan;
  readonly #dynamodb: EndpointAccess;
  readonly #running = new Map<string, ChildProcess>();

  constructor(plan: RuntimePlan, dynamodb: EndpointAccess) {
    this.#plan = plan;
    this.#dynamodb = dynamodb;
  }

  /** The table of a group's ledger. */
  table(group: string): string {
    const stack = `clickledger-dev-${group}`;
    const [table, ...others] = this.#plan.tables.filter((each) => each.stack === stack);
    if (table === undefined || others.length > 0) throw new Error(`not one table in ${stack}`);
    return table.name;
  }

  async invokeConsumer(group: string, event: unknown): Promise<Answer> {
    const stack = `clickledger-dev-${group}`;
    const mapping = this.#plan.mappings.find((each) => each.stack === stack);
    return this.#invoke(mapping?.functionId ?? `the consumer of ${stack}`, event);
  }

  /** As the schedule does every minute. */
  async invokeRollup(group: string): Promise<Answer> {
    const stack = `clickledger-dev-${group}`;
    const schedule = this.#plan.schedules.find(({ functionId }) => functionId.startsWith(`${stack}/`));
    return this.#invoke(schedule?.functionId ?? `the rollup of ${stack}`, schedule?.input ?? {});
  }

  async stop(): Promise<void> {
    for (const child of this.#running.values()) {
      // Node emits no 'close' for a child that we disconnect from, and what it wrote may arrive after its 'exit'.
      const ended = [child, child.stdout, child.stderr].map(
        (each) => each && once(each, each === child ? 'exit' : 'end'),
      );
      child.disconnect();
      await Promise.all(ended);
    }
    this.#running.clear();
  }

  async #invoke(functionId: string, event: unknown): Promise<Answer> {
    const child = this.#running.get(functionId) ?? (await this.#start(functionId));
    child.send({ requestId: randomUUID(), event });
    return nextMessage(child) as Promise<Answer>;
  }

  async #start(functionId: string): Promise<ChildProcess> {
    const planned = this.#plan.functions.find(({ id }) => id === functionId);
    if (planned === undefined) throw new Error(`the plan has no function ${functionId}`);
    const child = fork(PROCESS, [planned.file, String(planned.timeoutSeconds)], {
      env: { ...buildLambdaEnvironment(planned, this.#dynamodb), ...planned.environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.logged += chunk.toString('utf8');
      });
    this.#running.set(functionId, child);
    await nextMessage(child);
    return child;
  }
}

/** Rejects if the process ends instead. */
function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the function's process ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
}
