/** The laptop's ground as a proof needs it: faults between functions and DynamoDB, sessions that run out soon, batches of many sizes. */

import { FaultProxy } from '../../infra/local/faults/fault-proxy.ts';
import { InvokeEndpoint } from '../../infra/local/invoke-endpoint.ts';
import { Ground } from '../../infra/local/local-runtime.ts';
import type { PartialRetry } from '../../infra/local/mapping/decide.ts';
import type { Seeded } from '../../infra/local/seeded.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import type { Events } from './events.ts';
import type { RequestFaults } from './request-faults.ts';
import { signalSandbox } from './signals.ts';

const SESSION_TIMEOUT_MS = 2_000;
/** Each time that a mapping starts it gets one of each: small batches make many commits, large ones are torn apart more. */
const BATCH_RECORDS = [100, 300, 1_000, 10_000];
/** Lambda's documentation can be read either way. */
const PARTIAL_RETRIES: readonly PartialRetry[] = ['listed', 'resume'];
const WINDOWS_MS = [0, 100, 500];

interface ProofGroundParts {
  readonly templates: string;
  readonly folder: string;
  readonly faults: RequestFaults;
  readonly random: Seeded;
  readonly events: Events;
  readonly fail: (error: unknown) => void;
}

export interface ProofGround {
  readonly ground: Ground;
  /** Where operators' tools invoke functions. */
  readonly lambda: InvokeEndpoint;
  readonly folder: string;
  readonly partialRetry: PartialRetry;
  /** From now on mappings start as they are planned. */
  readonly asPlanned: () => void;
  stop(): Promise<void>;
}

export async function startProofGround(parts: ProofGroundParts): Promise<ProofGround> {
  const { templates, folder, faults, random, events, fail } = parts;
  const partialRetry = random.pick(PARTIAL_RETRIES) ?? 'listed';
  let vary = true;
  let proxy: FaultProxy | undefined;
  let running: Ground | undefined;
  const ground = await Ground.start({
    templates,
    folder,
    fresh: false,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    partialRetry,
    mappings: (planned) => (vary ? varied(planned, random) : planned),
    say: (line) => events.add('said', { what: line }),
    fail,
    functionsReach: async (direct) => {
      proxy = await FaultProxy.start({
        endpoint: direct.endpoint,
        decide: (call) => faults.decide(call),
        heard: (heard) => faults.hear(heard),
        signal: (sandbox, name, at) => running && signalSandbox(running, sandbox, name, at, events),
      });
      return { ...direct, endpoint: proxy.endpoint };
    },
  });
  running = ground;
  // However this process ends: what is frozen can't notice by itself.
  const killAll = () => ground.children.killAll();
  process.on('exit', killAll);
  const lambda = await InvokeEndpoint.start(ground);
  return {
    ground,
    lambda,
    folder,
    partialRetry,
    asPlanned() {
      vary = false;
    },
    async stop() {
      await lambda.close();
      await ground.stop();
      await proxy?.close();
      process.off('exit', killAll);
    },
  };
}

function varied(planned: PlannedMapping, random: Seeded): PlannedMapping {
  const batchSize = random.pick(BATCH_RECORDS) ?? planned.batchSize;
  return { ...planned, batchSize, windowMs: random.pick(WINDOWS_MS) ?? planned.windowMs };
}
