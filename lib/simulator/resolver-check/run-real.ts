import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { World } from './generate-worlds.ts';
import type { LoggedQuery, Outcome } from './outcome.ts';

const run = promisify(execFile);
const MARKER = '=== look-up ';

/** Interfaces, servers, bound files, and then the look-ups: all of it ends with the process namespace. */
function scriptOf({ servers, ipv6, lookUps }: World): string {
  const lines = [
    'set -e',
    ...(ipv6 === 'off' ? ['echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6'] : []),
    'ip link set lo up',
    'ip link add v0 type veth peer name v1',
    'ip link set v0 up; ip link set v1 up',
    'ip addr add 10.0.0.1/24 dev v0',
    'ip route add default via 10.0.0.254',
  ];
  for (const [i, { address, kind }] of servers.entries()) {
    lines.push(`ip addr add ${address}/32 dev lo`);
    if (kind === 'silent') lines.push(`iptables -A OUTPUT -s ${address} -p udp --sport 53 -j DROP`);
    if (kind !== 'dead')
      // Without a group to change to: an ordinary user's namespace allows none.
      lines.push(
        `dnsmasq -k -C "$PWD/server-${i}.conf" --user=root --group= --bind-interfaces --log-queries=extra --log-facility=- --pid-file= 2>> log &`,
        `echo "server $!" >> servers`,
      );
  }
  const running = servers.filter(({ kind }) => kind !== 'dead').length;
  lines.push(
    'mount --bind hosts /etc/hosts; mount --bind nsswitch /etc/nsswitch.conf; cp resolv-0 resolv; mount --bind resolv /etc/resolv.conf',
    'up() { grep -c "cleared cache" log || true; }',
    `for i in $(seq 200); do [ "$(up)" -ge ${running} ] && break; sleep 0.05; done`,
    `[ "$(up)" -ge ${running} ] || { cat log >&2; exit 1; }`,
    'set +e',
  );
  for (const [i, { database, name }] of lookUps.entries()) {
    lines.push(
      `cat resolv-${i} > resolv; echo "${MARKER}${i}" >> log`,
      `getent ${database} '${name}' > out-${i}; echo $? > code-${i}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Files of a world in a folder of its own. */
function prepare(world: World, folder: string): void {
  const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
  write('script', scriptOf(world));
  write('hosts', world.hosts);
  write('nsswitch', 'hosts: files dns\n');
  write('log', '');
  write('servers', '');
  world.servers.forEach(({ config }, i) => write(`server-${i}.conf`, config));
  world.lookUps.forEach(({ resolvConf }, i) => write(`resolv-${i}`, resolvConf));
}

/** Queries by look-up. What a child of the server logs came over TCP; a server's own address is its client's too. */
function queriesOf(log: string, serverPids: ReadonlySet<string>): LoggedQuery[][] {
  return log
    .split(MARKER)
    .slice(1)
    .map((part) =>
      [...part.matchAll(/dnsmasq\[(\d+)\]: \d+ \S+ query\[(\S+)\] (\S+) from (\S+)/g)].map(
        ([, pid = '', type = '', name = '', server = '']) => ({
          server,
          protocol: serverPids.has(pid) ? ('udp' as const) : ('tcp' as const),
          type,
          name: name.toLowerCase(),
        }),
      ),
    );
}

function readOutcomes(world: World, folder: string): readonly Outcome[] {
  const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');
  const pids = new Set([...read('servers').matchAll(/server (\d+)/g)].map(([, pid]) => pid ?? ''));
  const queries = queriesOf(read('log'), pids);
  return world.lookUps.map((_, i) => ({
    queries: queries[i] ?? [],
    output: read(`out-${i}`),
    exitCode: Number(read(`code-${i}`)),
  }));
}

/**
 * Makes a world's look-ups with this machine's C library: getent in namespaces of its own (network, mounts, processes),
 * against dnsmasq on addresses of lo. Rejects when the script fails.
 */
export async function runReal(world: World): Promise<readonly Outcome[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'resolver-check-'));
  try {
    prepare(world, folder);
    const flags = process.getuid?.() === 0 ? ['-m', '-n', '-p'] : ['-m', '-n', '-p', '-U', '-r'];
    await run('unshare', [...flags, '--fork', '--kill-child', 'sh', 'script'], {
      cwd: folder,
      env: {
        ...process.env,
        LOCALDOMAIN: undefined,
        RES_OPTIONS: undefined,
        HOSTALIASES: undefined,
      },
    });
    return readOutcomes(world, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
