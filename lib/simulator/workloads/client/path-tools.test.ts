import { expect, test } from 'vitest';
import { addAddress, addVethPair, linkOf } from '../../linux/links.ts';
import { addMachine } from '../../linux/network-state.ts';
import { addRoute } from '../../linux/routes.ts';
import { createProgramLab, runClient, start, type ProgramLab } from '../../testing/program-lab.ts';
import { NODE_SYSCTLS, namespaceOf } from '../../testing/lab.ts';

/** client 10.1.0.1, then r1 10.1.0.254 and r2 10.2.0.2, then far 10.3.0.2: as the real tools were tried on. */
function threeHops(): ProgramLab {
  const lab = createProgramLab();
  const { network, environment } = lab;
  for (const name of ['r1', 'r2']) addMachine(network, name, { sysctls: NODE_SYSCTLS });
  addMachine(network, 'far');
  const join = (a: string, dev: string, one: string, b: string, other: string, two: string) => {
    addVethPair(network, environment, { namespace: a, name: dev }, { namespace: b, name: other });
    addAddress(network, a, dev, `${one}/24`);
    addAddress(network, b, other, `${two}/24`);
  };
  join('client', 'eth1', '10.1.0.1', 'r1', 'eth0', '10.1.0.254');
  join('r1', 'eth1', '10.2.0.1', 'r2', 'eth0', '10.2.0.2');
  join('r2', 'eth1', '10.3.0.1', 'far', 'eth0', '10.3.0.2');
  const route = (namespace: string, destination: string, via: string, device: string) =>
    addRoute(namespaceOf(lab, namespace), { destination, via, device });
  route('client', '10.3.0.0/24', '10.1.0.254', 'eth1');
  route('client', '10.9.0.0/24', '10.1.0.254', 'eth1');
  route('r1', '10.3.0.0/24', '10.2.0.2', 'eth1');
  route('r2', '10.1.0.0/24', '10.2.0.1', 'eth0');
  route('far', '0.0.0.0/0', '10.3.0.1', 'eth0');
  return lab;
}

/** Times are the simulation's own. */
const run = (lab: ProgramLab, line: string) => {
  const { output, exitCode } = runClient(lab, line);
  return { output: output.replaceAll(/\d+\.\d{3} ?ms/g, 'T'), exitCode };
};

/** As traceroute 2.1.2 printed it on real namespaces of this shape. */
test.each([
  ['traceroute -n 10.3.0.2', ''],
  ['traceroute -n -I 10.3.0.2', ''],
  ['traceroute -n -T -p 81 10.3.0.2', ''],
  ['traceroute 10.3.0.2', ' (A)'],
])('%s goes by every router to the host', (line, shown) => {
  const name = (address: string) => (shown === '' ? address : `${address} (${address})`);
  expect(run(threeHops(), line)).toEqual({
    output: `traceroute to 10.3.0.2 (10.3.0.2), 30 hops max, 60 byte packets
 1  ${name('10.1.0.254')}  T  T  T
 2  ${name('10.2.0.2')}  T  T  T
 3  ${name('10.3.0.2')}  T  T  T
`,
    exitCode: 0,
  });
});

test.each([
  [
    'no way past the first router',
    'traceroute -n -q 1 10.9.0.5',
    'traceroute to 10.9.0.5 (10.9.0.5), 30 hops max, 60 byte packets\n 1  10.1.0.254  T !N\n',
    0,
  ],
  [
    'a host that does not answer',
    'traceroute -n -q 2 -w 1 -m 3 10.3.0.9',
    'traceroute to 10.3.0.9 (10.3.0.9), 3 hops max, 60 byte packets\n 1  10.1.0.254  T  T\n 2  10.2.0.2  T  T\n 3  * *\n',
    0,
  ],
  [
    'no route',
    'traceroute -n 1.2.3.4',
    'traceroute to 1.2.3.4 (1.2.3.4), 30 hops max, 60 byte packets\nconnect: Network is unreachable\n',
    1,
  ],
  ['a bad option', 'traceroute -Z x', "Bad option `-Z' (argc 1)\n", 2],
  ['no hops', 'traceroute -m 0 10.3.0.2', 'first hop out of range\n', 2],
])('traceroute with %s', (_name, line, output, exitCode) => {
  expect(run(threeHops(), line)).toEqual({ output, exitCode });
});

test('tracepath finds the narrow link on the way', () => {
  const lab = threeHops();
  linkOf(lab.network, 'r1', 'eth1').mtu = 1400;
  linkOf(lab.network, 'r2', 'eth0').mtu = 1400;
  expect(run(lab, 'tracepath -n 10.3.0.2')).toEqual({
    output: [
      ' 1?: [LOCALHOST]                      pmtu 1500',
      ' 1:  10.1.0.254                                            T ',
      ' 2:  10.1.0.254                                            T pmtu 1400',
      ' 2:  10.2.0.2                                              T ',
      ' 3:  10.3.0.2                                              T reached',
      '     Resume: pmtu 1400 hops 3 back 3 ',
      '',
    ].join('\n'),
    exitCode: 0,
  });
});

test('tracepath gives up at its last hop', () => {
  expect(run(threeHops(), 'tracepath -n -m 3 10.3.0.9').output).toMatch(
    /\n 3: {2}no reply\n {5}Too many hops: pmtu 1500\n {5}Resume: pmtu 1500 \n$/,
  );
});

test('arping asks everybody once, then who answered', () => {
  const lab = threeHops();
  const mac = linkOf(lab.network, 'r1', 'eth0').mac.toUpperCase();
  expect(run(lab, 'arping -c 2 -I eth1 10.1.0.254')).toEqual({
    output: `ARPING 10.1.0.254 from 10.1.0.1 eth1
Unicast reply from 10.1.0.254 [${mac}]  T
Unicast reply from 10.1.0.254 [${mac}]  T
Sent 2 probes (1 broadcast(s))
Received 2 response(s)
`,
    exitCode: 0,
  });
});

test.each([
  [
    'nobody there',
    'arping -c 2 10.1.0.77',
    'ARPING 10.1.0.77 from 10.1.0.1 eth1\nSent 2 probes (2 broadcast(s))\nReceived 0 response(s)\n',
    1,
  ],
  ['no such device', 'arping -I nope 10.1.0.254', 'arping: Device nope not available.\n', 2],
  ['lo', 'arping -I lo -c1 10.1.0.1', 'Interface "lo" is not ARPable\n', 2],
])('arping with %s', (_name, line, output, exitCode) => {
  expect(run(threeHops(), line)).toEqual({ output, exitCode });
});

test('a probe of traceroute reaches nobody who listens', () => {
  const lab = threeHops();
  start(lab, 'server', 'nc -l -u -p 33434');
  expect(run(lab, 'traceroute -n -m 1 -w 1 10.0.0.2').output).toMatch(
    /\n 1 {2}10\.0\.0\.2 {2}T {2}T {2}T\n$|\* /,
  );
});
