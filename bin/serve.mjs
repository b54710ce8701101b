// The production server: Next behind Node's http, with a stop that keeps its promises. On SIGTERM readiness
// turns 503, answers say `Connection: close`, requests that run are finished, and the process leaves within 15 s.
// (`next start` goes on serving busy keep-alive connections for as long as their clients like.)
import { createServer } from 'node:http';
import path from 'node:path';
import next from 'next';

const root = path.resolve(import.meta.dirname, '..');
const port = Number(process.env.PORT ?? 3000);
const host = process.env.HOST ?? '127.0.0.1';
const isHttps = (process.env.HOPWISE_URL ?? '').startsWith('https://');
const trustedProxies = Number(process.env.HOPWISE_TRUSTED_PROXIES ?? 0);
const parent = process.ppid;

const app = next({ dev: false, dir: root, hostname: host, port });
await app.prepare();
const handle = app.getRequestHandler();

/** Headers that only our own code may set; what a client claims about itself is dropped. */
const NOT_FROM_OUTSIDE = [
  'x-nonce',
  'x-middleware-subrequest',
  'x-middleware-rewrite',
  'x-middleware-next',
  'x-real-ip',
  'forwarded',
];

function trustNobody(request) {
  for (const name of NOT_FROM_OUTSIDE) delete request.headers[name];
  const hops = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  const client = trustedProxies > 0 ? hops.at(-trustedProxies) : undefined;
  if (trustedProxies === 0)
    for (const name of ['host', 'proto', 'port']) delete request.headers[`x-forwarded-${name}`];
  request.headers['x-forwarded-for'] = client ?? request.socket.remoteAddress ?? '';
}

let isDraining = false;
let running = 0;

const server = createServer((request, response) => {
  running += 1;
  response.on('close', () => (running -= 1));
  if (isHttps)
    response.setHeader('strict-transport-security', 'max-age=31536000; includeSubDomains');
  if (isDraining) response.setHeader('connection', 'close');
  if (request.method === 'TRACE' || request.method === 'TRACK') {
    response.writeHead(405).end();
    return;
  }
  trustNobody(request);
  handle(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
});
/**
 * A sandbox's Kubernetes API has no connections that go both ways. Next hangs up without a word; kubectl exec should say why.
 * Nobody is asked who they are: the answer tells nothing.
 */
server.on('upgrade', (request, socket) => {
  if (!/^\/api\/sandboxes\/[^/]+\/kube\//.test(request.url ?? '')) return;
  const message =
    'exec, attach and port-forward need a connection of their own, which this address does not offer: use the terminal of the page, or `npm run sim -- serve`';
  const body = JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: 'BadRequest',
    code: 400,
  });
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
});
server.headersTimeout = 15_000;
server.requestTimeout = 60_000;
server.keepAliveTimeout = 5_000;

/** First readiness says no, so that a load balancer turns away; then nothing new is accepted; then the end. */
function drain(patienceMs) {
  if (isDraining) return;
  isDraining = true;
  globalThis[Symbol.for('hopwise.draining')] = true; // read by /api/readyz
  setTimeout(() => {
    server.close();
    const tick = setInterval(() => {
      server.closeIdleConnections();
      if (running === 0) {
        clearInterval(tick);
        server.closeAllConnections();
        process.exit(0);
      }
    }, 50);
  }, patienceMs);
  setTimeout(() => process.exit(0), 13_000).unref();
}

process.on('SIGTERM', () => drain(Number(process.env.HOPWISE_PRESTOP_MS ?? 1_000)));
process.on('SIGINT', () => drain(0));
process.on('disconnect', () => drain(0)); // whoever started this server is gone
setInterval(() => {
  if (process.ppid !== parent) drain(0);
}, 1_000).unref();

server.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
server.listen(port, host);
