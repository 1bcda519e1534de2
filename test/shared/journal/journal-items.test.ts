import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Item, sealItem } from '../../../shared/journal/journal-items.ts';

const item: Item = {
  sk: { S: 'b' },
  pk: { S: 'a' },
  m: { M: { z: { N: '1' }, y: { S: '"' } } },
  n: { N: '2' },
};

describe('a seal', () => {
  it('is the digest of all else, by name, however the attributes are ordered', () => {
    const text = '[["m.y","\\""],["m.z","1"],["n","2"],["pk","a"],["sk","b"]]';
    const expected = createHash('sha256').update(text).digest('hex').slice(0, 32);

    assert.deepEqual(sealItem(item), { ...item, seal: { S: expected } });
    assert.equal(sealItem({ ...item, m: { M: { y: { S: '"' }, z: { N: '1' } } } })['seal']?.S, expected);
  });

  it('is made of an item of any depth', () => {
    const depth = 20_000;
    let deep: AttributeValue = { N: '1' };
    for (let n = 0; n < depth; n++) deep = { M: { m: deep } };
    const text = `[["m${'.m'.repeat(depth)}","1"]]`;

    const expected = createHash('sha256').update(text).digest('hex').slice(0, 32);
    assert.equal(sealItem({ m: deep })['seal']?.S, expected);
  });
});
