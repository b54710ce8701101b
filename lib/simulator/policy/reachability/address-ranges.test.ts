import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cidrContains } from '../../base/cidr.ts';
import { classifyAddresses, classOfAddress, textOfRange } from './address-ranges.ts';

const printed = (blocks: Parameters<typeof classifyAddresses>[0]) =>
  classifyAddresses(blocks).classes.map(
    ({ ranges, blocks: inside }) => `${ranges.map(textOfRange).join(' ')} in ${inside.join()}`,
  );

test.each([
  ['nothing cuts', [], ['0.0.0.0/0 in ', '::/0 in ']],
  [
    'a block with an exception',
    [{ cidrs: ['10.0.0.0/8'], except: ['10.1.0.0/16'] }],
    [
      '0.0.0.0-9.255.255.255 10.1.0.0/16 11.0.0.0-255.255.255.255 in ',
      '10.0.0.0/16 10.2.0.0-10.255.255.255 in 0',
      '::/0 in ',
    ],
  ],
  [
    'blocks in one another, and one of each family',
    [
      { cidrs: ['0.0.0.0/0'], except: [] },
      { cidrs: ['128.0.0.0/1', 'fd00::/8'], except: [] },
    ],
    [
      '0.0.0.0/1 in 0',
      '128.0.0.0/1 in 0,1',
      '::-fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe00::/7 in ',
      'fd00::/8 in 1',
    ],
  ],
  [
    'the end of the space',
    [{ cidrs: ['255.255.255.255/32'], except: [] }],
    ['0.0.0.0-255.255.255.254 in ', '255.255.255.255/32 in 0', '::/0 in '],
  ],
])('%s', (_name, blocks, classes) => {
  expect(printed(blocks)).toEqual(classes);
});

const cidr4 = fc
  .tuple(
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 0, max: 32 }),
  )
  .map(([a, b, prefix]) => `10.${a}.${b * 64}.${b}/${prefix}`);
const cidr6 = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 128 }))
  .map(([a, prefix]) => `fd00:${a}::${a}/${prefix}`);
const aBlock = fc.record({
  cidrs: fc.array(fc.oneof(cidr4, cidr6), { minLength: 1, maxLength: 2 }),
  except: fc.array(fc.oneof(cidr4, cidr6), { maxLength: 2 }),
});
const anAddress = fc.oneof(
  fc.tuple(fc.nat(3), fc.nat(3), fc.nat(4)).map(([a, b, c]) => `10.${a}.${b * 64}.${c}`),
  fc.tuple(fc.nat(3), fc.nat(4)).map(([a, b]) => `fd00:${a}::${b}`),
  fc.constantFrom('0.0.0.0', '255.255.255.255', '::', 'ffff::1'),
);

test('an address is in the blocks of its class and in no others', () => {
  fc.assert(
    fc.property(fc.array(aBlock, { maxLength: 5 }), anAddress, (blocks, address) => {
      const all = classifyAddresses(blocks);
      const number = classOfAddress(all, address);
      const inside = blocks.flatMap(({ cidrs, except }, index) =>
        cidrs.some((cidr) => cidrContains(cidr, address)) &&
        !except.some((cidr) => cidrContains(cidr, address))
          ? [index]
          : [],
      );
      expect(all.classes[number ?? -1]?.blocks).toEqual(inside);
    }),
  );
});
