import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cidrContains } from '../../base/cidr.ts';
import { disjointNetworks, type NetworkBlock } from './disjoint-networks.ts';

test.each<[name: string, blocks: NetworkBlock[], networks: string[]]>([
  ['a network alone', [{ cidrs: ['10.0.0.0/8'], except: [] }], ['10.0.0.0/8']],
  ['host bits', [{ cidrs: ['10.1.2.3/8'], except: [] }], ['10.0.0.0/8']],
  ['everywhere', [{ cidrs: ['0.0.0.0/0'], except: [] }], ['0.0.0.0/1', '128.0.0.0/1']],
  ['everywhere in IPv6', [{ cidrs: ['::/0'], except: [] }], ['::/1', '8000::/1']],
  [
    'a hole',
    [{ cidrs: ['10.0.0.0/24'], except: ['10.0.0.64/26'] }],
    ['10.0.0.0/26', '10.0.0.128/25'],
  ],
  [
    'a hole in a hole',
    [{ cidrs: ['10.0.0.0/24'], except: ['10.0.0.0/25', '10.0.0.1/32'] }],
    ['10.0.0.128/25'],
  ],
  ['nothing left', [{ cidrs: ['10.0.0.0/24'], except: ['10.0.0.0/25', '10.0.0.128/25'] }], []],
  [
    'one in another',
    [{ cidrs: ['10.0.0.0/8', '10.1.0.0/16', 'fd00::/8'], except: [] }],
    ['10.0.0.0/8', 'fd00::/8'],
  ],
  [
    "one block's hole in another",
    [
      { cidrs: ['10.0.0.0/24'], except: ['10.0.0.0/25'] },
      { cidrs: ['10.0.0.0/26'], except: [] },
    ],
    ['10.0.0.0/26', '10.0.0.128/25'],
  ],
  ['the last address', [{ cidrs: ['255.255.255.255/32'], except: [] }], ['255.255.255.255/32']],
  ['no prefix', [{ cidrs: ['nonsense'], except: [] }], []],
])('%s', (_, blocks, networks) => {
  expect(disjointNetworks(blocks)).toEqual(networks);
});

const aNetwork = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 22, max: 32 }))
  .map(([last, prefix]) => `10.0.0.${last}/${prefix}`);

const aBlock: fc.Arbitrary<NetworkBlock> = fc.record({
  cidrs: fc.array(aNetwork, { maxLength: 3 }),
  except: fc.array(aNetwork, { maxLength: 3 }),
});

test('an address is in exactly one of the networks when it is in a block, else in none', () => {
  fc.assert(
    fc.property(
      fc.array(aBlock, { maxLength: 3 }),
      fc.integer({ min: 0, max: 1023 }),
      (blocks, at) => {
        const address = `10.0.${at >> 8}.${at & 255}`;
        const isIn = (cidrs: readonly string[]) =>
          cidrs.some((cidr) => cidrContains(cidr, address));
        const wanted = blocks.some(({ cidrs, except }) => isIn(cidrs) && !isIn(except));
        const found = disjointNetworks(blocks).filter((cidr) => cidrContains(cidr, address));
        expect(found).toHaveLength(wanted ? 1 : 0);
      },
    ),
    { numRuns: 500 },
  );
});
