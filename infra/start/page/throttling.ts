/** A proxy between the functions and DynamoDB. It passes everything on until the page's button throttles; then it refuses most requests. */
import type { EndpointAccess } from '../../local/endpoint-access.ts';
import { FaultProxy } from '../../local/faults/fault-proxy.ts';

/** Of requests, while it throttles: a table over its limits lets some through too. */
const REFUSED = 0.9;

export class Throttling {
  on = false;
  #proxy: FaultProxy | undefined;
  #reached: EndpointAccess | undefined;

  /** What functions reach instead of DynamoDB itself. */
  readonly reach = async (direct: EndpointAccess): Promise<EndpointAccess> => {
    this.#proxy = await FaultProxy.start({
      endpoint: direct.endpoint,
      decide: () => (this.on && Math.random() < REFUSED ? { kind: 'throttled' } : undefined),
      signal: () => {},
      heard: () => {},
    });
    this.#reached = { ...direct, endpoint: this.#proxy.endpoint };
    return this.#reached;
  };

  get reached(): EndpointAccess | undefined {
    return this.#reached;
  }

  async close(): Promise<void> {
    await this.#proxy?.close();
  }
}
