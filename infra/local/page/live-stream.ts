/**
 * The page's server-sent events (HTML standard: server-sent events). Every viewer gets each event; a new viewer first gets the
 * current state. The number of viewers is limited, and a viewer that does not read is disconnected; its browser connects
 * again by itself.
 */
import type { ServerResponse } from 'node:http';

const VIEWERS_MAX = 20;
/** Some seconds of events. A viewer that is further behind is not reading. */
const UNREAD_BYTES_MAX = 1024 * 1024;
const RECONNECT_AFTER_MS = 1_000;

interface StreamEvent {
  readonly name: string;
  readonly data: unknown;
}

export class LiveStream {
  readonly #viewers = new Set<ServerResponse>();
  readonly #beginning: () => readonly StreamEvent[];

  /** @param beginning returns the events that a new viewer gets first */
  constructor(beginning: () => readonly StreamEvent[]) {
    this.#beginning = beginning;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** Returns false if there are too many viewers. */
  open(response: ServerResponse, headers: Readonly<Record<string, string>>): boolean {
    if (this.#viewers.size >= VIEWERS_MAX) return false;
    response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream' });
    response.write(`retry: ${RECONNECT_AFTER_MS}\n\n`);
    for (const event of this.#beginning()) response.write(written(event));
    this.#viewers.add(response);
    response.on('close', () => this.#viewers.delete(response));
    return true;
  }

  send(event: StreamEvent): void {
    if (this.#viewers.size === 0) return;
    const text = written(event);
    for (const response of this.#viewers) {
      if (response.writableLength > UNREAD_BYTES_MAX) response.destroy();
      else response.write(text);
    }
  }

  close(): void {
    for (const response of this.#viewers) response.end();
  }
}

/** JSON has no line breaks outside its strings, and escapes those inside, so the data is one line. */
function written({ name, data }: StreamEvent): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
