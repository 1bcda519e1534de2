import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { findPort, LOOPBACK } from '../../../../infra/local/servers/ports.ts';

describe('a port', () => {
  it('is the given one, or any free one', async () => {
    const free = await findPort(undefined, 'a server');

    assert.ok(free > 0);
    assert.equal(await findPort(free, 'a server'), free);
  });

  it('is refused by name if it is taken', async (t) => {
    const holder = createServer();
    const port = await findPort(undefined, 'a server');
    await new Promise<void>((resolve) => holder.listen(port, LOOPBACK, resolve));
    t.after(() => holder.close());

    await assert.rejects(findPort(port, 'the Kafka broker'), {
      name: 'UserError',
      message: `port ${port} on 127.0.0.1 is taken, and the Kafka broker needs it: stop the program that holds it, or choose another port`,
    });
  });
});
