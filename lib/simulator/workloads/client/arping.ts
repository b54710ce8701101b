import { cidrContains } from '../../base/cidr.ts';
import { ipVersion } from '../../base/ip.ts';
import { BROADCAST_MAC } from '../../base/mac.ts';
import { MILLISECOND, SECOND, type Micros } from '../../base/clock.ts';
import type {
  InterfaceView,
  Program,
  ProgramEvent,
  SocketId,
  SystemCalls,
} from '../../linux/program.ts';

interface ArpingOptions {
  count?: number;
  /** Seconds. */
  deadline?: number;
  interval: number;
  device?: string;
  source?: string;
  mode: 'ask' | 'detect-duplicates' | 'announce';
  quitOnFirst: boolean;
  keepBroadcasting: boolean;
  quiet: boolean;
  target: string;
}

interface ArpingState {
  readonly options: ArpingOptions;
  device: string;
  mac: string;
  source: string;
  socket?: SocketId;
  /** Who answered last: asked alone from then on. */
  known?: string;
  sentAt: Micros;
  sent: number;
  broadcasts: number;
  received: number;
}

const SEND = 'send';
const DEADLINE = 'deadline';

const USAGE = `
Usage:
  arping [options] <destination>

Options:
  -f            quit on first reply
  -q            be quiet
  -b            keep on broadcasting, do not unicast
  -D            duplicate address detection mode
  -U            unsolicited ARP mode, update your neighbours
  -A            ARP answer mode, update your neighbours
  -V            print version and exit
  -c <count>    how many packets to send
  -w <timeout>  how long to wait for a reply
  -i <interval> set interval between packets (default: 1 second)
  -I <device>   which ethernet device to use
  -s <source>   source ip address
  <destination> dns name or ip address

For more details see arping(8).
`;

function setFlag(options: ArpingOptions, letter: string): 'done' | 'unknown' {
  if (letter === 'f') options.quitOnFirst = true;
  else if (letter === 'q') options.quiet = true;
  else if (letter === 'b') options.keepBroadcasting = true;
  else if (letter === 'D') options.mode = 'detect-duplicates';
  else if (letter === 'U' || letter === 'A') options.mode = 'announce';
  else return 'unknown';
  return 'done';
}

function setValue(options: ArpingOptions, letter: string, value: string): void {
  if (letter === 'c') options.count = Number(value);
  if (letter === 'w') options.deadline = Number(value);
  if (letter === 'i') options.interval = Number(value);
  if (letter === 'I') options.device = value;
  if (letter === 's') options.source = value;
}

function parseArguments(args: readonly string[]): ArpingOptions | string {
  const options: ArpingOptions = {
    interval: 1,
    mode: 'ask',
    quitOnFirst: false,
    keepBroadcasting: false,
    quiet: false,
    target: '',
  };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (!arg.startsWith('-')) {
      options.target = arg;
      continue;
    }
    for (let letters = arg.slice(1); letters !== '';) {
      const letter = letters[0] ?? '';
      letters = letters.slice(1);
      if ('cwiIs'.includes(letter)) {
        const value = letters === '' ? rest.shift() : letters;
        letters = '';
        if (value === undefined)
          return `arping: option requires an argument -- '${letter}'\n${USAGE}`;
        setValue(options, letter, value);
      } else if (setFlag(options, letter) === 'unknown') {
        return `arping: invalid option -- '${letter}'\n${USAGE}`;
      }
    }
  }
  if (options.target === '') return USAGE;
  return ipVersion(options.target) === 4
    ? options
    : `arping: ${options.target}: Name or service not known\n`;
}

const isOnLink = ({ addresses }: InterfaceView, target: string) =>
  addresses.some(({ address, prefix }) => cidrContains(`${address}/${prefix}`, target));

function ask(state: ArpingState, calls: SystemCalls): void {
  if (state.socket === undefined) return;
  const { options, mac, source } = state;
  const isAnnouncing = options.mode === 'announce';
  const known = options.keepBroadcasting || isAnnouncing ? undefined : state.known;
  state.sentAt = calls.now;
  state.sent += 1;
  if (known === undefined) state.broadcasts += 1;
  calls.sendFrame(state.socket, {
    source: mac,
    destination: known ?? BROADCAST_MAC,
    payload: {
      type: 'arp',
      arp: {
        operation: 'request',
        senderMac: mac,
        senderIp: isAnnouncing ? options.target : source,
        targetMac: known ?? BROADCAST_MAC,
        targetIp: options.target,
      },
    },
  });
  calls.setTimer(SEND, Math.round(options.interval * SECOND));
}

