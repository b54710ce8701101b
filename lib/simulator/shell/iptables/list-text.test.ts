import { expect, test } from 'vitest';
import { createRuleset } from '../../linux/netfilter/ruleset.ts';
import { restoreIptables } from '../../linux/netfilter/parse/parse-iptables.ts';
import type { NetfilterTable } from '../../linux/netfilter/rule.ts';
import { listChains } from './list-text.ts';

/** Loaded into a real kernel with iptables-restore 1.8.9 (nf_tables); what `iptables -L` then printed stands below. */
const RULES = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-NPX46M4PTMTKRN6Y ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m comment --comment "x" -m tcp --dport 443 -j KUBE-MARK-MASQ
-A KUBE-SVC-NPX46M4PTMTKRN6Y -m comment --comment "default/kubernetes:https -> 192.168.10.11:6443" -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-AAAAAAAAAAAAAAAA
-A KUBE-SVC-NPX46M4PTMTKRN6Y -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-AAAAAAAAAAAAAAAA --mask 255.255.255.255 --rsource -j KUBE-SEP-AAAAAAAAAAAAAAAA
-A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m recent --set --name KUBE-SEP-AAAAAAAAAAAAAAAA --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 192.168.10.11:6443
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
-A PREROUTING -p tcp -m tcp --dport 15001 -j REDIRECT --to-ports 15006
-A POSTROUTING -s 10.244.1.0/24 ! -o cni0 -j SNAT --to-source 1.2.3.4
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-FORWARD - [0:0]
-A FORWARD -j KUBE-FORWARD
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate NEW,DNAT -j ACCEPT
-A KUBE-FORWARD -m state --state NEW -j ACCEPT
-A FORWARD -p udp -m udp --sport 53 --dport 1024:65535 -j ACCEPT
-A FORWARD -p tcp -m tcp ! --dport 80 -j ACCEPT
-A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP
-A FORWARD -p tcp -m multiport --dports 80,443,8000:8100 -j REJECT --reject-with tcp-reset
-A FORWARD -p tcp -m multiport ! --sports 80 -j REJECT
-A FORWARD -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A FORWARD -p icmp -m icmp --icmp-type 3/4 -j ACCEPT
-A FORWARD -i cni0 -o eth0 -j ACCEPT
-A FORWARD ! -p tcp -j ACCEPT
-A FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
-A FORWARD -m mark --mark 0x1 -j ACCEPT
-A FORWARD -d 10.0.0.0/8
-A FORWARD -m addrtype ! --src-type LOCAL -j ACCEPT
COMMIT
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p udp -m udp --dport 53 -j CT --notrack
-A OUTPUT -p tcp -m recent --update --seconds 5 --name x --rsource
-A OUTPUT -p tcp -m recent ! --remove --name x --rsource
COMMIT
`;

const PRINTED: readonly (readonly [flags: string, table: NetfilterTable, text: string])[] = [
  [
    '-nL',
    'nat',
    `Chain PREROUTING (policy ACCEPT)
target     prot opt source               destination         
KUBE-SERVICES  0    --  0.0.0.0/0            0.0.0.0/0            /* kubernetes service portals */
REDIRECT   6    --  0.0.0.0/0            0.0.0.0/0            tcp dpt:15001 redir ports 15006

Chain INPUT (policy ACCEPT)
target     prot opt source               destination         

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination         

Chain POSTROUTING (policy ACCEPT)
target     prot opt source               destination         
SNAT       0    --  10.244.1.0/24        0.0.0.0/0            to:1.2.3.4

Chain KUBE-MARK-MASQ (1 references)
target     prot opt source               destination         
MARK       0    --  0.0.0.0/0            0.0.0.0/0            MARK or 0x4000

Chain KUBE-NODEPORTS (1 references)
target     prot opt source               destination         

Chain KUBE-POSTROUTING (0 references)
target     prot opt source               destination         
RETURN     0    --  0.0.0.0/0            0.0.0.0/0            mark match ! 0x4000/0x4000
MARK       0    --  0.0.0.0/0            0.0.0.0/0            MARK xor 0x4000
MASQUERADE  0    --  0.0.0.0/0            0.0.0.0/0            random-fully

