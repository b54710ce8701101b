import { networkOf, parseCidr } from '../../../base/cidr.ts';
import { ipVersion } from '../../../base/ip.ts';
import type { Ipset } from './ipset.ts';

export type KeyResult =
  { readonly ok: true; readonly key: string } | { readonly ok: false; readonly text: string };

const refuse = (text: string): KeyResult => ({ ok: false, text });
const accept = (key: string): KeyResult => ({ ok: true, key });

function addressKey({ family }: Ipset, text: string): KeyResult {
  const version = family === 'inet' ? 4 : 6;
  if (ipVersion(text) === version) return accept(text);
  return refuse(`Syntax error: cannot parse ${text}: resolving to IPv${version} address failed`);
}

function networkKey(set: Ipset, text: string): KeyResult {
  const range = parseCidr(text);
  const network = networkOf(text);
  if (!range || network === undefined || range.version !== (set.family === 'inet' ? 4 : 6))
    return addressKey(set, text);
  if (range.prefix === 0)
    return refuse('The value of the CIDR parameter of the IP address is invalid');
  return accept(network.replace(range.version === 4 ? /\/32$/ : /\/128$/, ''));
}

/** `80`, `tcp:80`: TCP when no protocol is said. */
function portKey(text: string): KeyResult {
  const [protocol = '', port] = text.includes(':') ? text.split(':') : ['tcp', text];
  if (
    !['tcp', 'udp', 'sctp'].includes(protocol) ||
    !/^\d{1,5}$/.test(port ?? '') ||
    Number(port) > 65_535
  )
    return refuse(`Syntax error: cannot parse '${text}' as a ${protocol || 'TCP'} port`);
  return accept(`${protocol}:${port}`);
}

/** One element as its set keeps it, and as `ipset save` prints it; a text is the tool's complaint. */
export function elementKey(set: Ipset, text: string): KeyResult {
  const [first = '', second, third] = text.split(',');
  switch (set.type) {
    case 'hash:ip':
      return addressKey(set, first);
    case 'hash:net':
      return networkKey(set, first);
    case 'hash:ip,port':
    case 'hash:ip,port,net': {
      const needsThird = set.type === 'hash:ip,port,net';
      if (second === undefined)
        return refuse(`Syntax error: Second element is missing from ${text}.`);
      if (needsThird && third === undefined)
        return refuse(`Syntax error: Third element is missing from ${text}.`);
      const parts = [
        addressKey(set, first),
        portKey(second),
        ...(needsThird ? [networkKey(set, third ?? '')] : []),
      ];
      const wrong = parts.find(({ ok }) => !ok);
      if (wrong) return wrong;
      return accept(parts.map((part) => (part.ok ? part.key : '')).join(','));
    }
    case 'bitmap:port': {
      const [from, to] = set.range ?? [0, 65_535];
      if (!/^\d{1,5}$/.test(first)) return refuse(`Syntax error: '${first}' is invalid as number`);
      return Number(first) >= from && Number(first) <= to
        ? accept(String(Number(first)))
        : refuse('Element is out of the range of the set');
    }
    case 'list:set':
      return accept(first);
  }
}
