import { expect, test } from 'vitest';
import { applyNftCommands } from './apply-commands.ts';
import { parseNftScript } from './parse/parse-script.ts';
import { listNftRuleset } from './print/list-ruleset.ts';
import { createNftRuleset } from './ruleset.ts';

/** What `nft list ruleset` 1.0.6 printed on a real kernel (6.18) after kube-proxy's rules for three Services were loaded. */
const KUBE_PROXY = `table ip kube-proxy {
	comment "rules for kube-proxy"
	set cluster-ips {
		type ipv4_addr
		comment "Active ClusterIPs"
		elements = { 172.30.0.41, 172.30.0.42,
			     172.30.0.43 }
	}

	set nodeport-ips {
		type ipv4_addr
		comment "IPs that accept NodePort traffic"
		elements = { 192.168.0.2 }
	}

	map firewall-ips {
		type ipv4_addr . inet_proto . inet_service : verdict
		comment "destinations that are subject to LoadBalancerSourceRanges"
	}

	map no-endpoint-nodeports {
		type inet_proto . inet_service : verdict
		comment "vmap to drop or reject packets to service nodeports with no endpoints"
	}

	map no-endpoint-services {
		type ipv4_addr . inet_proto . inet_service : verdict
		comment "vmap to drop or reject packets to services with no endpoints"
	}

	map service-ips {
		type ipv4_addr . inet_proto . inet_service : verdict
		comment "ClusterIP, ExternalIP and LoadBalancer IP traffic"
		elements = { 172.30.0.41 . tcp . 80 : goto service-ULMVA6XW-ns1/svc1/tcp/p80,
			     172.30.0.43 . tcp . 80 : goto service-4AT6LBPK-ns3/svc3/tcp/p80,
			     172.30.0.42 . tcp . 8080 : goto service-MHHHYRWA-ns2/svc2/tcp/p8080 }
	}

	map service-nodeports {
		type inet_proto . inet_service : verdict
		comment "NodePort traffic"
	}

	chain cluster-ips-check {
		ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"
		ip daddr 172.30.0.0/16 drop comment "Drop traffic to unallocated ClusterIPs"
	}

	chain filter-prerouting-pre-dnat {
		type filter hook prerouting priority dstnat - 10; policy accept;
		ct state new jump firewall-check
	}

	chain filter-output-pre-dnat {
		type filter hook output priority -110; policy accept;
		ct state new jump firewall-check
	}

	chain filter-forward {
		type filter hook forward priority filter; policy accept;
		ct state new jump service-endpoints-check
		ct state new jump cluster-ips-check
	}

	chain filter-input {
		type filter hook input priority filter; policy accept;
		ct state new jump nodeport-endpoints-check
		ct state new jump service-endpoints-check
	}

	chain filter-output {
		type filter hook output priority filter; policy accept;
		ct state new jump service-endpoints-check
		ct state new jump cluster-ips-check
	}

	chain firewall-check {
		ip daddr . meta l4proto . th dport vmap @firewall-ips
	}

	chain mark-for-masquerade {
		meta mark set meta mark | 0x00004000
	}

	chain masquerading {
		meta mark & 0x00004000 == 0x00000000 return
		meta mark set meta mark ^ 0x00004000
		masquerade fully-random
	}

	chain nat-output {
		type nat hook output priority -100; policy accept;
		jump services
	}

	chain nat-postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		jump masquerading
	}

	chain nat-prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		jump services
	}

	chain nodeport-endpoints-check {
		ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports
	}

	chain reject-chain {
		comment "helper for @no-endpoint-services / @no-endpoint-nodeports"
		reject
	}

	chain services {
		ip daddr . meta l4proto . th dport vmap @service-ips
		ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
	}

	chain service-endpoints-check {
		ip daddr . meta l4proto . th dport vmap @no-endpoint-services
	}

	chain service-ULMVA6XW-ns1/svc1/tcp/p80 {
		ip daddr 172.30.0.41 ip saddr != 10.0.0.0/8 jump mark-for-masquerade
		numgen random mod 1 vmap { 0 : goto endpoint-5TPGNJF2-ns1/svc1/tcp/p80__10.0.1.1/80 }
	}

	chain endpoint-5TPGNJF2-ns1/svc1/tcp/p80__10.0.1.1/80 {
		ip saddr 10.0.1.1 jump mark-for-masquerade
		meta l4proto tcp dnat to 10.0.1.1:80
	}

	chain service-MHHHYRWA-ns2/svc2/tcp/p8080 {
		ip daddr 172.30.0.42 ip saddr != 10.0.0.0/8 jump mark-for-masquerade
		numgen random mod 1 vmap { 0 : goto endpoint-7RVP4LUQ-ns2/svc2/tcp/p8080__10.0.2.1/8080 }
	}

	chain endpoint-7RVP4LUQ-ns2/svc2/tcp/p8080__10.0.2.1/8080 {
		ip saddr 10.0.2.1 jump mark-for-masquerade
		meta l4proto tcp dnat to 10.0.2.1:8080
	}

	chain service-4AT6LBPK-ns3/svc3/tcp/p80 {
		ip daddr 172.30.0.43 ip saddr != 10.0.0.0/8 jump mark-for-masquerade
		numgen random mod 1 vmap { 0 : goto endpoint-2OCDJSZQ-ns3/svc3/tcp/p80__10.0.3.1/80 }
	}

	chain endpoint-2OCDJSZQ-ns3/svc3/tcp/p80__10.0.3.1/80 {
		ip saddr 10.0.3.1 jump mark-for-masquerade
		meta l4proto tcp dnat to 10.0.3.1:80
	}
}
`;

