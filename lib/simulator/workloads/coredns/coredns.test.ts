import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import { aNamespace, aService } from '../../testing/objects.ts';
import { createProgramLab, outcomeOf, runClient, start } from '../../testing/program-lab.ts';
import { stepsOf } from '../../testing/lab.ts';
import { addonCorefile } from './addon.ts';

const COREFILE = '/etc/coredns/Corefile';
const RESOLV = {
  '/etc/resolv.conf':
    'nameserver 10.0.0.2\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n',
};

const slice = (service: string, addresses: string[], ready = true): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: `${service}-x`,
    namespace: 'default',
    labels: { 'kubernetes.io/service-name': service },
  },
  addressType: 'IPv4',
  endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready } })),
  ports: [{ name: '', protocol: 'TCP', port: 80 }],
});

const OBJECTS: KubeObject[] = [
  aNamespace('default'),
  aService('web', { clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'] }),
  aService('db', { clusterIP: 'None', clusterIPs: ['None'] }),
  aService('site', { type: 'ExternalName', externalName: 'www.example.com' }),
  slice('db', ['10.244.0.5', '10.244.1.5']),
];

function serveDns(corefile = addonCorefile('cluster.local'), resolvConf = 'nameserver 10.0.0.9\n') {
  const lab = createProgramLab(OBJECTS);
  const pid = start(lab, 'server', `coredns -conf ${COREFILE}`, {
    [COREFILE]: corefile,
    '/etc/resolv.conf': resolvConf,
  });
  return { lab, pid };
}

test.each([
  ['a Service', 'web.default.svc.cluster.local A', '10.96.0.5\n'],
  ['a headless Service', 'db.default.svc.cluster.local A', '10.244.0.5\n10.244.1.5\n'],
  ['one endpoint', '10-244-1-5.db.default.svc.cluster.local A', '10.244.1.5\n'],
  [
    'SRV of endpoints',
    '_._tcp.db.default.svc.cluster.local SRV',
    '0 50 80 10-244-0-5.db.default.svc.cluster.local.\n0 50 80 10-244-1-5.db.default.svc.cluster.local.\n',
  ],
  [
    'SRV of all ports',
    'web.default.svc.cluster.local SRV',
    '0 100 80 web.default.svc.cluster.local.\n',
  ],
  ['a pod by its address', '10-1-2-3.default.pod.cluster.local A', '10.1.2.3\n'],
  ['no IPv6', 'web.default.svc.cluster.local AAAA', ''],
  ['an address', '-x 10.96.0.5', 'web.default.svc.cluster.local.\n'],
  ['the schema version', 'dns-version.cluster.local TXT', '"1.1.0"\n'],
])('CoreDNS answers over the network: %s', (_, question, expected) => {
  const { lab } = serveDns();
  const { output } = runClient(lab, `dig @10.0.0.2 +short ${question}`);
  expect(output.split('\n').sort().join('\n').trim()).toBe(expected.trim());
});

test('an unready endpoint is not given', () => {
  const { lab } = serveDns();
  lab.store.update(slice('db', ['10.244.0.5'], false));
  expect(runClient(lab, 'dig @10.0.0.2 db.default.svc.cluster.local').output).toContain(
    'status: NXDOMAIN',
  );
});

test('a name outside the cluster goes to the upstream, and its silence is SERVFAIL', () => {
  const { lab, pid } = serveDns();
  const { output } = runClient(lab, 'dig @10.0.0.2 +tries=1 www.example.com');
  expect(output).toContain('status: SERVFAIL');
  expect(outcomeOf(lab, pid).output).toMatch(
    /\[ERROR\] plugin\/errors: 2 www\.example\.com\. A: read udp 10\.0\.0\.2:\d+->10\.0\.0\.9:53: /,
  );
});

test('an upstream that answers is heard, and the alias of an ExternalName is put in front', () => {
  const { lab } = serveDns(undefined, 'nameserver 10.0.0.1\n');
  start(lab, 'client', 'dnsmasq', { '/etc/hosts': '203.0.113.80 www.example.com\n' });
  expect(runClient(lab, 'dig @10.0.0.2 +short site.default.svc.cluster.local').output).toBe(
    'www.example.com.\n203.0.113.80\n',
  );
  expect(runClient(lab, 'dig @10.0.0.2 nosuch.example.com').output).toContain('status: NXDOMAIN');
});

test('an answer from upstream is kept, one from the zone is not', () => {
  const { lab } = serveDns(undefined, 'nameserver 10.0.0.1\n');
  const upstream = start(lab, 'client', 'dnsmasq', {
    '/etc/hosts': '203.0.113.80 www.example.com\n',
  });
  runClient(lab, 'dig @10.0.0.2 +short www.example.com');
  const asked = Object.keys(lab.network.namespaces['client']!.sockets).length;
  expect(runClient(lab, 'dig @10.0.0.2 +short www.example.com').output).toBe('203.0.113.80\n');
  runClient(lab, 'dig @10.0.0.2 +short web.default.svc.cluster.local');
  lab.store.delete('Service', 'default', 'web');
  expect(runClient(lab, 'dig @10.0.0.2 web.default.svc.cluster.local').output).toContain(
    'NXDOMAIN',
  );
  expect(Object.keys(lab.network.namespaces['client']!.sockets)).toHaveLength(asked);
  expect(outcomeOf(lab, upstream).exitCode).toBeUndefined();
});

test('a forwarder that leads back to CoreDNS is a loop, and it ends', () => {
  const { lab, pid } = serveDns(undefined, 'nameserver 127.0.0.1\n');
  const { output, exitCode } = outcomeOf(lab, pid);
  expect(exitCode).toBe(1);
  expect(output).toContain('[FATAL] plugin/loop: Loop (');
});

test('a broken Corefile ends the process with the line that is wrong', () => {
  const { lab, pid } = serveDns('.:53 {\n  kubernets\n}\n');
  expect(outcomeOf(lab, pid)).toEqual({
    output: `${COREFILE}:2 - Error during parsing: Unknown directive 'kubernets'\n`,
    exitCode: 1,
  });
});

test.each([
  ['/health on 8080', 'http://10.0.0.2:8080/health', 'OK 200'],
  ['/ready on 8181', 'http://10.0.0.2:8181/ready', 'OK 200'],
])('probes get %s', (_, url, expected) => {
  const { lab } = serveDns();
  expect(runClient(lab, ['curl', '-s', '-w', ' %{http_code}', url]).output).toBe(expected);
});

test('a question of no server block is refused', () => {
  const { lab } = serveDns('cluster.local:53 {\n  kubernetes cluster.local\n}\n');
  expect(runClient(lab, 'dig @10.0.0.2 example.com').output).toContain('status: REFUSED');
});

test('the trace of a look-up has the question, the answer with its Service, and what was heard', () => {
  const { lab } = serveDns();
  const pid = start(lab, 'client', 'getent ahosts web', RESOLV);
  expect(outcomeOf(lab, pid).output).toMatch(
    /^10\.96\.0\.5 {7}STREAM web\.default\.svc\.cluster\.local\n/,
  );
  const steps = stepsOf(lab, `t${pid}`).filter((step) => step.kind === 'dns');
  expect(steps.map((step) => `${step.side} ${step.name} ${step.type}`)).toEqual([
    'asks web.default.svc.cluster.local. A',
    'asks web.default.svc.cluster.local. AAAA',
    'answers web.default.svc.cluster.local. A',
    'answers web.default.svc.cluster.local. AAAA',
    'hears web.default.svc.cluster.local. A',
    'hears web.default.svc.cluster.local. AAAA',
  ]);
  expect(steps[2]).toMatchObject({
    because: { kind: 'Service', namespace: 'default', name: 'web' },
  });
});

test('a changed Corefile is taken up half a minute later, a broken one is not', () => {
  const { lab, pid } = serveDns();
  const files = lab.network.processes[pid]!.files;
  const ask = () => runClient(lab, 'dig @10.0.0.2 +short web.default.svc.cluster.test').output;
  files[COREFILE] = addonCorefile('cluster.test');
  expect(ask()).toBe('');
  lab.environment.queue.advanceTo(lab.environment.queue.now + 31 * SECOND);
  expect(ask()).toBe('10.96.0.5\n');
  files[COREFILE] = '.:53 {\n  kubernets\n}\n';
  lab.environment.queue.advanceTo(lab.environment.queue.now + 31 * SECOND);
  expect(ask()).toBe('10.96.0.5\n');
  expect(outcomeOf(lab, pid).output).toContain('plugin/reload: Corefile changed but reload failed');
});

/** A headless Service with so many pods that its addresses do not fit into 512 bytes. */
const MANY = Array.from({ length: 40 }, (_, i) => `10.244.7.${i + 1}`);

function serveMany() {
  const objects = [...OBJECTS, aService('many', { clusterIP: 'None', clusterIPs: ['None'] })];
  const lab = createProgramLab([...objects, slice('many', MANY)]);
  start(lab, 'server', `coredns -conf ${COREFILE}`, {
    [COREFILE]: addonCorefile('cluster.local'),
    '/etc/resolv.conf': 'nameserver 10.0.0.9\n',
  });
  return lab;
}

test('an answer that does not fit into a datagram is cut off, and the client comes back over TCP', () => {
  const lab = serveMany();
  const pid = start(lab, 'client', 'getent ahostsv4 many', RESOLV);
  const addresses = outcomeOf(lab, pid)
    .output.split('\n')
    .filter((line) => line.includes('STREAM'));
  expect(addresses).toHaveLength(MANY.length);
  const asked = stepsOf(lab, `t${pid}`).flatMap((step) =>
    step.kind === 'dns' && step.side === 'asks' ? [step.flow?.protocol] : [],
  );
  expect(asked).toEqual(['udp', 'tcp']);
});

test('who says with EDNS that more fits gets more over UDP', () => {
  const lab = serveMany();
  const files = { '/etc/resolv.conf': `${RESOLV['/etc/resolv.conf']}options edns0\n` };
  const pid = start(lab, 'client', 'getent ahostsv4 many', files);
  const asked = stepsOf(lab, `t${pid}`).flatMap((step) =>
    step.kind === 'dns' && step.side === 'asks' ? [step.flow?.protocol] : [],
  );
  expect(asked).toEqual(['udp']);
});

test('a resolv.conf that names the server itself is a loop, and ends the process', () => {
  const { lab, pid } = serveDns(addonCorefile('cluster.local'), 'nameserver 127.0.0.1\n');
  const { output, exitCode } = outcomeOf(lab, pid);
  expect(exitCode).toBe(1);
  expect(output).toMatch(
    /\[FATAL\] plugin\/loop: Loop \(127\.0\.0\.1:\d+ -> :53\) detected for zone "\.", see https:\/\/coredns\.io\/plugins\/loop#troubleshooting\. Query: "HINFO \d+\.\d+\."/,
  );
});

test('force_tcp asks the upstream over TCP', () => {
  const corefile = '.:53 {\n  errors\n  forward . 10.0.0.1 {\n    force_tcp\n  }\n}\n';
  const { lab } = serveDns(corefile);
  start(lab, 'client', 'dnsmasq', { '/etc/hosts': '203.0.113.80 www.example.com\n' });
  const pid = start(lab, 'client', 'dig @10.0.0.2 +short www.example.com');
  expect(outcomeOf(lab, pid).output).toBe('203.0.113.80\n');
  const asked = stepsOf(lab, `t${pid}`).flatMap((step) =>
    step.kind === 'dns' && step.side === 'asks' ? [step.flow?.protocol] : [],
  );
  expect(asked).toEqual(['udp', 'tcp']);
});

test('a Corefile with an option that forward does not know ends the process', () => {
  const { lab, pid } = serveDns('.:53 {\n  forward . 10.0.0.1 {\n    polcy random\n  }\n}\n');
  expect(outcomeOf(lab, pid)).toEqual({
    output: `plugin/forward: ${COREFILE}:2 - Error during parsing: unknown property 'polcy'\n`,
    exitCode: 1,
  });
});

const EXTRA = (lines: string) =>
  `.:53 {\n  errors\n${lines}\n  kubernetes cluster.local in-addr.arpa {\n    ttl 30\n  }\n}\n`;

test.each([
  [
    'an exact name; the answer keeps the other name',
    'rewrite name shop.example web.default.svc.cluster.local',
    'shop.example A',
    'web.default.svc.cluster.local. 30 IN A 10.96.0.5',
  ],
  [
    'answer auto gives the asked name back',
    'rewrite stop name exact shop.example web.default.svc.cluster.local answer auto',
    'shop.example A',
    'shop.example. 30 IN A 10.96.0.5',
  ],
  [
    'a regular expression, and one for the answer',
    'rewrite stop {\n    name regex (.*)\\.shop\\.example\\.$ {1}.default.svc.cluster.local\n    answer name (.*)\\.default\\.svc\\.cluster\\.local\\.$ {1}.shop.example\n  }',
    'web.shop.example A',
    'web.shop.example. 30 IN A 10.96.0.5',
  ],
  [
    'a suffix',
    'rewrite name suffix .example .default.svc.cluster.local',
    'web.example A',
    'web.default.svc.cluster.local. 30 IN A 10.96.0.5',
  ],
  [
    'hosts in the Corefile',
    'hosts {\n    10.9.9.9 legacy.example\n    fallthrough\n  }',
    'legacy.example A',
    'legacy.example. 3600 IN A 10.9.9.9',
  ],
  [
    'hosts, a name that falls through',
    'hosts {\n    10.9.9.9 legacy.example\n    ttl 60\n    fallthrough\n  }',
    'web.default.svc.cluster.local A',
    'web.default.svc.cluster.local. 30 IN A 10.96.0.5',
  ],
  [
    'hosts, the reverse of an address',
    'hosts {\n    10.9.9.9 legacy.example\n    fallthrough\n  }',
    '9.9.9.10.in-addr.arpa PTR',
    '9.9.9.10.in-addr.arpa. 3600 IN PTR legacy.example.',
  ],
])('plug-ins before kubernetes: %s', (_, lines, question, expected) => {
  const { lab } = serveDns(EXTRA(lines));
  const { output } = runClient(lab, `dig @10.0.0.2 ${question} +noall +answer`);
  expect(output.trim().replace(/\s+/g, ' ')).toBe(expected);
});

test('a name that hosts does not know and does not let through is SERVFAIL', () => {
  const { lab } = serveDns(EXTRA('hosts {\n    10.9.9.9 legacy.example\n  }'));
  const { output } = runClient(lab, 'dig @10.0.0.2 web.default.svc.cluster.local');
  expect(output).toContain('status: SERVFAIL');
});

test('a rewrite rule of an unknown sort ends the process', () => {
  const { lab, pid } = serveDns(EXTRA('  rewrite nam a b'));
  expect(outcomeOf(lab, pid)).toEqual({
    output: `plugin/rewrite: ${COREFILE}:3 - Error during parsing: invalid rule type "nam"\n`,
    exitCode: 1,
  });
});

test.each([
  ['takes what fits with EDNS', '', 40, 'UDP'],
  ['comes back over TCP without it', '+noedns', 40, 'TCP'],
  ['asks over TCP at once', '+tcp', 40, 'TCP'],
  ['lives with what fits', '+noedns +ignore', 29, 'UDP'],
])('dig %s', (_, options, answers, transport) => {
  const lab = serveMany();
  const command = `dig @10.0.0.2 many.default.svc.cluster.local ${options}`.trim();
  const { output } = runClient(lab, command);
  expect(output).toContain(`ANSWER: ${answers},`);
  expect(output).toContain(`SERVER: 10.0.0.2#53(10.0.0.2) (${transport})`);
  expect(output.includes(';; Truncated, retrying in TCP mode.')).toBe(options === '+noedns');
});