Chain KUBE-SEP-AAAAAAAAAAAAAAAA (2 references)
target     prot opt source               destination         
DNAT       6    --  0.0.0.0/0            0.0.0.0/0            recent: SET name: KUBE-SEP-AAAAAAAAAAAAAAAA side: source mask: 255.255.255.255 tcp to:192.168.10.11:6443

Chain KUBE-SERVICES (1 references)
target     prot opt source               destination         
KUBE-SVC-NPX46M4PTMTKRN6Y  6    --  0.0.0.0/0            10.96.0.1            /* default/kubernetes:https cluster IP */ tcp dpt:443
KUBE-NODEPORTS  0    --  0.0.0.0/0            0.0.0.0/0            /* kubernetes service nodeports */ ADDRTYPE match dst-type LOCAL

Chain KUBE-SVC-NPX46M4PTMTKRN6Y (1 references)
target     prot opt source               destination         
KUBE-MARK-MASQ  6    -- !10.244.0.0/16        10.96.0.1            /* x */ tcp dpt:443
KUBE-SEP-AAAAAAAAAAAAAAAA  0    --  0.0.0.0/0            0.0.0.0/0            /* default/kubernetes:https -> 192.168.10.11:6443 */ statistic mode random probability 0.33333333349
KUBE-SEP-AAAAAAAAAAAAAAAA  0    --  0.0.0.0/0            0.0.0.0/0            recent: CHECK seconds: 10800 reap name: KUBE-SEP-AAAAAAAAAAAAAAAA side: source mask: 255.255.255.255
`,
  ],
  [
    '-nvL',
    'nat',
    `Chain PREROUTING (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination         
    0     0 KUBE-SERVICES  0    --  *      *       0.0.0.0/0            0.0.0.0/0            /* kubernetes service portals */
    0     0 REDIRECT   6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:15001 redir ports 15006

Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination         

Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination         

Chain POSTROUTING (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination         
    0     0 SNAT       0    --  *      !cni0   10.244.1.0/24        0.0.0.0/0            to:1.2.3.4

Chain KUBE-MARK-MASQ (1 references)
 pkts bytes target     prot opt in     out     source               destination         
    0     0 MARK       0    --  *      *       0.0.0.0/0            0.0.0.0/0            MARK or 0x4000

Chain KUBE-NODEPORTS (1 references)
 pkts bytes target     prot opt in     out     source               destination         

Chain KUBE-POSTROUTING (0 references)
 pkts bytes target     prot opt in     out     source               destination         
    0     0 RETURN     0    --  *      *       0.0.0.0/0            0.0.0.0/0            mark match ! 0x4000/0x4000
    0     0 MARK       0    --  *      *       0.0.0.0/0            0.0.0.0/0            MARK xor 0x4000
    0     0 MASQUERADE  0    --  *      *       0.0.0.0/0            0.0.0.0/0            random-fully

Chain KUBE-SEP-AAAAAAAAAAAAAAAA (2 references)
 pkts bytes target     prot opt in     out     source               destination         
    0     0 DNAT       6    --  *      *       0.0.0.0/0            0.0.0.0/0            recent: SET name: KUBE-SEP-AAAAAAAAAAAAAAAA side: source mask: 255.255.255.255 tcp to:192.168.10.11:6443

Chain KUBE-SERVICES (1 references)
 pkts bytes target     prot opt in     out     source               destination         
    0     0 KUBE-SVC-NPX46M4PTMTKRN6Y  6    --  *      *       0.0.0.0/0            10.96.0.1            /* default/kubernetes:https cluster IP */ tcp dpt:443
    0     0 KUBE-NODEPORTS  0    --  *      *       0.0.0.0/0            0.0.0.0/0            /* kubernetes service nodeports */ ADDRTYPE match dst-type LOCAL

Chain KUBE-SVC-NPX46M4PTMTKRN6Y (1 references)
 pkts bytes target     prot opt in     out     source               destination         
    0     0 KUBE-MARK-MASQ  6    --  *      *      !10.244.0.0/16        10.96.0.1            /* x */ tcp dpt:443
    0     0 KUBE-SEP-AAAAAAAAAAAAAAAA  0    --  *      *       0.0.0.0/0            0.0.0.0/0            /* default/kubernetes:https -> 192.168.10.11:6443 */ statistic mode random probability 0.33333333349
    0     0 KUBE-SEP-AAAAAAAAAAAAAAAA  0    --  *      *       0.0.0.0/0            0.0.0.0/0            recent: CHECK seconds: 10800 reap name: KUBE-SEP-AAAAAAAAAAAAAAAA side: source mask: 255.255.255.255
`,
  ],
  [
    '-nL',
    'filter',
    `Chain INPUT (policy ACCEPT)
target     prot opt source               destination         

Chain FORWARD (policy DROP)
target     prot opt source               destination         
KUBE-FORWARD  0    --  0.0.0.0/0            0.0.0.0/0           
ACCEPT     17   --  0.0.0.0/0            0.0.0.0/0            udp spt:53 dpts:1024:65535
ACCEPT     6    --  0.0.0.0/0            0.0.0.0/0            tcp dpt:!80
DROP       6    --  0.0.0.0/0            0.0.0.0/0            tcp flags:0x17/0x02
REJECT     6    --  0.0.0.0/0            0.0.0.0/0            multiport dports 80,443,8000:8100 reject-with tcp-reset
REJECT     6    --  0.0.0.0/0            0.0.0.0/0            multiport sports  !80 reject-with icmp-port-unreachable
ACCEPT     1    --  0.0.0.0/0            0.0.0.0/0            icmptype 8
ACCEPT     1    --  0.0.0.0/0            0.0.0.0/0            icmptype 3 code 4
ACCEPT     0    --  0.0.0.0/0            0.0.0.0/0           
ACCEPT    !6    --  0.0.0.0/0            0.0.0.0/0           
ACCEPT     0    --  0.0.0.0/0            0.0.0.0/0            mark match 0x4000/0x4000
ACCEPT     0    --  0.0.0.0/0            0.0.0.0/0            mark match 0x1
           0    --  0.0.0.0/0            10.0.0.0/8          
ACCEPT     0    --  0.0.0.0/0            0.0.0.0/0            ADDRTYPE match src-type !LOCAL

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination         

Chain KUBE-FORWARD (1 references)
target     prot opt source               destination         
DROP       0    --  0.0.0.0/0            0.0.0.0/0            ctstate INVALID
ACCEPT     0    --  0.0.0.0/0            0.0.0.0/0            ctstate RELATED,ESTABLISHED
ACCEPT     0    --  0.0.0.0/0            0.0.0.0/0            ctstate NEW,DNAT
ACCEPT     0    --  0.0.0.0/0            0.0.0.0/0            state NEW
`,
  ],
  [
    '-L',
    'filter',
    `Chain INPUT (policy ACCEPT)
target     prot opt source               destination         

Chain FORWARD (policy DROP)
target     prot opt source               destination         
KUBE-FORWARD  all  --  anywhere             anywhere            
ACCEPT     udp  --  anywhere             anywhere             udp spt:domain dpts:1024:65535
ACCEPT     tcp  --  anywhere             anywhere             tcp dpt:!http
DROP       tcp  --  anywhere             anywhere             tcp flags:FIN,SYN,RST,ACK/SYN
REJECT     tcp  --  anywhere             anywhere             multiport dports http,https,8000:8100 reject-with tcp-reset
REJECT     tcp  --  anywhere             anywhere             multiport sports  !http reject-with icmp-port-unreachable
ACCEPT     icmp --  anywhere             anywhere             icmp echo-request
ACCEPT     icmp --  anywhere             anywhere             icmp fragmentation-needed
ACCEPT     all  --  anywhere             anywhere            
ACCEPT    !tcp  --  anywhere             anywhere            
ACCEPT     all  --  anywhere             anywhere             mark match 0x4000/0x4000
ACCEPT     all  --  anywhere             anywhere             mark match 0x1
           all  --  anywhere             10.0.0.0/8          
ACCEPT     all  --  anywhere             anywhere             ADDRTYPE match src-type !LOCAL

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination         

Chain KUBE-FORWARD (1 references)
target     prot opt source               destination         
DROP       all  --  anywhere             anywhere             ctstate INVALID
ACCEPT     all  --  anywhere             anywhere             ctstate RELATED,ESTABLISHED
ACCEPT     all  --  anywhere             anywhere             ctstate NEW,DNAT
ACCEPT     all  --  anywhere             anywhere             state NEW
`,
  ],
  [
    '-nvL',
    'filter',
    `Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination         

Chain FORWARD (policy DROP 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination         
    0     0 KUBE-FORWARD  0    --  *      *       0.0.0.0/0            0.0.0.0/0           
    0     0 ACCEPT     17   --  *      *       0.0.0.0/0            0.0.0.0/0            udp spt:53 dpts:1024:65535
    0     0 ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:!80
    0     0 DROP       6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp flags:0x17/0x02
    0     0 REJECT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            multiport dports 80,443,8000:8100 reject-with tcp-reset
    0     0 REJECT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            multiport sports  !80 reject-with icmp-port-unreachable
    0     0 ACCEPT     1    --  *      *       0.0.0.0/0            0.0.0.0/0            icmptype 8
    0     0 ACCEPT     1    --  *      *       0.0.0.0/0            0.0.0.0/0            icmptype 3 code 4
    0     0 ACCEPT     0    --  cni0   eth0    0.0.0.0/0            0.0.0.0/0           
    0     0 ACCEPT    !6    --  *      *       0.0.0.0/0            0.0.0.0/0           
    0     0 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            mark match 0x4000/0x4000
    0     0 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            mark match 0x1
    0     0            0    --  *      *       0.0.0.0/0            10.0.0.0/8          
    0     0 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            ADDRTYPE match src-type !LOCAL

Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination         

Chain KUBE-FORWARD (1 references)
 pkts bytes target     prot opt in     out     source               destination         
    0     0 DROP       0    --  *      *       0.0.0.0/0            0.0.0.0/0            ctstate INVALID
    0     0 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            ctstate RELATED,ESTABLISHED
    0     0 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            ctstate NEW,DNAT
    0     0 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            state NEW
`,
  ],
  [
    '-nL',
    'raw',
    `Chain PREROUTING (policy ACCEPT)
target     prot opt source               destination         
CT         17   --  0.0.0.0/0            0.0.0.0/0            udp dpt:53 CT notrack

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination         
           6    --  0.0.0.0/0            0.0.0.0/0            recent: UPDATE seconds: 5 name: x side: source mask: 255.255.255.255
           6    --  0.0.0.0/0            0.0.0.0/0            ! recent: REMOVE name: x side: source mask: 255.255.255.255
`,
  ],
];

test.each(PRINTED)('iptables %s -t %s prints what the real one prints', (flags, table, text) => {
  const restored = restoreIptables(createRuleset(), RULES);
  if (!restored.ok) throw new Error(restored.text);
  const options = {
    numeric: flags.includes('n'),
    verbose: flags.includes('v'),
    lineNumbers: false,
    exact: false,
  };
  expect(listChains(restored.ruleset, table, undefined, options)).toBe(text);
});

test('one chain, with numbers', () => {
  const restored = restoreIptables(createRuleset(), RULES);
  if (!restored.ok) throw new Error(restored.text);
  const options = { numeric: true, verbose: false, lineNumbers: true, exact: false };
  expect(
    listChains(restored.ruleset, 'filter', 'FORWARD', options).split('\n').slice(0, 4),
  ).toEqual([
    'Chain FORWARD (policy DROP)',
    'num  target     prot opt source               destination         ',
    '1    KUBE-FORWARD  0    --  0.0.0.0/0            0.0.0.0/0           ',
    '2    ACCEPT     17   --  0.0.0.0/0            0.0.0.0/0            udp spt:53 dpts:1024:65535',
  ]);
});
