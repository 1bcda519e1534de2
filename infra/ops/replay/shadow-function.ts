/** A bundle as a shadow ledger's function: in a child process that knows the shadow's table and none else, ended with its command. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { OpsError } from '../ops-error.ts';
import type { Bundle } from './synthesized-bundle.ts';

interface ShadowFunctionOptions {
  readonly bundle: Bundle;
  /** Its region, credentials and endpoint are the child's. */
  readonly client: DynamoDBClient;
  readonly endpoint: string | undefined;
  readonly table: string;
  readonly incarnation: number;
}

type Message = { ready?: true; returned?: unknown; failed?: string };

const ANSWER_WITHIN_MS = 90_000;
const PROCESS = join(import.meta.dirname, 'shadow-process.ts');

export class ShadowFunction {
  readonly #child: ChildProcess;
  #log = '';

  static async start(options: ShadowFunctionOptions): Promise<ShadowFunction> {
    const { bundle, client, endpoint, table, incarnation } = options;
    const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
    const environment: Record<string, string> = {
      PATH: process.env['PATH'] ?? '',
      TZ: ':UTC',
      AWS_REGION: await client.config.region(),
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
      ...(endpoint !== undefined && { AWS_ENDPOINT_URL_DYNAMODB: endpoint }),
      LEDGER_TABLE: table,
      TOPIC_INCARNATION: String(incarnation),
      PARTIAL_RESPONSES: 'true',
      CODE_VERSION: 'shadow',
    };
    // The real ones are the function's alone; what is hashed under others gives other digests and the same sums.
    for (const name of bundle.secrets) environment[name] = randomBytes(24).toString('hex');
    const started = new ShadowFunction(
      fork(PROCESS, [bundle.file, bundle.exported], {
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      }),
    );
    const { failed } = await started.#heard();
    if (failed === undefined) return started;
    started.stop();
    throw new OpsError(`the bundle ${bundle.file} does not start: ${failed}`);
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#log = (this.#log + chunk.toString('utf8')).slice(-65_536);
      });
  }

  /** Why it did not resolve all of the payload; undefined if it did. */
  async call(payload: Buffer): Promise<string | undefined> {
    this.#log = '';
    const heard = this.#heard();
    this.#child.send(payload.toString('utf8'), (error) => error && this.stop());
    const { returned, failed } = await heard;
    if (failed !== undefined) return failed;
    const { batchItemFailures = [] } = (returned ?? {}) as { batchItemFailures?: readonly unknown[] };
    if (batchItemFailures.length === 0) return undefined;
    return `it reports the partition as failed: ${/"code":"([a-z]+\.[a-z]+)"/.exec(this.#log)?.[1] ?? 'no reason in its log'}`;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #heard(): Promise<Message> {
    const { promise, resolve } = Promise.withResolvers<Message>();
    const ended = (code: number | null, signal: string | null) =>
      resolve({ failed: `its process ended (${signal ?? code}) ${this.#log.slice(-300)}`.trim() });
    const timer = setTimeout(() => {
      resolve({ failed: `it gave no answer within ${ANSWER_WITHIN_MS / 1000} s` });
      this.stop();
    }, ANSWER_WITHIN_MS);
    this.#child.once('message', (message) => resolve(message as Message));
    this.#child.once('exit', ended);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#child.off('exit', ended);
    });
  }
}
