import type { Match } from '../rule.ts';
import { matchesAddressType, printAddressType } from './address-type.ts';
import { printComment } from './comment.ts';
import { matchesConntrackState, printConntrackState } from './conntrack-state.ts';
import { matchesHeader, printHeader } from './header.ts';
import { matchesIcmp, printIcmp } from './icmp.ts';
import { matchesIcmp6, printIcmp6 } from './icmp6.ts';
import { matchesIpset, printIpset } from './ipset.ts';
import { matchesLimit, printLimit } from './limit.ts';
import { matchesMark, printMark } from './mark.ts';
import { matchesMultiport, printMultiport } from './multiport.ts';
import { matchesNth, printNth } from './nth.ts';
import { matchesOwner, printOwner } from './owner.ts';
import {
  matchesConnmark,
  matchesIpRange,
  matchesLength,
  matchesMac,
  matchesPhysdev,
  printConnmark,
  printIpRange,
  printLength,
  printMac,
  printPhysdev,
} from './packet-facts.ts';
import { matchesRecent, printRecent } from './recent.ts';
import { matchesStatistic, printStatistic } from './statistic.ts';
import type { MatchSubject } from './subject.ts';
import { matchesTransport, printTransport } from './transport.ts';

/** Whether one condition of a rule holds. `statistic` and `recent` change state, so it matters when they are asked. */
// eslint-disable-next-line complexity -- one line a kind of match.
export function isMatch(match: Match, subject: MatchSubject): boolean {
  switch (match.match) {
    case 'source':
    case 'destination':
    case 'in-interface':
    case 'out-interface':
    case 'protocol':
      return matchesHeader(match, subject);
    case 'comment':
      return true;
    case 'transport':
      return matchesTransport(match, subject);
    case 'multiport':
      return matchesMultiport(match, subject);
    case 'icmp':
      return matchesIcmp(match, subject);
    case 'address-type':
      return matchesAddressType(match, subject);
    case 'mark':
      return matchesMark(match, subject);
    case 'conntrack-state':
      return matchesConntrackState(match, subject);
    case 'statistic':
      return matchesStatistic(match, subject);
    case 'recent':
      return matchesRecent(match, subject);
    case 'nth':
      return matchesNth(match, subject);
    case 'limit':
      return matchesLimit(match, subject);
    case 'owner':
      return matchesOwner(match, subject);
    case 'length':
      return matchesLength(match, subject);
    case 'mac':
      return matchesMac(match, subject);
    case 'ip-range':
      return matchesIpRange(match, subject);
    case 'connmark':
      return matchesConnmark(match, subject);
    case 'physdev':
      return matchesPhysdev(match, subject);
    case 'set':
      return matchesIpset(match, subject);
    case 'icmp6':
      return matchesIcmp6(match, subject);
  }
}

/** The match as iptables-save prints it. */
// eslint-disable-next-line complexity -- one line a kind of match.
export function printMatch(match: Match): string {
  switch (match.match) {
    case 'source':
    case 'destination':
    case 'in-interface':
    case 'out-interface':
    case 'protocol':
      return printHeader(match);
    case 'comment':
      return printComment(match.text);
    case 'transport':
      return printTransport(match);
    case 'multiport':
      return printMultiport(match);
    case 'icmp':
      return printIcmp(match);
    case 'address-type':
      return printAddressType(match);
    case 'mark':
      return printMark(match);
    case 'conntrack-state':
      return printConntrackState(match);
    case 'statistic':
      return printStatistic(match);
    case 'recent':
      return printRecent(match);
    case 'nth':
      return printNth(match);
    case 'limit':
      return printLimit(match);
    case 'owner':
      return printOwner(match);
    case 'length':
      return printLength(match);
    case 'mac':
      return printMac(match);
    case 'ip-range':
      return printIpRange(match);
    case 'connmark':
      return printConnmark(match);
    case 'physdev':
      return printPhysdev(match);
    case 'set':
      return printIpset(match);
    case 'icmp6':
      return printIcmp6(match);
  }
}