function finish(state: ArpingState, calls: SystemCalls): void {
  const { options, sent, broadcasts, received } = state;
  calls.print(
    `Sent ${sent} probes (${broadcasts} broadcast(s))\nReceived ${received} response(s)\n`,
  );
  const isGood = options.mode === 'announce' || received > 0;
  calls.exit((options.mode === 'detect-duplicates' ? received === 0 : isGood) ? 0 : 1);
}

function hear(
  state: ArpingState,
  event: Extract<ProgramEvent, { type: 'captured' }>,
  calls: SystemCalls,
): void {
  const { payload } = event.frame;
  if (payload.type !== 'arp' || event.as === 'outgoing') return;
  const { arp } = payload;
  if (arp.operation !== 'reply' || arp.senderIp !== state.options.target) return;
  state.received += 1;
  state.known = arp.senderMac;
  if (!state.options.quiet) {
    const took = ((calls.now - state.sentAt) / MILLISECOND).toFixed(3);
    const kind = event.as === 'host' ? 'Unicast' : 'Broadcast';
    calls.print(`${kind} reply from ${arp.senderIp} [${arp.senderMac.toUpperCase()}]  ${took}ms\n`);
  }
  const isEnough = state.options.quitOnFirst || state.options.mode === 'detect-duplicates';
  if (isEnough || state.sent >= (state.options.count ?? Infinity)) finish(state, calls);
}

/** Which device and address it asks with; a text is the error. */
function choose(state: ArpingState, calls: SystemCalls): string | undefined {
  const { options } = state;
  const devices = calls.interfaces();
  const device =
    options.device === undefined
      ? devices.find((one) => one.isUp && one.kind === 'other' && isOnLink(one, options.target))
      : devices.find(({ name }) => name === options.device);
  if (!device) {
    return options.device === undefined
      ? 'arping: no device to use\n'
      : `arping: Device ${options.device} not available.\n`;
  }
  if (device.kind === 'loopback') return `Interface "${device.name}" is not ARPable\n`;
  if (!device.isUp) return `arping: Interface "${device.name}" is down\n`;
  const own = device.addresses.find(({ address }) => ipVersion(address) === 4)?.address;
  state.device = device.name;
  state.mac = device.mac;
  state.source =
    options.mode === 'detect-duplicates' ? '0.0.0.0' : (options.source ?? own ?? '0.0.0.0');
  return undefined;
}

/** arping(8) of iputils. */
export const ARPING: Program<ArpingState> = {
  name: 'arping',
  start(args, calls) {
    const parsed = parseArguments(args);
    const isWrong = typeof parsed === 'string';
    const options: ArpingOptions = isWrong
      ? {
          interval: 1,
          mode: 'ask',
          quitOnFirst: false,
          keepBroadcasting: false,
          quiet: false,
          target: '',
        }
      : parsed;
    const state: ArpingState = {
      options,
      device: '',
      mac: '',
      source: '',
      sentAt: calls.now,
      sent: 0,
      broadcasts: 0,
      received: 0,
    };
    const problem = isWrong ? parsed : choose(state, calls);
    const opened = problem === undefined ? calls.openCapture(state.device) : undefined;
    if (!opened?.ok) {
      calls.printError(problem ?? 'arping: socket: No such device\n');
      calls.exit(2);
      return state;
    }
    state.socket = opened.socket;
    calls.print(`ARPING ${options.target} from ${state.source} ${state.device}\n`);
    if (options.deadline !== undefined)
      calls.setTimer(DEADLINE, Math.round(options.deadline * SECOND));
    ask(state, calls);
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') finish(state, calls);
    else if (event.type === 'captured') hear(state, event, calls);
    else if (event.type === 'timer') {
      const isOver = event.name === DEADLINE || state.sent >= (state.options.count ?? Infinity);
      if (isOver) finish(state, calls);
      else ask(state, calls);
    }
  },
};
