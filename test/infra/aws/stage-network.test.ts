/** What a stage may say of its network, and what it is told otherwise. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findLastBlock, listNetworkFaults, type NetworkConfig } from '../../../infra/aws/stage-network.ts';
import { stages } from '../../../infra/aws/stages.ts';

const faultsOf = (change: Partial<Record<keyof NetworkConfig, unknown>>) =>
  listNetworkFaults({ cidr: '10.42.0.0/16', clients: [], ...change } as NetworkConfig);
const ofClient = (client: object) => faultsOf({ clients: [{ description: 'x', ...client }] });

const cidrRule =
  'allowed is an IPv4 range of /16 to /22 like 10.42.0.0/16: take one that is free in your network';
const zoneRule =
  'allowed are three different zone ids like euw1-az1: aws ec2 describe-availability-zones lists them as ZoneId';
const worldRule =
  "allowed is an IPv4 range of /8 to /32 like 10.60.0.0/20: name the clients' subnets, not the world";

describe('the network of a stage', () => {
  test('stages can be joined to one network: their addresses have nothing in common', () => {
    const [first = '', ...others] = Object.values(stages).map(({ network }) => network.cidr);
    assert.ok(others.length > 0);
    for (const other of others)
      assert.deepEqual(listNetworkFaults({ cidr: first, clients: [{ cidr: other, description: 'x' }] }), []);
  });

  test('what is allowed passes, to its very ends', () => {
    for (const cidr of ['10.42.0.0/16', '172.16.4.0/22', '192.168.0.0/18'])
      assert.deepEqual(faultsOf({ cidr }), [], cidr);
    for (const cidr of ['10.43.0.0/16', '11.0.0.0/8', '10.41.255.255/32', '10.41.0.0/16', '10.43.0.0/32'])
      assert.deepEqual(ofClient({ cidr }), [], cidr);
    assert.deepEqual(faultsOf({ zones: ['euw1-az1', 'euw1-az2', 'euw1-az3'] }), []);
    assert.deepEqual(faultsOf({ zones: ['usgw1-az1', 'apse10-az2', 'use1-az12'] }), []);
    for (const id of ['sg-01234567', 'sg-0123456789abcdef0'])
      assert.deepEqual(ofClient({ securityGroupId: id, account: '444455556666' }), [], id);
  });

  for (const cidr of [
    '10.42.0.0/15',
    '10.42.0.0/23',
    '10.42.0.1/16',
    '10.42.32.0/16',
    '10.42.0.0',
    '10.42.0.0/x',
    '10.42.0/16',
    '',
  ])
    test(`addresses '${cidr}' are refused`, () => {
      assert.deepEqual(faultsOf({ cidr }), [`network.cidr is '${cidr}', ${cidrRule}`]);
    });

  for (const [zones, wrong] of [
    [['eu-west-1a', 'euw1-az2', 'euw1-az3'], 'eu-west-1a'],
    [['euw1-az1', 'euw1-az2', 'euw1-az2'], 'euw1-az2'],
    [['euw1-az1', 'xeuw1-az2x', 'euw1-az3'], 'xeuw1-az2x'],
  ] as const)
    test(`zones ${zones.join(', ')} are refused`, () => {
      assert.deepEqual(faultsOf({ zones }), [`network.zones has '${wrong}', ${zoneRule}`]);
    });

  for (const cidr of ['0.0.0.0/0', '12.0.0.0/7', '10.60.0.1/20', 'x', '10.60.0.0/33', '10.60.0.256/32'])
    test(`a client of '${cidr}' is refused`, () => {
      assert.deepEqual(ofClient({ cidr }), [`network.clients has '${cidr}', ${worldRule}`]);
    });

  for (const cidr of ['10.42.8.0/24', '10.0.0.0/8', '10.42.0.0/16', '10.42.255.255/32'])
    test(`a client of '${cidr}' overlaps the stage`, () => {
      assert.deepEqual(ofClient({ cidr }), [
        `network.clients has '${cidr}', which overlaps the stage's own 10.42.0.0/16: no route can lead there, so one of both has to move`,
      ]);
    });

  test('a security group and an account are named by their ids', () => {
    for (const id of ['brokers', 'sg-0123456', 'sg-0123456789abcdef01', 'xsg-01234567'])
      assert.deepEqual(ofClient({ securityGroupId: id }), [
        `network.clients has the security group '${id}', allowed is an id like sg-0123456789abcdef0`,
      ]);
    for (const account of ['prod', '44445555666', '4444555566667'])
      assert.deepEqual(ofClient({ securityGroupId: 'sg-01234567', account }), [
        `network.clients has the account '${account}', allowed are 12 digits`,
      ]);
  });

  test('every fault is said at once', () => {
    assert.equal(
      faultsOf({
        cidr: 'x',
        zones: ['a', 'b', 'c'],
        clients: [
          { cidr: 'y', description: 'y' },
          { cidr: '10.42.0.0/24', description: 'no overlap with what is no range' },
          { securityGroupId: 'z', description: 'z' },
        ],
      }).length,
      4,
    );
  });

  test('the last sixteen addresses are those of the operator', () => {
    assert.equal(findLastBlock('10.42.0.0/16'), '10.42.255.240/28');
    assert.equal(findLastBlock('172.16.4.0/22'), '172.16.7.240/28');
    assert.equal(findLastBlock('192.168.64.0/18'), '192.168.127.240/28');
  });
});
