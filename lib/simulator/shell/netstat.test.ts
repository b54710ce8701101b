import { expect, test } from 'vitest';
import { replaySession } from '../testing/recorded-sessions/replay.ts';

const ask = (...lines: string[]) => replaySession(lines).at(-1)?.output;

// The shapes are those of net-tools 2.10 and util-linux 2.38 on Debian 12.
test('netstat -rn in a fresh namespace', () => {
  expect(
    ask(
      'ip link add d0 type dummy',
      'ip addr add 10.0.0.2/24 dev d0',
      'ip link set d0 up',
      'ip route add default via 10.0.0.1',
      'netstat -rn',
    ),
  ).toBe(
    `Kernel IP routing table
Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface
0.0.0.0         10.0.0.1        0.0.0.0         UG        0 0          0 d0
10.0.0.0        0.0.0.0         255.255.255.0   U         0 0          0 d0
`,
  );
});

test('netstat -i lists devices that are up', () => {
  expect(ask('ip link add d0 type dummy', 'netstat -i')).toBe(
    `Kernel Interface table
Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg
lo              65536        0      0      0 0             0      0      0      0 LRU
`,
  );
});

test('netstat -tlnp shows servers with their programs', () => {
  const shown = ask('nc -lk 127.0.0.1 8080 &', 'nc -l -u 5353 &', 'netstat -tulnp') ?? '';
  expect(shown.replace(/\d+\/nc {2,}/g, 'N/nc')).toBe(
    `Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name    
tcp        0      0 127.0.0.1:8080          0.0.0.0:*               LISTEN      N/nc
udp        0      0 0.0.0.0:5353            0.0.0.0:*                           N/nc
`,
  );
});

test('lsns -t net lists the namespaces in which something runs', () => {
  const [head, ...rows] = (ask('sleep 100 &', 'lsns -t net') ?? '').split('\n');
  expect(head).toMatch(/^ +NS TYPE NPROCS +PID USER +NETNSID NSFS +COMMAND$/);
  expect(rows[0]).toMatch(/^4026531840 net +\d+ +1 root unassigned +\/sbin\/init$/);
  expect(rows.some((row) => /net +1 +\d+ root +\d+ \/run\/netns\/session +sleep$/.test(row))).toBe(
    true,
  );
  expect(ask('lsns -t foo')).toBe('lsns: unknown namespace type: foo\n');
});
