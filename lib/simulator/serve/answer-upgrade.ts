import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { PodSession, RestResponse } from '../apiserver/rest-types.ts';
import { badRequest } from '../apiserver/status.ts';
import { statusResponse } from '../apiserver/rest-response.ts';
import type { Sandbox } from '../scenario/open-sandbox.ts';
import { carryChannels, CHANNEL_PROTOCOLS } from './channels.ts';
import { openAttach } from './open-attach.ts';
import { openExec } from './open-exec.ts';
import { carryForward, TUNNEL_PROTOCOL } from './port-forward.ts';
import type { Stream } from './serve-clock.ts';

/** A message of exec may hold a pasted file; more than this is nobody's typing. */
const LARGEST_MESSAGE = 4 * 1024 * 1024;

/** What the connection is upgraded to: kubectl names what it speaks, best first. */
function chooseProtocol(request: IncomingMessage, verb: PodSession['verb']): string | undefined {
  const known = verb === 'portforward' ? [TUNNEL_PROTOCOL] : CHANNEL_PROTOCOLS;
  const asked = (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((one) => one.trim());
  return known.find((protocol) => asked.includes(protocol));
}

function refuse(socket: Duplex, response: RestResponse): void {
  const plain =
    'body' in response ? response : statusResponse(badRequest('Upgrade request required'));
  const body = Buffer.from(plain.body);
  socket.end(
    `HTTP/1.1 ${plain.status} ${STATUS_CODES[plain.status] ?? ''}\r\ncontent-type: ${plain.contentType}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${plain.body}`,
  );
}

function carry(socket: WebSocket, session: PodSession, sandbox: Sandbox): Stream {
  switch (session.verb) {
    case 'portforward':
      return carryForward(socket, session, sandbox.cluster);
    case 'attach':
      return carryChannels(socket, session, openAttach(sandbox, session));
    case 'exec':
      return carryChannels(socket, session, openExec(sandbox, session));
  }
}

/**
 * Upgrades a connection to WebSocket for exec, attach and port-forward (kubectl 1.31 and later). What cannot be upgraded
 * is answered with a Status. Simplified: SPDY without WebSocket, which older kubectl falls back to, is refused.
 */
export function createUpgrader(sandbox: Sandbox, add: (stream: Stream) => void) {
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE });
  const protocols = new WeakMap<IncomingMessage, string>();
  // ws takes "SPDY/3.1+portforward.k8s.io" for no token (RFC 7230), so the header is read and answered here.
  webSockets.on('headers', (headers, request) => {
    const protocol = protocols.get(request);
    if (protocol !== undefined) headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  return {
    answer(request: IncomingMessage, socket: Duplex, head: Buffer, response: RestResponse): void {
      socket.on('error', () => socket.destroy());
      const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket';
      if (response.type !== 'session' || !isWebSocket) return refuse(socket, response);
      const protocol = chooseProtocol(request, response.session.verb);
      if (protocol === undefined) return refuse(socket, response);
      delete request.headers['sec-websocket-protocol'];
      protocols.set(request, protocol);
      webSockets.handleUpgrade(request, socket, head, (opened) =>
        add(carry(opened, response.session, sandbox)),
      );
    },
    close(): void {
      for (const client of webSockets.clients) client.terminate();
      webSockets.close();
    },
  };
}
