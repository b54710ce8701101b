/** Words that nft's grammar knows, as far as ours does: an error names them, and calls every other word a string. */
export const KEYWORDS: ReadonlySet<string> = new Set(
  `add create insert delete replace rename list flush reset get table chain chains rule set sets map maps element
   ruleset tables handle position index type hook priority policy comment flags timeout size elements define jump goto
   accept drop return continue counter packets bytes log prefix level group limit rate burst over reject with snat dnat
   masquerade redirect to random fully-random persistent ip ip6 inet tcp udp sctp th icmp icmpv6 ether meta mark iif oif
   iifname oifname skuid skgid pkttype l4proto nfproto ct state status direction original reply fib saddr daddr sport
   dport protocol ttl length hoplimit nexthdr code numgen mod inc offset vmap update expires notrack and or xor`
    .split(/\s+/)
    .filter(Boolean),
);
