import type { RecordType } from '../../packet/dns-message.ts';
import { parseRecordType, reverseOf } from './dns-lookup.ts';

export const BIND_VERSION = '9.18.39';

export type Section =
  'cmd' | 'comments' | 'question' | 'answer' | 'authority' | 'additional' | 'stats';
const SECTIONS: readonly Section[] = [
  'cmd',
  'comments',
  'question',
  'answer',
  'authority',
  'additional',
  'stats',
];

export interface DigOptions {
  name: string;
  type: RecordType;
  server?: string;
  port: number;
  short: boolean;
  search: boolean;
  timeout: number;
  tries: number;
  ndots?: number;
  transport: 'udp' | 'tcp';
  whenTruncated: 'retry-over-tcp' | 'keep';
  /** What EDNS says that fits over UDP; 0 without EDNS. */
  bufferSize: number;
  sendsCookie: 'yes' | 'no';
  readonly hidden: Section[];
}

const USAGE = `Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]

Use "dig -h" (or "dig -h | more") for complete list of options
`;

/** Switches of dig that change nothing here. */
const SILENT_SWITCHES = new Set(
  'recurse norecurse rd nord dnssec nodnssec aaflag noaaflag multiline nomultiline ttlid nottlid badcookie nobadcookie idn noidn'.split(
    ' ',
  ),
);

/** Bytes that dig says it takes over UDP. */
const BUFFER_SIZE = 1232;

export const PLAIN_OPTIONS: Omit<DigOptions, 'hidden'> = {
  name: '',
  type: 'A',
  port: 53,
  short: false,
  search: false,
  timeout: 5,
  tries: 3,
  transport: 'udp',
  whenTruncated: 'retry-over-tcp',
  bufferSize: BUFFER_SIZE,
  sendsCookie: 'yes',
};

function applyTransportSwitch(
  name: string,
  state: 'on' | 'off',
  value: string,
  options: DigOptions,
  word: string,
): 'fine' | 'invalid' {
  if (name === 'tcp' || name === 'vc') options.transport = state === 'on' ? 'tcp' : 'udp';
  else if (name === 'ignore') options.whenTruncated = state === 'on' ? 'keep' : 'retry-over-tcp';
  else if (name === 'edns') options.bufferSize = state === 'on' ? BUFFER_SIZE : 0;
  else if (name === 'bufsize') options.bufferSize = Math.min(65_535, Number(value) || BUFFER_SIZE);
  else if (name === 'cookie') options.sendsCookie = state === 'on' ? 'yes' : 'no';
  else if (!SILENT_SWITCHES.has(word)) return 'invalid';
  return 'fine';
}

function applySwitch(text: string, options: DigOptions): 'fine' | 'invalid' {
  const [word = '', value = ''] = text.slice(1).split('=');
  const isOff = word.startsWith('no') && word !== 'noall';
  const name = isOff ? word.slice(2) : word;
  const section = SECTIONS.find((one) => one === name);
  if (section) {
    const at = options.hidden.indexOf(section);
    if (isOff && at < 0) options.hidden.push(section);
    if (!isOff && at >= 0) options.hidden.splice(at, 1);
  } else if (word === 'noall') options.hidden.splice(0, options.hidden.length, ...SECTIONS);
  else if (word === 'all') options.hidden.splice(0, options.hidden.length);
  else if (name === 'short') options.short = !isOff;
  else if (name === 'search' || name === 'defname') options.search = !isOff;
  else if (name === 'time' || name === 'timeout') options.timeout = Math.max(1, Number(value) || 1);
  else if (name === 'tries') options.tries = Math.max(1, Number(value) || 1);
  else if (name === 'retry') options.tries = Math.max(0, Number(value) || 0) + 1;
  else if (name === 'ndots') {
    options.ndots = Number(value) || 0;
    options.search = true;
  } else return applyTransportSwitch(name, isOff ? 'off' : 'on', value, options, word);
  return 'fine';
}

type Parse =
  | { readonly ok: true; readonly options: DigOptions }
  | { readonly ok: false; readonly text: string; readonly exitCode: number };

const invalid = (arg: string): Parse => ({
  ok: false,
  text: `Invalid option: ${arg}\n${USAGE}`,
  exitCode: 1,
});

export function parseArguments(args: readonly string[]): Parse {
  const options: DigOptions = { ...PLAIN_OPTIONS, hidden: [] };
  let hasType = false;
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const type = parseRecordType(arg);
    if (arg.startsWith('@')) options.server = arg.slice(1);
    else if (arg.startsWith('+')) {
      if (applySwitch(arg, options) === 'invalid') return invalid(arg);
    } else if (arg === '-v') return { ok: false, text: `DiG ${BIND_VERSION}\n`, exitCode: 0 };
    else if (arg === '-h') return { ok: false, text: USAGE, exitCode: 0 };
    else if (arg === '-x') {
      const reverse = reverseOf(rest.shift() ?? '');
      if (reverse === undefined)
        return { ok: false, text: `Invalid IP address\n${USAGE}`, exitCode: 1 };
      options.name = reverse;
      options.type = 'PTR';
      hasType = true;
    } else if (arg === '-t') {
      const given = parseRecordType(rest.shift() ?? '');
      if (!given) return { ok: false, text: ';; Warning, ignoring invalid type\n', exitCode: 1 };
      options.type = given;
      hasType = true;
    } else if (arg === '-p') options.port = Number(rest.shift());
    else if (arg === '-q') options.name = rest.shift() ?? '';
    else if (arg === '-4' || arg === '-6' || arg.toUpperCase() === 'IN') continue;
    else if (arg.startsWith('-')) return invalid(arg);
    else if (type && (options.name !== '' || rest.some((word) => !/^[@+-]/.test(word)))) {
      options.type = type;
      hasType = true;
    } else options.name = arg;
  }
  if (options.name === '') {
    options.name = '.';
    if (!hasType) options.type = 'NS';
  }
  return { ok: true, options };
}
