import { cidrBounds, networkOf } from '../../base/cidr.ts';
import { ipVersion } from '../../base/ip.ts';
import { addressesOn } from '../../linux/addresses.ts';
import type { NetworkNamespace } from '../../linux/network.ts';
import { inOrder } from './link-text.ts';

type Naming = 'named-by-the-question' | 'among-others';

function lines4(namespace: NetworkNamespace, table: string): string[] {
  return inOrder(namespace).flatMap((link) =>
    link.addresses
      .filter(({ address }) => ipVersion(address) === 4)
      .flatMap(({ address, prefix }) => {
        const tail = (scope: string) =>
          `dev ${link.name}${table} proto kernel scope ${scope} src ${address} `;
        const last = cidrBounds(`${address}/${prefix}`)?.last;
        return [
          ...(link.kind === 'loopback'
            ? [`local ${networkOf(`${address}/${prefix}`)} ${tail('host')}`]
            : []),
          `local ${address} ${tail('host')}`,
          ...(prefix < 31 ? [`broadcast ${last} ${tail('link')}`] : []),
        ];
      }),
  );
}

function lines6(namespace: NetworkNamespace, table: string): string[] {
  const links = inOrder(namespace);
  const own = links.flatMap((link) =>
    addressesOn(namespace, link)
      .filter(({ address }) => ipVersion(address) === 6)
      .map(
        ({ address }) =>
          `local ${address} dev ${link.name}${table} proto kernel metric 0 pref medium`,
      ),
  );
  const groups = links
    .filter(({ kind, isUp }) => kind !== 'loopback' && isUp)
    .map(
      ({ name }) => `multicast ff00::/8 dev ${name}${table} proto kernel metric 256 pref medium`,
    );
  return [...own, ...groups];
}

/** By address, as fib_trie walks: loopback's behind 10/8, before 172.16/12. */
const addressOrder = (line: string) =>
  (line.split(' ')[1] ?? '')
    .replace(/\/.*/, '')
    .split('.')
    .map((part) => part.padStart(3, '0'))
    .join('.');

/** The local table, as the kernel keeps it of the addresses. `among-others`: each line says which table it is of. */
export function localTable(namespace: NetworkNamespace, version: 4 | 6, naming: Naming): string[] {
  const table = naming === 'among-others' ? ' table local' : '';
  if (version === 6) return lines6(namespace, table);
  return lines4(namespace, table)
    .map((line, i) => ({ line, i, key: addressOrder(line) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.i - b.i))
    .map(({ line }) => line);
}
