import { expect, test } from 'vitest';
import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import { aNamespace, aService } from '../../testing/objects.ts';
import { createProgramLab, runClient, start } from '../../testing/program-lab.ts';

const RESOLV = {
  '/etc/resolv.conf':
    'nameserver 10.0.0.2\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n',
};

const SLICE: EndpointSlice = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'hd-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'hd' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.244.0.5'] }],
  ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
};

const inShop = (name: string, clusterIP: string) => ({
  ...aService(name, { clusterIP, clusterIPs: [clusterIP], ports: [{ name: 'http', port: 80 }] }),
  metadata: { name, namespace: 'shop' },
});

function serveDns() {
  const lab = createProgramLab([
    aNamespace('shop'),
    inShop('web', '10.96.0.5'),
    inShop('hd', 'None'),
    SLICE,
  ]);
  start(lab, 'server', 'coredns -conf /Corefile', {
    '/Corefile': '.:53 {\n kubernetes cluster.local in-addr.arpa {\n ttl 30\n }\n}\n',
  });
  return lab;
}

/** What the real dig 9.18 prints for the same answer, with its numbers that differ from run to run taken out. */
const settled = (text: string) =>
  text
    .replace(/id: \d+/, 'id: 7')
    .replace(/COOKIE: [0-9a-f]{16}/, 'COOKIE: 7')
    .replace(/WHEN: .*/, 'WHEN: now')
    .replace(/SOA\t(.*) \d+ 7200/, 'SOA\t$1 1 7200');

test('dig prints the layout of BIND', () => {
  const { output } = runClient(serveDns(), 'dig @10.0.0.2 web.shop.svc.cluster.local');
  expect(settled(output)).toBe(`
; <<>> DiG 9.18.39 <<>> @10.0.0.2 web.shop.svc.cluster.local
; (1 server found)
;; global options: +cmd
;; Got answer:
;; WARNING: .local is reserved for Multicast DNS
;; You are currently testing what happens when an mDNS query is leaked to DNS
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 7
;; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1
;; WARNING: recursion requested but not available

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 1232
; COOKIE: 7 (echoed)
;; QUESTION SECTION:
;web.shop.svc.cluster.local.	IN	A

;; ANSWER SECTION:
web.shop.svc.cluster.local. 30	IN	A	10.96.0.5

;; Query time: 0 msec
;; SERVER: 10.0.0.2#53(10.0.0.2) (UDP)
;; WHEN: now
;; MSG SIZE  rcvd: 109

`);
});

test.each([
  [
    'NXDOMAIN with the SOA',
    'dig @10.0.0.2 +noall +authority no.shop.svc.cluster.local',
    'cluster.local.\t\t30\tIN\tSOA\tns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 30\n',
  ],
  [
    'a long name',
    'dig @10.0.0.2 +noall +answer _http._tcp.web.shop.svc.cluster.local SRV',
    '_http._tcp.web.shop.svc.cluster.local. 30 IN SRV 0 100 80 web.shop.svc.cluster.local.\n',
  ],
  [
    'a reverse name',
    'dig @10.0.0.2 +noall +answer -x 10.96.0.5',
    '5.0.96.10.in-addr.arpa.\t30\tIN\tPTR\tweb.shop.svc.cluster.local.\n',
  ],
  ['+search', 'dig +search +short web', '10.96.0.5\n'],
  ['without +search a short name is not found', 'dig +short web', ''],
])('dig: %s', (_, commandLine, expected) => {
  expect(settled(runClient(serveDns(), commandLine, RESOLV).output)).toBe(expected);
});

test.each([
  [
    'dig without a server',
    'dig @10.0.0.9 +time=1 +tries=1 x.y',
    ';; communications error to 10.0.0.9#53: timed out\n',
    9,
  ],
  [
    'dig with a closed port',
    'dig @10.0.0.1 +tries=1 x.y',
    ';; communications error to 10.0.0.1#53: connection refused\n',
    9,
  ],
  ['dig with an unknown switch', 'dig +foo x', 'Invalid option: +foo\nUsage:  dig', 1],
  ['dig with an unknown flag', 'dig -Z x', 'Invalid option: -Z\nUsage:  dig', 1],
  [
    'nslookup of a Service',
    'nslookup web',
    'Server:\t\t10.0.0.2\nAddress:\t10.0.0.2#53\n\nName:\tweb.shop.svc.cluster.local\nAddress: 10.96.0.5\n\n',
    0,
  ],
  [
    'nslookup of nothing',
    'nslookup nosuch.shop.svc.cluster.local.',
    "Server:\t\t10.0.0.2\nAddress:\t10.0.0.2#53\n\n** server can't find nosuch.shop.svc.cluster.local: NXDOMAIN\n\n",
    1,
  ],
  [
    'nslookup of an address',
    'nslookup 10.96.0.5',
    '5.0.96.10.in-addr.arpa\tname = web.shop.svc.cluster.local.\n\n',
    0,
  ],
  [
    'nslookup without records',
    'nslookup -type=aaaa web.shop.svc.cluster.local.',
    "Server:\t\t10.0.0.2\nAddress:\t10.0.0.2#53\n\n*** Can't find web.shop.svc.cluster.local.: No answer\n\n",
    0,
  ],
  [
    'nslookup of SRV',
    'nslookup -type=srv _http._tcp.hd.shop.svc.cluster.local.',
    'Server:\t\t10.0.0.2\nAddress:\t10.0.0.2#53\n\n_http._tcp.hd.shop.svc.cluster.local\tservice = 0 100 80 10-244-0-5.hd.shop.svc.cluster.local.\n\n',
    0,
  ],
  [
    'nslookup with silence',
    'nslookup -timeout=1 x.y. 10.0.0.9',
    ';; communications error to 10.0.0.9#53: timed out\n;; communications error to 10.0.0.9#53: timed out\n;; communications error to 10.0.0.9#53: timed out\n;; no servers could be reached\n\n',
    1,
  ],
  ['host', 'host web', 'web.shop.svc.cluster.local has address 10.96.0.5\n', 0],
  [
    'host of nothing',
    'host nosuch.shop.svc.cluster.local.',
    'Host nosuch.shop.svc.cluster.local. not found: 3(NXDOMAIN)\n',
    1,
  ],
  [
    'host -t',
    'host -t aaaa web.shop.svc.cluster.local.',
    'web.shop.svc.cluster.local has no AAAA record\n',
    0,
  ],
  [
    'host of an address',
    'host 10.96.0.5',
    '5.0.96.10.in-addr.arpa domain name pointer web.shop.svc.cluster.local.\n',
    0,
  ],
  [
    'host at a server',
    'host web.shop.svc.cluster.local. 10.0.0.2',
    'Using domain server:\nName: 10.0.0.2\nAddress: 10.0.0.2#53\nAliases: \n\nweb.shop.svc.cluster.local has address 10.96.0.5\n',
    0,
  ],
])('%s', (_, commandLine, output, exitCode) => {
  const seen = runClient(serveDns(), commandLine, RESOLV);
  expect(seen.output.slice(0, output.length)).toBe(output);
  expect(seen.exitCode).toBe(exitCode);
});