/** The same for one rule of each kind that is simulated. */
const EACH_KIND = `table ip t {
	flags dormant
	comment "x y"

	set aff {
		type ipv4_addr
		size 65535
		flags dynamic,timeout
		timeout 3h
	}

	set s4 {
		type ipv4_addr
		size 100
		flags interval
		auto-merge
		elements = { 1.2.3.4 comment "c", 9.0.0.0/24,
			     10.0.0.0/8, 192.168.1.5-192.168.1.9 }
	}

	map m {
		type ipv4_addr . inet_service : ipv4_addr . inet_service
		elements = { 10.0.0.1 . 80 : 10.1.1.1 . 8080 }
	}

	map v {
		type mark : verdict
		flags constant
		elements = { 0x00000001 : accept, 0x00000002 : drop }
	}

	set ifs {
		type ifname
		elements = { "eth0",
			     "cni0" }
	}

	set pr {
		type inet_proto . inet_service
		flags interval
		elements = { tcp . 80-90,
			     udp . 53 }
	}

	chain c {
		comment "hello"
		update @aff { ip saddr }
		add @aff { ip saddr timeout 1h30s }
		ip saddr != { 1.1.1.1, 10.0.0.0/8 } drop comment "no x"
		fib daddr type local ip daddr != 127.0.0.0/8 accept
		fib saddr . iif oif missing drop
		ct state established,related accept
		ct state { new, untracked } counter packets 5 bytes 10
		ct status dnat accept
		ct mark set meta mark
		meta mark set ct mark
		meta mark 0x00004000 tcp dport 80 reject with tcp reset
		reject
		reject with icmp host-unreachable
		tcp dport { 80, 443, 1000-2000 } limit rate 5/minute burst 10 packets accept
		limit rate over 5/second log prefix "abc " level debug
		log prefix "x" group 3
		tcp flags syn / fin,syn,rst,ack drop
		tcp flags syn / fin,syn,rst,ack drop
		tcp flags syn,ack drop
		iifname "eth*" oifname != { "a", "b" } accept
		meta skuid 1000 meta l4proto { tcp, udp } th dport 53 notrack
		icmp type echo-request accept
		icmp type { destination-unreachable, echo-request } icmp code frag-needed accept
		ip ttl 1 ip protocol tcp ip ttl > 5 drop
		tcp sport 1024-65535 tcp dport != 5
		numgen inc mod 10 offset 3 < 5 drop
		ct original ip daddr 10.0.0.1 meta l4proto tcp ct original proto-dst 80 ct direction reply accept
		meta pkttype broadcast ether saddr 00:11:22:33:44:55 drop
		meta mark & 0x000000ff == 0x00000001 meta mark set meta mark & 0x0000ffff
		meta mark set 0x00000005 counter packets 0 bytes 0
		meta mark set meta mark | 0x00004000
		meta mark set meta mark ^ 0x00004000
		meta mark set meta mark & 0x0000ffff | 0x00004000
		meta length > 100
		ip saddr @s4 ip daddr vmap { 1.1.1.1 : accept }
	}

	chain b {
		type filter hook input priority filter - 5; policy drop;
	}

	chain b2 {
		comment "cc"
		type filter hook input priority -110; policy accept;
	}

	chain n {
		type nat hook prerouting priority dstnat; policy accept;
		dnat to numgen random mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }
		dnat ip to ip daddr . tcp dport map @m
		meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.0.0.1 . 80, 1 : 10.0.0.2 . 80 }
		tcp dport 80 redirect to :8080
		tcp dport 80 dnat to :8080
	}

	chain n2 {
		type nat hook postrouting priority srcnat + 1; policy accept;
		tcp dport 80 masquerade to :1024-2000 random
		snat to 1.1.1.1-1.1.1.5 fully-random
		snat to 1.1.1.1
	}

	chain o {
		type route hook output priority mangle; policy accept;
	}
}
table inet u {
	chain x {
		type filter hook forward priority filter; policy accept;
		ip6 saddr fd00::/8 ip saddr 1.1.1.1 drop
		reject
		icmpv6 type { echo-request, nd-router-advert } accept
		ip6 nexthdr ipv6-icmp reject with icmpv6 no-route
	}

	chain y {
		type nat hook prerouting priority dstnat; policy accept;
		tcp dport 80 dnat ip to 1.1.1.1:80
		tcp dport 80 dnat ip6 to [fd00::1]:80
	}
}
`;

test.each([
  ['of kube-proxy', KUBE_PROXY],
  ['with one rule of each kind', EACH_KIND],
])('a listing of a real kernel %s is printed again byte for byte', (_name, listing) => {
  const parsed = parseNftScript(listing);
  if (!parsed.ok) expect.fail(JSON.stringify(parsed.problem));
  const ruleset = createNftRuleset();
  expect(applyNftCommands(ruleset, parsed.commands, 0)).toBeUndefined();
  expect(listNftRuleset(ruleset, { now: 0 })).toBe(listing);
});
