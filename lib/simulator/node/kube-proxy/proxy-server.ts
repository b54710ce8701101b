import { formatTimestamp, SECOND, type Micros } from '../../base/clock.ts';
import type { SystemCalls } from '../../linux/program.ts';
import type { HttpHeaders, HttpResponse } from '../../packet/http-message.ts';
import { HEALTH_FILE, healthOf, parseHealth, type ProxyHealth } from './proxy-health.ts';

/** `healthzBindAddress`: on every address. Cloud load balancers ask there (KEP-3836). */
export const HEALTHZ_PORT = 10_256;
/** `metricsBindAddress`: on the loopback address alone. */
const METRICS_PORT = 10_249;

/** The process that answers for a kube-proxy itself. */
export interface ServerState {
  readonly mode: string;
  readonly startedAt: Micros;
  /** Answers to /healthz, by status. */
  readonly answers: Record<string, number>;
}

/** Opens both ports; arguments: the mode, and the address for the metrics. */
export function startServer([mode = '', loopback = '']: readonly string[], calls: SystemCalls) {
  // A port that is taken stays closed, and kube-proxy goes on (bindAddressHardFail is off).
  calls.listen(HEALTHZ_PORT);
  calls.listen(METRICS_PORT, loopback);
  return { mode, startedAt: calls.now, answers: {} } satisfies ServerState;
}

const NOSNIFF = ['X-Content-Type-Options', 'nosniff'] as const;
const JSON_TYPE: HttpHeaders = [['Content-Type', 'application/json'], NOSNIFF];
const TEXT_TYPE: HttpHeaders = [['Content-Type', 'text/plain; charset=utf-8'], NOSNIFF];

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  404: 'Not Found',
  503: 'Service Unavailable',
};

const reply = (status: number, headers: HttpHeaders, body: string): HttpResponse => ({
  status,
  reason: REASONS[status] ?? '',
  version: '1.1',
  headers: [...headers, ['Content-Length', String(body.length)]],
  body,
});

const notFound = () => reply(404, TEXT_TYPE, '404 page not found\n');

/** As Go's `time.Time` prints itself, with the reading of the monotonic clock: the time since the process began. */
export function formatGoTime(time: Micros, startedAt: Micros): string {
  const date = formatTimestamp(time).replace('T', ' ').replace('Z', '');
  const micros = String(time % SECOND).padStart(6, '0');
  const fraction = micros.replace(/0+$/, '');
  const since = Math.abs(time - startedAt);
  const seconds = `${Math.floor(since / SECOND)}.${String(since % SECOND).padStart(6, '0')}000`;
  const sign = time < startedAt ? '-' : '+';
  return `${date}${fraction === '' ? '' : `.${fraction}`} +0000 UTC m=${sign}${seconds}`;
}

const readHealth = (calls: SystemCalls): ProxyHealth => parseHealth(calls.readFile(HEALTH_FILE));

/** healthzHandler and livezHandler of pkg/proxy/healthcheck/proxy_health.go: only the first minds the node. */
function answerHealth(state: ServerState, path: '/healthz' | '/livez', calls: SystemCalls) {
  const health = readHealth(calls);
  const { isHealthy, lastUpdated } = healthOf(health, calls.now);
  const isGood = isHealthy && (path === '/livez' || health.nodeEligible);
  const time = (at: Micros) => JSON.stringify(formatGoTime(at, state.startedAt));
  const times = `{"lastUpdated": ${time(isGood ? calls.now : lastUpdated)},"currentTime": ${time(calls.now)}`;
  const status = isGood ? 200 : 503;
  if (path === '/livez') return reply(status, JSON_TYPE, `${times}}`);
  state.answers[status] = (state.answers[status] ?? 0) + 1;
  return reply(status, JSON_TYPE, `${times}, "nodeEligible": ${health.nodeEligible}}`);
}

/** As Prometheus' Go library prints a large number of seconds: `1.767603600123e+09`. */
function formatSeconds(time: Micros): string {
  const [digits = '0', exponent = '0'] = (time / SECOND).toExponential().split('e');
  return `${digits}e${exponent.replace(/^([+-])(\d)$/, '$10$2')}`;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly label: string;
  readonly samples: Readonly<Record<string, string>>;
}

const mapValues = (record: Readonly<Record<string, number>>, print: (value: number) => string) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, print(value)]));

/** Simplified: three metrics of the some sixty that the real one has. */
function answerMetrics(state: ServerState, calls: SystemCalls): HttpResponse {
  const { updated, queued } = readHealth(calls);
  const metrics: Metric[] = [
    {
      name: 'kubeproxy_proxy_healthz_total',
      help: '[ALPHA] Cumulative proxy healthz HTTP status',
      type: 'counter',
      label: 'code',
      samples: mapValues(state.answers, String),
    },
    {
      name: 'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds',
      help: '[ALPHA] The last time a sync of proxy rules was queued',
      type: 'gauge',
      label: 'ip_family',
      samples: mapValues({ ...updated, ...queued }, formatSeconds),
    },
    {
      name: 'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
      help: '[ALPHA] The last time proxy rules were successfully synced',
      type: 'gauge',
      label: 'ip_family',
      samples: mapValues(updated, formatSeconds),
    },
  ];
  const body = metrics
    .filter(({ samples }) => Object.keys(samples).length > 0)
    .flatMap(({ name, help, type, label, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...Object.entries(samples).map(([of, value]) => `${name}{${label}="${of}"} ${value}`),
      '',
    ])
    .join('\n')
    .replaceAll('\n\n', '\n');
  return reply(200, [['Content-Type', 'text/plain; version=0.0.4; charset=utf-8']], body);
}

/** serveMetrics of cmd/kube-proxy/app/server.go. Simplified: no profiling, no /configz. */
function answerOnMetricsPort(state: ServerState, path: string, calls: SystemCalls): HttpResponse {
  switch (path) {
    case '/proxyMode':
      return reply(200, TEXT_TYPE, state.mode);
    case '/healthz':
      return reply(200, TEXT_TYPE, 'ok');
    case '/metrics':
      return answerMetrics(state, calls);
    default:
      return notFound();
  }
}

/** What kube-proxy answers about itself, by the port that was asked and the path. */
export function answerServer(
  state: ServerState,
  port: number,
  target: string,
  calls: SystemCalls,
): HttpResponse {
  const path = target.split('?')[0] ?? '';
  if (port !== HEALTHZ_PORT) return answerOnMetricsPort(state, path, calls);
  return path === '/healthz' || path === '/livez' ? answerHealth(state, path, calls) : notFound();
}
