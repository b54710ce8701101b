import type { Program, SocketId } from '../../linux/program.ts';

/** Where the agent leaves the addresses that this node answers for, one a line. */
export const ANNOUNCED_FILE = '/run/metallb/announced';
const UPLINK = 'eth0';

interface SpeakerState {
  readonly socket: SocketId | undefined;
}

/**
 * The ARP responder of MetalLB's speaker: a packet socket that answers for addresses which no interface has. Nothing of
 * it shows in `ip addr`. Source: metallb internal/layer2/arp.go.
 */
export const SPEAKER_PROGRAM: Program<SpeakerState> = {
  name: 'metallb-speaker',
  start(_, calls) {
    const opened = calls.openCapture(UPLINK);
    if (!opened.ok) calls.exit(1);
    return { socket: opened.ok ? opened.socket : undefined };
  },
  handle({ socket }, event, calls) {
    if (event.type === 'signal') calls.exit(0);
    if (event.type !== 'captured' || event.as === 'outgoing' || socket === undefined) return;
    const { payload } = event.frame;
    if (payload.type !== 'arp' || payload.arp.operation !== 'request') return;
    const { targetIp, senderMac, senderIp } = payload.arp;
    const announced = (calls.readFile(ANNOUNCED_FILE) ?? '').split('\n');
    const mac = calls.interfaces().find(({ name }) => name === UPLINK)?.mac;
    if (!announced.includes(targetIp) || mac === undefined) return;
    calls.sendFrame(socket, {
      source: mac,
      destination: senderMac,
      payload: {
        type: 'arp',
        arp: {
          operation: 'reply',
          senderMac: mac,
          senderIp: targetIp,
          targetMac: senderMac,
          targetIp: senderIp,
        },
      },
    });
  },
};
