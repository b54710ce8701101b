import { expect, test } from 'vitest';
import { restoreIptables } from '../../linux/netfilter/parse/parse-iptables.ts';
import { printIptablesSave } from '../../linux/netfilter/print/iptables-save.ts';
import { createRuleset } from '../../linux/netfilter/ruleset.ts';
import { listChains } from './list-text.ts';

/** What was given to iptables-restore 1.8.9 (where the real tool says it otherwise: what it saved), and what -L -n listed. */
const REAL: readonly (readonly [written: string, saved: string, listed: string])[] = [
  ['-m set ! --match-set s3 dst,dst -j ACCEPT', '', '! match-set s3 dst,dst'],
  [
    '-m physdev --physdev-in veth1 --physdev-is-bridged -j ACCEPT',
    '',
    'PHYSDEV match --physdev-in veth1 --physdev-is-bridged',
  ],
  [
    '-m physdev ! --physdev-out eth+ --physdev-is-in',
    '-m physdev --physdev-is-in ! --physdev-out eth+',
    'PHYSDEV match --physdev-is-in ! --physdev-out eth+',
  ],
  ['-m mac --mac-source 00:11:22:33:44:55', '', 'MAC 00:11:22:33:44:55'],
  [
    '-m mac ! --mac-source 0:11:22:33:44:ab',
    '-m mac ! --mac-source 00:11:22:33:44:ab',
    'MAC ! 00:11:22:33:44:ab',
  ],
  [
    '-m iprange --src-range 10.0.0.1-10.0.0.9 ! --dst-range 1.1.1.1-1.1.1.2',
    '',
    'source IP range 10.0.0.1-10.0.0.9 destination IP range ! 1.1.1.1-1.1.1.2',
  ],
  [
    '-m limit --limit 5/minute --limit-burst 10',
    '-m limit --limit 5/min --limit-burst 10',
    'limit: avg 5/min burst 10',
  ],
  ['-m limit --limit 3/sec', '', 'limit: avg 3/sec burst 5'],
  ['-m length --length 100:200', '', 'length 100:200'],
  ['-m length ! --length 100', '', 'length !100'],
  ['-p tcp -m tcp --tcp-flags SYN,ACK SYN', '', 'tcp flags:0x12/0x02'],
  [
    '-p tcp -m tcp ! --tcp-flags ALL NONE',
    '-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE',
    'tcp flags:!0x3F/0x00',
  ],
  [
    '-p tcp --tcp-flags SYN,RST,ACK,FIN SYN',
    '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN',
    'tcp flags:0x17/0x02',
  ],
  ['-p sctp --dport 80', '-p sctp -m sctp --dport 80', 'sctp dpt:80'],
  ['-m connmark --mark 0x1/0xff', '', 'connmark match  0x1/0xff'],
  ['-m connmark ! --mark 2', '-m connmark ! --mark 0x2', 'connmark match ! 0x2'],
  ['-m statistic --mode nth --every 3 --packet 0', '', 'statistic mode nth every 3'],
  ['-m statistic --mode nth --every 3 --packet 1', '', 'statistic mode nth every 3 packet 1'],
  ['-m owner --uid-owner 1337 -j ACCEPT', '', 'owner UID match 1337'],
  ['-m owner ! --gid-owner 0-5', '', '! owner GID match 0-5'],
  [
    '-j LOG --log-prefix "abc " --log-level 4',
    '-j LOG --log-prefix "abc "',
    'LOG flags 0 level 4 prefix "abc "',
  ],
  ['-j LOG', '', 'LOG flags 0 level 4'],
  [
    '-j NFLOG --nflog-group 5 --nflog-prefix "hey"',
    '-j NFLOG --nflog-prefix hey --nflog-group 5',
    'nflog-prefix hey nflog-group 5',
  ],
  ['-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff', '', 'CONNMARK save mask 0xff'],
  [
    '-j CONNMARK --restore-mark',
    '-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff',
    'CONNMARK restore',
  ],
  ['-j CONNMARK --set-mark 0x5', '-j CONNMARK --set-xmark 0x5/0xffffffff', 'CONNMARK set 0x5'],
  ['-g D', '', '[goto] '],
];

test.each(REAL)('%s is saved and listed as the real tool does', (written, saved, listed) => {
  const restored = restoreIptables(
    createRuleset(),
    `*filter\n:C - [0:0]\n:D - [0:0]\n-A C ${written}\nCOMMIT\n`,
  );
  if (!restored.ok) expect.fail(restored.text);
  const lines = printIptablesSave(restored.ruleset).split('\n');
  expect(lines.find((line) => line.startsWith('-A'))).toBe(`-A C ${saved || written}`);
  const options = { numeric: true, verbose: false, lineNumbers: false, exact: false };
  const line = listChains(restored.ruleset, 'filter', 'C', options).split('\n')[2] ?? '';
  expect(line).toContain(listed.trimEnd());
});

test('ip6tables has its own rejections and types', () => {
  const restored = restoreIptables(
    createRuleset(),
    '*filter\n-A INPUT -p icmpv6 --icmpv6-type echo-request -j REJECT\n-A INPUT -s fd00::1 -j REJECT --reject-with icmp6-adm-prohibited\nCOMMIT\n',
    { family: 6 },
  );
  if (!restored.ok) expect.fail(restored.text);
  expect(printIptablesSave(restored.ruleset)).toContain(
    '-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j REJECT --reject-with icmp6-port-unreachable\n-A INPUT -s fd00::1/128 -j REJECT --reject-with icmp6-adm-prohibited\n',
  );
  const options = {
    numeric: true,
    verbose: true,
    lineNumbers: false,
    exact: false,
    family: 6,
  } as const;
  expect(listChains(restored.ruleset, 'filter', 'INPUT', options).split('\n').slice(2, 4)).toEqual([
    '    0     0 REJECT     58   --  *      *       ::/0                 ::/0                 ipv6-icmptype 128 reject-with icmp6-port-unreachable',
    '    0     0 REJECT     0    --  *      *       fd00::1              ::/0                 reject-with icmp6-adm-prohibited',
  ]);
});
