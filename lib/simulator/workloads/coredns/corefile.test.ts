import { expect, test } from 'vitest';
import { addonCorefile } from './addon.ts';
import { parseCorefile } from './corefile.ts';
import { serverConfigOf } from './server-config.ts';

const input = { path: '/etc/coredns/Corefile', resolvConf: 'nameserver 192.168.10.1\n' };

function configOf(text: string) {
  const parsed = parseCorefile(text);
  if (!parsed.ok) return parsed.error;
  const result = serverConfigOf(parsed.servers[0]!, input);
  return result.ok ? result.config : result.error;
}

test("the add-on's Corefile gives ttl 30, insecure pods and the node's resolver", () => {
  expect(configOf(addonCorefile('cluster.local'))).toMatchObject({
    zones: ['.'],
    port: 53,
    kubernetes: {
      zones: ['cluster.local.', 'in-addr.arpa.', 'ip6.arpa.'],
      podMode: 'insecure',
      ttl: 30,
      fallthrough: ['in-addr.arpa.', 'ip6.arpa.'],
    },
    forward: { from: '.', upstreams: [{ address: '192.168.10.1', port: 53 }] },
    cache: { successTtl: 30, denialTtl: 30, uncachedSuccess: ['cluster.local.'] },
    healthPort: 8080,
    readyPort: 8181,
    metricsPort: 9153,
    detectsLoops: true,
    ignored: [],
  });
});

test.each([
  [
    'an unknown plug-in',
    '.:53 {\n  errors\n  kubernets cluster.local\n}\n',
    "/etc/coredns/Corefile:3 - Error during parsing: Unknown directive 'kubernets'",
  ],
  [
    'a missing brace',
    '.:53 {\n  errors\n',
    "/etc/coredns/Corefile:2 - Error during parsing: Unexpected EOF, expecting '}'",
  ],
  [
    'a wrong pods mode',
    '. {\n kubernetes cluster.local {\n  pods sometimes\n }\n}',
    'plugin/kubernetes: /etc/coredns/Corefile:2 - Error during parsing: wrong value for pods: sometimes,  must be one of: disabled, verified, insecure',
  ],
  [
    'a multi-cluster zone that it does not serve',
    '. {\n kubernetes cluster.local {\n  multicluster clusterset.local\n }\n}',
    'plugin/kubernetes: /etc/coredns/Corefile:2 - Error during parsing: is not authoritative for the multicluster zone clusterset.local.',
  ],
  [
    'an upstream by name',
    '. {\n forward . dns.example.com\n}',
    'plugin/forward: /etc/coredns/Corefile:2 - Error during parsing: not an IP address or file: "dns.example.com"',
  ],
])('a Corefile with %s is refused', (_, text, error) => {
  expect(configOf(text)).toBe(error);
});

test('zones given as prefixes become reverse zones', () => {
  expect(configOf('. {\n kubernetes cluster.local 10.96.0.0/16\n}')).toMatchObject({
    kubernetes: { zones: ['cluster.local.', '96.10.in-addr.arpa.'] },
  });
});
